/**
 * Finds texts in every spelling: plain, percent-encoded, as a form field, escaped in JSON, as HTML entities, in Base64, with
 * invisible marks inside, or one of these within another.
 *
 * A text is decoded layer by layer. Each layer maps its characters to positions in the original, so that a match can be cut
 * out of the original.
 */

import { Buffer } from 'node:buffer';
import { charOfEntity, ENTITY, fromCode } from './entities.ts';

/** A part of a text: from the first character to the one after the last. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A text with some escapes decoded. */
export interface Layer {
  readonly text: string;
  /** Where a part of this layer lies in the original. */
  readonly origin: (range: Range) => Range;
}

/**
 * The original and its decoded forms. Decoding ends where it changes nothing more; the bound is for texts that are made to
 * be slow. The deepest nesting that was seen is JSON within JSON within HTML.
 */
const MAX_LAYERS = 9;

/** What a reader does not see within a word: marks, control characters, and HTML's place for a line break. */
const UNSEEN = '<wbr\\b[^<>]*>|(?![\\t\\n\\r])[\\p{Cc}\\p{Default_Ignorable_Code_Point}]';
const ESCAPES = new RegExp(
  `(?:%[\\da-f]{2})+|%u[\\da-f]{4}|\\\\u[\\da-f]{4}|\\\\u\\{0*[\\da-f]{1,6}\\}|\\\\x[\\da-f]{2}|\\\\["'\\\\/bfnrt]|${ENTITY}|${UNSEEN}`,
  'giu',
);
const MAY_BE_ESCAPED = new RegExp(`[%\\\\&]|${UNSEEN}`, 'iu');

const SHORT: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** The text itself, and one more layer for each time that decoding it changes anything. */
export function layersOf(text: string): Layer[] {
  const layers: Layer[] = [{ text, origin: (range) => range }];
  while (layers.length < MAX_LAYERS) {
    const below = layers.at(-1) as Layer;
    const next = decode(below);
    if (!next) break;
    layers.push(next);
  }
  return layers;
}

/** Where these texts are in the layer, as positions in the original. */
export function findAll(layer: Layer, needles: readonly string[]): Range[] {
  const found: Range[] = [];
  const haystack = comparable(layer.text);
  for (const needle of needles) {
    for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, at + needle.length)) {
      found.push(layer.origin({ start: at, end: at + needle.length }));
    }
  }
  return found;
}

/** Where these pieces of Base64 are in the layer, with all of the Base64 around them. */
export function findInBase64(layer: Layer, needles: readonly string[]): Range[] {
  const found: Range[] = [];
  for (const needle of needles) {
    for (let at = layer.text.indexOf(needle); at !== -1; at = layer.text.indexOf(needle, at + needle.length)) {
      const start = at - (/[\w+/-]*$/.exec(layer.text.slice(Math.max(0, at - MAX_AROUND), at))?.[0].length ?? 0);
      const after = /^[\w+/-]*={0,2}/.exec(layer.text.slice(at + needle.length, at + needle.length + MAX_AROUND));
      found.push(layer.origin({ start, end: at + needle.length + (after?.[0].length ?? 0) }));
    }
  }
  return found;
}

const MAX_AROUND = 4_096;

/** The text in the form that {@link findAll} compares: a form field writes a space as a plus sign. */
export function comparable(text: string): string {
  return text.replaceAll('+', ' ');
}

/**
 * The pieces of Base64 that appear when a longer text with this one in it is encoded, such as an `Authorization` header, a
 * form or JSON. Three bytes become four characters, so there is a piece for each of three offsets. Characters that depend
 * on the bytes before and after the text are left out.
 */
export function base64PiecesOf(text: string): string[] {
  const long = [...new Set(spellingsOf(text))].flatMap((spelling) => piecesOf(Buffer.from(spelling)));
  return [...new Set([...long, ...long.map((piece) => piece.replaceAll('+', '-').replaceAll('/', '_'))])];
}

function piecesOf(bytes: Buffer): string[] {
  const pieces = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const isWhole = (before + bytes.byteLength) % 3 === 0;
    return encoded.slice([0, 2, 3][before], isWhole ? undefined : -1);
  });
  return pieces.filter((piece) => piece.length >= 6);
}

/** The text as it is, in a form, in a URL, in JSON, and in the JSON of .NET, which escapes more (System.Text.Json). */
function spellingsOf(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const wellFormed = text.toWellFormed();
  return [
    text,
    new URLSearchParams({ '': wellFormed }).toString().slice('='.length),
    encodeURIComponent(wellFormed),
    json,
    json.replaceAll('\\"', '\\u0022').replace(/[&'+<>`]|[^ -~]/g, escapeOf),
  ];
}

function escapeOf(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The text with these parts replaced. Parts that overlap become one, with the replacement of the first. */
export function replaceRanges(text: string, found: readonly (Range & { readonly instead: string })[]): string {
  if (found.length === 0) return text;
  let result = '';
  let done = 0;
  for (const { start, end, instead } of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (end <= done) continue;
    if (start >= done) result += `${text.slice(done, start)}${instead}`;
    done = end;
  }
  return result + text.slice(done);
}

/** The next layer, or undefined when this one holds nothing to decode. */
function decode({ text, origin }: Layer): Layer | undefined {
  if (!MAY_BE_ESCAPED.test(text)) return undefined;
  let decoded = '';
  /** Where each character of the decoded text begins in this layer. */
  const starts: number[] = [];
  let done = 0;
  const copyTo = (end: number) => {
    for (; done < end; done++) {
      decoded += text[done];
      starts.push(done);
    }
  };
  for (const { 0: spelled, index } of text.matchAll(ESCAPES)) {
    const pieces = /^%[^u]/i.test(spelled)
      ? percentPieces(spelled)
      : [{ char: charOf(spelled), length: spelled.length }];
    if (pieces[0]?.char === spelled) continue;
    copyTo(index);
    for (const { char, length } of pieces) {
      decoded += char;
      for (let unit = 0; unit < char.length; unit++) starts.push(done);
      done += length;
    }
  }
  if (done === 0) return undefined;
  copyTo(text.length);
  starts.push(text.length);
  return {
    text: decoded,
    origin: ({ start, end }) => origin({ start: starts[start] as number, end: starts[end] as number }),
  };
}

/** The characters of `%C3%A6…`; bytes that are not UTF-8 are read as Latin-1, as the oldest encoders write them. */
function percentPieces(spelled: string): { readonly char: string; readonly length: number }[] {
  const bytes = Buffer.from(spelled.replaceAll('%', ''), 'hex');
  const pieces: { char: string; length: number }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    const char = size === 1 ? String.fromCharCode(lead) : bytes.toString('utf8', at, at + size);
    const isUtf8 = size > 1 && !char.includes('\ufffd');
    pieces.push({ char: isUtf8 ? char : String.fromCharCode(lead), length: isUtf8 ? 3 * size : 3 });
    at += isUtf8 ? size : 1;
  }
  return pieces;
}

/** The character of one escape of JSON, JavaScript or HTML; empty for what is not seen; an unknown escape unchanged. */
function charOf(spelled: string): string {
  if (/^%u/i.test(spelled)) return fromCode(spelled.slice(2), 16) ?? spelled;
  if (spelled.startsWith('\\')) {
    const kind = spelled[1] as string;
    if (/[ux]/i.test(kind)) return fromCode(spelled.slice(2).replace(/[{}]/g, ''), 16) ?? spelled;
    return SHORT[kind] ?? kind;
  }
  return spelled.startsWith('&') ? charOfEntity(spelled) : '';
}
