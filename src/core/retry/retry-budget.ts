/**
 * How many retries a run may spend in all, so that a service in trouble is not asked by every stream in turn.
 *
 * A token bucket: each retry takes one, each success gives one back. A run in which a few requests fail never
 * notices it. A run in which most fail soon sends each request only once.
 */

export interface RetryBudget {
  /** Takes a retry out; false when none is left. */
  take(): boolean;
  /** A request succeeded: puts one back, up to the capacity. */
  giveBack(): void;
}

/** More than every stream of the catalogue needs to use up its own attempts once: 19 streams of 4 retries are 76. */
export const RETRY_CAPACITY = 100;

/** A budget for one run. Capacity 0 sends every request once. */
export function createRetryBudget(capacity = RETRY_CAPACITY): RetryBudget {
  let left = capacity;
  return {
    take() {
      if (left <= 0) return false;
      left -= 1;
      return true;
    },
    giveBack() {
      if (left < capacity) left += 1;
    },
  };
}
