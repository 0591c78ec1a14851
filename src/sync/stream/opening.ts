/**
 * Opens a sync, or opens it anew where Ditio answers that it cannot go on as it was.
 *
 * When a sync is due is decided in `core/cursor/plan.ts`. An opening is staged only, and stored with the first checkpoint.
 */

import { backfillWindowOf } from '../../core/cursor/backfill-window.ts';
import { takeBackfill } from '../../core/cursor/backfills.ts';
import { begunAnew, openSync } from '../../core/cursor/cursor.ts';
import type { Cursor } from '../../core/cursor/cursor-shape.ts';
import type { OpenSync } from '../../core/cursor/open-sync.ts';
import {
  type Opening,
  type OpenReason,
  type Plan,
  planBackfill,
  planOpenBackfill,
  planSync,
} from '../../core/cursor/plan.ts';
import { needsWindows } from '../../core/cursor/request-age.ts';
import { firstWindow } from '../../core/cursor/windows.ts';
import { HardFailure } from '../../core/failure/errors.ts';
import { formatSyncId } from '../../core/lake/lake-keys.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { SyncDeps } from '../deps.ts';
import { isAnsweredByDitio, noLaterPageFailure } from './settle.ts';
import type { Work } from './work.ts';

/** Stages what the slot goes on with, and says why; null when there is nothing to do. */
export function openNext(deps: SyncDeps, work: Work): OpenReason | 'resumed' | null {
  const reason = work.slot === 'own' ? openOwn(deps, work) : openBackfill(deps, work);
  const cursor = work.lease.cursor();
  const open = cursor[work.slot];
  if (reason !== 'resumed' || !open) return reason;
  if (tokenKeepsTimingOut(cursor, open)) {
    return restart(deps, work, open, noLaterPageFailure(work.rule.name));
  }
  work.resumedAt = open.position.continuationToken;
  return reason;
}

/**
 * The token brought no answer in time in two runs: there was never time left to try without it. Every second run tries
 * with it all the same, since an endpoint that was down altogether may be back.
 */
function tokenKeepsTimingOut({ fruitlessRuns }: Cursor, { position, tokenFailures }: OpenSync): boolean {
  return position.continuationToken !== null && fruitlessRuns >= 2 && tokenFailures >= 2 && tokenFailures % 2 === 0;
}

function openOwn(deps: SyncDeps, work: Work): OpenReason | 'resumed' | null {
  return follow(deps, work, planSync(work.rule, work.lease.cursor(), deps.settings, deps.clock.now()));
}

function openBackfill(deps: SyncDeps, work: Work): OpenReason | 'resumed' | null {
  const { lease, rule } = work;
  const now = deps.clock.now();
  const { backfill } = lease.cursor();
  if (backfill) return follow(deps, work, planOpenBackfill(rule, lease.cursor(), backfill, deps.settings, now));
  const taken = takeBackfill(lease.cursor());
  if (!taken) return null;
  lease.stage(taken.cursor);
  const opening = planBackfill(rule, taken.cursor, taken.window, deps.settings, now);
  return follow(deps, work, { kind: 'open', opening });
}

function follow(deps: SyncDeps, work: Work, plan: Plan): OpenReason | 'resumed' | null {
  const { lease, slot } = work;
  if (plan.kind === 'not_due') return null;
  if (plan.kind === 'open') {
    stage(deps, work, plan.opening, 0);
    return plan.opening.reason;
  }
  lease.stage({ ...lease.cursor(), [slot]: plan.open });
  return 'resumed';
}

/**
 * Begins a sync anew after a failure that beginning anew may get over, under a new sync id and from the same watermark:
 *
 * - the server wants windows, and was asked without;
 * - its stored continuation token was refused, or has failed with any other answer in two runs one after the other. This is
 *   done once; if it fails again, that is a failure, and the next run opens a fresh sync. A backfill goes back into its queue.
 *
 * What was open before is kept in `work.undo` until a page of the new one is counted: where the new one fails as well, it
 * was not the token's fault. Throws the error again where opening anew is no answer to it.
 */
export function openAgain(deps: SyncDeps, work: Work, error: unknown): OpenReason {
  const { lease, slot } = work;
  const cursor = lease.cursor();
  const open = cursor[slot];
  if (!open || !(error instanceof HardFailure)) throw error;
  if (wantsWindows(work, cursor, open, error, deps.clock.now())) {
    work.undo ??= cursor;
    lease.stage({ ...cursor, windowed: true });
    return reopen(deps, work, open, 'windows_needed', open.restarts);
  }
  if (!isTokenFailure(work, open, error)) throw error;
  return restart(deps, work, open, error);
}

/** Begins a sync anew because of its token: once. After that, gives it up and throws the failure. */
function restart(deps: SyncDeps, work: Work, open: OpenSync, failure: HardFailure): OpenReason {
  const cursor = work.lease.cursor();
  if (open.restarts === 1) {
    work.lease.stage(begunAnew(cursor, work.slot));
    work.undo = null;
    throw failure;
  }
  work.undo ??= cursor;
  return reopen(deps, work, open, 'continuation_token_failed', 1);
}

/**
 * A server of the older kind answers 400 to a request without a window, and to a window that is too long. It takes changes of
 * the last days without one, so that their 400 has another cause. So has one that a gateway answers.
 */
function wantsWindows({ rule }: Work, cursor: Cursor, open: OpenSync, error: HardFailure, now: Instant): boolean {
  if (rule.window.kind !== 'fallback' || cursor.windowed || open.windowDays !== null) return false;
  if (error.facts.status !== 400 || error.kind === 'blocked' || open.position.continuationToken !== null) return false;
  return open.modifiedSince === null || needsWindows(rule, { ...cursor, windowed: true }, open.modifiedSince, now);
}

/** How a server may say that it no longer takes a token; 400 is what Ditio documents for bad parameters. */
const TOKEN_REFUSALS: readonly unknown[] = [400, 410, 422];

function isTokenFailure({ resumedAt }: Work, { position, tokenFailures }: OpenSync, error: HardFailure): boolean {
  // A token from the page before cannot be too old, so its 400 is a failure of the stream.
  if (resumedAt === null || position.continuationToken !== resumedAt) return false;
  if (TOKEN_REFUSALS.includes(error.facts.status)) return true;
  return tokenFailures > 0 && isAnsweredByDitio(error);
}

function reopen(deps: SyncDeps, work: Work, open: OpenSync, reason: OpenReason, restarts: 0 | 1): OpenReason {
  const { lease, rule, slot } = work;
  const now = deps.clock.now();
  work.resumedAt = null;
  if (slot === 'backfill') {
    stage(deps, work, planBackfill(rule, lease.cursor(), backfillWindowOf(open), deps.settings, now), restarts);
    return reason;
  }
  // A full sync stays one; what made it due may no longer be seen in the cursor.
  lease.stage(begunAnew(lease.cursor(), slot));
  const plan = planSync(rule, lease.cursor(), deps.settings, now);
  if (plan.kind !== 'open') throw new Error(`${rule.name} has nothing to begin anew`);
  stage(deps, work, plan.opening, restarts);
  return reason;
}

function stage(deps: SyncDeps, work: Work, opening: Opening, restarts: 0 | 1): void {
  const { lease, slot } = work;
  const at = deps.clock.now();
  const syncId = formatSyncId(lease.stamps.next(at));
  const { reason: _, ...given } = opening;
  const window = given.range ? firstWindow(given.windowDays, given.range) : null;
  const { pageSize, sourceKey } = deps.settings;
  lease.stage(openSync(lease.cursor(), slot, { ...given, syncId, at, window, pageSize, sourceKey, restarts }));
}
