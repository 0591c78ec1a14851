import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { createRedactor } from '../src/core/failure/redact.ts';
import type { LogFields } from '../src/core/scope.ts';
import { createLog, NAMESPACE, SERVICE } from '../src/log.ts';
import { problemsOf } from './fakes/log-check.ts';
import { PLANTED } from './fakes/planted.ts';

type Line = Readonly<Record<string, unknown>>;

function recordingLog(fields?: LogFields) {
  const lines: { level: string; event: string; fields: LogFields }[] = [];
  const redactor = createRedactor();
  const writer = {
    write: (level: string, event: string, line: LogFields) => void lines.push({ level, event, fields: line }),
  };
  return { lines, redactor, log: createLog(writer, redactor, fields) };
}

describe('a log', () => {
  it('writes each line with its level, its event and its fields', () => {
    const { log, lines } = recordingLog();
    log.debug('page_fetched', { page: 1 });
    log.info('run_started');
    log.warn('retry_wait', { attempt: 2 });
    log.error('hard_failure', { kind: 'lake' });
    assert.deepEqual(lines, [
      { level: 'debug', event: 'page_fetched', fields: { page: 1 } },
      { level: 'info', event: 'run_started', fields: {} },
      { level: 'warn', event: 'retry_wait', fields: { attempt: 2 } },
      { level: 'error', event: 'hard_failure', fields: { kind: 'lake' } },
    ]);
  });

  it('hands its fields on to its children, who may say more and differ, and learns nothing from them', () => {
    const { log, lines } = recordingLog({ run_id: 'r' });
    const child = log.child({ stream: 'user' }).child({ sync_id: 's' });
    child.info('checkpoint', { pages: 1, stream: 'other' });
    log.info('run_summary');
    assert.deepEqual(
      lines.map(({ fields }) => fields),
      [{ run_id: 'r', stream: 'other', sync_id: 's', pages: 1 }, { run_id: 'r' }],
    );
  });

  it('cuts secrets out of every level, of what it was made with, and of what a child was made with', () => {
    const { log, lines, redactor } = recordingLog({ request_id: PLANTED.opaqueToken });
    redactor.learn(PLANTED.opaqueToken);
    const child = log.child({ stream: PLANTED.jwt });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      child[level]('hard_failure', {
        message: `no ${PLANTED.email}`,
        cause: new Error(PLANTED.opaqueToken, { cause: new Error(PLANTED.nationalId) }),
        [PLANTED.opaqueToken]: [PLANTED.accessKeyId],
        authorization: 'anything',
      });
    }
    const text = JSON.stringify(lines);
    assert.equal(lines.length, 4);
    for (const planted of Object.values(PLANTED)) assert.ok(!text.includes(planted), planted);
    assert.ok(!text.includes('anything'));
  });

  it('knows a secret that was learned after the log and its children were made', () => {
    const { log, lines, redactor } = recordingLog();
    const child = log.child({ a: PLANTED.opaqueToken });
    redactor.learn(PLANTED.opaqueToken);
    child.info('run_started');
    assert.deepEqual(lines[0]?.fields, { a: '[redacted]' });
  });
});

/** Runs a script that has a `log` and `metrics` as Lambda gets them, and returns every line that comes out. */
function linesOf(script: string, env: Readonly<Record<string, string>> = {}): Line[] {
  const from = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const head = `
    import { createLambdaMetrics, createLineWriter, createLog } from ${from('../src/log.ts')};
    import { createRedactor } from ${from('../src/core/failure/redact.ts')};
    const redactor = createRedactor();
    const writerOf = (service) => createLineWriter(
      { now: Date.now, write: (line) => void process.stdout.write(line) },
      { service, level: process.env.AWS_LAMBDA_LOG_LEVEL },
    );
    const log = createLog(writerOf('ditio-extract'), redactor, { run_id: 'r-1', request_id: null });
    const clock = { now: () => Date.parse('2026-11-22T08:15:03.120Z') };
    const metrics = createLambdaMetrics(clock, undefined, process.env.AWS_LAMBDA_LOG_LEVEL);
  `;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', head + script], { env, encoding: 'utf8' });
  assert.equal(child.status, 0, child.stderr);
  const lines = `${child.stdout}${child.stderr}`.split('\n');
  assert.equal(lines.pop(), '', 'the last line is ended');
  return lines.map(parseLine);
}

function parseLine(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return assert.fail(`not a line of JSON: ${line}`);
  }
}

describe('lines as Lambda writes them', () => {
  it('are one line of JSON each, with any fields, and begin with level, time, service and event', () => {
    const [line, ...more] = linesOf(`
      const ring = {}; ring.self = ring;
      log.info('run_started', { text: 'a\\nb\\r\\n\\u2028"\\\\', ring, big: 10n, nothing: undefined, list: ['x\\ny'] });
    `);
    assert.deepEqual(more, []);
    assert.deepEqual(Object.keys(line ?? {}).slice(0, 6), [
      'level',
      'timestamp',
      'service',
      'event',
      'run_id',
      'request_id',
    ]);
    assert.equal(line?.level, 'INFO');
    assert.equal(line.service, SERVICE);
    assert.equal(line.event, 'run_started');
    assert.equal(line.text, 'a\nb\r\n\u2028"\\');
    assert.equal(line.big, '10');
    assert.match(String(line.timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('name the given service, in lines and metrics alike', () => {
    const lines = linesOf(`
      createLog(writerOf('ditio-north'), redactor).info('run_started');
      createLambdaMetrics(clock, 'ditio-north').record({ Throttled: 1 }, { stream: 'user', runId: 'r-1', syncId: null });
    `);
    assert.deepEqual(
      lines.map(({ service }) => service),
      ['ditio-north', 'ditio-north'],
    );
  });

  it('tell the time in UTC wherever the process stands', () => {
    const [line] = linesOf(`log.info('run_started');`, { TZ: 'Asia/Kolkata' });
    assert.ok(Math.abs(Date.parse(String(line?.timestamp)) - Date.now()) < 60_000);
    assert.match(String(line?.timestamp), /Z$/);
  });

  it('keep every field of a hard failure: its message, and those that hold nothing', () => {
    const lines = linesOf(`
      log.error('hard_failure', { kind: 'lake', message: 'no such bucket', status: null, detail: '', errors: [], retryable: false });
    `);
    assert.equal(lines.length, 1, JSON.stringify(lines));
    const { timestamp: _, ...line } = lines[0] as Line;
    assert.deepEqual(line, {
      level: 'ERROR',
      service: SERVICE,
      event: 'hard_failure',
      run_id: 'r-1',
      request_id: null,
      kind: 'lake',
      message: 'no such bucket',
      status: null,
      detail: '',
      errors: [],
      retryable: false,
    });
  });

  it('cannot be given another level, time, service or event by their fields', () => {
    const lines = linesOf(
      `log.warn('retry_wait', { level: 'x', timestamp: 'x', service: 'x', event: 'x', sampling_rate: 'x' });`,
    );
    assert.equal(lines.length, 1, JSON.stringify(lines));
    const { level, service, event, timestamp } = lines[0] as Line;
    assert.deepEqual([level, service, event], ['WARN', SERVICE, 'retry_wait']);
    assert.notEqual(timestamp, 'x');
  });

  const LEVELS: ReadonlyArray<readonly [configured: string | undefined, levels: readonly string[]]> = [
    [undefined, ['INFO', 'WARN', 'ERROR']],
    ['DEBUG', ['DEBUG', 'INFO', 'WARN', 'ERROR']],
    ['WARN', ['WARN', 'ERROR']],
  ];
  for (const [configured, levels] of LEVELS) {
    it(`are those of the level that Lambda's logging sets: ${configured ?? 'not set'}`, () => {
      const script = `for (const level of ['debug', 'info', 'warn', 'error']) log[level]('checkpoint', {});`;
      const lines = linesOf(script, configured === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: configured });
      assert.deepEqual(lines.map(({ level }) => level).sort(), [...levels].sort());
    });
  }
});

/** The level by which Lambda filters a line. Source: Lambda's guide, "Log-level filtering", JSON that the function writes. */
function levelInLambda({ level, timestamp }: Line): string {
  const isDated = typeof timestamp === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(timestamp);
  return isDated && typeof level === 'string' && LEVELS_OF_LAMBDA.includes(level) ? level : 'INFO';
}

const LEVELS_OF_LAMBDA: readonly string[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

describe('metrics as Lambda writes them', () => {
  const describeMetrics = (line: Line) =>
    (line._aws as { CloudWatchMetrics: readonly unknown[] }).CloudWatchMetrics as readonly [
      { Namespace: string; Dimensions: unknown; Metrics: unknown },
    ];

  it('are one raw EMF line a run, with the dimension service alone, and the stale streams by name', () => {
    const values = { StaleStreams: 1, StalestStreamAgeSeconds: 90_000, HardFailures: 2, RecordsWritten: 5 };
    const [line, ...more] = linesOf(
      `metrics.recordRun(${JSON.stringify(values)}, { runId: 'r-1', staleStreams: ['user'] });`,
    );
    assert.deepEqual(more, []);
    const { _aws, timestamp, ...rest } = line as Line;
    assert.equal(timestamp, '2026-11-22T08:15:03.120Z');
    assert.deepEqual(rest, {
      service: SERVICE,
      level: 'INFO',
      event: 'metrics',
      run_id: 'r-1',
      stale_streams: ['user'],
      ...values,
    });
    const [described] = describeMetrics(line as Line);
    assert.deepEqual(described, {
      Namespace: NAMESPACE,
      Dimensions: [['service']],
      Metrics: [
        { Name: 'StaleStreams', Unit: 'Count' },
        { Name: 'StalestStreamAgeSeconds', Unit: 'Seconds' },
        { Name: 'HardFailures', Unit: 'Count' },
        { Name: 'RecordsWritten', Unit: 'Count' },
      ],
    });
    assert.ok(Number.isInteger((_aws as { Timestamp: number }).Timestamp));
  });

  it('are one a turn of a stream with stream as a dimension, and nothing of a line is carried into the next', () => {
    const lines = linesOf(`
      const values = { WatermarkAgeSeconds: 1, RecordsWritten: 2, HardFailures: 3, Throttled: 4 };
      metrics.record(values, { stream: 'user', runId: 'r-1', syncId: '20261122T081503120Z' });
      metrics.record({ HardFailures: 1 }, { stream: 'project', runId: 'r-1', syncId: null });
      metrics.recordRun({ HardFailures: 1 }, { runId: 'r-1', staleStreams: null });
    `);
    assert.deepEqual(
      lines.map((line) => describeMetrics(line)[0].Dimensions),
      [[['service', 'stream']], [['service', 'stream']], [['service']]],
    );
    const { _aws: _, timestamp: __, ...project } = lines[1] as Line;
    const head = { service: SERVICE, level: 'INFO', event: 'metrics' };
    assert.deepEqual(project, { ...head, stream: 'project', run_id: 'r-1', sync_id: null, HardFailures: 1 });
    assert.deepEqual(
      lines.flatMap((line) => problemsOf(line)),
      [],
    );
  });

  for (const configured of ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']) {
    it(`are kept by Lambda at the level ${configured}`, () => {
      const [line] = linesOf(`metrics.recordRun({ StaleStreams: 0 }, { runId: 'r-1', staleStreams: [] });`, {
        AWS_LAMBDA_LOG_LEVEL: configured,
      });
      const at = LEVELS_OF_LAMBDA.indexOf(levelInLambda(line as Line));
      assert.ok(at >= LEVELS_OF_LAMBDA.indexOf(configured), JSON.stringify(line));
    });
  }

  it('are of the namespace that the contract names', () => assert.equal(NAMESPACE, 'DitioExtract'));

  it('are no strings within other lines: CloudWatch reads only raw ones', () => {
    const out = execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { createLambdaMetrics as m } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)}; m({ now: () => 0 }).record({ Throttled: 2 }, { stream: 'user', runId: 'r-1', syncId: null });`,
      ],
      { encoding: 'utf8', env: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' } },
    );
    assert.ok(out.startsWith('{"_aws":'), out);
  });
});

describe('everything that Lambda writes of a failed turn', () => {
  it('is as docs/log-schema.json has it, with planted secrets in what failed', () => {
    const from = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const lines = linesOf(`
      const { announce, newCounts, newTally } = await import(${from('../src/sync/report.ts')});
      const { logHardFailure } = await import(${from('../src/sync/failure.ts')});
      const { HardFailure } = await import(${from('../src/core/failure/errors.ts')});
      const { PLANTED } = await import(${from('./fakes/planted.ts')});
      redactor.learn(PLANTED.opaqueToken);
      redactor.learn(PLANTED.clientSecret);
      redactor.learn(PLANTED.continuationToken);
      const said = Object.values(PLANTED).join(' and ');
      const failure = new HardFailure('unexpected', said, { status: 500, detail: said }, new Error(said));
      const stream = log.child({ stream: 'user', sync_id: '20261122T081503120Z' });
      logHardFailure(stream, failure);
      announce({ log: stream, runId: 'r-1' }, metrics, {
        stream: 'user', ending: { kind: 'failed', failure }, mode: 'full', syncId: '20261122T081503120Z', watermark: 0,
        counts: newCounts(), tally: newTally(), durationMs: 3,
      }, 1500);
    `);
    assert.equal(lines.length, 3);
    assert.deepEqual(
      lines.flatMap((line) => problemsOf(line)),
      [],
    );
  });
});
