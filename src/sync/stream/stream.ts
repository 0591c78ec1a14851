/**
 * One stream's turn within a run: take the lease, go on with its sync, then with a backfill, give the lease back.
 *
 * Nothing that happens here stops another stream: every ending is a report.
 */

import type { Slot } from '../../core/cursor/cursor.ts';
import { DeadlineReached, type HardFailure } from '../../core/failure/errors.ts';
import type { Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import { logHardFailure, toHardFailure } from '../failure.ts';
import { acquireLease, LeaseLost } from '../lease.ts';
import { announce, newCounts, newTally, type StreamOutcome, type StreamReport, streamReport } from '../report.ts';
import { runSlot } from './slot.ts';
import type { StreamTurn } from './turn.ts';

export interface SlotReport {
  readonly slot: Slot;
  readonly report: StreamReport;
}

export interface TurnResult {
  /** One entry for the stream's own sync, one more when a backfill was worked on. */
  readonly reports: readonly SlotReport[];
  /** The stream gave way to others and wants another turn in this run. */
  readonly again: boolean;
}

export async function takeTurn(deps: SyncDeps, turn: StreamTurn): Promise<TurnResult> {
  const startedMs = deps.clock.monotonicMs();
  const log = turn.log.child({ stream: turn.rule.name, sync_id: null });
  const { deadline, runId, budget } = turn;
  const scope: Scope = { deadline, log, tally: newTally(), runId, budget };
  try {
    const acquired = await acquireLease(deps, turn.rule.name, turn.invocationEndsAt, scope);
    if (!('lease' in acquired)) return withoutLease('leased', null);
    return await workOn(acquired.lease);
  } catch (error) {
    if (error instanceof DeadlineReached) return withoutLease('deadline', null);
    if (error instanceof LeaseLost) return withoutLease('leased', null);
    const failure = toHardFailure(error);
    logHardFailure(log, failure);
    return withoutLease('failed', failure);
  }

  async function workOn(lease: Parameters<typeof runSlot>[2]): Promise<TurnResult> {
    const reports: SlotReport[] = [];
    if (turn.task.kind === 'sync') {
      const { end, report } = await runSlot(deps, turn, lease, scope, 'open');
      reports.push({ slot: 'open', report });
      if (end !== 'complete') return { reports, again: end === 'yield' };
    }
    // An accepted backfill goes on after the stream's own sync, so that it never keeps the lake from being current.
    while (turn.task.kind === 'backfill' || lease.cursor().backfill || lease.cursor().queued.length > 0) {
      const { end, report } = await runSlot(deps, turn, lease, { ...scope, tally: newTally() }, 'backfill');
      reports.push({ slot: 'backfill', report });
      const more = lease.cursor().queued.length > 0;
      if (end !== 'complete' || !more) return { reports, again: end === 'yield' };
    }
    return { reports, again: false };
  }

  function withoutLease(outcome: StreamOutcome, failure: HardFailure | null): TurnResult {
    const slot: Slot = turn.task.kind === 'sync' ? 'open' : 'backfill';
    const facts = {
      stream: turn.rule.name,
      outcome,
      mode: slot === 'backfill' ? ('backfill' as const) : null,
      syncId: null,
      watermark: null,
      counts: newCounts(),
      tally: scope.tally,
      failure,
      durationMs: deps.clock.monotonicMs() - startedMs,
    };
    announce(log, deps.metrics, facts, deps.clock.now());
    return { reports: [{ slot, report: streamReport(facts) }], again: false };
  }
}
