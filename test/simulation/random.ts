/** Seeded randomness: a history is a function of its seed. */

import { mulberry32 } from '../fakes/random.ts';

export interface Dice {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Independent dice; what is thrown here does not move the dice it came from any further. */
  fork(): Dice;
}

export function createDice(seed: number): Dice {
  const next = mulberry32(seed);
  return {
    next,
    below: (end) => Math.floor(next() * end),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)] as (typeof from)[number],
    fork: () => createDice(Math.floor(next() * 4294967296)),
  };
}
