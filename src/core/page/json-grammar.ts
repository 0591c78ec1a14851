/**
 * The grammar of JSON (RFC 8259) and UTF-8 (RFC 3629) as one table from state and byte to what comes next.
 *
 * Decides which bytes may follow which. Knows nothing of what the text means, and nothing of nesting: which state
 * follows a finished value depends on the container around it, and is the scanner's business.
 */

/** Where in the text a scan stands. `top` is before the first token, `end` after the last. */
export const STATE = {
  start: 0,
  bom1: 1,
  bom2: 2,
  top: 3,
  value: 4,
  valueOrClose: 5,
  nameOrClose: 6,
  name: 7,
  colon: 8,
  afterMember: 9,
  afterElement: 10,
  end: 11,
  failed: 12,
  string: 13,
  escape: 14,
  hex1: 15,
  hex2: 16,
  hex3: 17,
  hex4: 18,
  /** Three more bytes of a character, the next of them from 0x90: nothing shorter would have done. */
  utf8AfterF0: 19,
  /** Three more bytes, the next below 0x90: Unicode ends at U+10FFFF. */
  utf8AfterF4: 20,
  utf8Three: 21,
  /** Two more bytes, the next of them from 0xA0: nothing shorter would have done. */
  utf8AfterE0: 22,
  /** Two more bytes, the next below 0xA0: surrogates are no characters. */
  utf8AfterEd: 23,
  utf8Two: 24,
  utf8One: 25,
  minus: 26,
  zero: 27,
  integer: 28,
  point: 29,
  fraction: 30,
  exponent: 31,
  exponentSign: 32,
  exponentDigits: 33,
  t: 34,
  tr: 35,
  tru: 36,
  f: 37,
  fa: 38,
  fal: 39,
  fals: 40,
  n: 41,
  nu: 42,
  nul: 43,
} as const;

const STATES = 44;

/** What a byte asks for beside a new state. Numbered after the states, so that one comparison tells them apart. */
export const ACTION = {
  /** The byte may not stand here. */
  refuse: 44,
  /** Quote before a member's name. */
  openName: 45,
  /** Quote before a string that is a value. */
  openString: 46,
  /** The last byte of an escape or of a character of several bytes: the string goes on. */
  resumeString: 47,
  /** Backslash in a string. */
  escape: 48,
  closeString: 49,
  openObject: 50,
  openArray: 51,
  /** Either closing bracket, where it fits the container. */
  close: 52,
  /** First byte of a number or of a literal; {@link scalarState} gives its state. */
  openScalar: 53,
  /** Last byte of a literal. */
  closeLiteral: 54,
  /** The number ended before this byte, which is to be looked at again. */
  closeNumber: 55,
} as const;

/** The lowest code that is not a state. */
export const FIRST_ACTION = STATES;

/** `NEXT[(state << 8) | byte]` is the next state or an action. */
export const NEXT: Uint8Array = buildTable();

/** 1 for each byte that may follow in a string without ending its run: ASCII less quote, backslash and controls. */
export const PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c),
);

/** The state after the first byte of a number or a literal. */
export function scalarState(byte: number): number {
  switch (byte) {
    case 0x2d:
      return STATE.minus;
    case 0x30:
      return STATE.zero;
    case 0x74:
      return STATE.t;
    case 0x66:
      return STATE.f;
    case 0x6e:
      return STATE.n;
    default:
      return STATE.integer;
  }
}

/** Whether a string has begun and not ended. */
export function isInString(state: number): boolean {
  return state >= STATE.string && state <= STATE.utf8One;
}

function buildTable(): Uint8Array {
  const table = new Uint8Array(STATES << 8).fill(ACTION.refuse);
  const S = STATE;

  function on(state: number, bytes: string | readonly [from: number, to: number], next: number): void {
    if (typeof bytes === 'string') for (const char of bytes) table[(state << 8) | char.charCodeAt(0)] = next;
    else table.fill(next, (state << 8) | bytes[0], ((state << 8) | bytes[1]) + 1);
  }

  function beginsValue(state: number): void {
    on(state, '"', ACTION.openString);
    on(state, '{', ACTION.openObject);
    on(state, '[', ACTION.openArray);
    on(state, '-0123456789tfn', ACTION.openScalar);
  }

  for (const state of [S.value, S.valueOrClose, S.nameOrClose, S.name, S.colon, S.afterMember, S.afterElement, S.end]) {
    on(state, ' \t\n\r', state);
  }
  for (const state of [S.start, S.top]) {
    on(state, ' \t\n\r', S.top);
    beginsValue(state);
  }
  on(S.start, [0xef, 0xef], S.bom1);
  on(S.bom1, [0xbb, 0xbb], S.bom2);
  on(S.bom2, [0xbf, 0xbf], S.top);

  beginsValue(S.value);
  beginsValue(S.valueOrClose);
  on(S.valueOrClose, ']', ACTION.close);
  on(S.nameOrClose, '"', ACTION.openName);
  on(S.nameOrClose, '}', ACTION.close);
  on(S.name, '"', ACTION.openName);
  on(S.colon, ':', S.value);
  on(S.afterMember, ',', S.name);
  on(S.afterMember, '}', ACTION.close);
  on(S.afterElement, ',', S.value);
  on(S.afterElement, ']', ACTION.close);

  on(S.string, [0x20, 0x7f], S.string);
  on(S.string, '"', ACTION.closeString);
  on(S.string, '\\', ACTION.escape);
  on(S.escape, '"\\/bfnrt', ACTION.resumeString);
  on(S.escape, 'u', S.hex1);
  const hex = '0123456789abcdefABCDEF';
  on(S.hex1, hex, S.hex2);
  on(S.hex2, hex, S.hex3);
  on(S.hex3, hex, S.hex4);
  on(S.hex4, hex, ACTION.resumeString);

  // RFC 3629, section 4.
  on(S.string, [0xc2, 0xdf], S.utf8One);
  on(S.string, [0xe0, 0xe0], S.utf8AfterE0);
  on(S.string, [0xe1, 0xef], S.utf8Two);
  on(S.string, [0xed, 0xed], S.utf8AfterEd);
  on(S.string, [0xf0, 0xf0], S.utf8AfterF0);
  on(S.string, [0xf1, 0xf3], S.utf8Three);
  on(S.string, [0xf4, 0xf4], S.utf8AfterF4);
  on(S.utf8AfterF0, [0x90, 0xbf], S.utf8Two);
  on(S.utf8Three, [0x80, 0xbf], S.utf8Two);
  on(S.utf8AfterF4, [0x80, 0x8f], S.utf8Two);
  on(S.utf8AfterE0, [0xa0, 0xbf], S.utf8One);
  on(S.utf8Two, [0x80, 0xbf], S.utf8One);
  on(S.utf8AfterEd, [0x80, 0x9f], S.utf8One);
  on(S.utf8One, [0x80, 0xbf], ACTION.resumeString);

  for (const state of [S.zero, S.integer, S.fraction, S.exponentDigits]) on(state, ' \t\n\r,]}', ACTION.closeNumber);
  on(S.minus, '0', S.zero);
  on(S.minus, '123456789', S.integer);
  on(S.integer, '0123456789', S.integer);
  for (const state of [S.zero, S.integer]) on(state, '.', S.point);
  for (const state of [S.point, S.fraction]) on(state, '0123456789', S.fraction);
  for (const state of [S.zero, S.integer, S.fraction]) on(state, 'eE', S.exponent);
  on(S.exponent, '+-', S.exponentSign);
  for (const state of [S.exponent, S.exponentSign, S.exponentDigits]) on(state, '0123456789', S.exponentDigits);

  on(S.t, 'r', S.tr);
  on(S.tr, 'u', S.tru);
  on(S.tru, 'e', ACTION.closeLiteral);
  on(S.f, 'a', S.fa);
  on(S.fa, 'l', S.fal);
  on(S.fal, 's', S.fals);
  on(S.fals, 'e', ACTION.closeLiteral);
  on(S.n, 'u', S.nu);
  on(S.nu, 'l', S.nul);
  on(S.nul, 'l', ACTION.closeLiteral);
  return table;
}
