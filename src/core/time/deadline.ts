/**
 * The one deadline that every request, wait and write of an invocation keeps.
 *
 * Two ends: *work* ends at the Lambda limit less the reserve, and nothing new begins after it; the *limit* is the
 * Lambda limit itself, less a small margin, and is only for the last part, checkpoint and summary, once each.
 */

export interface Deadline {
  /** Milliseconds until the end of work; negative once it has passed. */
  workLeftMs(): number;
  /** Milliseconds until the end of the invocation, less {@link LIMIT_MARGIN_MS}; negative once it has passed. */
  limitLeftMs(): number;
}

/** Kept free before Lambda's own end, so that the summary line is out before the process is frozen. Milliseconds. */
export const LIMIT_MARGIN_MS = 250;

/**
 * The deadline of an invocation.
 *
 * @param monotonicMs reads a clock that never jumps, in milliseconds
 * @param remainingMs what the invocation has left now
 * @param reserveMs wished-for reserve; never more than a quarter of `remainingMs` is taken (contract, promise 8)
 */
export function createDeadline(monotonicMs: () => number, remainingMs: number, reserveMs: number): Deadline {
  const start = monotonicMs();
  const reserve = Math.min(reserveMs, remainingMs / 4);
  const workEnd = start + remainingMs - reserve;
  const limitEnd = start + remainingMs - Math.min(LIMIT_MARGIN_MS, reserve / 2);
  return {
    workLeftMs: () => workEnd - monotonicMs(),
    limitLeftMs: () => limitEnd - monotonicMs(),
  };
}
