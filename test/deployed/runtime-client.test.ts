/**
 * The very bundle that is deployed, under Lambda's own runtime client and a stand-in for its Runtime API: what Lambda, the
 * caller and CloudWatch get to see.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { type ExecutionEnvironment, startEnvironment } from './runtime-api.ts';
import { ROOT } from './tools.ts';
import { type AwsWorld, startAwsWorld } from './world.ts';

const DIST = join(ROOT, 'dist');
/** One stream with one page: enough where the run is not what is looked at. */
const ONE_STREAM = { action: 'sync', streams: ['flow-mass-types'], mode: 'full' };

let world: AwsWorld;
const environments: ExecutionEnvironment[] = [];

async function start(env: Readonly<Record<string, string>> = {}): Promise<ExecutionEnvironment> {
  const started = await startEnvironment({ taskRoot: DIST, env: { ...world.env, ...env } });
  environments.push(started);
  return started;
}

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** Lambda's rule for lines of JSON: one without a level, or without a timestamp, counts as INFO (its guide, "Log-level filtering"). */
function keptByLambda({ level, timestamp }: { level?: string; timestamp?: string }, configured: string): boolean {
  const isDated = typeof timestamp === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(timestamp);
  const known = isDated && LEVELS.includes(String(level)) ? String(level) : 'INFO';
  return LEVELS.indexOf(known) >= LEVELS.indexOf(configured);
}

const parsed = (environment: ExecutionEnvironment) => environment.lines().map((line) => JSON.parse(line));

before(async () => {
  world = await startAwsWorld();
  await world.setSecret();
});
afterEach(async () => {
  world.simulator.faults.clear();
  await Promise.all(environments.splice(0).map((each) => each.stop()));
});
after(() => world?.close());

describe('the start', { timeout: 120_000 }, () => {
  it('reads nothing, asks nobody and writes nothing', async () => {
    const calls = world.aws.calls.size;
    const environment = await start();
    assert.deepEqual(environment.lines(), []);
    assert.equal(world.aws.calls.size, calls);
  });

  it('succeeds even where the configuration is bad, which the first event is told in words', async () => {
    const environment = await start({ PAGE_SIZE: 'many', STREAMS: 'projects' });
    const answer = await environment.invoke({});
    assert.equal(answer.kind, 'error');
    assert.equal(answer.body.errorType, 'HardFailure');
    assert.match(answer.body.errorMessage, /PAGE_SIZE.*STREAMS|STREAMS.*PAGE_SIZE/s);
    const [failure] = parsed(environment).filter(({ event }) => event === 'hard_failure');
    assert.equal(failure.kind, 'config');
  });

  it('of code that is not there fails, so that this test would notice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'empty-'));
    try {
      await assert.rejects(startEnvironment({ taskRoot: folder }), /init error: Runtime\.ImportModuleError/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('an event', { timeout: 300_000 }, () => {
  const read = (file: string) => JSON.parse(readFileSync(join(ROOT, 'events', file), 'utf8'));
  const expected: Readonly<Record<string, (body: never) => void>> = {
    'eventbridge-scheduled.json': isRun('sync'),
    'scheduler.json': isRun('sync'),
    'sync.json': isRun('sync'),
    'sync-full.json': isRun('sync'),
    'backfill-dates.json': isRun('backfill'),
    'backfill-modified.json': isRun('backfill'),
    'status.json': (body: { streams: unknown[] }) => assert.equal(body.streams.length, CATALOGUE.length),
    'check.json': (body: { checks: { ok: boolean }[] }) => assert.ok(body.checks.every(({ ok }) => ok)),
    'reset.json': (body: { action: string }) => assert.equal(body.action, 'reset'),
  };

  function isRun(action: string) {
    return (body: { action: string; outcome: string; streams: unknown[] }) => {
      assert.equal(body.action, action);
      assert.equal(body.outcome, 'complete');
      assert.ok(body.streams.length > 0);
    };
  }

  it('has a test for every file in events/', () => {
    assert.deepEqual(Object.keys(expected).toSorted(), readdirSync(join(ROOT, 'events')).toSorted());
  });

  it('of each kind is answered, one after another by the same process', async () => {
    const environment = await start();
    for (const [file, judge] of Object.entries(expected)) {
      const answer = await environment.invoke(read(file));
      assert.equal(answer.kind, 'response', `${file}: ${JSON.stringify(answer.body)}`);
      judge(answer.body as never);
    }
  });
});

describe('what CloudWatch receives', { timeout: 180_000 }, () => {
  it('is lines of JSON and raw EMF lines, each as the schema says, and nothing else', async () => {
    const environment = await start();
    await environment.invoke({ action: 'sync' });
    const schema = JSON.parse(readFileSync(join(ROOT, 'docs/log-schema.json'), 'utf8'));
    const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTuples: false });
    const validate = ajv.compile(schema);
    const lines = parsed(environment);
    assert.ok(lines.length > CATALOGUE.length);
    for (const line of lines) assert.ok(validate(line), `${JSON.stringify(line)}: ${ajv.errorsText(validate.errors)}`);
    for (const line of lines) assert.equal(line.service, 'acme');
    const names = new Set(lines.filter((line) => !('_aws' in line)).map(({ event }) => event));
    for (const event of ['run_started', 'stream_started', 'stream_finished', 'run_summary'])
      assert.ok(names.has(event));
  });

  it('has one line of metrics a run, with the fields at the top, where CloudWatch looks for them', async () => {
    const environment = await start();
    await environment.invoke(ONE_STREAM);
    const metrics = parsed(environment).filter((line) => '_aws' in line);
    assert.equal(metrics.length, 1);
    const [{ Namespace, Dimensions, Metrics }] = metrics[0]._aws.CloudWatchMetrics;
    assert.equal(Namespace, 'DitioExtract');
    assert.deepEqual(Dimensions, [['service']]);
    assert.equal(metrics[0].service, 'acme');
    const names = Metrics.map(({ Name }: { Name: string }) => Name);
    assert.deepEqual(names, ['StaleStreams', 'StalestStreamAgeSeconds', 'HardFailures', 'RecordsWritten']);
    for (const name of names) assert.equal(typeof metrics[0][name], 'number', name);
  });

  it('has metrics by stream as well, where they are asked for', async () => {
    const environment = await start({ METRICS_BY_STREAM: 'on' });
    await environment.invoke(ONE_STREAM);
    const streams = parsed(environment).flatMap((line) => ('_aws' in line ? [line.stream ?? 'the run'] : []));
    assert.deepEqual(streams, ['flow-mass-types', 'the run']);
  });

  for (const level of ['INFO', 'WARN', 'ERROR']) {
    it(`keeps its metrics at the level ${level}, also those of a run that failed`, async () => {
      world.simulator.faults.add({ fault: { kind: 'status', status: 403 }, streams: ['flow-mass-types'] });
      const environment = await start({ AWS_LAMBDA_LOG_LEVEL: level });
      assert.equal((await environment.invoke(ONE_STREAM)).kind, 'error');
      const lines = parsed(environment).filter((line) => keptByLambda(line, level));
      const [metrics, ...more] = lines.filter((line) => '_aws' in line);
      assert.deepEqual([metrics?.HardFailures, more], [1, []]);
      assert.ok(lines.some(({ event }) => event === 'hard_failure'));
    });
  }

  it('has more at DEBUG, and less at WARN, as the parameter of the template asks', async () => {
    const linesAt = async (level: string) => {
      const environment = await start({ AWS_LAMBDA_LOG_LEVEL: level });
      await environment.invoke(ONE_STREAM);
      return parsed(environment).filter((line) => !('_aws' in line));
    };
    const [debug, info, warn] = [await linesAt('DEBUG'), await linesAt('INFO'), await linesAt('WARN')];
    assert.ok(debug.some(({ event }) => event === 'page_fetched'));
    assert.ok(!info.some(({ event }) => event === 'page_fetched'));
    assert.deepEqual(warn, []);
  });

  it('never has the secret or a token', async () => {
    const environment = await start({ AWS_LAMBDA_LOG_LEVEL: 'DEBUG' });
    world.simulator.faults.add({ fault: { kind: 'status', status: 403 }, streams: ['flow-mass-types'] });
    await environment.invoke(ONE_STREAM);
    const said = environment.lines().join('\n');
    assert.match(said, /hard_failure/);
    assert.ok(!said.includes(world.simulator.clientSecret));
    assert.doesNotMatch(said, /Bearer |eyJ/);
  });
});

describe('a failure', { timeout: 120_000 }, () => {
  it('of a stream reaches the caller with its readable name and the stream', async () => {
    world.simulator.faults.add({ fault: { kind: 'status', status: 403 }, streams: ['flow-mass-types'] });
    const environment = await start();
    const { kind, body } = await environment.invoke(ONE_STREAM);
    assert.equal(kind, 'error');
    assert.equal(body.errorType, 'SyncFailedError');
    assert.match(body.errorMessage, /flow-mass-types \(forbidden\)/);
    assert.ok(Array.isArray(body.trace) && body.trace.length > 1);
  });

  it('of an event names the problem', async () => {
    const environment = await start();
    const { kind, body } = await environment.invoke({ action: 'synk' });
    assert.equal(kind, 'error');
    assert.equal(body.errorType, 'HardFailure');
    assert.match(body.errorMessage, /"action" must be one of/);
  });

  it('of a check is returned, so that it raises no alarm', async () => {
    world.simulator.faults.add({ fault: { kind: 'status', status: 403 }, streams: ['flow-mass-types'] });
    const { kind, body } = await (await start()).invoke({ action: 'check' });
    assert.equal(kind, 'response');
    assert.equal(body.ok, false);
    const failed = body.checks.filter(({ ok }: { ok: boolean }) => !ok);
    assert.deepEqual(
      failed.map(({ name }: { name: string }) => name),
      ['stream:flow-mass-types'],
    );
  });

  it('does not end the process: the next event is answered by the same one', async () => {
    const environment = await start();
    assert.equal((await environment.invoke({ action: 'synk' })).kind, 'error');
    assert.equal((await environment.invoke({ action: 'status' })).kind, 'response');
  });
});

describe('the limit of Lambda', { timeout: 180_000 }, () => {
  it('stops a run in good time, with what it has done kept for the next', async () => {
    world.simulator.faults.add({ fault: { kind: 'slow', ms: 700 }, times: 1_000 });
    const environment = await start({ PAGE_SIZE: '20' });
    const remainingMs = 6_000;
    const startedMs = performance.now();
    const { kind, body } = await environment.invoke({ action: 'sync', mode: 'full' }, remainingMs);
    assert.ok(performance.now() - startedMs < remainingMs, 'Lambda would have killed the run');
    assert.equal(kind, 'response', JSON.stringify(body));
    assert.equal(body.outcome, 'deadline');

    world.simulator.faults.clear();
    const next = await environment.invoke({ action: 'sync' });
    assert.equal(next.body.outcome, 'complete');
  });
});

describe('a process that was frozen', { timeout: 180_000 }, () => {
  it('works on when it thaws, though all its connections are gone', async () => {
    const environment = await start();
    assert.equal((await environment.invoke({ action: 'sync' })).body.outcome, 'complete');
    environment.freeze();
    world.aws.closeConnections();
    world.ditio.closeConnections();
    environment.thaw();
    const { kind, body } = await environment.invoke({ action: 'sync' });
    assert.equal(kind, 'response', JSON.stringify(body));
    assert.equal(body.outcome, 'complete');
  });

  it('works on when its connections went silently, without a word to either side', async () => {
    const environment = await start();
    assert.equal((await environment.invoke(ONE_STREAM)).kind, 'response');
    environment.freeze();
    world.aws.silence();
    world.ditio.silence();
    // Longer than idle connections are trusted: what a freeze does to them is seen by the clock alone.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    environment.thaw();
    const { kind, body } = await environment.invoke(ONE_STREAM, 20_000);
    assert.equal(kind, 'response', JSON.stringify(body));
    assert.equal(body.outcome, 'complete');
    assert.deepEqual(
      parsed(environment).filter(({ event }) => event === 'retry_wait'),
      [],
    );
  });
});

describe('a handler that takes a callback', { timeout: 60_000 }, () => {
  it('is refused by this runtime, so that ours must not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'callback-'));
    writeFileSync(
      join(folder, 'handler.mjs'),
      'export const handler = (event, context, callback) => callback(null, 1);\n',
    );
    try {
      await assert.rejects(startEnvironment({ taskRoot: folder }), /init error/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
