/** Checks that the retry loop keeps the limits of its waits and the deadline for any results of its attempts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeadlineReached, HardFailure } from '../../../src/core/failure/errors.ts';
import type { Verdict } from '../../../src/core/failure/judge.ts';
import { DITIO_DELAYS_MS, JITTER_SHARE } from '../../../src/core/retry/backoff.ts';
import { retry } from '../../../src/core/retry/retry.ts';
import type { Clock } from '../../../src/core/scope.ts';
import { createScope } from '../../ditio/fakes.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';

class Transient extends Error {
  readonly retryAfterMs: number | null;
  constructor(retryAfterMs: number | null) {
    super('transient');
    this.retryAfterMs = retryAfterMs;
  }
}

const history = fc.record({
  /** How long each attempt takes, and how it ends. */
  attempts: fc.array(
    fc.record({
      takesMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200_000 })),
      retryAfterMs: fc.oneof(fc.constant(null), fc.constant(0), fc.integer({ min: 0, max: 100_000 })),
      succeeds: fc.boolean(),
    }),
    { minLength: 5, maxLength: 5 },
  ),
  pauseUntilMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000 })),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  remainingMs: fc.integer({ min: 0, max: 300_000 }),
  reserveMs: fc.integer({ min: 0, max: 60_000 }),
  attemptTimeoutMs: fc.integer({ min: 1, max: 150_000 }),
});

test('waits keep their bounds, and no wait and no attempt begins that would not end before the deadline', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (given) => {
      const inner = createVirtualClock();
      const scope = createScope(inner, given.remainingMs, given.reserveMs);
      const workEndMs = scope.deadline.workLeftMs();
      const starts: number[] = [];
      const ends: number[] = [];
      let inAttempt = false;
      const clock: Clock = {
        ...inner,
        sleep(ms, signal) {
          // The timer of an attempt carries a signal, a wait between attempts none.
          if (!signal) assert.ok(inner.monotonicMs() + ms <= workEndMs, `slept ${ms} ms past the end of work`);
          return inner.sleep(ms, signal);
        },
      };
      let isTimeout = false;
      const judge = (error: unknown): Verdict => {
        isTimeout = !(error instanceof Transient);
        return {
          action: 'retry',
          reason: 'transient',
          failure: new HardFailure('retries_exhausted', ''),
          throttled: false,
          retryAfterMs: error instanceof Transient ? error.retryAfterMs : null,
        };
      };

      await retry(
        {
          clock,
          random: { next: () => given.random, uuid: () => '' },
          pauseOf() {
            const waitMs = given.pauseUntilMs - inner.monotonicMs();
            return waitMs > 0 ? { waitMs, isOwn: true, status: 429, code: null, retryAfterMs: null } : null;
          },
          onRetry: ({ delayMs }) => {
            const delay = DITIO_DELAYS_MS[starts.length - 1] ?? assert.fail('a wait after the last attempt');
            const asked = isTimeout ? 0 : (given.attempts[starts.length - 1]?.retryAfterMs ?? 0);
            assert.ok(delayMs >= Math.max(delay, asked), `${delayMs} is too short`);
            assert.ok(delayMs <= Math.max(delay * (1 + JITTER_SHARE), asked), `${delayMs} is too long`);
          },
        },
        {
          delaysMs: DITIO_DELAYS_MS,
          attemptTimeoutMs: given.attemptTimeoutMs,
        },
        scope,
        judge,
        async ({ soFar, signal, timeoutMs }) => {
          assert.equal(inAttempt, false, 'two attempts at the same time');
          inAttempt = true;
          starts.push(inner.monotonicMs());
          assert.ok(inner.monotonicMs() >= given.pauseUntilMs, 'sent during the pause');
          assert.ok(inner.monotonicMs() + timeoutMs <= workEndMs, 'an attempt may outlast the end of work');
          const act = given.attempts[soFar().attempt - 1] ?? assert.fail('a sixth attempt');
          try {
            await inner.sleep(act.takesMs, signal);
          } finally {
            ends.push(inner.monotonicMs());
            inAttempt = false;
          }
          if (!act.succeeds) throw new Transient(act.retryAfterMs);
        },
      ).catch((error: unknown) => {
        assert.ok(
          error instanceof DeadlineReached || (error instanceof HardFailure && error.kind === 'retries_exhausted'),
        );
      });

      assert.ok(starts.every((atMs) => atMs < workEndMs));
      assert.ok(ends.every((atMs) => atMs <= workEndMs));
      assert.ok(inner.monotonicMs() <= Math.max(workEndMs, 0));
    }),
    { numRuns: 400 },
  );
});
