/**
 * Words for what a scan of JSON found, for messages that a person can act on.
 *
 * Speaks of the shape of the text and never shows any of it: records hold personal data.
 */

import { isInString, STATE } from './json-grammar.ts';

/** What would have been right in this state. */
export function describeExpected(state: number): string {
  if (isInString(state)) return describeExpectedInString(state);
  switch (state) {
    case STATE.value:
      return 'a value';
    case STATE.valueOrClose:
      return 'a value or "]"';
    case STATE.name:
      return 'the name of a member in quotes';
    case STATE.nameOrClose:
      return 'the name of a member in quotes, or "}"';
    case STATE.colon:
      return '":" after the name of a member';
    case STATE.afterMember:
      return '"," or "}" after a member';
    case STATE.afterElement:
      return '"," or "]" after an element';
    case STATE.end:
      return 'nothing after the end of the page';
    case STATE.start:
    case STATE.bom1:
    case STATE.bom2:
    case STATE.top:
      return 'a JSON object';
    default:
      return state < STATE.t ? 'a number as JSON writes it' : 'true, false or null';
  }
}

function describeExpectedInString(state: number): string {
  if (state === STATE.string) return 'a string without raw control characters, in UTF-8';
  if (state === STATE.escape) return 'one of the escapes that JSON has';
  return state <= STATE.hex4 ? 'four hexadecimal digits after "\\u"' : 'a whole character in UTF-8';
}

/** What kind of byte was found in this state. Only the marks of JSON itself are shown. */
export function describeByte(state: number, byte: number): string {
  if (isInString(state) && byte >= 0x80) return 'a byte that is not UTF-8 there';
  const char = String.fromCharCode(byte);
  if ('{}[]:,"'.includes(char)) return byte === 0x22 ? 'a quote' : `"${char}"`;
  if (' \t\n\r'.includes(char)) return 'white space';
  if (byte < 0x20) return 'a control character';
  if (/[0-9]/.test(char)) return 'a digit';
  if (/[A-Za-z]/.test(char)) return 'a letter';
  return byte < 0x80 ? 'some other mark' : 'a byte outside ASCII';
}

/** What kind of value begins with this byte. */
export function describeValue(firstByte: number): string {
  switch (String.fromCharCode(firstByte)) {
    case '{':
      return 'an object';
    case '[':
      return 'an array';
    case '"':
      return 'a string';
    case 't':
    case 'f':
      return 'a boolean';
    case 'n':
      return 'null';
    default:
      return 'a number';
  }
}

/** Where the text broke off. */
export function describeUnfinished(state: number): string {
  if (isInString(state)) return 'within a string';
  if (state >= STATE.minus) return 'within a number or a literal';
  return `where ${describeExpected(state)} was expected`;
}
