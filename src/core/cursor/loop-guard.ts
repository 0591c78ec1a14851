/**
 * Notices a server that hands out the same continuation tokens again and again.
 *
 * Decides on hashes of tokens with Brent's cycle detection (R. P. Brent, 1980): one remembered hash finds a cycle of
 * any length, so the guard is small enough to live in the cursor and sees cycles that span runs. A cycle of n tokens
 * is found within 3n pages. Tokens of different date windows are unrelated: begin anew with each window.
 */

export interface LoopGuard {
  /** Hash of the remembered token, null before the first. */
  readonly mark: string | null;
  /** Tokens seen since `mark` was set. */
  readonly steps: number;
  /** How many steps until the mark moves; doubles each time. */
  readonly limit: number;
}

export function newLoopGuard(): LoopGuard {
  return { mark: null, steps: 0, limit: 1 };
}

/** The guard after one more token, with any field of a newer version, or `'loop'` when that token was seen before. */
export function seeToken(guard: LoopGuard, hash: string): LoopGuard | 'loop' {
  if (guard.mark === hash) return 'loop';
  if (guard.mark === null || guard.steps + 1 >= guard.limit) {
    return { ...guard, mark: hash, steps: 0, limit: guard.mark === null ? 1 : guard.limit * 2 };
  }
  return { ...guard, steps: guard.steps + 1 };
}
