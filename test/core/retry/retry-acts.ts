/** Defines scripted attempts for tests of the retry loop, and judges their errors. */

import { AttemptTimedOut, DeadlineReached, HardFailure } from '../../../src/core/failure/errors.ts';
import type { Attempted, Verdict } from '../../../src/core/failure/judge.ts';
import { DITIO_DELAYS_MS } from '../../../src/core/retry/backoff.ts';
import type { RetryPolicy } from '../../../src/core/retry/retry.ts';
import type { Clock } from '../../../src/core/scope.ts';

export const POLICY: RetryPolicy = {
  delaysMs: DITIO_DELAYS_MS,
  attemptTimeoutMs: 120_000,
};

export class Transient extends Error {
  readonly retryAfterMs: number | null;
  constructor(retryAfterMs: number | null = null) {
    super('transient');
    this.retryAfterMs = retryAfterMs;
  }
}

export const HARD = new HardFailure('forbidden', 'no');
export function judge(error: unknown, { attempt, elapsedMs }: Attempted): Verdict {
  if (!(error instanceof Transient || error instanceof AttemptTimedOut)) return { action: 'hard', failure: HARD };
  const retryAfterMs = error instanceof Transient ? error.retryAfterMs : null;
  const facts = { attempts: attempt, elapsedMs, request: 'GET x', status: 503 };
  const failure = new HardFailure('retries_exhausted', 'gave up', facts, error);
  return { action: 'retry', reason: 'server_error', throttled: false, retryAfterMs, failure };
}

/** What an attempt does: succeed, throw, or take time (`takesMs`) before it does; `hang` waits for its signal. */
export type Act = 'ok' | Error | { readonly takesMs: number; readonly fails?: Error } | 'hang' | 'ignores its signal';

export async function perform(act: Act, clock: Clock, signal: AbortSignal): Promise<void> {
  if (act === 'ok') return;
  if (act === 'hang') return await hang(signal);
  if (act === 'ignores its signal') return await new Promise(() => {});
  if (act instanceof Error) throw act;
  await clock.sleep(act.takesMs, signal);
  if (act.fails) throw act.fails;
}

export function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export function endOf(outcome: unknown): string {
  if (outcome instanceof DeadlineReached) return 'deadline';
  return outcome instanceof HardFailure ? outcome.kind : String(outcome);
}
