/**
 * Recognises names of members in JSON text without decoding the others.
 *
 * Decides whether bytes spell one of a few ASCII names, written plainly or with escapes (`"\u0069d"` is `id`).
 */

/** Bytes of a name that are looked at, escapes and all; six for each character are enough for 21 characters. */
export const KEPT_NAME_BYTES = 128;

/** Names to look for. No two have the same length. */
export interface WatchedNames {
  readonly byLength: readonly (string | undefined)[];
  /** First byte of the name of so many bytes; 0 for none. */
  readonly starts: Uint8Array;
}

/** @param names ASCII, 1 to 21 characters, each of another length; throws `RangeError` for others */
export function watchNames(names: readonly string[]): WatchedNames {
  const byLength: (string | undefined)[] = [];
  const starts = new Uint8Array(KEPT_NAME_BYTES);
  for (const name of names) {
    const fits = name.length > 0 && name.length * 6 < KEPT_NAME_BYTES;
    if (!fits || byLength[name.length] !== undefined) throw new RangeError(`cannot watch for the name ${name}`);
    byLength[name.length] = name;
    starts[name.length] = name.charCodeAt(0);
  }
  return { byLength, starts };
}

export const NO_NAMES: WatchedNames = watchNames([]);

/** A quick look: whether a name without escapes may be one of those watched for. */
export function isNameWatched(starts: Uint8Array, nameBytes: number, firstByte: number): boolean {
  return nameBytes < KEPT_NAME_BYTES && starts[nameBytes] === firstByte;
}

/** Where a name stands: `nameBytes` from `nameFrom` up to `nameTo`, less its quotes. Part of a scan. */
export interface NamePlace {
  readonly nameBytes: Buffer;
  readonly nameFrom: number;
  readonly nameTo: number;
  readonly nameIsEscaped: boolean;
}

/** The watched name that stands there, or `undefined` for any other. */
export function findName(names: WatchedNames, place: NamePlace): string | undefined {
  const { nameBytes, nameFrom, nameTo } = place;
  if (nameTo - nameFrom >= KEPT_NAME_BYTES) return undefined;
  if (place.nameIsEscaped) {
    const spelled: unknown = JSON.parse(`"${nameBytes.toString('utf8', nameFrom, nameTo)}"`);
    const name = names.byLength[String(spelled).length];
    return spelled === name ? name : undefined;
  }
  const name = names.byLength[nameTo - nameFrom];
  if (name === undefined) return undefined;
  for (let index = 0; index < name.length; index++) {
    if (nameBytes[nameFrom + index] !== name.charCodeAt(index)) return undefined;
  }
  return name;
}
