/**
 * Checks the grammar of JSON (RFC 8259) by recursive descent over one buffer.
 *
 * Each function takes the position where something begins and returns the position after it. The buffer must have a
 * byte 0 after the text: no rule allows that byte, so no loop needs a limit. The caller checks UTF-8.
 */

/** Most objects and arrays that may be open at the same time, the outermost included. */
export const MAX_DEPTH = 256;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
const COLON = 0x3a;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
const ZERO = 0x30;
const NINE = 0x39;

/** The expected syntax, in words for a person. It never repeats any of the text: records hold personal data. */
export const EXPECTED = {
  page: 'a JSON object',
  value: 'a value',
  valueOrClose: 'a value or "]"',
  name: 'the name of a member in quotes',
  nameOrClose: 'the name of a member in quotes, or "}"',
  colon: '":" after the name of a member',
  afterMember: '"," or "}" after a member',
  afterElement: '"," or "]" after an element',
  nothing: 'nothing after the end of the page',
  string: 'a string without raw control characters, in UTF-8',
  escape: 'one of the escapes that JSON has',
  hex: 'four hexadecimal digits after "\\u"',
  character: 'a whole character in UTF-8',
  number: 'a number as JSON writes it',
  literal: 'true, false or null',
} as const;

const WITHIN_STRING: readonly string[] = [EXPECTED.string, EXPECTED.escape, EXPECTED.hex, EXPECTED.character];

export type Expected = (typeof EXPECTED)[keyof typeof EXPECTED];

/** The byte at `at` does not follow the grammar, or the text ends there. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  readonly at: number;
  /** `null`: the byte before `at` opens one container more than {@link MAX_DEPTH}. */
  readonly expected: Expected | null;

  constructor(at: number, expected: Expected | null) {
    super(expected ?? 'less depth');
    this.at = at;
    this.expected = expected;
  }
}

/** 1 for each byte that a string may hold as it is. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH),
);
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

export function skipSpace(text: Buffer, from: number): number {
  let at = from;
  while (isSpace(text[at] as number)) at++;
  return at;
}

/** @param depth containers that are open around the value */
export function skipValue(text: Buffer, from: number, depth: number): number {
  switch (text[from]) {
    case QUOTE:
      return skipString(text, from + 1);
    case OPEN_OBJECT:
      return skipObject(text, from + 1, depth + 1);
    case OPEN_ARRAY:
      return skipArray(text, from + 1, depth + 1);
    case 0x74:
      return skipLiteral(text, from, TRUE);
    case 0x66:
      return skipLiteral(text, from, FALSE);
    case 0x6e:
      return skipLiteral(text, from, NULL);
    default:
      return skipNumber(text, from);
  }
}

/** @param from after the opening quote */
export function skipString(text: Buffer, from: number): number {
  let at = from;
  for (;;) {
    at = skipPlain(text, at);
    if (text[at] === QUOTE) return at + 1;
    if (text[at] !== BACKSLASH) throw new JsonFault(at, EXPECTED.string);
    at = skipEscape(text, at + 1);
  }
}

/** Skips the plain characters of a string, up to its quote, an escape, or a byte that is not allowed there. */
export function skipPlain(text: Buffer, from: number): number {
  let at = from;
  while (PLAIN[text[at] as number] === 1) at++;
  return at;
}

/** @param from after the name of a member */
export function skipColon(text: Buffer, from: number): number {
  const at = skipSpace(text, from);
  if (text[at] !== COLON) throw new JsonFault(at, EXPECTED.colon);
  return at + 1;
}

/** The kind of value that begins with this byte; `undefined` where no value does. */
export function kindOfValue(byte: number): string | undefined {
  switch (byte) {
    case OPEN_OBJECT:
      return 'an object';
    case OPEN_ARRAY:
      return 'an array';
    case QUOTE:
      return 'a string';
    case 0x74:
    case 0x66:
      return 'a boolean';
    case 0x6e:
      return 'null';
    default:
      return byte === 0x2d || isDigit(byte) ? 'a number' : undefined;
  }
}

/** Says where the text ended too early. */
export function describeUnfinished(expected: Expected): string {
  if (isWithinString(expected)) return 'within a string';
  if (expected === EXPECTED.number || expected === EXPECTED.literal) return 'within a number or a literal';
  return `where ${expected} was expected`;
}

/** The kind of byte that was found. Only the punctuation of JSON itself is shown. */
export function describeByte(byte: number, expected: Expected): string {
  if (isWithinString(expected) && byte >= 0x80) return 'a byte that is not UTF-8 there';
  const char = String.fromCharCode(byte);
  if (char === '"') return 'a quote';
  if ('{}[]:,'.includes(char)) return `"${char}"`;
  if (isSpace(byte)) return 'white space';
  if (byte < 0x20) return 'a control character';
  if (isDigit(byte)) return 'a digit';
  if (/[A-Za-z]/.test(char)) return 'a letter';
  return byte < 0x80 ? 'some other mark' : 'a byte outside ASCII';
}

function isWithinString(expected: Expected): boolean {
  return WITHIN_STRING.includes(expected);
}

function skipObject(text: Buffer, from: number, depth: number): number {
  if (depth > MAX_DEPTH) throw new JsonFault(from, null);
  let at = skipSpace(text, from);
  if (text[at] === CLOSE_OBJECT) return at + 1;
  if (text[at] !== QUOTE) throw new JsonFault(at, EXPECTED.nameOrClose);
  for (;;) {
    if (text[at] !== QUOTE) throw new JsonFault(at, EXPECTED.name);
    at = skipSpace(text, skipColon(text, skipString(text, at + 1)));
    at = skipSpace(text, skipValue(text, at, depth));
    if (text[at] === CLOSE_OBJECT) return at + 1;
    if (text[at] !== COMMA) throw new JsonFault(at, EXPECTED.afterMember);
    at = skipSpace(text, at + 1);
  }
}

function skipArray(text: Buffer, from: number, depth: number): number {
  if (depth > MAX_DEPTH) throw new JsonFault(from, null);
  let at = skipSpace(text, from);
  if (text[at] === CLOSE_ARRAY) return at + 1;
  if (kindOfValue(text[at] as number) === undefined) throw new JsonFault(at, EXPECTED.valueOrClose);
  for (;;) {
    at = skipSpace(text, skipValue(text, at, depth));
    if (text[at] === CLOSE_ARRAY) return at + 1;
    if (text[at] !== COMMA) throw new JsonFault(at, EXPECTED.afterElement);
    at = skipSpace(text, at + 1);
  }
}

function skipEscape(text: Buffer, from: number): number {
  switch (text[from]) {
    case SMALL_U:
      for (let at = from + 1; at < from + 5; at++) {
        if (!isHexDigit(text[at] as number)) throw new JsonFault(at, EXPECTED.hex);
      }
      return from + 5;
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return from + 1;
    default:
      throw new JsonFault(from, EXPECTED.escape);
  }
}

function skipLiteral(text: Buffer, from: number, literal: Buffer): number {
  for (let index = 1; index < literal.length; index++) {
    if (text[from + index] !== literal[index]) throw new JsonFault(from + index, EXPECTED.literal);
  }
  return from + literal.length;
}

function skipNumber(text: Buffer, from: number): number {
  let at = from;
  if (text[at] === 0x2d) at++;
  else if (!isDigit(text[at] as number)) throw new JsonFault(at, EXPECTED.value);
  if (text[at] === ZERO) at++;
  else at = skipDigits(text, at);
  if (text[at] === 0x2e) at = skipDigits(text, at + 1);
  if (text[at] === 0x65 || text[at] === 0x45) {
    at++;
    if (text[at] === 0x2b || text[at] === 0x2d) at++;
    at = skipDigits(text, at);
  }
  const next = text[at] as number;
  if (next === COMMA || next === CLOSE_OBJECT || next === CLOSE_ARRAY || isSpace(next)) return at;
  throw new JsonFault(at, EXPECTED.number);
}

function skipDigits(text: Buffer, from: number): number {
  let at = from;
  while (isDigit(text[at] as number)) at++;
  if (at === from) throw new JsonFault(at, EXPECTED.number);
  return at;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}
