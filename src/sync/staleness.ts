/**
 * Finds the streams that are stale, and writes the metrics of a whole run (contract, section 7).
 *
 * A stream is stale when it has completed no sync for `staleAfterMs`. The time of a snapshot stream counts from when its
 * next sync was due, so that one limit fits every stream.
 */

import type { Cursor } from '../core/cursor/cursor-shape.ts';
import type { StreamRule } from '../core/cursor/stream-rule.ts';
import type { Scope } from '../core/scope.ts';
import type { Instant } from '../core/time/instant.ts';
import type { SyncDeps } from './deps.ts';
import type { RunReport } from './report.ts';
import { readStored } from './stored.ts';

export interface StalenessSettings {
  /** A stream without a completed sync for longer than this is stale, in milliseconds. */
  readonly staleAfterMs: number;
  /** Least time between the openings of two syncs of a snapshot stream, in milliseconds. */
  readonly snapshotIntervalMs: number;
}

export interface Staleness {
  /** Names of the stale streams, the longest without a sync first. */
  readonly stale: readonly string[];
  /** Largest age of any stream, in milliseconds; 0 where no stream has ever been begun. */
  readonly stalestAgeMs: number;
}

/** The fields of a stored cursor that the check reads. */
export type StoredAge = Pick<Cursor, 'lastCompletedAt' | 'lastFullSyncAt' | 'own'>;

/**
 * Judges the streams of `rules` by what is stored of them.
 *
 * A stream that never completed counts from the opening of its first sync, or else from the first sync of the others.
 * Where nothing was ever begun (a new stack, a secret without a value) nothing is stale.
 */
export function staleness(
  stored: ReadonlyMap<string, { readonly cursor: StoredAge }>,
  rules: readonly Pick<StreamRule, 'name' | 'snapshot'>[],
  settings: StalenessSettings,
  now: Instant,
): Staleness {
  const othersSince = earliestFullSync([...stored.values()].map(({ cursor }) => cursor));
  const ages = rules
    .map(({ name, snapshot }) => {
      const cursor = stored.get(name)?.cursor;
      const since = cursor && (cursor.lastCompletedAt ?? cursor.own?.startedAt ?? othersSince);
      // By distance: a stamp from a clock that was far ahead must not hide a stream until then.
      const ageMs = since == null ? 0 : Math.abs(now - since);
      return { name, ageMs: Math.max(0, ageMs - (snapshot ? settings.snapshotIntervalMs : 0)) };
    })
    .toSorted((left, right) => right.ageMs - left.ageMs);
  return {
    stale: ages.filter(({ ageMs }) => ageMs > settings.staleAfterMs).map(({ name }) => name),
    stalestAgeMs: ages[0]?.ageMs ?? 0,
  };
}

function earliestFullSync(cursors: readonly StoredAge[]): Instant | null {
  const instants = cursors.flatMap(({ lastFullSyncAt }) => (lastFullSyncAt === null ? [] : [lastFullSyncAt]));
  return instants.length === 0 ? null : (Math.min(...instants) as Instant);
}

type WatchDeps = Pick<SyncDeps, 'clock' | 'cursors'> & { readonly settings: StalenessSettings };

/** The fields of a run that its metrics read. `streams` is empty where the run ended before its first stream. */
export interface FinishedRun extends Pick<RunReport, 'runId' | 'outcome' | 'streams'> {
  /** Lines `hard_failure` that the run wrote: a cause that stops every stream is one, however many streams it stopped. */
  readonly hardFailures: number;
}

/**
 * Writes the metrics of a run, once, after its last stream. Never throws.
 *
 * Reads the cursors anew, because other runs may have completed what this one did not. Where they cannot be read,
 * the two metrics of staleness are left out: an alarm then keeps its state.
 *
 * @param watched every stream that the configuration names, also when the event named fewer
 */
export async function writeRunMetrics(
  deps: WatchDeps & Pick<SyncDeps, 'metrics'>,
  run: FinishedRun,
  watched: readonly StreamRule[],
  scope: Scope,
): Promise<void> {
  // While the secret has no value, nothing is requested, not even from the table.
  const judged = run.outcome === 'unconfigured' ? null : await judge(deps, watched, scope);
  const values = {
    HardFailures: run.hardFailures,
    RecordsWritten: run.streams.reduce((sum, { records }) => sum + records, 0),
  };
  if (judged === null) return deps.metrics.recordRun(values, { runId: run.runId, staleStreams: null });
  deps.metrics.recordRun(
    {
      StaleStreams: judged.stale.length,
      StalestStreamAgeSeconds: Math.round(judged.stalestAgeMs / 1000),
      ...values,
    },
    { runId: run.runId, staleStreams: judged.stale },
  );
}

async function judge(deps: WatchDeps, watched: readonly StreamRule[], scope: Scope): Promise<Staleness | null> {
  // After the last stream only the reserve is left, and this read is what it is kept for.
  const { limitLeftMs } = scope.deadline;
  const closing: Scope = { ...scope, deadline: { workLeftMs: limitLeftMs, limitLeftMs } };
  try {
    const { records } = await readStored(deps, watched, closing);
    return staleness(records, watched, deps.settings, deps.clock.now());
  } catch {
    // The run has logged why the state cannot be read.
    return null;
  }
}
