/** The reader of a page: when it runs, and what its errors do. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineReached, HardFailure, TransferBroken } from '../../src/core/failure/errors.ts';
import { formatInstant } from '../../src/core/time/instant.ts';
import { networkError, rejection } from './fakes.ts';
import { breaking, createPageWorld, ITEM_REQUEST, PAGE, REQUEST, readText, status } from './page-world.ts';

test('consume runs again for each attempt, and only for answers with status 200', async () => {
  const { source, scope } = createPageWorld({
    pages: [status(503), { body: breaking('ha', networkError('ECONNRESET')) }, { body: 'whole' }],
  });
  const begun: string[] = [];
  const text = await source.fetchPage(
    REQUEST,
    async (answer) => {
      begun.push(formatInstant(answer.requestedAt));
      return await readText(answer);
    },
    scope,
  );
  assert.equal(text, 'whole');
  assert.equal(begun.length, 2);
});

for (const error of [
  new Error('disk full'),
  new TypeError('a defect'),
  new HardFailure('lake', 'no'),
  new DeadlineReached('x'),
]) {
  test(`an error of consume ends the fetch as it is: ${error.name}`, async () => {
    const { source, scope, transport } = createPageWorld({ pages: [PAGE] });
    const thrown = await rejection(
      source.fetchPage(
        REQUEST,
        async () => {
          throw error;
        },
        scope,
      ),
    );
    assert.equal(thrown, error);
    assert.equal(transport.open(), 0, 'the unread body was not given back');
  });
}

test('a reader that says itself that the transfer broke gets another attempt', async () => {
  const { source, scope } = createPageWorld({ pages: [{ body: 'half' }, { body: 'whole' }] });
  const text = await source.fetchPage(
    REQUEST,
    async (answer) => {
      const got = await readText(answer);
      if (got === 'half') throw new TransferBroken('the envelope is not closed');
      return got;
    },
    scope,
  );
  assert.equal(text, 'whole');
});

test('a reader may leave the body unread', async () => {
  const { source, scope, transport } = createPageWorld({ pages: [PAGE] });
  assert.equal(await source.fetchPage(REQUEST, async () => 'enough', scope), 'enough');
  assert.equal(transport.open(), 0);
});

test('text whose end cannot be told from a broken connection is refused', async () => {
  const { source, scope } = createPageWorld({ pages: [{ body: 'a;b\n' }] });
  const failure = await rejection(source.fetchPage(ITEM_REQUEST, readText, scope));
  assert.ok(failure instanceof HardFailure && failure.kind === 'wire_format');
});
