import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineReached, HardFailure } from '../../../src/core/failure/errors.ts';
import { createDeadline } from '../../../src/core/time/deadline.ts';
import { addMs } from '../../../src/core/time/instant.ts';
import { tokenKey } from '../../../src/ditio/auth/tokens.ts';
import { createScope, rejection, scopeOf } from '../fakes.ts';
import { issued, OLD, setUp } from './token-world.ts';

test('a token is asked for once and used again, by every stream', async () => {
  const { tokens, transport, scope } = setUp({ answers: [issued('t1')] });
  const all = await Promise.all(Array.from({ length: 19 }, () => tokens.current(scope)));
  assert.deepEqual([...new Set([...all, await tokens.current(scope)])], ['t1']);
  transport.assertUsedUp();
});

test('a new token is stored, and said so in a log line without it', async () => {
  const { tokens, items, scope } = setUp({ answers: [issued('t1')] });
  await tokens.current(scope);
  assert.deepEqual(
    [...items.values()].map((item) => item.accessToken),
    ['t1'],
  );
  assert.deepEqual(scope.log.of('token_renewed'), [{ reason: 'none', expires_at: '2026-11-22T08:45:00.000Z' }]);
});

test('a stored token is used without asking', async () => {
  const { tokens, transport, scope } = setUp({ answers: [], stored: { token: 'kept', forMs: 600_000 } });
  assert.equal(await tokens.current(scope), 'kept');
  transport.assertUsedUp();
  assert.deepEqual(scope.log.of('token_renewed'), []);
});

test('a stored token with less than a minute left is not used', async () => {
  const { tokens, transport, scope } = setUp({ answers: [issued('t1')], stored: { token: 'kept', forMs: 60_000 } });
  assert.equal(await tokens.current(scope), 't1');
  transport.assertUsedUp();
});

const renewals: ReadonlyArray<readonly [name: string, seconds: number, goodForMs: number]> = [
  ['a token of half an hour is renewed a minute early', 1_800, 1_740_000],
  ['a token of two minutes is renewed half a minute early', 120, 90_000],
  ['a token of ten seconds does not cost a token per call', 10, 7_500],
];
for (const [name, seconds, goodForMs] of renewals) {
  test(name, async () => {
    const { tokens, transport, clock } = setUp({ answers: [issued('t1', seconds), issued('t2', seconds)] });
    assert.equal(await tokens.current(createScope(clock)), 't1');
    clock.advance(goodForMs - 1);
    assert.equal(await tokens.current(createScope(clock)), 't1');
    clock.advance(1);
    assert.equal(await tokens.current(createScope(clock)), 't2');
    transport.assertUsedUp();
  });
}

test('a token that worked and is refused is renewed once, for all who were refused', async () => {
  const { tokens, transport, scope } = setUp({ answers: [issued('t1'), issued('t2')] });
  const t1 = await tokens.current(scope);
  const renewed = await Promise.all(Array.from({ length: 4 }, () => tokens.renew(t1, scope)));
  assert.deepEqual(renewed, ['t2', 't2', 't2', 't2']);
  assert.equal(await tokens.renew(t1, scope), 't2', 'a late one too');
  transport.assertUsedUp();
});

test('a token is renewed however new it is', async () => {
  const { tokens, transport, scope } = setUp({ answers: [issued('t1'), issued('t2'), issued('t3')] });
  assert.equal(await tokens.renew(await tokens.current(scope), scope), 't2');
  assert.equal(await tokens.renew('t2', scope), 't3');
  transport.assertUsedUp();
});

test('a refused token is not taken from the store again', async () => {
  const { tokens, transport, items, clock } = setUp({
    answers: [issued('t1', 10), issued('t2')],
    stored: { token: 'kept', forMs: 600_000 },
  });
  const [[key, kept] = ['', { accessToken: '', expiresAt: clock.now() }]] = [...items];
  assert.equal(await tokens.renew(await tokens.current(createScope(clock)), createScope(clock)), 't1');
  items.set(key, kept);
  clock.advance(10_000);
  assert.equal(await tokens.current(createScope(clock)), 't2');
  transport.assertUsedUp();
});

test('the token of a former client is not used once the secret names another', async () => {
  const other = { clientId: 'client-b', clientSecret: 'new-secret' };
  const { tokens, transport, scope, credentials } = setUp({
    answers: [issued('t1'), issued('t2')],
    secrets: [OLD, other],
  });
  assert.equal(await tokens.current(scope), 't1');
  await credentials.read(true, scope);
  // What this run reads is stored under the client of its beginning.
  assert.ok((await rejection(tokens.current(scope))) instanceof DeadlineReached);
  assert.equal(await tokens.current({ ...scope, runId: 'the next' }), 't2');
  transport.assertUsedUp();
});

test('a renewed token is a second old before it is used, because servers accept a new one late', async () => {
  const { tokens, clock, scope } = setUp({ answers: [issued('t1'), issued('t2')] });
  const t1 = await tokens.current(scope);
  const renewed = await Promise.all(Array.from({ length: 4 }, () => tokens.renew(t1, scope)));
  assert.deepEqual([...new Set(renewed)], ['t2']);
  assert.equal(clock.monotonicMs(), 1_000);
  await tokens.renew(t1, scope);
  assert.equal(clock.monotonicMs(), 1_000, 'an older one is used without a wait');
});

test('a renewed token that cannot become a second old before the deadline is the deadline', async () => {
  const { tokens, clock } = setUp({ answers: [issued('t1'), issued('t2')] });
  const scope = createScope(clock, 1_200, 0);
  const t1 = await tokens.current(scope);
  clock.advance(400);
  assert.ok((await rejection(tokens.renew(t1, scope))) instanceof DeadlineReached);
  assert.equal(clock.monotonicMs(), 400);
});

test('a stored token that is refused is renewed', async () => {
  const { tokens, transport, scope } = setUp({ answers: [issued('t1')], stored: { token: 'kept', forMs: 600_000 } });
  assert.equal(await tokens.renew(await tokens.current(scope), scope), 't1');
  transport.assertUsedUp();
});

test('secrets and tokens are known to the redactor', async () => {
  const { tokens, redactor, scope } = setUp({ answers: [issued('opaque-token-1')] });
  await tokens.current(scope);
  assert.equal(redactor.clean('x old-secret opaque-token-1'), 'x [redacted] [redacted]');
});

test('a store that fails costs a token request and nothing more', async () => {
  const broken = async () => {
    throw new HardFailure('state', 'no table');
  };
  const { tokens, transport, scope } = setUp({ answers: [issued('t1')], store: { read: broken, write: broken } });
  assert.equal(await tokens.current(scope), 't1');
  transport.assertUsedUp();
});

test('a deadline met while the store is read is the deadline', async () => {
  const read = async () => {
    throw new DeadlineReached('in the store');
  };
  const { tokens, scope } = setUp({ answers: [], store: { read } });
  assert.ok((await rejection(tokens.current(scope))) instanceof DeadlineReached);
});

test('who joins a renewal keeps the own deadline, and goes on alone when the other ran out of time', async () => {
  const { tokens, transport, clock } = setUp({ answers: ['hang', issued('t1')] });
  const ends = await Promise.all(
    [8_000, 3_000, 60_000].map(async (workMs) => {
      const scope = scopeOf(createDeadline(() => clock.monotonicMs(), workMs, 0));
      const end = await tokens.current(scope).catch((error: unknown) => (error as Error).name);
      return [end, clock.monotonicMs()];
    }),
  );
  assert.deepEqual(ends, [
    ['DeadlineReached', 8_000],
    ['DeadlineReached', 3_000],
    ['t1', 8_000],
  ]);
  transport.assertUsedUp();
});

test('nothing is asked once time is up', async () => {
  const { tokens, transport, clock } = setUp({ answers: [] });
  assert.ok((await rejection(tokens.current(createScope(clock, 0)))) instanceof DeadlineReached);
  transport.assertUsedUp();
});

test('a check requests a new token despite any cache, and says when it expires', async () => {
  const { tokens, transport, clock, scope } = setUp({
    answers: [issued('t1')],
    stored: { token: 'k', forMs: 600_000 },
  });
  await tokens.current(scope);
  assert.equal(await tokens.prove(scope), addMs(clock.now(), 1_800_000));
  transport.assertUsedUp();
});

test('tokens are kept apart by environment, client and scopes, and not by the order of the scopes', () => {
  const key = (url: string, client: string, scopes: readonly string[]) =>
    tokenKey({ identityUrl: new URL(url), scopes }, client);
  const one = key('https://a.test', 'c', ['x', 'y']);
  assert.equal(key('https://a.test', 'c', ['y', 'x']), one);
  const others = [
    key('https://b.test', 'c', ['x', 'y']),
    key('https://a.test', 'd', ['x', 'y']),
    key('https://a.test', 'c', ['x']),
  ];
  assert.equal(new Set([one, ...others]).size, 4);
});
