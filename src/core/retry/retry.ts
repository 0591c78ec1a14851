/**
 * The one retry loop, for Ditio and for AWS: attempts, their timeouts, the waits between them, all before the deadline.
 *
 * Decides when to try again and when to stop. What an error means is decided by the `judge` it is given, what happens
 * in an attempt by the attempt. Never sleeps and never begins an attempt that would not end before the deadline:
 *
 *     attempt 1 ──fails──▶ wait ──▶ attempt 2 ──fails──▶ wait ─ ─ ─ ─ ─ ─ ▶┊ does not fit: DeadlineReached, no sleep
 *     ├─ timeout ─┤                 ├─ timeout, cut at the end of work ─ ─ ┊ expired there: DeadlineReached
 */

import type { Clock, Random, Scope } from '../../ports.ts';
import { DeadlineReached, HardFailure } from '../failure/errors.ts';
import { type AttemptContext, AttemptTimedOut, runAttempt } from './attempt.ts';
import { waitMs } from './backoff.ts';
import type { RetryBudget } from './retry-budget.ts';

export type { AttemptContext };
export { AttemptTimedOut };

export type Verdict =
  /** Transient: try again after the schedule's wait, or after `retryAfterMs` where that is longer. */
  | { readonly action: 'retry'; readonly throttled: boolean; readonly retryAfterMs: number | null }
  /** Something was mended on the way (a token renewed): try again at once. Not counted as an attempt; at most once. */
  | { readonly action: 'again' }
  | { readonly action: 'hard'; readonly failure: HardFailure };

export interface RetryPolicy {
  /** Waits between attempts, in milliseconds; there is one attempt more than waits. */
  readonly delaysMs: readonly number[];
  /** Longest single attempt, in milliseconds. */
  readonly attemptTimeoutMs: number;
  /** The failure when no attempt is left; `cause` is what the last one threw and must become the failure's cause. */
  readonly exhausted: (cause: unknown, attempts: number, elapsedMs: number) => HardFailure;
  /**
   * `work` (default): attempts end before the end of work. `limit`: the first attempt may run up to the Lambda limit
   * (last part, checkpoint, summary); waits and retries still only before the end of work.
   */
  readonly until?: 'work' | 'limit';
}

export interface RetryDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Retries of the whole run; without one only the policy limits them. */
  readonly budget?: RetryBudget;
  /** Milliseconds for which nothing may be sent, 0 for none; asked before each attempt (a pause of the whole host). */
  readonly pauseMs?: () => number;
  /** Runs before each attempt, outside its timeout; keeps the deadline itself. What it throws ends the loop as it is. */
  readonly prepare?: () => Promise<void>;
  /** Told before each wait. */
  readonly onRetry?: (info: { attempt: number; delayMs: number; throttled: boolean; error: unknown }) => void;
}

/** A wait is worth it only when this much is left for the attempt after it. Milliseconds. */
export const LEAST_ATTEMPT_MS = 250;

/**
 * Runs `attempt` until it succeeds, a verdict is hard, the attempts are used up, or the deadline stops it.
 *
 * Throws `HardFailure` or `DeadlineReached`, never anything else: both pass through as they are when an attempt throws
 * them, programming errors become `unexpected` without being judged, everything else is judged.
 */
export async function retry<T>(
  deps: RetryDeps,
  policy: RetryPolicy,
  scope: Scope,
  judge: (error: unknown) => Verdict,
  attempt: (context: AttemptContext) => Promise<T>,
): Promise<T> {
  const { clock, random, budget } = deps;
  const { deadline } = scope;
  const startedMs = clock.monotonicMs();
  let sentAgain = false;

  for (let number = 1; ; ) {
    await sitOutPause(deps, scope);
    await deps.prepare?.();
    const untilLimit = policy.until === 'limit' && number === 1;
    const leftMs = untilLimit ? deadline.limitLeftMs() : deadline.workLeftMs();
    if (leftMs <= 0) throw new DeadlineReached('no time is left to send a request');

    const outcome = await runAttempt(clock, scope, number, Math.min(policy.attemptTimeoutMs, leftMs), attempt);
    if (outcome.ok) {
      budget?.giveBack();
      return outcome.value;
    }
    const { error } = outcome;
    if (error instanceof DeadlineReached || error instanceof HardFailure) throw error;
    if (error instanceof AttemptTimedOut && policy.attemptTimeoutMs > leftMs) {
      throw new DeadlineReached('the deadline broke an attempt off', { cause: error });
    }
    if (error instanceof AttemptTimedOut && error.goesOn) {
      throw new HardFailure('unexpected', 'an attempt did not stop when its time was over', {}, error);
    }

    const verdict = judgeOrDefault(error, judge);
    if (verdict.action === 'hard') throw verdict.failure;
    if (verdict.action === 'again') {
      if (sentAgain) throw new HardFailure('unexpected', 'a request was to be sent again a second time', {}, error);
      sentAgain = true;
      continue;
    }

    const delayMs = policy.delaysMs[number - 1];
    const elapsedMs = clock.monotonicMs() - startedMs;
    if (delayMs === undefined) throw policy.exhausted(error, number, elapsedMs);
    const untilNextMs = waitMs(delayMs, verdict.retryAfterMs, random.next());
    mustFit(scope, untilNextMs);
    if (budget && !budget.take()) throw outOfBudget(policy.exhausted(error, number, elapsedMs));
    deps.onRetry?.({ attempt: number, delayMs: untilNextMs, throttled: verdict.throttled, error });
    await clock.sleep(untilNextMs);
    number += 1;
  }
}

/** Waits while the host is paused; the pause may be made longer meanwhile. */
async function sitOutPause(deps: RetryDeps, scope: Scope): Promise<void> {
  for (;;) {
    const pauseMs = deps.pauseMs?.() ?? 0;
    if (pauseMs <= 0) return;
    mustFit(scope, pauseMs);
    await deps.clock.sleep(pauseMs);
  }
}

function mustFit(scope: Scope, delayMs: number): void {
  const leftMs = scope.deadline.workLeftMs();
  if (delayMs + LEAST_ATTEMPT_MS <= leftMs) return;
  throw new DeadlineReached(`a wait of ${Math.ceil(delayMs)} ms does not fit in the ${Math.floor(leftMs)} ms left`);
}

const RETRY: Verdict = { action: 'retry', throttled: false, retryAfterMs: null };

function judgeOrDefault(error: unknown, judge: (error: unknown) => Verdict): Verdict {
  if (error instanceof AttemptTimedOut) return RETRY;
  if (!isProgrammingError(error)) return judge(error);
  const failure = new HardFailure('unexpected', `a defect: ${String(error)}`, {}, error);
  return { action: 'hard', failure };
}

/** Errors that say something about this program and not about the world; trying again would only repeat them. */
export function isProgrammingError(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof RangeError ||
    error instanceof EvalError ||
    error instanceof URIError ||
    !(error instanceof Error)
  );
}

function outOfBudget(failure: HardFailure): HardFailure {
  const message = `${failure.message}; this run has no retries left`;
  return new HardFailure(failure.kind, message, failure.facts, failure.cause);
}
