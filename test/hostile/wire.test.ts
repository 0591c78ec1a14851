/**
 * Every fault of the simulator, met by a whole run over loopback: what breaks on the wire is sent again, what is wrong
 * ends its own stream and moves nothing, and the next good answer recovers.
 *
 * `answers.test.ts` holds the bodies, in virtual time; here are those that need sockets, compression and time.
 */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Fault, type FaultRule, type Simulator, startSimulator } from '../../simulator/index.ts';
import type { FailureKind } from '../../src/core/failure/errors.ts';
import { createRetryBudget } from '../../src/core/retry/retry-budget.ts';
import type { Scope } from '../../src/core/scope.ts';
import { createDeadline } from '../../src/core/time/deadline.ts';
import { addMs, DAY_MS, MINUTE_MS } from '../../src/core/time/instant.ts';
import { createTokens } from '../../src/ditio/auth/tokens.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { PAGE_LIMITS } from '../../src/ditio/http/body.ts';
import { createHostGate } from '../../src/ditio/http/host-gate.ts';
import { createTransport } from '../../src/ditio/http/transport.ts';
import { createPageSource } from '../../src/ditio/pages.ts';
import type { SyncDeps } from '../../src/sync/deps.ts';
import { newTally, type RunReport } from '../../src/sync/report.ts';
import { runStreams } from '../../src/sync/run.ts';
import { NO_FILTERS } from '../fakes/filters.ts';
import { createHurriedClock } from '../fakes/hurried-clock.ts';
import { createCheckedLog } from '../fakes/log-check.ts';
import { createMemoryCursorStore } from '../fakes/memory-cursor-store.ts';
import { createMemoryLake } from '../fakes/memory-lake.ts';
import { createMemoryTokenStore } from '../fakes/memory-token-store.ts';
import { createSeededRandom } from '../fakes/random.ts';

const FAULTY = 'time-registrations';
const OTHER = 'project';
const RULES = CATALOGUE.filter(({ name }) => name === FAULTY || name === OTHER);
/** Longest attempt, in milliseconds: far longer than any answer here takes that ends, and what a stalled one costs. */
const PATIENT_MS = 20_000;
const IMPATIENT_MS = 1_500;

let simulator: Simulator;

before(async () => {
  simulator = await startSimulator({ records: 0, counts: { [FAULTY]: 150, [OTHER]: 20 }, seed: 11, historyYears: 1 });
});
after(() => simulator.close());

/** An extractor with nothing stored, on real sockets; waits between attempts take no time. */
function createExtractor(requestTimeoutMs: number) {
  const clock = createHurriedClock();
  const random = createSeededRandom();
  const log = createCheckedLog({ secrets: [simulator.clientSecret] });
  const { redactor } = log;
  const cursors = createMemoryCursorStore();
  const lake = createMemoryLake();
  const urls = { identity: new URL(simulator.identityUrl), reporting: new URL(simulator.reportingUrl) };
  const transport = createTransport({ baseUrls: [urls.identity], silenceMs: requestTimeoutMs, env: {} });
  const secrets = {
    read: async () => ({ clientId: simulator.clientId, clientSecret: simulator.clientSecret }),
  };
  const shared = { transport, clock, random, redactor };
  const requests = { requestTimeoutMs, userAgent: 'ditio-extract/test' };
  const tokens = createTokens(
    { ...shared, credentials: secrets, store: createMemoryTokenStore() },
    { ...requests, identityUrl: urls.identity, scopes: ['reportingapiv1'] },
  );
  const limits = { ...PAGE_LIMITS, compressedBytes: 2_000_000, expandedBytes: 8_000_000 };
  const source = createPageSource(
    { ...shared, tokens, gate: createHostGate(clock) },
    { ...requests, baseUrls: { reporting: urls.reporting }, filters: NO_FILTERS, limits },
  );
  const deps: SyncDeps = {
    version: 'test',
    clock,
    random,
    source,
    secrets,
    cursors,
    lake,
    metrics: log.metrics,
    log,
    rules: RULES,
    settings: {
      lookbackMs: 10 * MINUTE_MS,
      maxWatermarkAgeMs: 30 * DAY_MS,
      fullSyncEveryMs: 0,
      snapshotIntervalMs: DAY_MS,
      historyStart: addMs(clock.now(), -800 * DAY_MS),
      sourceKey: 'test',
      pageSize: 40,
      maxConcurrentStreams: 2,
      partTargetBytes: 8_000_000,
      partMaxAgeMs: 60_000,
      staleAfterMs: 6 * 3_600_000,
      partsPerList: 1000,
    },
  };
  return {
    lake,
    log,
    close: () => transport.close(),
    cursor: async () => (await cursors.read(FAULTY, scopeOf(60_000, 1)))?.cursor,
    run: (): Promise<RunReport> =>
      runStreams(deps, {
        rules: RULES,
        task: { kind: 'sync', mode: 'auto' },
        invocationEndsAt: addMs(clock.now(), 900_000),
        scope: scopeOf(900_000, 15_000),
      }),
  };

  function scopeOf(remainingMs: number, reserveMs: number): Scope {
    return {
      deadline: createDeadline(clock.monotonicMs, remainingMs, reserveMs),
      log,
      tally: newTally(),
      runId: '0b0e7c1a-5a5e-4c1c-8d7e-2f8f6f4b9a10',
      budget: createRetryBudget(),
    };
  }
}

type Extractor = ReturnType<typeof createExtractor>;

function reportOf(report: RunReport, stream: string) {
  return report.streams.find((entry) => entry.stream === stream) ?? assert.fail(`no report of ${stream}`);
}

/** Ids in the parts that manifests name: the present state, since nothing changes at the source meanwhile. */
function idsOf({ lake }: Extractor): string[] {
  const manifests = [...lake.objects].filter(([key]) => key.startsWith('manifests/time_registrations/'));
  const parts = manifests.flatMap(([, bytes]) => JSON.parse(bytes.toString()).parts as { key: string }[]);
  const lines = parts.flatMap(({ key }) => (lake.objects.get(key) ?? assert.fail(key)).toString().trim().split('\n'));
  return [...new Set(lines.map((line) => String(JSON.parse(line).id)))].sort();
}

/** Runs into the fault, looks at what is left behind, then runs without it until the lake equals the source. */
async function meet(rule: FaultRule, look: (report: RunReport, extractor: Extractor) => Promise<void>): Promise<void> {
  const stalls = /^stalled-/.test(rule.fault.kind);
  const extractor = createExtractor(stalls ? IMPATIENT_MS : PATIENT_MS);
  const handle = simulator.faults.add({ streams: [FAULTY], ...rule });
  try {
    const report = await extractor.run();
    assert.ok(handle.fired > 0, 'no request met the fault');
    assert.equal(reportOf(report, OTHER).outcome, 'complete', 'another stream was stopped by it');
    await look(report, extractor);
    simulator.faults.clear();
    assert.equal(reportOf(await extractor.run(), FAULTY).outcome, 'complete', 'the next good answer did not recover');
    assert.deepEqual(idsOf(extractor), [...simulator.liveIds(FAULTY)].map(String).sort());
  } finally {
    simulator.faults.clear();
    await extractor.close();
  }
}

const WRONG: ReadonlyArray<readonly [name: string, fault: Fault, kind?: FailureKind]> = [
  ['a redirect to another path', { kind: 'redirect' }],
  [
    'a redirect to another host, which gets no request',
    { kind: 'redirect', status: 307, location: 'http://127.0.0.1:9/' },
  ],
  ['HTML that says so', { kind: 'html' }],
  ['an empty body', { kind: 'empty' }],
  ['a body of white space without end', { kind: 'endless-body' }],
  ['a body of records without end', { kind: 'endless-body', of: 'records' }],
  ['a compression bomb', { kind: 'compression-bomb', expandedBytes: 200_000_000 }],
  ['nesting twenty thousand deep', { kind: 'deep-nesting' }],
  ['bytes that are no UTF-8', { kind: 'invalid-utf8' }],
  ['a record with two ids', { kind: 'duplicate-keys' }],
  ['data missing', { kind: 'data-missing' }],
  ['data null', { kind: 'data-null' }],
  ['data that is not an array', { kind: 'data-not-array' }],
  ['a record that is not an object', { kind: 'record-not-object' }],
  ['a record without id', { kind: 'record-without-id' }],
  ['a recordCount that disagrees', { kind: 'count-off' }],
  ['a deletedRecordCount that disagrees', { kind: 'deleted-count-off' }],
  ['the wrong syncTypeName', { kind: 'wrong-sync-type' }],
  ['a continuation token that is not text', { kind: 'token-not-text' }],
  ['JSON that ends in the middle', { kind: 'truncated-json' }],
  ['a repeated continuation token', { kind: 'repeated-token' }, 'pagination_loop'],
  ['continuation tokens without end', { kind: 'endless-tokens' }, 'pagination_loop'],
];

const BROKEN: ReadonlyArray<readonly [name: string, fault: Fault]> = [
  ['truncated gzip', { kind: 'truncated-gzip' }],
  ['a length that promises more than comes', { kind: 'wrong-content-length', byBytes: 40 }],
  ['a length that promises less than comes', { kind: 'wrong-content-length', byBytes: -40 }],
  ['a connection reset before the head', { kind: 'reset-before-head' }],
  ['a connection reset in the middle of the body', { kind: 'reset-midway' }],
  ['an answer that never begins', { kind: 'stalled-head' }],
  ['a body that stops in the middle', { kind: 'stalled-body' }],
];

describe('an answer that is wrong', () => {
  for (const [name, fault, kind = 'wire_format'] of WRONG) {
    it(`ends its stream as ${kind}, moves nothing and is got over: ${name}`, async () => {
      await meet({ fault, times: 100_000 }, async (report, { cursor, log }) => {
        const failed = reportOf(report, FAULTY);
        assert.deepEqual([failed.outcome, failed.failure?.kind], ['failed', kind], failed.failure?.message);
        assert.equal((await cursor())?.watermark, null);
        assert.equal(log.of('hard_failure').length, 1);
        if (kind === 'wire_format') assert.deepEqual([failed.requests, failed.retries, failed.parts], [1, 0, 0]);
      });
    });
  }
});

describe('an answer that is slow', () => {
  it('is read to its end, however long it takes, as long as it never falls silent', async () => {
    const fault: Fault = { kind: 'dripping-body', bytes: 40, everyMs: 20 };
    await meet({ fault, times: 1, on: 'later-pages' }, async (report) => {
      const { outcome, retries } = reportOf(report, FAULTY);
      assert.deepEqual([outcome, retries], ['complete', 0]);
    });
  });
});

describe('an answer that breaks on the wire', () => {
  for (const [name, fault] of BROKEN) {
    it(`is asked for again: ${name}`, async () => {
      await meet({ fault, times: 2, on: 'later-pages' }, async (report, extractor) => {
        const recovered = reportOf(report, FAULTY);
        assert.equal(recovered.outcome, 'complete', recovered.failure?.message);
        // A busy machine may let another attempt time out.
        assert.ok(recovered.retries >= 2, `${recovered.retries} retries`);
        assert.deepEqual(idsOf(extractor), [...simulator.liveIds(FAULTY)].map(String).sort());
      });
    });
  }

  it('ends its stream after five attempts, moves nothing and is got over', async () => {
    await meet({ fault: { kind: 'reset-midway' }, times: 100_000 }, async (report, { cursor }) => {
      const failed = reportOf(report, FAULTY);
      assert.deepEqual([failed.failure?.kind, failed.requests, failed.parts], ['retries_exhausted', 5, 0]);
      assert.equal((await cursor())?.watermark, null);
    });
  });
});

describe('dates that cannot be read', () => {
  it('in a record are the record’s own affair: it is kept as it came', async () => {
    await meet({ fault: { kind: 'bad-dates' }, times: 1 }, async (report, { lake }) => {
      assert.equal(reportOf(report, FAULTY).outcome, 'complete');
      const texts = [...lake.objects.values()].map(String);
      assert.ok(texts.some((text) => text.includes('"modifiedDateTime":"i går"')));
    });
  });

  for (const text of [null, '', 'i går', '0', 'Mon, 99 Nov 2026 25:61:61 GMT']) {
    it(`in the head leave our own clock to tell the watermark: ${JSON.stringify(text)}`, async () => {
      const startedMs = Date.now();
      await meet({ fault: { kind: 'date-header', text }, times: 100_000 }, async (report) => {
        const { outcome, watermark } = reportOf(report, FAULTY);
        assert.equal(outcome, 'complete');
        assert.ok(Math.abs(Date.parse(watermark ?? '') - startedMs) < 60_000, `watermark ${watermark}`);
      });
    });
  }
});
