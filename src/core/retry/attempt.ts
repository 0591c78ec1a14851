/**
 * One attempt of a request under its timeout. The loop around it is `retry.ts`.
 *
 * The timeout runs on the injected clock, so that a test can let it pass, and aborts a signal; what the attempt then
 * throws is replaced by one error that says how long it was given. Nothing is left behind: no timer, no listener.
 */

import type { Clock, Scope } from '../../ports.ts';
import { DeadlineReached, HardFailure } from '../failure/errors.ts';

export interface AttemptContext {
  /** From 1. */
  readonly attempt: number;
  /** What the attempt has, in milliseconds, until its signal aborts. */
  readonly timeoutMs: number;
  /** Aborts when the attempt's time is over. The attempt must end soon after that; its result is then not wanted. */
  readonly signal: AbortSignal;
}

/** An attempt took longer than its timeout. The loop takes it for transient without asking the judge. */
export class AttemptTimedOut extends Error {
  override readonly name = 'AttemptTimedOut';
  /** How long the attempt was given, in milliseconds. */
  readonly timeoutMs: number;
  /** True when it went on after its signal had aborted: another attempt must not be begun beside it. */
  readonly goesOn: boolean;

  constructor(timeoutMs: number, cause?: unknown, goesOn = false) {
    super(`no complete answer within ${Math.round(timeoutMs)} ms`, cause === undefined ? undefined : { cause });
    this.timeoutMs = timeoutMs;
    this.goesOn = goesOn;
  }
}

/**
 * How long an attempt whose signal has aborted may take to end, in milliseconds. A new attempt beside one that goes
 * on would write into the same page, so one that does not end ends the loop.
 */
export const STOP_GRACE_MS = 2_000;

/** How an attempt ended. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** One attempt under its timeout; says how it ended, and leaves no timer and no listener behind. */
export async function runAttempt<T>(
  clock: Clock,
  scope: Scope,
  number: number,
  timeoutMs: number,
  attempt: (context: AttemptContext) => Promise<T>,
): Promise<Outcome<T>> {
  const attemptEnd = new AbortController();
  const timer = new AbortController();
  let timedOut = false;
  let settled = false;
  const outcome: Promise<Outcome<T>> = callAsync(() =>
    attempt({ attempt: number, timeoutMs, signal: attemptEnd.signal }),
  )
    .then(
      (value) => ({ ok: true, value }) as const,
      (error: unknown) => ({ ok: false, error }) as const,
    )
    .finally(() => {
      settled = true;
      timer.abort(SETTLED);
    });
  const expiry = (async (): Promise<Outcome<T>> => {
    await clock.sleep(timeoutMs, timer.signal);
    timedOut = true;
    attemptEnd.abort(new AttemptTimedOut(timeoutMs));
    await clock.sleep(Math.max(0, Math.min(STOP_GRACE_MS, scope.deadline.limitLeftMs())), timer.signal);
    return { ok: false, error: new AttemptTimedOut(timeoutMs, undefined, true) };
  })().catch((error: unknown) => (settled ? outcome : { ok: false as const, error }));

  const first = await Promise.race([outcome, expiry]);
  if (first.ok || !timedOut || isFinal(first.error)) return first;
  return { ok: false, error: new AttemptTimedOut(timeoutMs, first.error) };
}

function isFinal(error: unknown): boolean {
  return error instanceof HardFailure || error instanceof DeadlineReached || error instanceof AttemptTimedOut;
}

/** Why a timer is stopped; never seen outside. */
const SETTLED = Symbol('settled');

async function callAsync<T>(call: () => Promise<T>): Promise<T> {
  return await call();
}
