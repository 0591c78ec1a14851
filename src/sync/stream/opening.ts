/**
 * Opens a sync, or opens it anew where Ditio no longer takes its continuation token.
 *
 * When a sync is due is decided in `core/cursor/plan.ts`. An opening is staged only, and stored with the first checkpoint.
 */

import { backfillWindowOf, takeBackfill } from '../../core/cursor/backfills.ts';
import { abandonSync, openSync } from '../../core/cursor/cursor.ts';
import { type Opening, type OpenReason, planBackfill, planSync } from '../../core/cursor/plan.ts';
import { firstWindow } from '../../core/cursor/windows.ts';
import { HardFailure } from '../../core/failure/errors.ts';
import { formatSyncId } from '../../core/lake/lake-keys.ts';
import type { SyncDeps } from '../deps.ts';
import type { Work } from './work.ts';

/** Stages what the slot goes on with, and says why; null when there is nothing to do. */
export function openNext(deps: SyncDeps, work: Work): OpenReason | 'resumed' | null {
  return work.slot === 'own' ? openOwn(deps, work) : openBackfill(deps, work);
}

function openOwn(deps: SyncDeps, work: Work): OpenReason | 'resumed' | null {
  const plan = planSync(work.rule, work.lease.cursor(), deps.settings, deps.clock.now());
  if (plan.kind === 'not_due') return null;
  if (plan.kind === 'resume') return 'resumed';
  stage(deps, work, plan.opening, 0);
  return plan.opening.reason;
}

function openBackfill(deps: SyncDeps, work: Work): OpenReason | 'resumed' | null {
  const { lease, rule } = work;
  const now = deps.clock.now();
  const { backfill } = lease.cursor();
  if (backfill && backfill.sourceKey !== deps.settings.sourceKey) {
    // Its pages were read through other filters; what it was asked for is read anew through the present ones.
    const opening = planBackfill(rule, lease.cursor(), backfillWindowOf(backfill), deps.settings, now);
    stage(deps, work, opening, 0);
    return 'source_changed';
  }
  if (backfill) return 'resumed';
  const taken = takeBackfill(lease.cursor());
  if (!taken) return null;
  lease.stage(taken.cursor);
  const opening = planBackfill(rule, taken.cursor, taken.window, deps.settings, now);
  stage(deps, work, opening, 0);
  return opening.reason;
}

/** How a server may say that it no longer takes a token; 400 is what Ditio documents for bad parameters. */
const TOKEN_REFUSALS: readonly unknown[] = [400, 410, 422];

/**
 * Begins a sync anew after its continuation token was refused, under a new sync id and from the same watermark, once.
 * A second refusal gives the sync up, so that the next run opens a fresh one and the stream is never stuck on a token.
 *
 * Throws the error again where opening anew is no answer to it.
 */
export function openAgain(deps: SyncDeps, work: Work, error: unknown): OpenReason {
  const { lease, rule, slot } = work;
  const cursor = lease.cursor();
  const open = cursor[slot];
  if (!open || !isRefusedToken(error) || open.position.continuationToken === null) throw error;
  const abandoned = abandonSync(cursor, slot);
  if (open.restarts === 1) {
    lease.stage(abandoned);
    throw error;
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
  if (!opening) throw error;
  stage(deps, work, opening, 1);
  return 'continuation_token_refused';
}

function isRefusedToken(error: unknown): boolean {
  return error instanceof HardFailure && TOKEN_REFUSALS.includes(error.facts.status);
}

function stage(deps: SyncDeps, work: Work, opening: Opening, restarts: 0 | 1): void {
  const { lease, rule, slot } = work;
  const at = deps.clock.now();
  const syncId = formatSyncId(lease.stamps.next(at));
  const { mode, modifiedSince, modifiedBefore, range } = opening;
  const window = range ? firstWindow(rule.window, range) : null;
  const { pageSize, sourceKey } = deps.settings;
  const asked = { modifiedSince, modifiedBefore, range, window, pageSize, sourceKey };
  lease.stage(openSync(lease.cursor(), slot, { syncId, mode, at, ...asked, restarts }));
}
