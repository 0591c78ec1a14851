/**
 * Opens a sync, or opens it anew where Ditio no longer takes its continuation token.
 *
 * Decides nothing about when a sync is due (`core/plan.ts`) and writes nothing: an opening is staged, and stored with
 * the first checkpoint.
 */

import { backfillWindowOf } from '../../core/cursor/backfills.ts';
import { abandonSync, type OpenSync, openSync, type Slot } from '../../core/cursor/cursor.ts';
import { type Opening, planBackfill, planSync } from '../../core/cursor/plan.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { firstWindow } from '../../core/cursor/windows.ts';
import { HardFailure } from '../../core/failure/errors.ts';
import { formatSyncId } from '../../core/lake/lake-keys.ts';
import type { SyncDeps } from '../deps.ts';
import type { Lease } from '../lease.ts';

export function openFrom(
  deps: SyncDeps,
  lease: Lease,
  rule: StreamRule,
  slot: Slot,
  opening: Opening,
  restarts: 0 | 1,
): void {
  const at = deps.clock.now();
  const syncId = formatSyncId(lease.stamps.next(at));
  const { mode, modifiedSince, modifiedBefore, range } = opening;
  const window = range ? firstWindow(rule.window, range) : null;
  const { pageSize, sourceKey } = deps.settings;
  const asked = { modifiedSince, modifiedBefore, range, window, pageSize, sourceKey };
  lease.stage(openSync(lease.cursor(), slot, { syncId, mode, at, ...asked, restarts }));
}

/** How a server may say that it no longer takes a token; 400 is what Ditio documents for bad parameters. */
const TOKEN_REFUSALS: readonly unknown[] = [400, 410, 422];

/** Ditio refused a request that differs from an accepted one by its continuation token only. */
export function isRefusedToken(error: unknown, open: OpenSync | null): error is HardFailure {
  return (
    error instanceof HardFailure &&
    TOKEN_REFUSALS.includes(error.facts.status) &&
    open !== null &&
    open.continuationToken !== null
  );
}

/**
 * Begins the sync anew, under a new sync id and from the same watermark, once; a second refusal gives the sync up and
 * rethrows, so that the next run opens a fresh one and the stream is never stuck on a token.
 */
export function openAgain(deps: SyncDeps, lease: Lease, rule: StreamRule, slot: Slot, refusal: HardFailure): Opening {
  const cursor = lease.cursor();
  const open = cursor[slot];
  const abandoned = abandonSync(cursor, slot);
  if (!open || open.restarts === 1) {
    lease.stage(abandoned);
    throw refusal;
  }
  const now = deps.clock.now();
  let opening: Opening | null = null;
  if (slot === 'backfill') {
    opening = planBackfill(rule, cursor, backfillWindowOf(open), deps.settings, now);
  } else {
    const begun = open.mode === 'full' ? { ...abandoned, fullRequested: true } : abandoned;
    const plan = planSync(rule, begun, deps.settings, now);
    if (plan.kind === 'open') opening = plan.opening;
  }
  if (!opening) throw refusal;
  openFrom(deps, lease, rule, slot, opening, 1);
  return { ...opening, reason: 'continuation_token_refused' };
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

/** Whether a hard failure ends the traversal in this slot for good, rather than until the next run. */
export function abandonsOnFailure(slot: Slot, failure: HardFailure): boolean {
  return slot === 'backfill' && HOPELESS.has(failure.kind);
}
