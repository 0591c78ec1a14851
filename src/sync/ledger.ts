/** The ledger of a run: every finished turn, and the report that they add up to (contract, section 5). */

import type { Cursor, Slot } from '../core/cursor/cursor-shape.ts';
import type { StreamRule } from '../core/cursor/stream-rule.ts';
import { textOrNull } from '../core/time/instant.ts';
import type { RunReport, StreamReport } from './report.ts';

/** One turn of one traversal, as it ended. */
export interface FinishedTurn {
  readonly stream: string;
  readonly slot: Slot;
  readonly report: StreamReport;
}

/** A stream as the run found it. */
export interface Expected {
  readonly rule: StreamRule;
  /** As stored before the run; null where nothing is stored. */
  readonly cursor: Cursor | null;
  /** Whether there was anything to do. */
  readonly isDue: boolean;
}

/** In the order of the catalogue, a backfill after the stream's own sync. */
export function reportRun(
  run: Pick<RunReport, 'runId' | 'action' | 'durationMs'>,
  expected: readonly Expected[],
  ledger: readonly FinishedTurn[],
): RunReport {
  const streams = expected.flatMap((stream) => reportsOf(run.action, stream, ledger));
  return { runId: run.runId, action: run.action, outcome: outcomeOf(streams), durationMs: run.durationMs, streams };
}

function reportsOf(action: RunReport['action'], stream: Expected, ledger: readonly FinishedTurn[]): StreamReport[] {
  const turns = ledger.filter((turn) => turn.stream === stream.rule.name);
  const requested: Slot = action === 'sync' ? 'own' : 'backfill';
  const main = summed(turns.filter(({ slot }) => slot === requested)) ?? untouched(stream);
  const other = summed(turns.filter(({ slot }) => slot !== requested));
  return other ? [main, other] : [main];
}

/** Turns of one traversal as one entry. The last one tells outcome and watermark. */
function summed(turns: readonly FinishedTurn[]): StreamReport | null {
  const [first, ...rest] = turns.map(({ report }) => report);
  return first ? rest.reduce(added, first) : null;
}

function added(before: StreamReport, after: StreamReport): StreamReport {
  return {
    ...after,
    mode: after.mode ?? before.mode,
    syncId: after.syncId ?? before.syncId,
    pages: before.pages + after.pages,
    records: before.records + after.records,
    deleted: before.deleted + after.deleted,
    parts: before.parts + after.parts,
    bytes: before.bytes + after.bytes,
    requests: before.requests + after.requests,
    retries: before.retries + after.retries,
  };
}

/** A stream that no turn came to: it needed nothing, or time was up before. */
function untouched({ rule, cursor, isDue }: Expected): StreamReport {
  return {
    stream: rule.name,
    outcome: isDue ? 'deadline' : 'complete',
    mode: rule.snapshot ? 'full' : null,
    syncId: cursor?.lastSyncId ?? null,
    pages: 0,
    records: 0,
    deleted: 0,
    parts: 0,
    bytes: 0,
    requests: 0,
    retries: 0,
    watermark: textOrNull(cursor?.watermark),
    ...(isDue && { reason: 'time' }),
  };
}

function outcomeOf(streams: readonly StreamReport[]): RunReport['outcome'] {
  if (streams.some(({ outcome }) => outcome === 'failed')) return 'failed';
  return streams.some(({ outcome }) => outcome === 'deadline') ? 'deadline' : 'complete';
}
