/** Makes the body of a page, records and envelope, piece by piece while it is sent. */

import { Buffer } from 'node:buffer';
import { indentJson } from './pretty.ts';

/** Members of an answer besides `data`, as JSON text, in the order in which they are sent. */
export type Envelope = ReadonlyArray<readonly [name: string, json: string]>;

export interface PageParts {
  /** Records as JSON text, or as bytes where a fault breaks them; null when `data` is `dataText`. */
  readonly records: Iterable<string | Uint8Array> | null;
  /** Replaces the array; null for no `data` at all. */
  readonly dataText: string | null;
  readonly envelope: Envelope;
  /** The text stops in the middle, and the body with it. Default false. */
  readonly endsEarly?: boolean;
}

export interface PageShape {
  readonly pretty: boolean | 'crlf';
  readonly dataPlace: 'first' | 'middle' | 'last';
}

/** Large enough that sending a piece costs little, small enough that many clients fit in memory. */
const PIECE_BYTES = 256 * 1024;

export function* pageBody(parts: PageParts, shape: PageShape): Generator<Uint8Array> {
  const newline = shape.pretty === 'crlf' ? '\r\n' : '\n';
  const [gap, colon, indent] = shape.pretty ? [`${newline}  `, ': ', `${newline}    `] : ['', ':', ''];
  const spread = (json: string, level = 2) => (shape.pretty ? indentJson(json, level, newline) : json);
  const members = parts.envelope.map(([name, json]) => `${gap}${JSON.stringify(name)}${colon}${spread(json)}`);
  const close = `${gap && newline}}`;
  if (parts.records === null && parts.dataText === null) {
    yield Buffer.from(`{${members.join(',')}${close}`);
    return;
  }
  const place = { first: 0, middle: Math.min(1, members.length), last: members.length }[shape.dataPlace];
  const before = members.slice(0, place).map((member) => `${member},`);
  const after = members.slice(place).map((member) => `,${member}`);
  const open = `{${before.join('')}${gap}"data"${colon}`;
  const end = `${after.join('')}${close}`;
  const texts = function* () {
    if (parts.records === null) {
      yield `${open}${parts.dataText}${end}`;
      return;
    }
    yield `${open}[`;
    let separator = '';
    for (const record of parts.records) {
      if (separator + indent !== '') yield separator + indent;
      yield typeof record === 'string' ? spread(record, 4) : record;
      separator = ',';
    }
    const rest = `${separator && gap}]${end}`;
    yield parts.endsEarly ? rest.slice(0, Math.floor(rest.length / 2)) : rest;
  };
  yield* inPieces(texts());
}

/**
 * Texts as bytes, in pieces of a suitable size. Each text is encoded separately: otherwise one wide character would slow
 * down the encoding of the texts around it.
 */
export function* inPieces(texts: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let filled = 0;
  for (const text of texts) {
    const most = typeof text === 'string' ? text.length * 3 : text.length;
    if (filled + most > piece.length) {
      if (filled > 0) yield piece.subarray(0, filled);
      piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, most));
      filled = 0;
    }
    if (typeof text === 'string') filled += piece.write(text, filled);
    else {
      piece.set(text, filled);
      filled += text.length;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
