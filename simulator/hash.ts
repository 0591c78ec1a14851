/**
 * Computes random-looking numbers from (seed, stream, index, salt), without any state.
 *
 * Every value of a record can be computed again at any time, so that ten million records need no memory.
 */

/** A well-mixed unsigned 32-bit number from a seed, an index and a salt that tells the uses of one record apart. */
export function hash(seed: number, index: number, salt: number): number {
  let mixed = (seed ^ Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A seed of its own for a named part of the data. */
export function seedOf(seed: number, name: string): number {
  let mixed = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) mixed = Math.imul(mixed ^ name.charCodeAt(at), 0x01000193);
  return hash(mixed, seed, 0x51ed);
}

/** Dice for what happens in sequence (changes, faults): each throw is a function of the seed and its number. */
export interface Dice {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
}

export function createDice(seed: number): Dice {
  let thrown = 0;
  const next = () => {
    thrown += 1;
    return hash(seed, thrown, 0xd1ce) / 4294967296;
  };
  return { next, below: (end) => Math.floor(next() * end) };
}
