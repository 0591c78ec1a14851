/**
 * Works on one of a stream's two traversals under its lease: its own sync, or a backfill.
 *
 * Decides what each ending becomes: a value (`complete`, `deadline`, `leased`, `yield`) or a failure in the report.
 */

import { backfillWindowOf, takeBackfill } from '../../core/cursor/backfills.ts';
import { afterServing, type Cursor, type Slot } from '../../core/cursor/cursor.ts';
import { type OpenReason, planBackfill, planSync } from '../../core/cursor/plan.ts';
import { DeadlineReached, type HardFailure } from '../../core/failure/errors.ts';
import { formatInstant, type Instant } from '../../core/time/instant.ts';
import type { Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import { logHardFailure, toHardFailure } from '../failure.ts';
import { type Lease, LeaseLost } from '../lease.ts';
import { dropBatch, sealBatch } from '../pages/batch.ts';
import { countBatch, logCheckpoint, traverse } from '../pages/traverse.ts';
import { announce, newCounts, type StreamReport, streamReport, type TurnFacts } from '../report.ts';
import { closeDrained, finishDrained } from './close.ts';
import { isRefusedToken, openAgain, openFrom } from './opening.ts';
import { recordFailure } from './settle.ts';
import type { StreamTurn } from './turn.ts';

export type SlotEnd = 'complete' | 'deadline' | 'yield' | 'leased' | 'failed';

/** Never throws. The lease is given back, unless the slot is complete and a backfill waits behind it. */
export async function runSlot(
  deps: SyncDeps,
  turn: StreamTurn,
  lease: Lease,
  outer: Scope,
  slot: Slot,
): Promise<{ readonly end: SlotEnd; readonly report: StreamReport }> {
  const { rule } = turn;
  const startedMs = deps.clock.monotonicMs();
  const counts = newCounts();
  let scope = outer;
  let failure: HardFailure | null = null;
  let worked: Pick<TurnFacts, 'mode' | 'syncId'> = { mode: slot === 'backfill' ? 'backfill' : null, syncId: null };

  let end: SlotEnd;
  try {
    end = await work();
  } catch (error) {
    end = await judge(error);
  }
  const facts: TurnFacts = {
    stream: rule.name,
    // Giving way is nothing a person must know of: the stream comes again, or the deadline stopped it.
    outcome: end === 'yield' ? 'deadline' : end,
    ...worked,
    syncId: worked.syncId ?? lease.cursor().lastSyncId,
    watermark: lease.cursor().watermark,
    counts,
    tally: scope.tally,
    failure,
    durationMs: deps.clock.monotonicMs() - startedMs,
  };
  announce(scope.log, deps.metrics, facts, deps.clock.now());
  return { end, report: streamReport(facts) };

  async function work(): Promise<SlotEnd> {
    if (!(await makeOpen())) {
      await lease.save(served(lease.cursor()), 'release', scope);
      return 'complete';
    }
    for (;;) {
      try {
        return await goOn();
      } catch (error) {
        if (!isRefusedToken(error, lease.cursor()[slot])) throw error;
        openAgain(deps, lease, rule, slot, error);
        started('continuation_token_refused');
      }
    }
  }

  async function goOn(): Promise<SlotEnd> {
    const closing = { rule, slot, lease, scope, counts, after: afterClosing(), served };
    if (lease.cursor()[slot]?.drainedAt != null) {
      await finishDrained(deps, closing);
      return 'complete';
    }
    const { end, batch } = await traverse(deps, { rule, slot, lease, scope, counts, shouldYield: turn.shouldYield });
    try {
      if (end === 'drained') {
        await closeDrained(deps, closing, batch);
        return 'complete';
      }
      const sealed = await sealBatch(batch, { lease, slot, table: rule.table, drainedAt: null }, scope);
      await lease.save(served(sealed.cursor), 'release', scope);
      countBatch(counts, batch, sealed.part);
      if (batch.pages > 0) logCheckpoint(scope, lease, batch, sealed.part);
      return end;
    } catch (error) {
      await dropBatch(batch);
      throw error;
    }
  }

  /** Makes sure that the slot holds an open sync, staged in memory; false when there is none to do. */
  async function makeOpen(): Promise<boolean> {
    const now = deps.clock.now();
    if (slot === 'open') {
      const plan = planSync(rule, lease.cursor(), deps.settings, now);
      if (plan.kind === 'not_due') return false;
      if (plan.kind === 'open') openFrom(deps, lease, rule, slot, plan.opening, 0);
      started(plan.kind === 'open' ? plan.opening.reason : 'resumed');
      return true;
    }
    const { backfill } = lease.cursor();
    if (backfill && backfill.sourceKey !== deps.settings.sourceKey) {
      // Its pages were read through other filters; what it was asked for is read anew through the present ones.
      const opening = planBackfill(rule, lease.cursor(), backfillWindowOf(backfill), deps.settings, now);
      openFrom(deps, lease, rule, slot, opening, 0);
      started('source_changed');
      return true;
    }
    if (backfill) {
      started('resumed');
      return true;
    }
    const taken = takeBackfill(lease.cursor());
    if (!taken) return false;
    const opening = planBackfill(rule, lease.cursor(), taken.window, deps.settings, now);
    lease.stage(taken.cursor);
    openFrom(deps, lease, rule, slot, opening, 0);
    started(opening.reason);
    return true;
  }

  async function judge(error: unknown): Promise<SlotEnd> {
    if (error instanceof LeaseLost) return 'leased';
    if (error instanceof DeadlineReached) {
      try {
        await lease.save(served(lease.cursor()), 'release', scope);
        return 'deadline';
      } catch (lost) {
        // An unreturned lease runs out by itself, shortly after this invocation.
        return lost instanceof LeaseLost ? 'leased' : 'deadline';
      }
    }
    failure = toHardFailure(error);
    logHardFailure(scope.log, failure);
    await recordFailure(deps, lease, slot, failure, scope);
    return 'failed';
  }

  function started(reason: OpenReason | 'resumed'): void {
    const sync = lease.cursor()[slot];
    if (!sync) return;
    worked = { mode: sync.mode, syncId: sync.syncId };
    scope = { ...outer, log: outer.log.child({ sync_id: sync.syncId }) };
    scope.log.info('stream_started', {
      mode: sync.mode,
      reason,
      modified_since: textOrNull(sync.modifiedSince),
      watermark: textOrNull(lease.cursor().watermark),
      pages_so_far: sync.pages,
    });
  }

  function afterClosing(): 'keep' | 'release' {
    const { backfill, queued } = lease.cursor();
    return (slot === 'open' && backfill !== null) || queued.length > 0 ? 'keep' : 'release';
  }

  function served(cursor: Cursor): Cursor {
    return afterServing(cursor, deps.clock.now(), lease.stamps.last());
  }
}

function textOrNull(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at);
}
