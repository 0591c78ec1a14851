/** How work on a stream ended. */

import { DeadlineReached, type HardFailure } from '../core/failure/errors.ts';
import type { Scope } from '../ports.ts';
import { logHardFailure, toHardFailure } from './failure.ts';
import { LeaseLost } from './lease.ts';

/** `yield`: the stream gave way to others, and wants another turn in this run. */
export type Ending =
  | { readonly kind: 'complete' | 'yield' | 'leased' }
  | { readonly kind: 'deadline'; readonly cause: DeadlineReached }
  | { readonly kind: 'failed'; readonly failure: HardFailure };

/** What an error ends the work in. A hard failure is logged here, once. */
export function endingOf(error: unknown, scope: Scope): Ending {
  if (error instanceof DeadlineReached) return { kind: 'deadline', cause: error };
  if (error instanceof LeaseLost) return { kind: 'leased' };
  const failure = toHardFailure(error);
  logHardFailure(scope.log, failure);
  return { kind: 'failed', failure };
}
