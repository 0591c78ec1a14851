/** The contract of the port `PageSource`: one suite for every implementation. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DeadlineReached, HardFailure, TransferBroken } from '../../src/core/failure/errors.ts';
import type { PageAnswer, PageRequest, PageSource } from '../../src/ports.ts';
import { at } from '../fakes/at.ts';
import type { TestScope } from '../fakes/scope.ts';

/** What the next request is answered with. */
export type PlannedAnswer =
  | { readonly kind: 'page'; readonly text: string; readonly date?: string }
  /** The transfer breaks after this text. */
  | { readonly kind: 'broken'; readonly text: string }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** No answer before the deadline. */
  | { readonly kind: 'silence' };

export interface PageSourceWorld {
  readonly source: PageSource;
  /** A scope with so much time until the end of work. */
  scope(workMs: number): TestScope;
  /** Adds to what the next requests are answered with; anything beyond that is a failure of the test. */
  plan(...answers: readonly PlannedAnswer[]): void;
  /** Continuation tokens of the requests so far, as they arrived. */
  asked(): readonly (string | null)[];
  close(): Promise<void>;
}

const REQUEST: PageRequest = {
  stream: 'time-registrations',
  modifiedSince: at('2026-11-22T08:05:00Z'),
  modifiedBefore: null,
  window: null,
  continuationToken: null,
  pageSize: 5000,
};
/** Long enough for every retry there is. */
const LONG_MS = 600_000;

export function pageSourceSuite(name: string, open: () => Promise<PageSourceWorld>): void {
  describe(`page source: ${name}`, () => {
    let world: PageSourceWorld;

    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    it('returns what consume made of the page', async () => {
      world.plan({ kind: 'page', text: '{"data":[]}' });
      assert.equal(await world.source.fetchPage(REQUEST, readText, world.scope(LONG_MS)), '{"data":[]}');
    });

    it("tells Ditio's clock in whole seconds, ours before and after, and how long it took", async () => {
      world.plan({ kind: 'page', text: '{}', date: 'Sun, 22 Nov 2026 08:15:03 GMT' });
      const answer = await world.source.fetchPage(REQUEST, keepHead, world.scope(LONG_MS));
      assert.equal(answer.serverDate, at('2026-11-22T08:15:03Z'));
      assert.ok(answer.answeredAt >= answer.requestedAt);
      assert.ok(answer.waitedMs >= 0);
    });

    it('sends the continuation token byte for byte', async () => {
      const continuationToken = ' +/=%26&?#"æ🚜\u0000\n';
      world.plan({ kind: 'page', text: '{}' });
      await world.source.fetchPage({ ...REQUEST, continuationToken }, readText, world.scope(LONG_MS));
      assert.deepEqual(world.asked(), [continuationToken]);
    });

    it('runs consume again when the transfer breaks midway, and counts the retry', async () => {
      world.plan({ kind: 'broken', text: '{"da' }, { kind: 'page', text: '{"data":[]}' });
      const scope = world.scope(LONG_MS);
      const reader = countingReader();
      assert.equal(await world.source.fetchPage(REQUEST, reader.read, scope), '{"data":[]}');
      assert.equal(reader.runs(), 2);
      assert.deepEqual(scope.tally, { requests: 2, retries: 1, throttled: 0, hasStartedRequest: true });
    });

    it('throws TransferBroken at the reader of a body that breaks', async () => {
      world.plan({ kind: 'broken', text: '{"da' }, { kind: 'page', text: '{}' });
      const seen: unknown[] = [];
      await world.source.fetchPage(
        REQUEST,
        (answer) =>
          readText(answer).catch((error: unknown) => {
            seen.push(error);
            throw error;
          }),
        world.scope(LONG_MS),
      );
      assert.ok(seen.length === 1 && seen[0] instanceof TransferBroken);
    });

    for (const error of [new Error('disk full'), new HardFailure('lake', 'no'), new DeadlineReached('in consume')]) {
      it(`ends with what consume throws, as it is: ${error.name}`, async () => {
        world.plan({ kind: 'page', text: '{}' });
        const outcome = world.source.fetchPage(REQUEST, () => Promise.reject(error), world.scope(LONG_MS));
        assert.equal(await outcome.catch((thrown: unknown) => thrown), error);
      });
    }

    it('goes on after an answer whose body was not read', async () => {
      world.plan({ kind: 'page', text: '{"data":[]}' }, { kind: 'page', text: '{}' });
      const scope = world.scope(LONG_MS);
      assert.equal(await world.source.fetchPage(REQUEST, async () => 'enough', scope), 'enough');
      assert.equal(await world.source.fetchPage(REQUEST, readText, scope), '{}');
    });

    it('tries again after 429 and 503 without running consume, and counts what was throttled', async () => {
      world.plan(
        { kind: 'status', status: 429, retryAfter: '2' },
        { kind: 'status', status: 503 },
        { kind: 'page', text: '{}' },
      );
      const scope = world.scope(LONG_MS);
      const reader = countingReader();
      await world.source.fetchPage(REQUEST, reader.read, scope);
      assert.equal(reader.runs(), 1);
      assert.deepEqual(scope.tally, { requests: 3, retries: 2, throttled: 1, hasStartedRequest: true });
    });

    it('gives up after five attempts', async () => {
      world.plan(...Array.from({ length: 5 }, () => ({ kind: 'status', status: 500 }) as const));
      const outcome = await thrown(world.source.fetchPage(REQUEST, readText, world.scope(LONG_MS)));
      assert.ok(outcome instanceof HardFailure && outcome.kind === 'retries_exhausted');
      assert.equal(outcome.facts.status, 500);
      assert.equal(outcome.facts.attempts, 5);
    });

    for (const [status, kind] of [
      [400, 'bad_request'],
      [403, 'forbidden'],
      [404, 'not_found'],
    ] as const) {
      it(`never sends a request again that was answered with ${status}`, async () => {
        world.plan({ kind: 'status', status });
        const outcome = await thrown(world.source.fetchPage(REQUEST, readText, world.scope(LONG_MS)));
        assert.ok(outcome instanceof HardFailure && outcome.kind === kind);
        assert.equal(outcome.facts.status, status);
        assert.ok(outcome.facts.hint);
        assert.equal(world.asked().length, 1);
      });
    }

    it('stops at the deadline instead of a wait that does not fit', async () => {
      world.plan({ kind: 'status', status: 429, retryAfter: '60' });
      const outcome = await thrown(world.source.fetchPage(REQUEST, readText, world.scope(20_000)));
      assert.ok(outcome instanceof DeadlineReached, String(outcome));
      assert.equal(world.asked().length, 1);
    });

    it('breaks an answer off that does not come before the deadline', async () => {
      world.plan({ kind: 'silence' });
      const outcome = await thrown(world.source.fetchPage(REQUEST, readText, world.scope(300)));
      assert.ok(outcome instanceof DeadlineReached, String(outcome));
    });

    it('sends nothing once work is over', async () => {
      const scope = world.scope(0);
      assert.ok((await thrown(world.source.fetchPage(REQUEST, readText, scope))) instanceof DeadlineReached);
      assert.equal(world.asked().length, 0);
      assert.equal(scope.tally.requests, 0);
    });

    it('proves its token with a sentence', async () => {
      assert.match(await world.source.checkToken(world.scope(LONG_MS)), /token/);
    });
  });
}

async function readText(answer: PageAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** Reads like {@link readText}, and counts how often. */
function countingReader() {
  let runs = 0;
  const read = (answer: PageAnswer) => {
    runs += 1;
    return readText(answer);
  };
  return { read, runs: () => runs };
}

async function keepHead(answer: PageAnswer): Promise<PageAnswer> {
  await readText(answer);
  return answer;
}

function thrown(outcome: Promise<unknown>): Promise<unknown> {
  return outcome.then(
    () => assert.fail('expected a rejection'),
    (error: unknown) => error,
  );
}
