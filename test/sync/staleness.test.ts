import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Cursor, NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import { addMs, DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../../src/core/time/instant.ts';
import type { Metrics } from '../../src/ports.ts';
import { type FinishedRun, staleness, writeRunMetrics } from '../../src/sync/staleness.ts';
import { at } from '../fakes/at.ts';
import { createMemoryCursorStore, type MemoryCursorStore } from '../fakes/memory-cursor-store.ts';
import { testScope } from '../fakes/scope.ts';
import { HOURS, PLACES, PROJECTS } from '../fakes/stream-rules.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';

const NOW = at('2026-11-22T12:00:00Z');
const SETTINGS = { staleAfterMs: 6 * HOUR_MS, snapshotIntervalMs: DAY_MS };

type Stored = Partial<Pick<Cursor, 'lastCompletedAt' | 'lastFullSyncAt' | 'own'>>;

const ago = (ms: number): Instant => addMs(NOW, -ms);
const openSince = (startedAt: Instant) => ({ startedAt }) as NonNullable<Cursor['own']>;

function judge(stored: Readonly<Record<string, Stored>>, rules: Parameters<typeof staleness>[1] = [HOURS, PROJECTS]) {
  const records = Object.entries(stored).map(
    ([name, cursor]) => [name, { cursor: { ...NEW_CURSOR, ...cursor } }] as const,
  );
  return staleness(new Map(records), rules, SETTINGS, NOW);
}

/** What is stored, which streams are stale, and the largest age in hours. */
const CASES: readonly {
  readonly name: string;
  readonly stored: Readonly<Record<string, Stored>>;
  readonly stale: readonly string[];
  readonly ageHours: number;
  readonly rules?: Parameters<typeof staleness>[1];
}[] = [
  { name: 'nothing is stored: a new stack, or a secret without a value', stored: {}, stale: [], ageHours: 0 },
  {
    name: 'everything completed a moment ago',
    stored: { hours: { lastCompletedAt: NOW }, projects: { lastCompletedAt: NOW } },
    stale: [],
    ageHours: 0,
  },
  {
    name: 'one stream completed exactly at its limit',
    stored: { hours: { lastCompletedAt: ago(6 * HOUR_MS) }, projects: { lastCompletedAt: NOW } },
    stale: [],
    ageHours: 6,
  },
  {
    name: 'one stream completed longer ago than its limit',
    stored: { hours: { lastCompletedAt: ago(6 * HOUR_MS + 1) }, projects: { lastCompletedAt: NOW } },
    stale: ['hours'],
    ageHours: 6,
  },
  {
    name: 'two are stale, the longest without a sync first',
    stored: { hours: { lastCompletedAt: ago(7 * HOUR_MS) }, projects: { lastCompletedAt: ago(9 * HOUR_MS) } },
    stale: ['projects', 'hours'],
    ageHours: 9,
  },
  {
    name: 'a snapshot stream within its interval',
    rules: [PLACES],
    stored: { places: { lastCompletedAt: ago(23 * HOUR_MS) } },
    stale: [],
    ageHours: 0,
  },
  {
    name: 'a snapshot stream that is due, and not yet late',
    rules: [PLACES],
    stored: { places: { lastCompletedAt: ago(29 * HOUR_MS) } },
    stale: [],
    ageHours: 5,
  },
  {
    name: 'a snapshot stream that is late',
    rules: [PLACES],
    stored: { places: { lastCompletedAt: ago(31 * HOUR_MS) } },
    stale: ['places'],
    ageHours: 7,
  },
  {
    name: 'a first sync that has been open for less than the limit',
    stored: { hours: { own: openSince(ago(HOUR_MS)) } },
    stale: [],
    ageHours: 1,
  },
  {
    name: 'a first sync that has been open for longer than the limit',
    stored: { hours: { own: openSince(ago(8 * HOUR_MS)) }, projects: { lastCompletedAt: NOW } },
    stale: ['hours'],
    ageHours: 8,
  },
  {
    name: 'an open sync of a stream that completed before: the completion counts',
    stored: { hours: { lastCompletedAt: ago(7 * HOUR_MS), own: openSince(ago(MINUTE_MS)) } },
    stale: ['hours'],
    ageHours: 7,
  },
  {
    name: 'a stream that never completed and has nothing open counts from the first sync of the others',
    stored: { hours: {}, projects: { lastCompletedAt: NOW, lastFullSyncAt: ago(10 * HOUR_MS) } },
    stale: ['hours'],
    ageHours: 10,
  },
  {
    name: 'a stream that was added a moment ago, before its first turn',
    stored: { projects: { lastCompletedAt: NOW, lastFullSyncAt: ago(20 * DAY_MS) } },
    stale: [],
    ageHours: 0,
  },
  {
    name: 'nothing has ever completed, and nothing is open: the failing runs are told, and no stream is stale',
    stored: { hours: {}, projects: {} },
    stale: [],
    ageHours: 0,
  },
  {
    name: 'a stamp of a clock that was a day ahead hides no stream',
    stored: { hours: { lastCompletedAt: addMs(NOW, DAY_MS) }, projects: { lastCompletedAt: NOW } },
    stale: ['hours'],
    ageHours: 24,
  },
  {
    name: 'a stream that the configuration no longer names',
    rules: [PROJECTS],
    stored: { hours: { lastCompletedAt: ago(30 * DAY_MS) }, projects: { lastCompletedAt: NOW } },
    stale: [],
    ageHours: 0,
  },
];

describe('staleness', () => {
  for (const { name, stored, rules, stale, ageHours } of CASES) {
    it(name, () => {
      const judged = judge(stored, rules);
      assert.deepEqual(judged.stale, stale);
      assert.equal(Math.floor(judged.stalestAgeMs / HOUR_MS), ageHours);
    });
  }

  it('is never less when time passes and nothing completes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 * DAY_MS }), fc.integer({ min: 0, max: DAY_MS }), (age, more) => {
        const of = (ms: number) => judge({ hours: { lastCompletedAt: ago(ms) } }, [HOURS]).stalestAgeMs;
        assert.ok(of(age + more) >= of(age));
      }),
    );
  });
});

describe('the metrics of a run', () => {
  const RULES = [HOURS, PROJECTS];
  const REPORT: FinishedRun = {
    runId: 'r-1',
    outcome: 'failed',
    hardFailures: 1,
    streams: [streamOf('hours', 'failed', 0), streamOf('projects', 'complete', 8)],
  };

  function streamOf(stream: string, outcome: 'complete' | 'failed', records: number) {
    const nothing = { pages: 0, deleted: 0, parts: 0, bytes: 0, requests: 0, retries: 0, watermark: null };
    return { stream, outcome, mode: null, syncId: null, records, ...nothing };
  }

  /** What is written seven hours after `projects` completed its only sync, when `hours` was never begun. */
  async function write(spoil: (store: MemoryCursorStore) => void, run = REPORT) {
    const clock = createVirtualClock();
    const cursors = createMemoryCursorStore();
    const lines: Parameters<Metrics['recordRun']>[] = [];
    const metrics: Metrics = { record: () => {}, recordRun: (...line) => void lines.push(line) };
    const scope = testScope();
    const now = clock.now();
    await cursors.acquire({ stream: 'projects', owner: 'me', now, until: addMs(now, 1) }, scope);
    const cursor = { ...NEW_CURSOR, lastCompletedAt: now, lastFullSyncAt: now };
    await cursors.save({ stream: 'projects', owner: 'me', version: 1, cursor, leaseUntil: null }, scope);
    await clock.sleep(7 * HOUR_MS);
    spoil(cursors);
    // The work is over: only the reserve is left.
    const closing = testScope({ workMs: -1, limitMs: 10_000 });
    await writeRunMetrics({ clock, cursors, metrics, settings: SETTINGS }, run, RULES, closing);
    return lines;
  }

  it('count what the run came to, and judge what is stored after it, also when its time is over', async () => {
    assert.deepEqual(await write(() => {}), [
      [
        { StaleStreams: 1, StalestStreamAgeSeconds: 7 * 3600, HardFailures: 1, RecordsWritten: 8 },
        { runId: 'r-1', staleStreams: ['projects'] },
      ],
    ]);
  });

  it('watch streams that the event did not name', async () => {
    const [line] = await write(() => {}, { runId: 'r-2', outcome: 'failed', hardFailures: 0, streams: [] });
    assert.deepEqual(line?.[1].staleStreams, ['projects']);
  });

  it('request nothing while the secret has no value', async () => {
    const run = { runId: 'r-3', outcome: 'unconfigured', hardFailures: 0, streams: [] } as const;
    let reads = 0;
    const lines = await write((store) => {
      store.list = async () => assert.fail(`read ${++reads}`);
    }, run);
    assert.deepEqual(lines, [
      [
        { HardFailures: 0, RecordsWritten: 0 },
        { runId: 'r-3', staleStreams: null },
      ],
    ]);
    assert.equal(reads, 0);
  });

  it('leave staleness out where the state cannot be read, and count the failures all the same', async () => {
    assert.deepEqual(await write((store) => store.breakAccess()), [
      [
        { HardFailures: 1, RecordsWritten: 8 },
        { runId: 'r-1', staleStreams: null },
      ],
    ]);
  });
});
