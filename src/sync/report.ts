/** Reports a turn of a stream: its entry in the run's report, its log line, its metrics (contract, sections 5, 7). */

import type { SyncMode } from '../core/cursor/open-sync.ts';
import type { FailureKind, HardFailure } from '../core/failure/errors.ts';
import type { Scope, Tally } from '../core/scope.ts';
import { formatInstant, type Instant } from '../core/time/instant.ts';
import type { Metrics } from '../ports.ts';
import { type Ending, reasonOf } from './ending.ts';

export type StreamOutcome = 'complete' | 'deadline' | 'leased' | 'failed';

export interface FailureReport {
  readonly kind: FailureKind;
  readonly status?: number;
  readonly message: string;
}

export interface StreamReport {
  readonly stream: string;
  readonly outcome: StreamOutcome;
  /** Null when the run never came to the stream. */
  readonly mode: SyncMode | null;
  readonly syncId: string | null;
  /** What this run read and wrote; a sync that spans runs is counted whole in its manifest. */
  readonly pages: number;
  readonly records: number;
  readonly deleted: number;
  readonly parts: number;
  /** Compressed bytes of the parts. */
  readonly bytes: number;
  readonly requests: number;
  readonly retries: number;
  readonly watermark: string | null;
  /** Why the outcome is `deadline`: `time`, or what Ditio answered. */
  readonly reason?: string;
  readonly failure?: FailureReport;
}

export interface RunReport {
  readonly runId: string;
  readonly action: 'sync' | 'backfill';
  /** `unconfigured`: the secret has no value yet; no request was sent. */
  readonly outcome: 'complete' | 'deadline' | 'failed' | 'unconfigured';
  readonly durationMs: number;
  readonly streams: readonly StreamReport[];
}

/** Counts of one traversal within a turn; added to as checkpoints succeed. */
export interface Counts {
  pages: number;
  records: number;
  deleted: number;
  parts: number;
  bytes: number;
  /** Ditio's clock less ours when the sync opened, in milliseconds; null when it was not measured. */
  skewMs: number | null;
}

export function newCounts(): Counts {
  return { pages: 0, records: 0, deleted: 0, parts: 0, bytes: 0, skewMs: null };
}

export function newTally(): Tally {
  return { requests: 0, retries: 0, throttled: 0, hasStartedRequest: false };
}

/** The result of one traversal's turn. */
export interface TurnFacts {
  readonly stream: string;
  readonly ending: Ending;
  readonly mode: SyncMode | null;
  readonly syncId: string | null;
  readonly watermark: Instant | null;
  readonly counts: Counts;
  readonly tally: Tally;
  readonly durationMs: number;
}

export function streamReport(facts: TurnFacts): StreamReport {
  const { stream, ending, mode, syncId, counts, tally } = facts;
  const outcome = outcomeOf(ending);
  const { pages, records, deleted, parts, bytes } = counts;
  const { requests, retries } = tally;
  const watermark = facts.watermark === null ? null : formatInstant(facts.watermark);
  const report = { stream, outcome, mode, syncId, pages, records, deleted, parts, bytes, requests, retries, watermark };
  if (ending.kind === 'failed') return { ...report, failure: failureReport(ending.failure) };
  return outcome === 'deadline' ? { ...report, reason: reasonOf('wait' in ending ? ending.wait : null) } : report;
}

/** A stream that gave way gets another turn, or the deadline stops it; a person need not know that it gave way. */
function outcomeOf(ending: Ending): StreamOutcome {
  return ending.kind === 'yield' || ending.kind === 'wait' ? 'deadline' : ending.kind;
}

export function failureReport(failure: HardFailure): FailureReport {
  const { status } = failure.facts;
  return { kind: failure.kind, ...(status !== undefined && { status }), message: failure.message };
}

/** Writes one log line and one metrics line about the turn. `log` carries `stream` and `sync_id`. */
export function announce({ log, runId }: Scope, metrics: Metrics, facts: TurnFacts, now: Instant): void {
  // The log says itself which stream and sync its lines are about.
  const { stream, syncId, ...line } = streamReport(facts);
  const { skewMs } = facts.counts;
  const level = facts.ending.kind === 'failed' ? 'warn' : 'info';
  log[level]('stream_finished', {
    ...line,
    throttled: facts.tally.throttled,
    clock_skew_ms: skewMs === null ? null : Math.round(skewMs),
    duration_ms: Math.round(facts.durationMs),
  });
  const values = {
    RecordsWritten: facts.counts.records,
    Throttled: facts.tally.throttled,
    HardFailures: facts.ending.kind === 'failed' ? 1 : 0,
    ...(facts.watermark !== null && { WatermarkAgeSeconds: Math.max(0, (now - facts.watermark) / 1000) }),
  };
  metrics.record(values, { stream, runId, syncId });
}
