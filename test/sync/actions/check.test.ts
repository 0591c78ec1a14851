import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeadlineReached, HardFailure } from '../../../src/core/failure/errors.ts';
import type { Scope } from '../../../src/core/scope.ts';
import { createDeadline } from '../../../src/core/time/deadline.ts';
import { DAY_MS } from '../../../src/core/time/instant.ts';
import { failedConfigCheck, runChecks } from '../../../src/sync/actions/check.ts';
import type { SyncDeps } from '../../../src/sync/deps.ts';
import { createRecordingLog } from '../../fakes/recording-log.ts';
import { testScope } from '../../fakes/scope.ts';
import { ALL_RULES } from '../../fakes/stream-rules.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';

interface World {
  readonly secret?: () => Promise<never>;
  readonly token?: () => Promise<never>;
  readonly table?: () => Promise<never>;
  readonly page?: (stream: string, scope: Scope) => Promise<never>;
}

async function check(world: World = {}) {
  const clock = createVirtualClock();
  const log = createRecordingLog();
  const asked: string[] = [];
  const deps = {
    version: 'test',
    clock,
    log,
    secrets: { read: world.secret ?? (async () => ({ clientId: 'a', clientSecret: 'b' })) },
    cursors: { check: world.table ?? (async () => 'the table can be read and written') },
    lake: { check: async () => 'the lake can be written' },
    source: {
      checkToken: world.token ?? (async () => 'a token was obtained'),
      fetchPage: async ({ stream }: { stream: string }, _consume: unknown, scope: Scope) => {
        asked.push(stream);
        return (await world.page?.(stream, scope)) ?? 1;
      },
    },
    settings: { maxConcurrentStreams: 4 },
  } as unknown as SyncDeps;
  const deadline = createDeadline(clock.monotonicMs, DAY_MS, 0);
  const report = await runChecks(deps, ALL_RULES, { ...testScope(), deadline, log });
  return { report, asked, elapsedMs: clock.monotonicMs(), bad: report.checks.filter(({ ok }) => !ok) };
}

const refused = (kind: 'credentials' | 'forbidden' | 'state') => async (): Promise<never> => {
  throw new HardFailure(kind, 'refused', { hint: 'Ask Ditio.' });
};

describe('a check', () => {
  it('is ok when every part of it is, with an entry for each stream', async () => {
    const { report, asked } = await check();
    assert.equal(report.ok, true);
    assert.deepEqual(
      report.checks.map(({ name }) => name),
      ['config', 'secret', 'token', 'table', 'lake', ...ALL_RULES.map(({ name }) => `stream:${name}`)],
    );
    assert.deepEqual(asked.sort(), ALL_RULES.map(({ name }) => name).sort());
  });

  it('says which streams need an administrator, and where a field worker gets less without an error', async () => {
    const { report } = await check();
    const namesOf = (detail: RegExp) => report.checks.filter((one) => detail.test(one.detail)).map(({ name }) => name);
    assert.deepEqual(namesOf(/only a client that acts as an administrator/), ['stream:projects']);
    assert.deepEqual(namesOf(/field worker gets only its own rows here, without any error/), ['stream:crews']);
  });

  it('asks nothing of Ditio without the secret, says so once, and still checks table and lake', async () => {
    const { report, bad, asked } = await check({ secret: refused('credentials') });
    assert.equal(report.ok, false);
    assert.deepEqual(
      bad.map(({ name }) => name),
      ['secret', 'token'],
    );
    assert.match(bad[0]?.detail ?? '', /credentials: refused – Ask Ditio\./);
    assert.deepEqual(asked, []);
    assert.ok(report.checks.some(({ name, ok }) => name === 'lake' && ok));
  });

  it('tries each stream three times at most, because a person waits for it', async () => {
    const retries: number[] = [];
    await check({
      page: async (_stream, scope) => {
        let taken = 0;
        while (scope.budget?.take()) taken += 1;
        retries.push(taken);
        throw new HardFailure('retries_exhausted', 'in trouble');
      },
    });
    assert.deepEqual(new Set(retries), new Set([2]));
  });

  it('asks for no stream without a token, and says so once', async () => {
    const { bad, asked } = await check({ token: refused('credentials') });
    assert.deepEqual(
      bad.map(({ name }) => name),
      ['token', 'streams'],
    );
    assert.deepEqual(asked, []);
  });

  it('goes on after one stream that is refused', async () => {
    const { bad, asked } = await check({
      page: (stream) => (stream === ALL_RULES[0]?.name ? refused('forbidden')() : (undefined as never)),
    });
    assert.deepEqual(
      bad.map(({ name }) => name),
      [`stream:${ALL_RULES[0]?.name}`],
    );
    assert.equal(asked.length, ALL_RULES.length);
  });

  it('says once what stops every stream, after the few that were tried', async () => {
    const unreachable = new HardFailure('retries_exhausted', 'ECONNREFUSED', { concerns: 'run', hint: 'Look there.' });
    const noConnection = Object.assign(new Error('Connect Timeout Error'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
    const unresolved = Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' });
    for (const [error, says] of [
      [unreachable, /^retries_exhausted: ECONNREFUSED – Look there\.$/],
      [new DeadlineReached('no time', { cause: noConnection }), /^no answer within 20 s; .*Connect Timeout Error$/],
      [new DeadlineReached('no time', { cause: unresolved }), /^no answer within 20 s; .*getaddrinfo EAI_AGAIN$/],
    ] as const) {
      const { bad, asked } = await check({
        page: async () => {
          throw error;
        },
      });
      assert.deepEqual(
        bad.map(({ name }) => name),
        ['streams'],
      );
      assert.match(bad[0]?.detail ?? '', says);
      assert.equal(asked.length, 4);
    }
  });

  it('goes on where another stream was answered at the same time', async () => {
    const { bad, asked } = await check({
      page: async (stream) => {
        if (stream !== ALL_RULES[1]?.name) return undefined as never;
        throw new HardFailure('retries_exhausted', 'ECONNREFUSED', { concerns: 'run' });
      },
    });
    assert.deepEqual(
      bad.map(({ name }) => name),
      [`stream:${ALL_RULES[1]?.name}`],
    );
    assert.equal(asked.length, ALL_RULES.length);
  });

  it('gives each stream 20 s at most, and names the last error', async () => {
    const last = new Error('the answer took longer than 10 s');
    const { bad } = await check({
      page: async (_stream, scope) => {
        assert.ok(scope.deadline.workLeftMs() <= 20_000);
        throw new DeadlineReached('no time', { cause: last });
      },
    });
    assert.equal(bad.length, ALL_RULES.length);
    assert.match(bad[0]?.detail ?? '', /no answer within 20 s; the last error was the answer took longer than 10 s/);
  });

  it('of a refused configuration is one entry that names the problem', () => {
    const report = failedConfigCheck(new HardFailure('config', 'PAGE_SIZE must be at most 10000'));
    assert.equal(report.ok, false);
    assert.deepEqual(
      report.checks.map(({ name, ok }) => [name, ok]),
      [['config', false]],
    );
    assert.match(report.checks[0]?.detail ?? '', /PAGE_SIZE must be at most 10000/);
  });
});
