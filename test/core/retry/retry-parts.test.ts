/** Tests what the retry loop gets from its caller (preparation, pauses, budget), and that no timer is left over. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttemptTimedOut, DeadlineReached, HardFailure } from '../../../src/core/failure/errors.ts';
import type { Attempted, Verdict } from '../../../src/core/failure/judge.ts';
import { type RetryDeps, retry } from '../../../src/core/retry/retry.ts';
import { createRetryBudget } from '../../../src/core/retry/retry-budget.ts';
import type { Clock } from '../../../src/core/scope.ts';
import { createScope, fixedRandom, rejection } from '../../ditio/fakes.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';
import { type Act, endOf, hang, judge, POLICY, perform, Transient } from './retry-acts.ts';

test('on exhaustion the last error is the cause, and attempts and time are reported', async () => {
  const clock = createVirtualClock();
  const last = new Transient();
  const acts = [new Transient(), last];
  const failure = await rejection(
    retry({ clock, random: fixedRandom() }, { ...POLICY, delaysMs: [1_000] }, createScope(clock), judge, async () => {
      throw acts.shift();
    }),
  );
  assert.ok(failure instanceof HardFailure);
  assert.equal(failure.cause, last);
  assert.deepEqual([failure.facts.attempts, failure.facts.elapsedMs], [2, 1_000]);
});

test('a timeout is judged like any error, and is the cause when it was the last', async () => {
  const clock = createVirtualClock();
  const policy = { ...POLICY, delaysMs: [], attemptTimeoutMs: 5_000 };
  const failure = await rejection(
    retry({ clock, random: fixedRandom() }, policy, createScope(clock), judge, ({ signal }) => hang(signal)),
  );
  assert.ok(failure instanceof HardFailure && failure.cause instanceof AttemptTimedOut);
  assert.equal(failure.cause.timeoutMs, 5_000);
});

test('a request that is sent again is no attempt of the schedule, but is counted as sent', async () => {
  const clock = createVirtualClock();
  const numbers: number[] = [];
  const acts: Act[] = [new Transient(), new Error('renewed'), new Transient(), 'ok'];
  const withRenewal = (error: unknown, attempted: Attempted): Verdict =>
    error instanceof Error && error.message === 'renewed' ? { action: 'again' } : judge(error, attempted);
  await retry({ clock, random: fixedRandom() }, POLICY, createScope(clock), withRenewal, async ({ soFar, signal }) => {
    numbers.push(soFar().attempt);
    await perform(acts.shift() ?? assert.fail(), clock, signal);
  });
  assert.deepEqual(numbers, [1, 2, 3, 4]);
  assert.equal(clock.monotonicMs(), 3_000);
});

test('a judge that always sends again is stopped', async () => {
  const clock = createVirtualClock();
  const failure = await rejection(
    retry(
      { clock, random: fixedRandom() },
      POLICY,
      createScope(clock),
      () => ({ action: 'again' }),
      async () => {
        throw new Error('renewed');
      },
    ),
  );
  assert.ok(failure instanceof HardFailure && failure.kind === 'unexpected');
});

test('preparation runs before every attempt and outside its timeout; its error ends the loop as it is', async () => {
  const clock = createVirtualClock();
  const order: string[] = [];
  const stop = new HardFailure('credentials', 'no token');
  const deps: RetryDeps = {
    clock,
    random: fixedRandom(),
    prepare: async () => {
      order.push('prepare');
      if (order.length > 4) throw stop;
      await clock.sleep(60_000);
    },
  };
  const failure = await rejection(
    retry(deps, { ...POLICY, attemptTimeoutMs: 1_000 }, createScope(clock), judge, async () => {
      order.push('attempt');
      throw new Transient();
    }),
  );
  assert.equal(failure, stop);
  assert.deepEqual(order, ['prepare', 'attempt', 'prepare', 'attempt', 'prepare']);
});

/** What a pause tells of the answer behind it. */
const REFUSED = { status: 429, code: null, retryAfterMs: null };

const pauses: ReadonlyArray<{
  readonly name: string;
  readonly pausedUntil: readonly number[];
  readonly isOwn?: boolean;
  readonly ends: 'ok' | 'deadline';
  readonly atMs: number;
}> = [
  { name: 'nothing is sent while the host is paused', pausedUntil: [10_000], ends: 'ok', atMs: 10_000 },
  { name: 'a pause that was made longer meanwhile is kept', pausedUntil: [10_000, 25_000], ends: 'ok', atMs: 25_000 },
  { name: 'a pause that does not fit ends the turn without a wait', pausedUntil: [50_000], ends: 'deadline', atMs: 0 },
  { name: 'the pause of another endpoint is kept', pausedUntil: [10_000], isOwn: false, ends: 'ok', atMs: 10_000 },
  {
    name: 'the pause of another endpoint that does not fit takes no turn',
    pausedUntil: [50_000],
    isOwn: false,
    ends: 'ok',
    atMs: 0,
  },
];
for (const { name, pausedUntil, isOwn = true, ends, atMs } of pauses) {
  test(name, async () => {
    const clock = createVirtualClock();
    const untils = [...pausedUntil];
    const pauseOf = () => {
      while (untils[0] !== undefined && untils[0] <= clock.monotonicMs()) untils.shift();
      return untils[0] === undefined ? null : { ...REFUSED, waitMs: untils[0] - clock.monotonicMs(), isOwn };
    };
    const run = retry(
      { clock, random: fixedRandom(), pauseOf },
      POLICY,
      createScope(clock, 60_000),
      judge,
      async () => 'ok',
    );
    const outcome = await run.catch((error: unknown) => error);
    assert.equal(endOf(outcome), ends);
    assert.equal(clock.monotonicMs(), atMs);
  });
}

test('no timer and no listener is left behind', async () => {
  const inner = createVirtualClock();
  let pending = 0;
  const clock: Clock = {
    ...inner,
    async sleep(ms, signal) {
      pending += 1;
      try {
        await inner.sleep(ms, signal);
      } finally {
        pending -= 1;
      }
    },
  };
  const acts: Act[] = [new Transient(), 'hang', 'ok'];
  await retry({ clock, random: fixedRandom() }, POLICY, createScope(clock), judge, ({ signal }) =>
    perform(acts.shift() ?? assert.fail(), clock, signal),
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(pending, 0);
});

test('the budget of a run is used up by failures and refilled by successes', async () => {
  const clock = createVirtualClock();
  const budget = createRetryBudget(2);
  const run = (acts: Act[]) =>
    retry({ clock, random: fixedRandom(), budget }, POLICY, createScope(clock), judge, ({ signal }) =>
      perform(acts.shift() ?? assert.fail(), clock, signal),
    ).then(
      () => 'ok',
      (error: HardFailure) => `${error.kind} after ${error.facts.attempts}`,
    );
  assert.equal(await run([new Transient(), new Transient(), new Transient()]), 'retries_exhausted after 3');
  assert.equal(await run([new Transient()]), 'retries_exhausted after 1');
  assert.equal(await run(['ok']), 'ok');
  assert.equal(await run([new Transient(), 'ok']), 'ok');
});

test('every wait has its line, with the row of the failure table, the status and the wait', async () => {
  const clock = createVirtualClock();
  const scope = createScope(clock);
  const acts: Act[] = [new Transient(), 'ok'];
  await retry({ clock, random: fixedRandom() }, POLICY, scope, judge, ({ signal }) =>
    perform(acts.shift() ?? assert.fail(), clock, signal),
  );
  assert.deepEqual(scope.log.of('retry_wait'), [
    {
      request: 'GET x',
      attempt: 1,
      delay_ms: 1_000,
      throttled: false,
      reason: 'server_error',
      status: 503,
      code: null,
    },
  ]);
});

test('a wait that does not fit is reported with the answer that asked for it', async () => {
  const clock = createVirtualClock();
  const ended = await rejection(
    retry({ clock, random: fixedRandom() }, POLICY, createScope(clock, 60_000), judge, async () => {
      throw new Transient(3_600_000);
    }),
  );
  assert.ok(ended instanceof DeadlineReached);
  assert.deepEqual(ended.wait, { waitMs: 3_600_000, status: 503, code: null, retryAfterMs: 3_600_000, fitsRun: false });
  assert.ok(ended.cause instanceof Transient, 'the last error is kept');
});

test('a pause that does not fit is reported as the answer that it follows', async () => {
  const clock = createVirtualClock();
  const ended = await rejection(
    retry(
      {
        clock,
        random: fixedRandom(),
        pauseOf: () => ({ ...REFUSED, waitMs: 900_000, isOwn: true, retryAfterMs: 3_600_000 }),
      },
      POLICY,
      createScope(clock, 60_000),
      judge,
      async () => 'ok',
    ),
  );
  assert.ok(ended instanceof DeadlineReached);
  assert.deepEqual(ended.wait, {
    waitMs: 900_000,
    status: 429,
    code: null,
    retryAfterMs: 3_600_000,
    fitsRun: false,
  });
});

test('a failure for want of budget says so', async () => {
  const clock = createVirtualClock();
  const failure = await rejection(
    retry(
      { clock, random: fixedRandom(), budget: createRetryBudget(0) },
      POLICY,
      createScope(clock),
      judge,
      async () => {
        throw new Transient();
      },
    ),
  );
  assert.match(String(failure), /no retries left/);
});
