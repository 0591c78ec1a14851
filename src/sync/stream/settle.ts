/** Leaves a stream in order after a hard failure: the failure is remembered, the lease given back. */

import { abandonSync, afterFailure, afterServing, type Slot } from '../../core/cursor/cursor.ts';
import type { HardFailure } from '../../core/failure/errors.ts';
import type { SyncDeps } from '../deps.ts';
import type { Work } from './work.ts';

/** Never throws: the failure itself is what the run reports, and a lease that is not given back runs out by itself. */
export async function recordFailure(deps: SyncDeps, work: Work, failure: HardFailure): Promise<void> {
  // The state store has just failed; another write would only spend the time of other streams.
  if (failure.kind === 'state') return;
  const { lease, slot, scope } = work;
  const now = deps.clock.now();
  const kept = isHopeless(slot, failure) ? abandonSync(lease.cursor(), slot) : lease.cursor();
  const status = failure.facts.status ?? null;
  const noted = afterFailure(kept, { kind: failure.kind, at: now, message: failure.message, status });
  try {
    await lease.save(afterServing(noted, now, lease.stamps.last()), 'release', scope);
  } catch (error) {
    scope.log.warn('checkpoint', { saved: false, reason: error instanceof Error ? error.name : 'unknown' });
  }
}

/** Failures after which a backfill would only fail again: it is given up, and a person may ask for it anew. */
const HOPELESS: ReadonlySet<string> = new Set([
  'bad_request',
  'invalid_window',
  'forbidden',
  'not_found',
  'wire_format',
  'pagination_loop',
]);

function isHopeless(slot: Slot, failure: HardFailure): boolean {
  return slot === 'backfill' && HOPELESS.has(failure.kind);
}
