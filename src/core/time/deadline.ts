/**
 * Computes the one deadline that every request, wait and write of an invocation keeps.
 *
 * It has two ends. *Work* ends at the Lambda limit minus the reserve; nothing new begins after that. The *limit* is the
 * Lambda limit minus a small margin; only the last part, checkpoint and summary may run up to it, once each.
 */

export interface Deadline {
  /** Milliseconds until the end of work; negative once it has passed. */
  workLeftMs(): number;
  /** Milliseconds until the end of the invocation minus {@link LIMIT_MARGIN_MS}; negative once it has passed. */
  limitLeftMs(): number;
}

/** Kept free before Lambda's own end, so that the summary line is written before the process is frozen. Milliseconds. */
export const LIMIT_MARGIN_MS = 250;

/**
 * The deadline of an invocation.
 *
 * @param monotonicMs reads a clock that never jumps, in milliseconds
 * @param remainingMs time that the invocation has left now
 * @param reserveMs requested reserve; at most a quarter of `remainingMs` is used (contract, promise 8)
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
