/**
 * How many retries a run may spend in all, so that a dying service is not hammered by every stream in turn.
 *
 * A token bucket: each retry takes one, each success gives one back. A run in which a few requests fail never
 * notices it; one in which most fail soon sends each request only once. Decides nothing about single requests.
 */

import type { Deadline } from '../time/deadline.ts';

export interface RetryBudget {
  /** Takes a retry out; false when there is none left. */
  take(): boolean;
  /** A request succeeded: puts one back, up to the capacity. */
  giveBack(): void;
}

/** More than every stream of the catalogue needs to use up its own attempts once: 19 streams of 4 retries are 76. */
export const RETRY_CAPACITY = 100;

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

/**
 * One budget per run. A run is known by its deadline, which is made once per invocation: what an outage used up in
 * one invocation is not missing in the next one of the same process.
 */
export function createRunBudgets(capacity = RETRY_CAPACITY): (deadline: Deadline) => RetryBudget {
  const budgets = new WeakMap<Deadline, RetryBudget>();
  return (deadline) => {
    const known = budgets.get(deadline);
    if (known) return known;
    const budget = createRetryBudget(capacity);
    budgets.set(deadline, budget);
    return budget;
  };
}
