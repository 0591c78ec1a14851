/** Tests the state that the fetches of a process share: the pause of a host, the token, the budget of retries. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import type { Clock } from '../../src/core/scope.ts';
import { rejection } from './fakes.ts';
import { createPageWorld, issued, PAGE, REQUEST, readText, status, times } from './page-world.ts';

test('a 429 holds back its endpoint as long as it asks, and the other streams of the host 15 s at most', async () => {
  const { source, scope, transport, clock } = createPageWorld({
    pages: [status(429, { 'retry-after': '30' }), PAGE, PAGE, PAGE],
  });
  const first = source.fetchPage(REQUEST, readText, scope);
  await clock.sleep(100);
  const others = ['user', 'project'].map((stream) => source.fetchPage({ ...REQUEST, stream }, readText, scope));
  await Promise.all([first, ...others]);
  assert.deepEqual(
    transport.sent.map((request) => request.atMs),
    [0, 15_000, 15_000, 30_000],
  );
  assert.equal(scope.tally.retries, 1, 'waiting for the host is not a retry');
});

test('the wait that a 429 without Retry-After costs holds back the others too', async () => {
  const { source, scope, transport, clock } = createPageWorld({ pages: [status(429), status(429), PAGE, PAGE] });
  const first = source.fetchPage(REQUEST, readText, scope);
  await clock.sleep(1_100);
  await Promise.all([first, source.fetchPage({ ...REQUEST, stream: 'user' }, readText, scope)]);
  assert.deepEqual(
    transport.sent.map((request) => request.atMs),
    [0, 1_000, 3_000, 3_000],
  );
});

test('no request is sent while the body of a 429 is still being read', async () => {
  async function* slow(clock: Clock): AsyncGenerator<Uint8Array> {
    await clock.sleep(500);
    yield Buffer.from('{"message":"slow down"}');
  }
  const { source, scope, transport, clock } = createPageWorld({
    pages: [{ status: 429, headers: { 'retry-after': '10' }, body: slow }, PAGE, PAGE],
  });
  const first = source.fetchPage(REQUEST, readText, scope);
  await clock.sleep(100);
  await Promise.all([first, source.fetchPage({ ...REQUEST, stream: 'user' }, readText, scope)]);
  assert.deepEqual(
    transport.sent.map((request) => request.atMs),
    [0, 10_500, 10_500],
  );
});

test('a token that was new, worked and is then refused is renewed', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: [PAGE, status(401), PAGE],
    stored: false,
    tokens: [issued('first'), issued('second')],
  });
  await source.fetchPage(REQUEST, readText, scope);
  await source.fetchPage(REQUEST, readText, scope);
  transport.assertUsedUp();
});

test('a token whose bearer is forbidden something is a token that works', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: [status(403), status(401), PAGE],
    stored: false,
    tokens: [issued('first'), issued('second')],
  });
  await rejection(source.fetchPage(REQUEST, readText, scope));
  await source.fetchPage(REQUEST, readText, scope);
  transport.assertUsedUp();
});

test('a stream that would wait for the host past its deadline stops immediately', async () => {
  const { source, scope, clock } = createPageWorld({
    pages: [status(429, { 'retry-after': '120' })],
    remainingMs: 60_000,
  });
  assert.ok((await rejection(source.fetchPage(REQUEST, readText, scope))) instanceof DeadlineReached);
  assert.ok((await rejection(source.fetchPage(REQUEST, readText, scope))) instanceof DeadlineReached);
  assert.equal(clock.monotonicMs(), 0);
  assert.equal(scope.tally.requests, 1);
});

test('a token that ends during a long wait is renewed before the request is sent again', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: [status(429, { 'retry-after': '120' }), PAGE],
    stored: false,
    tokens: [issued('short', 60), issued('long')],
  });
  await source.fetchPage(REQUEST, readText, scope);
  const used = transport.sent
    .filter((request) => request.method === 'GET')
    .map((request) => request.headers.authorization);
  assert.deepEqual(used, ['Bearer short', 'Bearer long']);
});

test('streams that are refused together renew the token once', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: [...times(4, status(401)), ...times(4, PAGE)],
    tokens: [issued('new-token')],
  });
  await Promise.all(Array.from({ length: 4 }, () => source.fetchPage(REQUEST, readText, scope)));
  transport.assertUsedUp();
});

test('a client whose every token is refused costs one new token and two requests a stream', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: times(38, status(401)),
    stored: false,
    tokens: Array.from({ length: 20 }, (_, at) => issued(`token-${at}`)),
  });
  for (let stream = 0; stream < 19; stream++) {
    const failure = await rejection(source.fetchPage(REQUEST, readText, scope));
    assert.ok(failure instanceof HardFailure && failure.kind === 'unauthorized');
    assert.match(failure.facts.hint ?? '', /emulation user/);
    assert.equal(failure.facts.status, 401);
  }
  transport.assertUsedUp();
});

test('a dying service is not hammered: the retries of a run are bounded over all streams', async () => {
  const { source, scope, transport } = createPageWorld({ pages: times(1_000, status(503)), remainingMs: 10_000_000 });
  const fetches = 60;
  for (let index = 0; index < fetches; index++) await rejection(source.fetchPage(REQUEST, readText, scope));
  assert.equal(transport.sent.length, fetches + 100);
});
