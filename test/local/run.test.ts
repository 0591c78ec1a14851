/** The real command, through pipes: what it writes where, how it ends, and what a second call finds. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/index.ts';
import { variablesOf } from '../fakes/simulator-variables.ts';
import { local, snapshot, start, temporaryFolder } from './command.ts';

const SMALL = ['--records', '60'];

/** As a shell would cut it. */
const argumentsOf = (words: string) => [...words.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

describe('a local run with the simulator', () => {
  it('ends with a table on standard output, and with commands that work as printed', async (t) => {
    const folder = temporaryFolder(t);
    const first = await local([...SMALL, '--folder', folder]);
    assert.equal(first.code, 0, first.stderr);
    const lines = first.stdout.trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^stream +live +source +deleted +parts +bytes +watermark/);
    assert.deepEqual(
      lines.slice(2).map((line) => line.split(/ +/).slice(0, 3)),
      [
        ['project', '17', '✓'],
        ['user', '28', '✓'],
      ],
    );
    assert.match(first.stderr, /① a full sync[\s\S]*② changes at the source[\s\S]*③ an incremental sync/);
    assert.match(first.stderr, /Incremental syncs brought 49 records, of which \d+ (was|were) already there/);

    const commands = [...first.stderr.matchAll(/^ {2}npm run local(?: -- (.*))?$/gm)].map(([, words = '']) => words);
    assert.ok(commands.length >= 5, first.stderr);
    for (const words of commands) {
      const isReading = !/^(--records|backfill)/.test(words);
      const before = snapshot(folder);
      const ended = await local(argumentsOf(words));
      assert.equal(ended.code, 0, `${words}\n${ended.stderr}`);
      if (isReading) assert.deepEqual(snapshot(folder), before, `${words} changed a file`);
      if (words.startsWith('--records')) {
        assert.match(ended.stderr, /① a sync that goes on from the last call: 2 of 19 streams were complete/);
        assert.match(ended.stderr, /of which [1-9]\d* were already there: each sync looks back/);
      }
    }
  });

  it('gives its result as JSON on standard output, for programs', async (t) => {
    const folder = temporaryFolder(t);
    const nothing = await local(['status', '--folder', folder]);
    assert.deepEqual([nothing.code, nothing.stdout], [1, '']);
    assert.match(nothing.stderr, /Nothing has been run in .* yet\. Begin with:\n {2}npm run local/);

    const sync = await local(['sync', ...SMALL, '--folder', folder, '--json'], { LAKE_URL: 's3://elsewhere/x' });
    assert.equal(sync.code, 0, sync.stderr);
    assert.match(sync.stderr, /Not used: LAKE_URL/);
    assert.equal(JSON.parse(sync.stdout).outcome, 'complete');
    // Without a source it looks at the last run.
    const status = await local(['status', '--folder', folder, '--json']);
    assert.equal(JSON.parse(status.stdout).streams[0].stream, 'project');
    assert.equal(typeof JSON.parse(status.stdout).streams[0].watermark, 'string');
    const check = await local(['check', '--folder', folder, '--json']);
    assert.equal(JSON.parse(check.stdout).ok, true, check.stdout);
  });

  it('says in one sentence that a file is in the place of its folder', async (t) => {
    const file = join(temporaryFolder(t), 'file');
    writeFileSync(file, '');
    const { code, stdout, stderr } = await local([...SMALL, '--folder', file]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /file.* is not a folder: a file is in its place/);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });

  it('says in one sentence that a system does not let its folder be made', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, async () => {
    // A call that cannot be interrupted would hold up the test for ever.
    const { code, stdout, stderr } = await local([...SMALL, '--folder', '/proc/x/y'], {}, { timeout: 60_000 });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^\/proc\/x cannot be made\. Choose another folder with --folder\.\n$/m);
  });

  it('ends quietly when the reader of its output has ended', async () => {
    const { child, ended } = start(['streams']);
    child.stdout?.destroy();
    assert.deepEqual(await ended, { code: 0, stdout: '', stderr: '' });
  });
});

async function ditio(
  t: TestContext,
  options: SimulatorOptions,
): Promise<{ env: Record<string, string>; simulator: Simulator }> {
  const simulator = await startSimulator(options);
  t.after(() => simulator.close());
  const env = {
    ...variablesOf(simulator),
    STREAMS: 'time-registrations',
    PAGE_SIZE: '20',
    // A page that hangs is to hang for as long as a test takes.
    REQUEST_TIMEOUT_SECONDS: '900',
  };
  return { env, simulator };
}

describe('a local run against a real source', () => {
  it('stops at Ctrl-C in order, holds the folder until then, and goes on with the next call', async (t) => {
    const folder = temporaryFolder(t);
    const { env, simulator } = await ditio(t, { records: 2_000 });
    simulator.faults.add({ fault: { kind: 'slow', ms: 600_000 }, on: 'later-pages', nth: 5 });
    const args = ['--live', '--folder', folder];
    const run = start([...args, '--logs'], env);
    await run.shows('"page":5,');

    const second = await local(args, env);
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`in use by another local run: process ${run.child.pid}, since`));
    // Looking is possible meanwhile.
    const during = await local(['status', ...args, '--json']);
    assert.equal(during.code, 0, during.stderr);

    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    assert.equal(code, 130, stderr);
    assert.match(
      stderr,
      /Stopping: [\s\S]*Stopped\. The records that were read are kept\. This command goes on from here:\n {2}npm run local -- --live --folder /,
    );

    const status = JSON.parse((await local(['status', ...args, '--json'])).stdout);
    const stream = status.streams.find((each: { stream: string }) => each.stream === 'time-registrations');
    assert.equal(stream.lease, null);
    assert.ok(stream.open.pages > 0, 'no page was kept');

    const rest = await local(args, { ...env, PAGE_SIZE: '5000' });
    assert.equal(rest.code, 0, rest.stderr);
    assert.match(rest.stderr, /goes on from the last call: 0 of 19 streams were complete, 1 in the middle of a sync/);
    assert.match(rest.stdout, /^time-registrations +\d/m);
  });

  it('ends at the second Ctrl-C, and the next call takes over the lease of the dead process', async (t) => {
    const folder = temporaryFolder(t);
    const { env, simulator } = await ditio(t, { records: 500 });
    simulator.faults.add({ fault: { kind: 'slow', ms: 600_000 }, on: 'later-pages' });
    const args = ['sync', '--live', '--folder', folder];
    const run = start([...args, '--logs'], env);
    await run.shows('page_fetched');
    // Before the first Ctrl-C: afterwards the lease is held for four seconds only.
    assert.match((await local(['status', '--live', '--folder', folder], env)).stdout, /a run is at work, until/);
    run.child.kill('SIGINT');
    await run.shows('Stopping');
    run.child.kill('SIGINT');
    assert.equal((await run.ended).code, 130);
    const after = await local(['status', '--live', '--folder', folder], env);
    assert.match(after.stdout, /^time-registrations .*its last run was cut off; the next one goes on$/m);

    const next = await local(args, env);
    assert.equal(next.code, 0, next.stderr);
    assert.match(next.stdout, /^1 of 1 stream complete: /m);
  });

  it('explains a wrong client once, and makes no table of nothing', async (t) => {
    const { env } = await ditio(t, { records: 60 });
    const wrong = { ...env, STREAMS: 'all', DITIO_CLIENT_SECRET: 'not-this-one' };
    const { code, stdout, stderr } = await local(['--live', '--folder', temporaryFolder(t)], wrong);
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(stderr.match(/What to do:/g)?.length, 1, stderr);
    assert.match(stderr, /✗ credentials: .*\n.*Check DITIO_CLIENT_ID and DITIO_CLIENT_SECRET/);
    assert.match(stderr, /\nEvery stream failed\. The lines above say why\. This command tries again:\n/);
    assert.doesNotMatch(stderr, /0 records|are kept/);
    assert.doesNotMatch(stderr, /goes on from|not-this-one|^\s+at /m);
  });

  it('explains a host that cannot be reached before it touches a folder', async (t) => {
    const folder = temporaryFolder(t);
    const { env } = await ditio(t, { records: 60 });
    const away = { ...env, DITIO_IDENTITY_URL: 'http://127.0.0.1:1' };
    const { code, stderr } = await local(['--live', '--folder', join(folder, 'data')], away);
    assert.equal(code, 1);
    assert.match(stderr, /^127\.0\.0\.1:1 cannot be reached: it refuses connections\. Nothing was changed\./);
    assert.deepEqual(snapshot(folder), new Map());
  });

  it('explains such a host to check in the same words', async (t) => {
    const { env } = await ditio(t, { records: 60 });
    const away = { ...env, DITIO_REPORTING_URL: 'http://127.0.0.1:1' };
    const { code, stdout, stderr } = await local(['check', '--live', '--folder', temporaryFolder(t)], away);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^127\.0\.0\.1:1 cannot be reached: it refuses connections\. Nothing was changed\. .*\n$/);
  });

  it('does not ask again and again when Ditio wants it to wait', async (t) => {
    const { env, simulator } = await ditio(t, { records: 60 });
    simulator.faults.add({ fault: { kind: 'status', status: 429, retryAfter: '3600' }, times: 99 });
    const { code, stderr } = await local(['--live', '--folder', temporaryFolder(t)], env);
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      /Not yet complete: time-registrations \(429, Retry-After 3600 s\)\. Ditio asked for a wait[\s\S]*npm run local -- --live/,
    );
  });

  it('asks before it forgets what came from there, or wants --yes', async (t) => {
    const folder = temporaryFolder(t);
    const { env } = await ditio(t, { records: 60 });
    const args = ['sync', '--live', '--folder', folder];
    assert.equal((await local(args, env)).code, 0);
    const before = snapshot(folder);
    const unasked = await local([...args, '--fresh'], env);
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /--fresh deletes the lake and the state in .* Confirm with --yes\./);
    assert.deepEqual(snapshot(folder), before);
    const confirmed = await local([...args, '--fresh', '--yes'], env);
    assert.equal(confirmed.code, 0, confirmed.stderr);
    assert.match(confirmed.stderr, /✓ time-registrations +full/);
  });
});
