/**
 * Computes how long to wait before the next attempt: the documented schedule with its jitter.
 */

/** Waits between attempts, in milliseconds: 4 waits, so 5 attempts (Ditio's documentation, "error handling"). */
export const DITIO_DELAYS_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000];

/** Jitter lengthens a wait by up to this share, so that callers that failed together do not retry together. */
export const JITTER_SHARE = 0.25;

/**
 * The wait with its jitter, in milliseconds: at least `delayMs`, less than `delayMs × 1.25`.
 *
 * @param random uniform in [0, 1)
 */
export function jittered(delayMs: number, random: number): number {
  return delayMs * (1 + JITTER_SHARE * random);
}

/**
 * The wait before the next attempt, in milliseconds: the schedule with its jitter, or what the server asked for where
 * that is longer. A server that asks for less (`Retry-After: 0`) does not shorten the schedule.
 */
export function waitMs(delayMs: number, retryAfterMs: number | null, random: number): number {
  return Math.max(jittered(delayMs, random), retryAfterMs ?? 0);
}
