/** Tests refusals of the identity server: the requests that follow, their secret, and the message. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HardFailure } from '../../../src/core/failure/errors.ts';
import { createScope, networkError, rejection } from '../fakes.ts';
import { issued, NEW, OLD, refused, setUp, type World } from './token-world.ts';

const refusals: ReadonlyArray<{
  readonly name: string;
  readonly world: World;
  readonly reads: readonly boolean[];
  readonly ends: string;
  readonly code?: string;
}> = [
  {
    name: 'a rotated secret is read again once',
    world: { answers: [refused('invalid_client'), issued('t1')], secrets: [OLD, NEW] },
    reads: [false, true],
    ends: 't1',
  },
  {
    name: 'a secret that was not rotated is not tried again',
    world: { answers: [refused('invalid_client')] },
    reads: [false, true],
    ends: 'credentials',
    code: 'invalid_client',
  },
  {
    name: 'a rotated secret that is wrong too is the end',
    world: { answers: [refused('invalid_client'), refused('invalid_client')], secrets: [OLD, NEW] },
    reads: [false, true],
    ends: 'credentials',
    code: 'invalid_client',
  },
  {
    name: 'another secret does not help against a refused scope',
    world: { answers: [refused('invalid_scope')], secrets: [OLD, NEW] },
    reads: [false],
    ends: 'credentials',
    code: 'invalid_scope',
  },
  {
    name: 'an identity server in trouble is asked again',
    world: { answers: [{ status: 503 }, networkError('ECONNRESET'), issued('t1')] },
    reads: [false],
    ends: 't1',
  },
  {
    name: 'an identity server that stays in trouble is given up',
    world: { answers: Array.from({ length: 5 }, () => ({ status: 503 })) },
    reads: [false],
    ends: 'retries_exhausted',
  },
  {
    name: 'HTML of a firewall is not blamed on the credentials',
    world: { answers: [{ status: 403, body: '<html><title>Blocked</title></html>' }] },
    reads: [false],
    ends: 'blocked',
  },
  { name: 'HTML is no token', world: { answers: [{ body: '<html>' }] }, reads: [false], ends: 'wire_format' },
  { name: 'a redirect is refused', world: { answers: [{ status: 302 }] }, reads: [false], ends: 'wire_format' },
];
for (const { name, world, reads, ends, code } of refusals) {
  test(name, async () => {
    const setup = setUp(world);
    const outcome = await setup.tokens.current(setup.scope).catch((error: unknown) => error);
    assert.equal(outcome instanceof HardFailure ? outcome.kind : outcome, ends);
    if (outcome instanceof HardFailure) assert.equal(outcome.concerns, 'run', 'without a token no stream can work');
    if (code) assert.equal((outcome as HardFailure).facts.code, code);
    assert.deepEqual(setup.reads, reads);
    setup.transport.assertUsedUp();
    assert.equal(setup.transport.open(), 0);
  });
}

test('credentials that were refused are not tried by the other streams of the run, but by the next run', async () => {
  const { tokens, transport, clock, scope } = setUp({ answers: [refused('invalid_client'), issued('t1')] });
  for (let stream = 0; stream < 19; stream++) {
    const failure = await rejection(tokens.current(scope));
    assert.ok(failure instanceof HardFailure && failure.kind === 'credentials');
  }
  assert.equal(await tokens.current(createScope(clock)), 't1');
  transport.assertUsedUp();
});

test('a failure tells request, status, code and attempts, and never the secret', async () => {
  const echo = {
    status: 400,
    body: JSON.stringify({ error: 'invalid_client', error_description: `${OLD.clientSecret}?` }),
  };
  const { tokens, scope } = setUp({ answers: [echo] });
  const failure = await rejection(tokens.current(scope));
  assert.ok(failure instanceof HardFailure);
  const { request, status, code, attempts, detail } = failure.facts;
  assert.deepEqual(
    { request, status, code, attempts, detail },
    {
      request: 'POST https://identity.example.test/connect/token',
      status: 400,
      code: 'invalid_client',
      attempts: 1,
      detail: '[redacted]?',
    },
  );
  assert.doesNotMatch(`${failure.message} ${failure.cause}`, /old-secret/);
});
