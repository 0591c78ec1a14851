/** Reads one record: checks its grammar, its `id` and its `isDeleted`. */

import {
  CLOSE_OBJECT,
  COMMA,
  EXPECTED,
  type Expected,
  JsonFault,
  kindOfValue,
  QUOTE,
  skipColon,
  skipPlain,
  skipSpace,
  skipString,
  skipValue,
} from './json.ts';
import { namesOf, plainName, spelledName } from './names.ts';

/** The text is JSON up to `at`, but it is not a valid page. */
export class PageFault extends Error {
  override readonly name = 'PageFault';
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const NAMES = namesOf(['id', 'isDeleted', '_sync_id', '_extracted_at']);
const SMALL_T = 0x74;
/** Containers that are open around a member of a record. */
const DEPTH = 3;

/**
 * Throws {@link JsonFault} or {@link PageFault}.
 *
 * @param from after the opening brace
 */
export function readRecord(bytes: Buffer, from: number): { readonly end: number; readonly isDeleted: boolean } {
  let hasId = false;
  let hasIsDeleted = false;
  let isDeleted = false;
  let isFirst = true;
  let at = skipSpace(bytes, from);
  while (!isFirst || bytes[at] !== CLOSE_OBJECT) {
    if (bytes[at] !== QUOTE) throw new JsonFault(at, isFirst ? EXPECTED.nameOrClose : EXPECTED.name);
    isFirst = false;
    const nameFrom = at + 1;
    const plainEnd = skipPlain(bytes, nameFrom);
    const isPlain = bytes[plainEnd] === QUOTE;
    const nameEnd = isPlain ? plainEnd + 1 : skipString(bytes, plainEnd);
    const colonEnd = skipColon(bytes, nameEnd);
    const name = isPlain
      ? plainName(NAMES, bytes, nameFrom, plainEnd)
      : spelledName(NAMES, bytes, nameFrom - 1, nameEnd);
    at = skipSpace(bytes, colonEnd);
    if (name === undefined) {
      at = skipValue(bytes, at, DEPTH);
    } else if (name === 'id') {
      if (hasId) throw new PageFault(colonEnd, '"id" appears twice in one record');
      hasId = true;
      at = readId(bytes, at);
    } else if (name === 'isDeleted') {
      if (hasIsDeleted) throw new PageFault(colonEnd, '"isDeleted" appears twice in one record');
      hasIsDeleted = true;
      isDeleted = bytes[at] === SMALL_T;
      at = readIsDeleted(bytes, at);
    } else {
      throw new PageFault(colonEnd, `a record has a member "${name}", which is the name of one that every line gets`);
    }
    at = skipSpace(bytes, at);
    if (bytes[at] === CLOSE_OBJECT) break;
    if (bytes[at] !== COMMA) throw new JsonFault(at, EXPECTED.afterMember);
    at = skipSpace(bytes, at + 1);
  }
  if (!hasId) throw new PageFault(at + 1, 'a record has no "id"');
  return { end: at + 1, isDeleted };
}

/** The kind of value that begins at this position. */
export function mustBeValue(bytes: Buffer, at: number, expected: Expected): string {
  const kind = kindOfValue(bytes[at] as number);
  if (kind === undefined) throw new JsonFault(at, expected);
  return kind;
}

/** The position for reporting a value of the wrong kind: after its first byte, or after the whole string. */
export function afterFirst(bytes: Buffer, at: number): number {
  return bytes[at] === QUOTE ? skipString(bytes, at + 1) : at + 1;
}

/** Reads the value of `id`. */
function readId(bytes: Buffer, from: number): number {
  const kind = mustBeValue(bytes, from, EXPECTED.value);
  if (kind === 'a number') return skipValue(bytes, from, DEPTH);
  const end = afterFirst(bytes, from);
  if (kind === 'a string' && end - from > 2) return end;
  const found = kind === 'a string' ? 'an empty string' : kind;
  throw new PageFault(end, `"id" must be a number or a string that is not empty, found ${found}`);
}

/** Reads the value of `isDeleted`. */
function readIsDeleted(bytes: Buffer, from: number): number {
  const kind = mustBeValue(bytes, from, EXPECTED.value);
  if (kind === 'a boolean' || kind === 'null') return skipValue(bytes, from, DEPTH);
  throw new PageFault(afterFirst(bytes, from), `"isDeleted" must be a boolean or null, found ${kind}`);
}
