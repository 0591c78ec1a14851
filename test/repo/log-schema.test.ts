/** Checks that `docs/log-schema.json`, the machine-readable log contract (contract, section 7), and the code agree. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { FAILURE_KINDS, HardFailure } from '../../src/core/failure/errors.ts';
import { logHardFailure, OUTSIDE_STREAMS } from '../../src/sync/failure.ts';
import { announce, newCounts, newTally } from '../../src/sync/report.ts';
import { at } from '../fakes/at.ts';
import { createCheckedLog, type JsonLine, LOG_SCHEMA, problemsOf } from '../fakes/log-check.ts';
import { PLANTED } from '../fakes/planted.ts';
import { testScope } from '../fakes/scope.ts';
import { SOURCES, textOf } from './files.ts';

/** The closed set of the contract. */
const EVENTS = [
  'run_started',
  'stream_started',
  'page_fetched',
  'checkpoint',
  'checkpoint_failed',
  'retry_wait',
  'turn_ended_early',
  'clock_disagrees',
  'full_sync_shrank',
  'token_renewed',
  'token_cache_failed',
  'stream_finished',
  'hard_failure',
  'run_summary',
];

type Level = 'debug' | 'info' | 'warn' | 'error';

interface Good {
  readonly event: string;
  readonly level: Level;
  readonly fields: JsonLine;
}

const STREAM = { stream: 'user', sync_id: '20261122T081503120Z' };
const REPORT = {
  outcome: 'complete',
  mode: 'incremental',
  syncId: '20261122T081503120Z',
  pages: 3,
  records: 7421,
  deleted: 12,
  parts: 1,
  bytes: 812_345,
  requests: 4,
  retries: 1,
  watermark: '2026-11-22T08:15:03.000Z',
};
/** The report as a line tells it: what the sync is, the line says as every line does. */
const { syncId: _, ...FINISHED } = REPORT;
const FAILURE = { kind: 'forbidden', status: 403, message: 'no' };

const GOOD: readonly Good[] = [
  {
    event: 'run_started',
    level: 'info',
    fields: { version: '1.0.0', action: 'sync', streams: ['user'], work_ms: 885_000 },
  },
  {
    event: 'stream_started',
    level: 'info',
    fields: { ...STREAM, mode: 'full', reason: 'first', modified_since: null, watermark: null, pages_so_far: 0 },
  },
  {
    event: 'page_fetched',
    level: 'debug',
    fields: { ...STREAM, page: 1, records: 5, deleted: 0, line_bytes: 99, waited_ms: 31, more: true },
  },
  {
    event: 'checkpoint',
    level: 'info',
    fields: { ...STREAM, version: 7, pages: 3, records: 9, deleted: 1, part_bytes: 512 },
  },
  { event: 'checkpoint_failed', level: 'warn', fields: { ...STREAM, reason: 'LeaseLost' } },
  {
    event: 'turn_ended_early',
    level: 'warn',
    fields: { ...STREAM, status: 429, code: null, wait_ms: 3_600_000, reason: '429, Retry-After 3600 s' },
  },
  { event: 'clock_disagrees', level: 'warn', fields: { ...STREAM, clock_skew_ms: -1_200_000, lookback_ms: 600_000 } },
  { event: 'full_sync_shrank', level: 'warn', fields: { ...STREAM, records: 3, records_before: 81_000 } },
  { event: 'checkpoint', level: 'warn', fields: { ...STREAM, state_bytes: 300_000 } },
  {
    event: 'retry_wait',
    level: 'warn',
    fields: {
      request: 'GET https://h.example/x',
      attempt: 1,
      delay_ms: 1_100,
      throttled: false,
      reason: 'server_error',
      status: 503,
      code: null,
    },
  },
  { event: 'token_renewed', level: 'info', fields: { reason: 'expiring', expires_at: '2026-11-22T08:45:00.000Z' } },
  {
    event: 'token_cache_failed',
    level: 'warn',
    fields: { store: 'write', code: 'AccessDeniedException', status: 400, message: 'no', hint: null },
  },
  {
    event: 'stream_finished',
    level: 'info',
    fields: { ...STREAM, ...FINISHED, throttled: 0, clock_skew_ms: -950, duration_ms: 812 },
  },
  {
    event: 'stream_finished',
    level: 'warn',
    fields: {
      ...STREAM,
      ...FINISHED,
      outcome: 'failed',
      failure: FAILURE,
      throttled: 0,
      clock_skew_ms: null,
      duration_ms: 812,
    },
  },
  {
    event: 'hard_failure',
    level: 'error',
    fields: {
      ...STREAM,
      kind: 'bad_request',
      message: 'GET https://h.example/x failed: status 400 ArgumentIsNull',
      status: 400,
      code: 'ArgumentIsNull',
      detail: "The 'ModifiedSince' parameter is required.",
      trace_id: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
      errors: [{ category: 'UserInvalidInputError', code: 'ValidationError', field: 'Phone', message: 'x' }],
      request: 'GET https://h.example/x',
      attempts: 1,
      elapsed_ms: 120,
      hint: 'Read detail and errors: they say which parameter Ditio refused.',
      retryable: false,
    },
  },
  {
    event: 'run_summary',
    level: 'info',
    fields: {
      runId: 'r',
      action: 'sync',
      outcome: 'failed',
      durationMs: 8_123,
      streams: [
        { stream: 'user', ...REPORT },
        { stream: 'project', ...REPORT, outcome: 'failed', failure: FAILURE },
      ],
    },
  },
];

/** What is wrong with a line, in the words of the check. */
function judge({ event, level, fields }: Good): string[] {
  const problems: string[] = [];
  const log = createCheckedLog({ report: (problem) => void problems.push(problem) });
  log[level](event, fields);
  return problems;
}

interface Definition {
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Definition>>;
}

describe('the schema of log lines', () => {
  const defs = LOG_SCHEMA.$defs as Readonly<Record<string, Definition>>;

  it('knows the events of the contract and no other, each with a description of its own', () => {
    assert.deepEqual(defs.log_line?.properties?.event?.enum, EVENTS);
    for (const event of EVENTS) assert.ok(defs[event]?.description, event);
    assert.equal(defs.log_line?.allOf?.length, EVENTS.length);
  });

  it('knows the kinds of failure of the code', () => assert.deepEqual(defs.kind?.enum, FAILURE_KINDS));

  it('knows the metrics of the code', () => {
    assert.deepEqual(defs.metric_name?.enum, namesIn('src/ports.ts', 'MetricName'));
    assert.deepEqual(defs.run_metric_name?.enum, namesIn('src/ports.ts', 'RunMetricName'));
  });

  it('knows the reasons for which the code opens a sync', () => {
    assert.deepEqual(defs.stream_started?.properties?.reason?.enum, [
      ...namesIn('src/core/cursor/plan.ts', 'OpenReason'),
      'resumed',
    ]);
  });

  it('is kept by every place in the code that writes a line: no other events, none without a place', () => {
    const written = new Set(SOURCES.flatMap((path) => eventsWritten(textOf(path))));
    assert.deepEqual([...written].sort(), [...EVENTS].sort());
  });
});

describe('a line', () => {
  for (const line of GOOD) {
    const name = `${line.event} at ${line.level} with ${Object.keys(line.fields).length} fields`;
    it(`is taken: ${name}`, () => assert.deepEqual(judge(line), []));

    it(`is refused at another level: ${name}`, () => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) {
        if (level !== line.level) assert.notDeepEqual(judge({ ...line, level }), [], level);
      }
    });

    it(`is refused with an unknown field: ${name}`, () => {
      const problems = judge({ ...line, fields: { ...line.fields, surprise: 1 } });
      assert.match(problems.join(), /unevaluated properties \(surprise\)/);
    });

    it(`is refused without any one of its fields: ${name}`, () => {
      for (const field of Object.keys(line.fields)) {
        const { [field]: _, ...fields } = line.fields;
        assert.notDeepEqual(judge({ ...line, fields }), [], `without ${field}`);
      }
    });
  }

  it('needs its stream where it is about one, and its sync where one is open', () => {
    for (const event of ['stream_started', 'page_fetched', 'checkpoint', 'stream_finished']) {
      const line = GOOD.find((good) => good.event === event) as Good;
      const { stream: _, ...fields } = line.fields;
      assert.notDeepEqual(judge({ ...line, fields }), [], event);
    }
    for (const event of ['stream_started', 'page_fetched', 'checkpoint']) {
      const line = GOOD.find((good) => good.event === event) as Good;
      assert.notDeepEqual(judge({ ...line, fields: { ...line.fields, sync_id: null } }), [], event);
    }
  });

  it('has both or neither of stream and sync, the sync null while none is open', () => {
    for (const event of ['retry_wait', 'token_renewed', 'stream_finished', 'hard_failure']) {
      const line = GOOD.find((good) => good.event === event) as Good;
      const { stream: _s, sync_id: _i, ...fields } = line.fields;
      assert.deepEqual(judge({ ...line, fields: { ...fields, stream: 'user', sync_id: null } }), [], event);
      assert.notDeepEqual(judge({ ...line, fields: { ...fields, stream: 'user' } }), [], event);
      assert.notDeepEqual(judge({ ...line, fields: { ...fields, sync_id: STREAM.sync_id } }), [], event);
    }
  });

  it('of a hard failure says that it concerns no single stream where it does not', () => {
    assert.deepEqual(judge({ ...hard, fields: { ...hard.fields, stream: null, sync_id: null } }), []);
    for (const event of ['retry_wait', 'stream_finished', 'checkpoint']) {
      const line = GOOD.find((good) => good.event === event) as Good;
      assert.notDeepEqual(judge({ ...line, fields: { ...line.fields, stream: null, sync_id: null } }), [], event);
    }
  });

  const hard = GOOD.find(({ event }) => event === 'hard_failure') as Good;
  const BAD: ReadonlyArray<readonly [name: string, fields: JsonLine]> = [
    ['of an unknown kind', { kind: 'oops' }],
    ['that may be tried again', { retryable: true }],
    ['without anything to do', { hint: '' }],
    ['with an error list that holds more than it should', { errors: [{ value: 'x' }] }],
    ['with a stack where the failure is a known one', { stack: ['at a'] }],
    ['that is unexpected and has no stack', { kind: 'unexpected' }],
    ['that is unexpected and whose stack holds its message', { kind: 'unexpected', stack: ['Error: kari'] }],
    ['with an invalid status', { status: 0 }],
  ];
  for (const [name, fields] of BAD) {
    it(`is refused of a hard failure ${name}`, () =>
      assert.notDeepEqual(judge({ ...hard, fields: { ...hard.fields, ...fields } }), []));
  }
});

describe('the check', () => {
  const clean = {
    level: 'INFO',
    timestamp: '2026-11-22T08:15:03.120Z',
    service: 'ditio-extract',
    event: 'run_started',
    run_id: 'r',
    version: '1.0.0',
    action: 'sync',
    streams: ['user'],
    work_ms: 1,
  };

  it('passes a line that is as it should be', () => assert.deepEqual(problemsOf(clean), []));

  for (const [name, planted] of Object.entries(PLANTED)) {
    it(`finds what was planted: ${name}`, () => {
      assert.match(problemsOf({ ...clean, run_id: `x ${planted} y` }).join(), /planted/);
    });
  }

  it('finds text that looks like a secret or personal data, even if it was not planted', () => {
    for (const text of [PLANTED.jwt, PLANTED.accessKeyId, 'a.b@c.no', 'Bearer abcdef12345', 'client_secret=abc']) {
      assert.match(problemsOf({ ...clean, run_id: text }, []).join(), /looks like/, text);
    }
  });

  it('finds the secrets of a suite, and what it told the log to carry', () => {
    const problems: string[] = [];
    const log = createCheckedLog({ secrets: ['Betongveien 7'], report: (problem) => void problems.push(problem) });
    log
      .child({ stream: 'user' })
      .info('run_started', { version: '1.0.0', action: 'sync', streams: ['Betongveien 7'], work_ms: 1 });
    assert.match(problems.join(), /planted Betongveien 7/);
  });

  it('judges metrics as well', () => {
    const problems: string[] = [];
    const log = createCheckedLog({ report: (problem) => void problems.push(problem) });
    const facts = { stream: 'user', runId: 'r', syncId: null };
    log.metrics.record({ RecordsWritten: 1, WatermarkAgeSeconds: 3.5 }, facts);
    log.metrics.recordRun({ StaleStreams: 1 }, { runId: 'r', staleStreams: ['user'] });
    log.metrics.recordRun({ HardFailures: 1 }, { runId: 'r', staleStreams: null });
    assert.deepEqual(problems, []);
    log.metrics.record({ RecordsWritten: -1 }, facts);
    log.metrics.record({}, facts);
    assert.equal(problems.length, 2);
  });

  const BODIES: ReadonlyArray<readonly [name: string, body: string]> = [
    ['while it goes on', 'async () => { LOG; await new Promise((resolve) => setImmediate(resolve)); }'],
    ['that is over at once', '() => { LOG; }'],
    ['that ended before', '() => { setTimeout(() => { LOG; }, 5); }'],
  ];
  for (const [name, body] of BODIES) {
    it(`fails a test from outside, though the code under test catches every error: one ${name}`, () => {
      const log = "try { createCheckedLog().info('not_an_event'); } catch {}";
      const script = `
        import { test } from 'node:test';
        import { createCheckedLog } from ${JSON.stringify(new URL('../fakes/log-check.ts', import.meta.url).href)};
        test('swallows', ${body.replace('LOG', log)});
      `;
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env });
      assert.equal(child.status, 1, child.stdout);
      assert.match(child.stdout, /event must be equal to one of the allowed values/);
    });
  }

  it('finds a continuation token in a request', () => {
    const request = 'GET https://h.example/x?ContinuationToken=abc';
    const { event: _, ...retry } = GOOD.find(({ event }) => event === 'retry_wait')?.fields ?? {};
    const line = { ...clean, ...retry, level: 'WARN', event: 'retry_wait' };
    const { version: _v, action: _a, streams: _s, work_ms: _w, ...good } = line;
    assert.deepEqual(problemsOf(good), []);
    assert.match(problemsOf({ ...good, request }).join(), /request must NOT be valid/);
  });
});

describe('lines that the code writes', () => {
  it('of hard failures are as they should be, of every kind, with and without facts, with planted secrets throughout', () => {
    const log = createCheckedLog();
    log.redactor.learn(PLANTED.clientSecret);
    log.redactor.learn(PLANTED.opaqueToken);
    const everything = Object.values(PLANTED).join(' | ');
    const said = everything.replace(PLANTED.continuationToken, `ContinuationToken=${PLANTED.continuationToken}`);
    for (const kind of FAILURE_KINDS) {
      logHardFailure(log.child(OUTSIDE_STREAMS), new HardFailure(kind, 'x'));
      const facts = {
        status: 400,
        code: 'x',
        detail: said,
        traceId: said,
        errors: [{ category: said, code: said, field: said, message: said }],
        request: `GET https://h.example/x?email=${PLANTED.email}&ContinuationToken=${PLANTED.continuationToken}`,
        attempts: 5,
        elapsedMs: 15_000.4,
        hint: 'Do what this sentence says, and then that.',
      };
      const cause = new Error(said, { cause: new TypeError(said) });
      logHardFailure(log.child(STREAM), new HardFailure(kind, said, facts, cause));
    }
    assert.equal(log.of('hard_failure').length, 2 * FAILURE_KINDS.length);
  });

  it('of an unexpected failure show frames and not the thrown message', () => {
    const log = createCheckedLog({ secrets: ['Betongveien 7'] });
    const error = new Error(`first line\n    at Betongveien 7`);
    logHardFailure(log.child(OUTSIDE_STREAMS), new HardFailure('unexpected', 'Error: something', {}, error));
    const [line] = log.of('hard_failure');
    assert.ok(Array.isArray(line?.stack) && line.stack.length > 0);
  });

  it('of the end of a turn are as they should be, with every outcome', () => {
    const log = createCheckedLog();
    const common = { stream: 'user', counts: newCounts(), tally: newTally(), durationMs: 12.7 };
    const now = at('2026-11-22T08:20:00Z');
    const watermark = at('2026-11-22T08:15:00Z');
    const syncId = '20261122T081503120Z';
    announce(
      { ...testScope(), log: log.child(STREAM) },
      log.metrics,
      { ...common, ending: { kind: 'complete' }, mode: 'full', syncId, watermark },
      now,
    );
    announce(
      { ...testScope(), log: log.child({ stream: 'user', sync_id: null }) },
      log.metrics,
      { ...common, ending: { kind: 'leased' }, mode: null, syncId: null, watermark: null },
      now,
    );
    announce(
      { ...testScope(), log: log.child(STREAM) },
      log.metrics,
      {
        ...common,
        counts: { ...newCounts(), skewMs: -1.5 },
        ending: { kind: 'deadline', wait: null },
        mode: 'backfill',
        syncId,
        watermark,
      },
      now,
    );
    const failure = new HardFailure('forbidden', 'no', { status: 403 });
    announce(
      { ...testScope(), log: log.child(STREAM) },
      log.metrics,
      { ...common, ending: { kind: 'failed', failure }, mode: 'incremental', syncId, watermark },
      now,
    );
    assert.equal(log.json.length, 8);
    const ages = log.json.filter((line) => '_aws' in line).map((line) => line.WatermarkAgeSeconds);
    assert.deepEqual(ages, [300, undefined, 300, 300]);
  });
});

/** The texts of a union of literals, in the order of the source. */
function namesIn(path: string, type: string): string[] {
  const union = new RegExp(`export type ${type} =([^;]*);`).exec(textOf(path))?.[1];
  assert.ok(union, `${path} has no type ${type}`);
  return [...union.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
}

/** Names of the events that a source hands to a log. */
function eventsWritten(source: string): string[] {
  return [...source.matchAll(/\blog(?:\.(?:debug|info|warn|error)|\[\w+\])\(\s*'(\w+)'/g)].map(([, name = '']) => name);
}
