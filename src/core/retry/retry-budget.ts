/**
 * Limits the retries of a whole run. Without a limit, every stream in turn would retry against a service that is down.
 *
 * It is a token bucket: each retry takes one token, each success returns one. A few failing requests do not exhaust it. When
 * most requests fail, it is soon empty, and each request is then sent only once.
 */

export interface RetryBudget {
  /** Takes one retry; false when none is left. */
  take(): boolean;
  /** Returns one retry after a request succeeded, up to the capacity. */
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
