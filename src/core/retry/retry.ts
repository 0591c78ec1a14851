/**
 * The one retry loop, for Ditio and for AWS: attempts, their timeouts and the waits between them, all before the deadline.
 *
 * `judge` decides what an error means. The loop starts no sleep and no attempt that would not end before the deadline:
 *
 *     attempt 1 ──fails──▶ wait ──▶ attempt 2 ──fails──▶ wait ─ ─ ─ ─ ─ ─ ▶┊ does not fit: DeadlineReached, no sleep
 *     ├─ timeout ─┤                 ├─ timeout, cut at the end of work ─ ─ ┊ expired there: DeadlineReached
 */

import { AttemptTimedOut, DeadlineReached, HardFailure, type RefusedWait } from '../failure/errors.ts';
import type { Attempted, Verdict } from '../failure/judge.ts';
import type { Clock, Random, Scope } from '../scope.ts';
import { type AttemptContext, runAttempt } from './attempt.ts';
import { waitMs } from './backoff.ts';
import type { RetryBudget } from './retry-budget.ts';

export type { AttemptContext };

export interface RetryPolicy {
  /** Waits between attempts, in milliseconds; the number of attempts is one more. */
  readonly delaysMs: readonly number[];
  /** Longest single attempt, in milliseconds. */
  readonly attemptTimeoutMs: number;
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
  /** What holds requests back now, null for nothing; asked before each attempt. */
  readonly pauseOf?: () => Pause | null;
  /** Runs before each attempt, outside its timeout; must keep the deadline itself. An error it throws ends the loop unchanged. */
  readonly prepare?: () => Promise<void>;
  /** Called before each wait. */
  readonly onRetry?: (info: { readonly delayMs: number; readonly throttled: boolean }) => void;
}

/** A wait, as far as the loop does not decide whether it fits. */
type Wait = Omit<RefusedWait, 'fitsRun'>;

/** A time in which nothing is to be sent, because the server answered "too many requests". */
export interface Pause extends Wait {
  /** Whether this very endpoint answered so, and not another one of the same host. */
  readonly isOwn: boolean;
}

/** Least time that must be left for the attempt after a wait. Milliseconds. */
export const MIN_ATTEMPT_MS = 250;

/**
 * Runs `attempt` until it succeeds, a verdict is hard, the attempts are used up, or the deadline stops it. Writes the
 * line `retry_wait` before each wait.
 *
 * Throws only `HardFailure` or `DeadlineReached`. When an attempt throws one of them, it passes through unchanged.
 * Programming errors become `unexpected` without being judged; every other error is judged.
 */
export async function retry<T>(
  deps: RetryDeps,
  policy: RetryPolicy,
  scope: Scope,
  judge: (error: unknown, attempted: Attempted) => Verdict,
  attempt: (context: AttemptContext) => Promise<T>,
): Promise<T> {
  const { clock, random, budget } = deps;
  const { deadline } = scope;
  const startedMs = clock.monotonicMs();
  let sent = 0;
  let sentAgain = false;
  const soFar = (): Attempted => ({ attempt: sent, elapsedMs: clock.monotonicMs() - startedMs });

  for (let number = 1; ; ) {
    await sitOutPause(deps, scope);
    await deps.prepare?.();
    const untilLimit = policy.until === 'limit' && number === 1;
    const leftMs = untilLimit ? deadline.limitLeftMs() : deadline.workLeftMs();
    if (leftMs <= 0) throw new DeadlineReached('no time is left to send a request');

    sent += 1;
    const outcome = await runAttempt(clock, scope, Math.min(policy.attemptTimeoutMs, leftMs), soFar, attempt);
    if (outcome.ok) {
      budget?.giveBack();
      return outcome.value;
    }
    const { error } = outcome;
    if (error instanceof DeadlineReached || error instanceof HardFailure) throw error;
    if (error instanceof AttemptTimedOut && policy.attemptTimeoutMs > leftMs) {
      throw new DeadlineReached('the deadline stopped an attempt', { cause: error });
    }
    if (error instanceof AttemptTimedOut && error.goesOn) {
      throw new HardFailure('unexpected', 'an attempt did not stop when its time was over', {}, error);
    }

    const verdict = isProgrammingError(error) ? defect(error) : judge(error, soFar());
    if (verdict.action === 'hard') throw verdict.failure;
    if (verdict.action === 'again') {
      if (sentAgain) throw new HardFailure('unexpected', 'a request was to be sent again a second time', {}, error);
      sentAgain = true;
      continue;
    }

    const delayMs = policy.delaysMs[number - 1];
    if (delayMs === undefined) throw verdict.failure;
    const untilNextMs = waitMs(delayMs, verdict.retryAfterMs, random.next());
    const { request = null, status = null, code = null } = verdict.failure.facts;
    mustFit(scope, { waitMs: untilNextMs, status, code, retryAfterMs: verdict.retryAfterMs }, error);
    if (budget && !budget.take()) throw outOfBudget(verdict.failure);
    const { throttled, reason } = verdict;
    deps.onRetry?.({ delayMs: untilNextMs, throttled });
    const delay_ms = Math.round(untilNextMs);
    scope.log.warn('retry_wait', { request, attempt: sent, delay_ms, throttled, reason, status, code });
    await clock.sleep(untilNextMs);
    number += 1;
  }
}

/**
 * Waits while requests are held back. The pause may grow in the meantime.
 *
 * Where waiting for another endpoint's limit would end the turn, the request is sent without a wait: that limit may not
 * hold for the whole host, and no endpoint may keep another from being current.
 */
async function sitOutPause({ clock, pauseOf }: RetryDeps, scope: Scope): Promise<void> {
  for (;;) {
    const pause = pauseOf?.() ?? null;
    if (pause === null) return;
    const { isOwn, ...wait } = pause;
    if (!isOwn && !fitsRun(scope, wait.waitMs)) return;
    mustFit(scope, wait);
    await clock.sleep(wait.waitMs);
  }
}

function fitsRun({ deadline }: Scope, waitMs: number): boolean {
  return waitMs + MIN_ATTEMPT_MS <= deadline.workLeftMs();
}

function mustFit(scope: Scope, wait: Wait, cause?: unknown): void {
  const { waitMs } = wait;
  const fits = fitsRun(scope, waitMs);
  if (fits && waitMs <= (scope.patienceMs?.() ?? Number.POSITIVE_INFINITY)) return;
  const message = fits
    ? `a wait of ${Math.ceil(waitMs)} ms would hold up other streams`
    : `a wait of ${Math.ceil(waitMs)} ms does not fit in the ${Math.floor(scope.deadline.workLeftMs())} ms left`;
  throw new DeadlineReached(message, { wait: { ...wait, fitsRun: fits }, ...(cause !== undefined && { cause }) });
}

function defect(error: unknown): Verdict {
  return { action: 'hard', failure: new HardFailure('unexpected', `a defect: ${String(error)}`, {}, error) };
}

/** Errors that come from a defect of this program; another attempt would only repeat them. */
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
