/** Finds the first byte that is not valid UTF-8 (RFC 3629). Slow: only for texts that `isUtf8` refused. */

export interface Utf8Fault {
  readonly at: number;
  /** Whether earlier bytes of the same character were valid. */
  readonly isWithinCharacter: boolean;
}

/** The first invalid byte from `from` up to `to`; a character that continues after `to` counts as valid. */
export function findUtf8Fault(text: Uint8Array, from: number, to: number): Utf8Fault | null {
  for (let at = from; at < to; ) {
    const lead = text[at] as number;
    const length = characterBytes(lead);
    if (length === 0) return { at, isWithinCharacter: false };
    for (let next = at + 1; next < at + length && next < to; next++) {
      const [low, high] = next === at + 1 ? secondByte(lead) : CONTINUATION_BYTE;
      const byte = text[next] as number;
      if (byte < low || byte > high) return { at: next, isWithinCharacter: true };
    }
    at += length;
  }
  return null;
}

/** Length in bytes of the character that begins with this byte; 0 where no character does. */
function characterBytes(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** Lowest and highest byte after the first one of a character. */
const CONTINUATION_BYTE = [0x80, 0xbf] as const;

/** RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF. */
function secondByte(lead: number): readonly [low: number, high: number] {
  switch (lead) {
    case 0xe0:
      return [0xa0, 0xbf];
    case 0xed:
      return [0x80, 0x9f];
    case 0xf0:
      return [0x90, 0xbf];
    case 0xf4:
      return [0x80, 0x8f];
    default:
      return CONTINUATION_BYTE;
  }
}
