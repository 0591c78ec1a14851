/** Leaves a stream in order after a hard failure: the failure is remembered, the lease given back. */

import { abandonSync, afterFailure, afterServing, type Slot } from '../../core/cursor/cursor.ts';
import type { HardFailure } from '../../core/failure/errors.ts';
import type { Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import type { Lease } from '../lease.ts';
import { abandonsOnFailure } from './opening.ts';

/** Never throws: the failure itself is what the run reports, and an unreturned lease runs out by itself. */
export async function recordFailure(
  deps: SyncDeps,
  lease: Lease,
  slot: Slot,
  failure: HardFailure,
  scope: Scope,
): Promise<void> {
  // The state store has just failed; another write would only spend the time of other streams.
  if (failure.kind === 'state') return;
  const now = deps.clock.now();
  const kept = abandonsOnFailure(slot, failure) ? abandonSync(lease.cursor(), slot) : lease.cursor();
  const status = failure.facts.status ?? null;
  const noted = afterFailure(kept, { kind: failure.kind, at: now, message: failure.message, status });
  try {
    await lease.save(afterServing(noted, now, lease.stamps.last()), 'release', scope);
  } catch (error) {
    scope.log.warn('checkpoint', { saved: false, reason: error instanceof Error ? error.name : 'unknown' });
  }
}
