/** Randomness that a test can repeat. */

import type { Random } from '../../src/core/scope.ts';

/** Numbers uniform in [0, 1), always the same for a seed. Small, fast, and good enough to choose faults with. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Random numbers from a seed; uuids are counted, so that two of one source never agree. */
export function createSeededRandom(seed = 1): Random {
  let uuids = 0;
  return {
    next: mulberry32(seed),
    uuid() {
      uuids += 1;
      const text = `${(seed >>> 0).toString(16).padStart(8, '0')}${uuids.toString(16).padStart(24, '0')}`;
      return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
  };
}
