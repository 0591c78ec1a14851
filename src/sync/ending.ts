/** How work on a stream ended. */

import { DeadlineReached, type HardFailure, type RefusedWait } from '../core/failure/errors.ts';
import type { Scope } from '../core/scope.ts';
import { logHardFailure, toHardFailure } from './failure.ts';
import { LeaseLost } from './lease.ts';

export type Ending =
  | { readonly kind: 'complete' | 'leased' }
  /** It gave way to other streams and wants another turn in this run. */
  | { readonly kind: 'yield' }
  /** It must wait long and gets another turn when the wait is over. */
  | { readonly kind: 'wait'; readonly wait: RefusedWait }
  /** `wait`: what it would have had to wait; null where time was up. */
  | { readonly kind: 'deadline'; readonly wait: RefusedWait | null }
  | { readonly kind: 'failed'; readonly failure: HardFailure };

/** The ending for an error that ended the work. A failure is logged, see {@link failedWith}. */
export function endWith(error: unknown, scope: Scope): Ending {
  if (error instanceof LeaseLost) return { kind: 'leased' };
  if (error instanceof DeadlineReached) return endAt(error);
  return failedWith(toHardFailure(error), scope);
}

export function endAt({ wait }: DeadlineReached): Extract<Ending, { readonly kind: 'wait' | 'deadline' }> {
  return wait?.fitsRun ? { kind: 'wait', wait } : { kind: 'deadline', wait };
}

/** Logs a failure of the stream, once. A failure that stops every stream is logged by the run, also once. */
export function failedWith(failure: HardFailure, scope: Scope): Extract<Ending, { readonly kind: 'failed' }> {
  if (failure.concerns === 'stream') logHardFailure(scope.log, failure);
  return { kind: 'failed', failure };
}

/** The cause that stops every stream; null where the others can go on. */
export function stopOf(ending: Ending): HardFailure | null {
  return ending.kind === 'failed' && ending.failure.concerns === 'run' ? ending.failure : null;
}

/** Why a stream stopped before its end, in a few words: `time`, or what Ditio answered. */
export function reasonOf(wait: RefusedWait | null): string {
  if (wait === null) return 'time';
  const { status, code, waitMs, retryAfterMs } = wait;
  const answer = status ?? code ?? 'no answer';
  if (retryAfterMs !== null) return `${answer}, Retry-After ${Math.round(retryAfterMs / 1000)} s`;
  return `${answer}, next attempt after ${Math.round(waitMs / 1000)} s`;
}
