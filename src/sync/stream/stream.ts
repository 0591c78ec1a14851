/**
 * One stream's turn within a run: take the lease, go on with its sync, then with a backfill, give the lease back.
 *
 * Nothing that happens here stops another stream: every ending is a report.
 */

import { afterFruitlessRun, changeSource, isOtherSource } from '../../core/cursor/cursor.ts';
import type { HardFailure } from '../../core/failure/errors.ts';
import type { SyncDeps } from '../deps.ts';
import { type Ending, endWith, failedWith, stopOf } from '../ending.ts';
import { acquireLease, type Lease } from '../lease.ts';
import type { FinishedTurn } from '../ledger.ts';
import { announce, newCounts, newTally, streamReport } from '../report.ts';
import { giveUp, MAX_FRUITLESS_RUNS, runsDiedFailure } from './settle.ts';
import { runSlot } from './slot.ts';
import type { StreamTurn } from './turn.ts';

export interface TurnResult {
  /** One entry for the stream's own sync, one more for each backfill that was worked on. */
  readonly finished: readonly FinishedTurn[];
  /** Whether the stream wants another turn in this run: as the next in line, or after so many milliseconds. */
  readonly again: 'next' | number | null;
  /** A failure that stops every stream of the run; not logged yet. */
  readonly stop: HardFailure | null;
}

/** Never throws. */
export async function takeTurn(deps: SyncDeps, turn: StreamTurn): Promise<TurnResult> {
  const startedMs = deps.clock.monotonicMs();
  try {
    const acquired = await acquireLease(deps, turn.rule.name, turn.invocationEndsAt, turn.scope);
    if (!('lease' in acquired)) return withoutReading(deps, turn, startedMs, { kind: 'leased' });
    const ending = await noteBeforeReading(deps, turn, acquired.lease);
    if (ending) return withoutReading(deps, turn, startedMs, ending);
    return await workOn(deps, turn, acquired.lease);
  } catch (error) {
    return withoutReading(deps, turn, startedMs, endWith(error, turn.scope));
  }
}

/**
 * Stores, before anything is read, that the source has changed, and that the last run may have died because of this
 * stream. Returns an ending when that happened {@link MAX_FRUITLESS_RUNS} times in a row.
 */
async function noteBeforeReading(deps: SyncDeps, turn: StreamTurn, lease: Lease): Promise<Ending | null> {
  const { scope } = turn;
  const { sourceKey } = deps.settings;
  const stored = lease.cursor();
  const known = isOtherSource(stored, sourceKey) ? changeSource(stored, sourceKey) : stored;
  const cursor = turn.isSuspect ? afterFruitlessRun(known) : known;
  if (turn.isSuspect && cursor.fruitlessRuns >= MAX_FRUITLESS_RUNS) {
    const ending = failedWith(runsDiedFailure(turn.rule.name), scope);
    // The count starts again, so that the next runs try the stream again. This run works on the others.
    await giveUp(deps, lease, { ...cursor, fruitlessRuns: 0 }, ending.failure, scope);
    return ending;
  }
  if (cursor !== stored) await lease.save(cursor, 'keep', scope);
  return null;
}

async function workOn(deps: SyncDeps, turn: StreamTurn, lease: Lease): Promise<TurnResult> {
  const { scope } = turn;
  const stream = turn.rule.name;
  const finished: FinishedTurn[] = [];
  if (turn.slot === 'own') {
    const { ending, report } = await runSlot(deps, turn, lease, scope, 'own');
    finished.push({ stream, slot: 'own', report });
    if (ending.kind !== 'complete') return { finished, again: againOf(ending), stop: stopOf(ending) };
  }
  // An accepted backfill goes on after the stream's own sync, so that it never keeps the lake from being current.
  while (turn.slot === 'backfill' || lease.cursor().backfill || lease.cursor().queued.length > 0) {
    const { ending, report } = await runSlot(deps, turn, lease, { ...scope, tally: newTally() }, 'backfill');
    finished.push({ stream, slot: 'backfill', report });
    const isMoreQueued = lease.cursor().queued.length > 0;
    if (ending.kind !== 'complete' || !isMoreQueued) {
      return { finished, again: againOf(ending), stop: stopOf(ending) };
    }
  }
  return { finished, again: null, stop: null };
}

function againOf(ending: Ending): TurnResult['again'] {
  if (ending.kind === 'yield') return 'next';
  return ending.kind === 'wait' ? ending.wait.waitMs : null;
}

function withoutReading(deps: SyncDeps, turn: StreamTurn, startedMs: number, ending: Ending): TurnResult {
  const { slot, scope } = turn;
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
  announce(scope, deps.metrics, facts, deps.clock.now());
  const finished = [{ stream: turn.rule.name, slot, report: streamReport(facts) }];
  return { finished, again: null, stop: stopOf(ending) };
}
