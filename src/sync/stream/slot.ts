/** Works on one of a stream's two traversals under its lease: open, read, seal, close. */

import { afterServing } from '../../core/cursor/cursor.ts';
import type { Cursor, Slot } from '../../core/cursor/cursor-shape.ts';
import type { OpenReason } from '../../core/cursor/plan.ts';
import { DeadlineReached } from '../../core/failure/errors.ts';
import { runDigits } from '../../core/lake/lake-keys.ts';
import type { Scope } from '../../core/scope.ts';
import { textOrNull } from '../../core/time/instant.ts';
import type { SyncDeps } from '../deps.ts';
import { type Ending, endAt, endWith } from '../ending.ts';
import type { Lease } from '../lease.ts';
import { dropBatch } from '../pages/batch.ts';
import { checkpoint } from '../pages/checkpoint.ts';
import { traverse } from '../pages/traverse.ts';
import { announce, newCounts, type StreamReport, streamReport } from '../report.ts';
import { closeDrained, finishDrained } from './close.ts';
import { openAgain, openNext } from './opening.ts';
import { endAtDeadline, noteEarlyEnd, recordFailure } from './settle.ts';
import type { StreamTurn } from './turn.ts';
import type { Work } from './work.ts';

/** Never throws. The lease is given back, unless the slot is complete and a backfill waits for its turn. */
export async function runSlot(
  deps: SyncDeps,
  turn: StreamTurn,
  lease: Lease,
  scope: Scope,
  slot: Slot,
): Promise<{ readonly ending: Ending; readonly report: StreamReport }> {
  const startedMs = deps.clock.monotonicMs();
  const mode = slot === 'backfill' ? 'backfill' : null;
  const { rule } = turn;
  const run = runDigits(scope.runId);
  const none = { syncId: null, resumedAt: null, undo: null };
  const work: Work = { rule, run, slot, lease, counts: newCounts(), scope, mode, ...none };
  const ending = await openReadClose(deps, turn, work).catch((error) => endAfter(deps, turn, work, error));
  const facts = {
    stream: work.rule.name,
    ending,
    mode: work.mode,
    syncId: work.syncId ?? lease.cursor().lastSyncId,
    watermark: lease.cursor().watermark,
    counts: work.counts,
    tally: work.scope.tally,
    durationMs: deps.clock.monotonicMs() - startedMs,
  };
  announce(work.scope, deps.metrics, facts, deps.clock.now());
  return { ending, report: streamReport(facts) };
}

async function openReadClose(deps: SyncDeps, turn: StreamTurn, work: Work): Promise<Ending> {
  const { lease } = work;
  const reason = openNext(deps, work);
  if (reason === null) {
    await lease.save(afterServing(lease.cursor(), deps.clock.now(), lease.stamps.last()), 'release', work.scope);
    return { kind: 'complete' };
  }
  noteStart(work, reason);
  for (;;) {
    try {
      return await readAndClose(deps, turn, work);
    } catch (error) {
      noteStart(work, openAgain(deps, work, error));
    }
  }
}

async function readAndClose(deps: SyncDeps, turn: StreamTurn, work: Work): Promise<Ending> {
  const { lease, slot } = work;
  const served = (cursor: Cursor) => afterServing(cursor, deps.clock.now(), lease.stamps.last());
  const closing = { reading: work, lease: owesBackfill(lease.cursor(), slot) ? 'keep' : 'release', served } as const;
  if (lease.cursor()[slot]?.drainedAt != null) {
    await finishDrained(deps, closing);
    return { kind: 'complete' };
  }
  const end = await traverse(deps, work, turn.shouldYield);
  switch (end.kind) {
    case 'drained':
      await closeDrained(deps, closing, end.batch);
      return { kind: 'complete' };
    case 'yield':
      await checkpoint(deps, work, end.batch, { next: served, lease: 'release' });
      return { kind: 'yield' };
    case 'deadline': {
      if (end.batch.pages + work.counts.pages === 0) {
        await dropBatch(end.batch);
        return endAtDeadline(deps, turn, work, end.cause);
      }
      const next = (cursor: Cursor) => served(noteEarlyEnd(deps, work, cursor, end.cause.wait));
      await checkpoint(deps, work, end.batch, { next, lease: 'release' });
      return endAt(end.cause);
    }
  }
}

/** Turns an error into an ending, records it on the cursor and gives the lease back, as far as that is possible. */
async function endAfter(deps: SyncDeps, turn: StreamTurn, work: Work, error: unknown): Promise<Ending> {
  if (error instanceof DeadlineReached) return endAtDeadline(deps, turn, work, error);
  const ending = endWith(error, work.scope);
  if (ending.kind === 'failed') await recordFailure(deps, work, ending.failure);
  return ending;
}

function noteStart(work: Work, reason: OpenReason | 'resumed'): void {
  const sync = work.lease.cursor()[work.slot];
  if (!sync) return;
  work.mode = sync.mode;
  work.syncId = sync.syncId;
  work.scope = { ...work.scope, log: work.scope.log.child({ sync_id: sync.syncId }) };
  work.scope.log.info('stream_started', {
    mode: sync.mode,
    reason,
    modified_since: textOrNull(sync.modifiedSince),
    watermark: textOrNull(work.lease.cursor().watermark),
    pages_so_far: sync.pages,
  });
}

function owesBackfill({ backfill, queued }: Cursor, slot: Slot): boolean {
  return (slot === 'own' && backfill !== null) || queued.length > 0;
}
