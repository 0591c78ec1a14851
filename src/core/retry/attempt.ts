/**
 * One attempt of a request under its timeout. `retry.ts` is the loop around it.
 *
 * The timeout uses the injected clock and aborts a signal. One error with the attempt's time limit replaces what the attempt
 * then throws. No timer and no listener is left over.
 */

import { AttemptTimedOut, DeadlineReached, HardFailure } from '../failure/errors.ts';
import type { Attempted } from '../failure/judge.ts';
import type { Clock, Scope } from '../scope.ts';

export interface AttemptContext {
  /** The attempt's time limit, in milliseconds, until its signal aborts. */
  readonly timeoutMs: number;
  /** Aborts when the time limit has passed. The attempt must end soon after; its result is ignored. */
  readonly signal: AbortSignal;
  /** How often and for how long the request has been sent by now, this attempt included. */
  readonly soFar: () => Attempted;
}

/**
 * How long an attempt may take to end after its signal has aborted, in milliseconds. Two attempts at the same time would
 * write into the same page, so an attempt that does not end also ends the loop.
 */
export const STOP_GRACE_MS = 2_000;

/** How an attempt ended. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Runs one attempt under its timeout and returns how it ended. */
export async function runAttempt<T>(
  clock: Clock,
  scope: Scope,
  timeoutMs: number,
  soFar: () => Attempted,
  attempt: (context: AttemptContext) => Promise<T>,
): Promise<Outcome<T>> {
  const attemptEnd = new AbortController();
  const timer = new AbortController();
  let timedOut = false;
  let settled = false;
  const outcome: Promise<Outcome<T>> = callAsync(() => attempt({ timeoutMs, signal: attemptEnd.signal, soFar }))
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

/** The reason for stopping a timer; it never leaves this file. */
const SETTLED = Symbol('settled');

async function callAsync<T>(call: () => Promise<T>): Promise<T> {
  return await call();
}
