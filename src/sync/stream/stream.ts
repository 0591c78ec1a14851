/**
 * One stream's turn within a run: take the lease, go on with its sync, then with a backfill, give the lease back.
 *
 * Nothing that happens here stops another stream: every ending is a report.
 */

import type { Slot } from '../../core/cursor/cursor.ts';
import type { Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import { type Ending, endingOf } from '../ending.ts';
import { acquireLease, type Lease } from '../lease.ts';
import type { FinishedTurn } from '../ledger.ts';
import { announce, newCounts, newTally, streamReport } from '../report.ts';
import { runSlot } from './slot.ts';
import type { StreamTurn } from './turn.ts';

export interface TurnResult {
  /** One entry for the stream's own sync, one more for each backfill that was worked on. */
  readonly finished: readonly FinishedTurn[];
  /** The stream gave way to others and wants another turn in this run. */
  readonly again: boolean;
}

/** Never throws. */
export async function takeTurn(deps: SyncDeps, turn: StreamTurn): Promise<TurnResult> {
  const startedMs = deps.clock.monotonicMs();
  const log = turn.log.child({ stream: turn.rule.name, sync_id: null });
  const { deadline, runId, budget } = turn;
  const scope: Scope = { deadline, log, tally: newTally(), runId, budget };
  try {
    const acquired = await acquireLease(deps, turn.rule.name, turn.invocationEndsAt, scope);
    if ('lease' in acquired) return await workOn(deps, turn, acquired.lease, scope);
    return withoutLease(deps, turn, scope, startedMs, { kind: 'leased' });
  } catch (error) {
    return withoutLease(deps, turn, scope, startedMs, endingOf(error, scope));
  }
}

async function workOn(deps: SyncDeps, turn: StreamTurn, lease: Lease, scope: Scope): Promise<TurnResult> {
  const stream = turn.rule.name;
  const finished: FinishedTurn[] = [];
  if (turn.task.kind === 'sync') {
    const { ending, report } = await runSlot(deps, turn, lease, scope, 'own');
    finished.push({ stream, slot: 'own', report });
    if (ending.kind !== 'complete') return { finished, again: ending.kind === 'yield' };
  }
  // An accepted backfill goes on after the stream's own sync, so that it never keeps the lake from being current.
  while (turn.task.kind === 'backfill' || lease.cursor().backfill || lease.cursor().queued.length > 0) {
    const { ending, report } = await runSlot(deps, turn, lease, { ...scope, tally: newTally() }, 'backfill');
    finished.push({ stream, slot: 'backfill', report });
    const isMoreQueued = lease.cursor().queued.length > 0;
    if (ending.kind !== 'complete' || !isMoreQueued) return { finished, again: ending.kind === 'yield' };
  }
  return { finished, again: false };
}

function withoutLease(deps: SyncDeps, turn: StreamTurn, scope: Scope, startedMs: number, ending: Ending): TurnResult {
  const slot: Slot = turn.task.kind === 'sync' ? 'own' : 'backfill';
  const facts = {
    stream: turn.rule.name,
    ending,
    mode: slot === 'backfill' ? ('backfill' as const) : null,
    syncId: null,
    watermark: null,
    counts: newCounts(),
    tally: scope.tally,
    durationMs: deps.clock.monotonicMs() - startedMs,
  };
  announce(scope.log, deps.metrics, facts, deps.clock.now());
  return { finished: [{ stream: turn.rule.name, slot, report: streamReport(facts) }], again: false };
}
