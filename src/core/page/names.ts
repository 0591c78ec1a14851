/** Recognises names of members: a few exact ones without decoding the others, or any by its letters alone. */

/** Names to look for, by their length. */
export type Names = readonly (string | undefined)[];

/** Names must be shorter than this: with so many places every lookup stays within the array. */
const PLACES = 32;

/** @param names ASCII, each of another length; throws `RangeError` for others */
export function namesOf(names: readonly string[]): Names {
  const byLength: (string | undefined)[] = Array(PLACES).fill(undefined);
  for (const name of names) {
    if (name.length >= PLACES || byLength[name.length]) throw new RangeError(`cannot look for the name ${name}`);
    byLength[name.length] = name;
  }
  return byLength;
}

/** The known name that these bytes (`from` up to `to`) spell, for a name without escapes. */
export function plainName(names: Names, bytes: Buffer, from: number, to: number): string | undefined {
  const length = to - from;
  const name = length < PLACES ? names[length] : undefined;
  if (name === undefined) return undefined;
  for (let index = 0; index < length; index++) {
    if (bytes[from + index] !== name.charCodeAt(index)) return undefined;
  }
  return name;
}

/** The same for a name in any spelling (`"\u0069d"` is `id`). @param from at the opening quote @param to after the closing one */
export function spelledName(names: Names, bytes: Buffer, from: number, to: number): string | undefined {
  const spelled = String(JSON.parse(bytes.toString('utf8', from, to)));
  return names.find((name) => name === spelled);
}

/** The letters of a name in lower case, so that `has_more` and `HasMore` are one. */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}
