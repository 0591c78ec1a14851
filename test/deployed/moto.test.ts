/**
 * The built bundle against moto's Secrets Manager, DynamoDB and S3, with resources made as the template says, and Ditio's
 * simulator behind it: from an empty secret to a lake that equals the source.
 */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { readLake } from '../../local/lake-reader.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { type ColdStart, coldStart } from './bundle.ts';
import { type Properties, propertiesOf } from './evaluate.ts';
import { type AwsWorld, BUCKET, startAwsWorld, TABLE } from './world.ts';

const NAMES = CATALOGUE.map(({ name }) => name);
const WITHOUT_IDS = new Set(['item_registrations']);

let world: AwsWorld;
const starts: ColdStart[] = [];

async function start(more: Readonly<Record<string, string>> = {}): Promise<ColdStart> {
  const started = await coldStart({ ...world.env, ...more });
  starts.push(started);
  return started;
}

before(async () => {
  world = await startAwsWorld();
});
afterEach(() => Promise.all(starts.splice(0).map((each) => each.stop())));
after(() => world?.close());

/** What an analyst finds: the objects of the bucket, read by the rule of the lake. */
async function present(): Promise<Record<string, number>> {
  const root = mkdtempSync(join(tmpdir(), 'lake-'));
  try {
    let token: string | undefined;
    do {
      const listed = await world.s3.send(
        new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'ditio/acme/', ...(token && { ContinuationToken: token }) }),
      );
      for (const { Key } of listed.Contents ?? []) {
        const { Body } = await world.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        const path = join(root, String(Key).replace(/^ditio\/acme\//, ''));
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, (await Body?.transformToByteArray()) ?? '');
      }
      token = listed.NextContinuationToken;
    } while (token);
    const states = await readLake(
      root,
      CATALOGUE.map(({ table }) => table),
      WITHOUT_IDS,
    );
    return Object.fromEntries(states.map(({ table, live }, at) => [String(CATALOGUE[at]?.name ?? table), live]));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const source = () =>
  Object.fromEntries(
    NAMES.map((name) => [name, (world.simulator.counts() as Record<string, { live: number }>)[name]?.live]),
  );

describe('a deployment, from the beginning', { timeout: 600_000 }, () => {
  it('says in words that the secret has no value yet', async () => {
    const { result, error } = await (await start()).invoke({ action: 'check' });
    assert.equal(error, undefined);
    assert.equal(result.ok, false);
    const failed = result.checks.filter(({ ok }: { ok: boolean }) => !ok);
    assert.deepEqual(
      failed.map(({ name }: { name: string }) => name),
      ['secret', 'token'],
    );
  });

  it('is ready once the secret is filled as the output of the stack says', async () => {
    await world.setSecret();
    const { result, error } = await (await start()).invoke({ action: 'check' });
    assert.equal(error, undefined);
    assert.deepEqual(
      result.checks.filter(({ ok }: { ok: boolean }) => !ok),
      [],
    );
  });

  it('brings everything with the first sync', async () => {
    const { result, error } = await (await start()).invoke({});
    assert.equal(error, undefined);
    assert.equal(result.outcome, 'complete');
    assert.equal(result.streams.length, NAMES.length);
    assert.deepEqual(await present(), source());
  });

  it('brings changes and deletions with the next, in a process of its own', async () => {
    world.simulator.change({ created: 3, changed: 5, deleted: 2 });
    const { result, error } = await (await start({ SNAPSHOT_INTERVAL_HOURS: '0' })).invoke({ action: 'sync' });
    assert.equal(error, undefined);
    const modes = Object.fromEntries(
      result.streams.map(({ stream, mode }: { stream: string; mode: string }) => [stream, mode]),
    );
    assert.equal(modes['time-registrations'], 'incremental');
    assert.equal(modes['flow-locations'], 'full');
    assert.deepEqual(await present(), source());
  });

  it('remembers where every stream is', async () => {
    const { result } = await (await start()).invoke({ action: 'status' });
    assert.equal(result.streams.length, NAMES.length);
    for (const { stream, lastCompletedAt, lease } of result.streams) {
      assert.ok(lastCompletedAt, `${stream} has completed nothing`);
      assert.equal(lease, null);
    }
  });

  it('needs the permissions of the template, all of them and no other', async () => {
    const policies: Properties[] = propertiesOf(world.stack, 'ExtractRole').Policies;
    const made: Readonly<Record<string, string>> = {
      '<DitioSecret>': world.secretArn,
      '<StateTable.Arn>': TABLE,
      '<LakeBucket>': BUCKET,
    };
    const allowed = policies[0].PolicyDocument.Statement.flatMap(
      ({ Action, Resource }: { Action: string | string[]; Resource: string }) =>
        [Action].flat().map((action) => `${action} ${Resource.replace(/<[\w.]+>/g, (name) => made[name] ?? name)}`),
    );
    const fits = (call: string, permission: string) =>
      permission.endsWith('*') ? call.startsWith(permission.slice(0, -1)) : call === permission;
    const ours = allowed.filter((permission: string) => /^(dynamodb|s3|secretsmanager):/.test(permission));
    assert.equal(ours.length, 5);
    assert.deepEqual(
      [...world.aws.calls].filter((call) => !ours.some((permission: string) => fits(call, permission))),
      [],
    );
    assert.deepEqual(
      ours.filter((permission: string) => ![...world.aws.calls].some((call) => fits(call, permission))),
      [],
    );
  });

  it('lets one of two runs at once have each stream, and neither fails', async () => {
    const both = await Promise.all([start(), start()]);
    const answers = await Promise.all(both.map((each) => each.invoke({ action: 'sync', mode: 'full' })));
    const outcomes = NAMES.map((name) =>
      answers.map(({ result }) => result?.streams.find(({ stream }: { stream: string }) => stream === name)?.outcome),
    );
    for (const pair of outcomes) {
      assert.ok(pair.includes('complete'), String(pair));
      assert.ok(
        pair.every((outcome) => outcome === 'complete' || outcome === 'leased'),
        String(pair),
      );
    }
    assert.deepEqual(await present(), source());
  });
});

describe('a deployment where something is not as it should be', { timeout: 300_000 }, () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string, RegExp])[] = [
    ['the table is missing', { STATE_TABLE: 'no-such-table' }, 'state', /STATE_TABLE/],
    [
      'the bucket is missing',
      { LAKE_URL: 's3://no-such-bucket/ditio', STREAMS: 'flow-mass-types' },
      'lake',
      /LAKE_URL/,
    ],
    ['the secret is missing', { DITIO_SECRET_ID: 'no-such-secret' }, 'credentials', /DITIO_SECRET_ID/],
  ];
  for (const [what, env, kind, hint] of cases) {
    it(`tells in one line that ${what}, and what to do`, async () => {
      // An unused token would hide a secret that cannot be read.
      const started = await start({
        ...env,
        ...(kind === 'credentials' && { STATE_TABLE: TABLE, DITIO_ENVIRONMENT: 'production' }),
      });
      const { error } = await started.invoke({ action: 'sync', streams: ['flow-mass-types'], mode: 'full' });
      assert.ok(error, 'the run should fail');
      const lines = started.lines().map((line) => JSON.parse(line));
      const failures = lines.filter(({ event }) => event === 'hard_failure');
      assert.equal(failures.length, 1);
      assert.equal(failures[0].kind, kind);
      assert.match(failures[0].hint, hint);
    });
  }

  it('never writes a secret', async () => {
    const started = await start({ LAKE_URL: 's3://no-such-bucket/ditio' });
    await started.invoke({ action: 'sync', streams: ['flow-mass-types'], mode: 'full' });
    const said = started.lines().join('\n');
    assert.ok(said.length > 0);
    assert.ok(!said.includes(world.simulator.clientSecret));
  });
});
