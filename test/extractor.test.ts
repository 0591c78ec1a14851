import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config } from '../src/config.ts';
import { HardFailure, SyncFailedError } from '../src/core/failure/errors.ts';
import { createRedactor } from '../src/core/failure/redact.ts';
import type { LogFields } from '../src/core/scope.ts';
import { addMs, DAY_MS, HOUR_MS, type Instant } from '../src/core/time/instant.ts';
import { type Built, createExtractor } from '../src/extractor.ts';
import { at } from './fakes/at.ts';
import { createMemoryCursorStore } from './fakes/memory-cursor-store.ts';
import { CREWS, HOURS, PROJECTS } from './fakes/stream-rules.ts';
import { createVirtualClock } from './fakes/virtual-clock.ts';

const RULES = [HOURS, PROJECTS, CREWS];
const REMAINING_MS = 200_000;
const BUILD_MS = 20_000;
const RESERVE_MS = 15_000;

/** An extractor that takes 20 s to build; each stream fails, by a cause of its own unless another is given. */
function createStage(secret: () => Promise<{ clientId: string; clientSecret: string }> = readable) {
  const clock = createVirtualClock();
  const store = createMemoryCursorStore();
  const lines: { event: string; fields: LogFields }[] = [];
  const hardFailures: unknown[] = [];
  const leaseEnds: Instant[] = [];
  const random = { next: () => 0, uuid: () => `0000000${++uuids}-owner` };
  const deps = {
    version: '0.0.0',
    clock,
    random,
    secrets: { read: secret },
    source: {
      fetchPage: async () => {
        throw new HardFailure('forbidden', 'not for this client');
      },
    },
    cursors: {
      ...store,
      acquire: (...asked: Parameters<typeof store.acquire>) => {
        leaseEnds.push(asked[0].until);
        return store.acquire(...asked);
      },
    },
    metrics: {
      record() {},
      recordRun: ({ HardFailures }: { HardFailures?: number }) => void hardFailures.push(HardFailures),
    },
    rules: RULES,
    settings: {
      lookbackMs: 0,
      maxWatermarkAgeMs: 30 * DAY_MS,
      fullSyncEveryMs: 0,
      snapshotIntervalMs: DAY_MS,
      historyStart: at('2015-01-01'),
      sourceKey: 'test',
      pageSize: 10,
      maxConcurrentStreams: 2,
      partTargetBytes: 1000,
      partMaxAgeMs: 60_000,
      staleAfterMs: 6 * HOUR_MS,
      partsPerList: 10,
    },
  } as unknown as Built['deps'];
  const config = { streams: RULES.map(({ name }) => name), reserveMs: RESERVE_MS } as unknown as Config;
  const extractor = createExtractor({
    clock,
    random,
    redactor: createRedactor(),
    writer: { write: (_level, event, fields) => void lines.push({ event, fields }) },
    metrics: deps.metrics,
    build() {
      clock.advance(BUILD_MS);
      return { config, deps, closeConnections: async () => {} };
    },
  });
  return {
    clock,
    hardFailures,
    leaseEnds,
    of: (event: string) => lines.filter((line) => line.event === event).map(({ fields }) => fields),
    invoke: () =>
      assert.rejects(extractor.handle({}, { getRemainingTimeInMillis: () => REMAINING_MS }), SyncFailedError),
  };
}

let uuids = 0;
const readable = async () => ({ clientId: 'client', clientSecret: 'not-a-secret' });

describe('the end of an invocation', () => {
  it('is read before anything is built: a cold start takes its time from the work, not from the reserve', async () => {
    const stage = createStage();
    const startedAt = stage.clock.now();
    await stage.invoke();
    assert.equal(stage.of('run_started')[0]?.work_ms, REMAINING_MS - BUILD_MS - RESERVE_MS);
    const limitAndFiveSeconds = addMs(startedAt, REMAINING_MS + 5000);
    assert.deepEqual([...new Set(stage.leaseEnds)], [limitAndFiveSeconds]);
  });

  it('is read anew in a warm process, which has nothing to build', async () => {
    const stage = createStage();
    await stage.invoke();
    stage.clock.advance(HOUR_MS);
    await stage.invoke();
    assert.equal(stage.of('run_started')[1]?.work_ms, REMAINING_MS - RESERVE_MS);
  });
});

describe('the metric HardFailures of a run', () => {
  it('counts a cause that stops every stream once', async () => {
    const stage = createStage(async () => {
      throw new HardFailure('credentials', 'the secret cannot be read', { concerns: 'run' });
    });
    await stage.invoke();
    assert.equal(stage.of('hard_failure').length, 1);
    assert.deepEqual(stage.hardFailures, [1]);
  });

  it('counts streams that failed by themselves one by one', async () => {
    const stage = createStage();
    await stage.invoke();
    assert.deepEqual(stage.hardFailures, [RULES.length]);
  });

  it('counts a configuration that is refused', async () => {
    const counted: unknown[] = [];
    const extractor = createExtractor({
      clock: createVirtualClock(),
      random: { next: () => 0, uuid: () => 'run' },
      redactor: createRedactor(),
      writer: { write() {} },
      metrics: { recordRun: (values) => void counted.push(values) },
      build() {
        throw new HardFailure('config', 'LAKE_URL is missing');
      },
    });
    await assert.rejects(extractor.handle({}, undefined));
    assert.deepEqual(counted, [{ HardFailures: 1 }]);
  });
});
