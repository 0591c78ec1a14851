import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DITIO_DELAYS_MS } from '../../src/core/backoff.ts';
import { DeadlineReached, HardFailure } from '../../src/core/errors.ts';
import { AttemptTimedOut, type RetryDeps, type RetryPolicy, retry, type Verdict } from '../../src/core/retry.ts';
import { createRetryBudget, createRunBudgets } from '../../src/core/retry-budget.ts';
import type { Clock } from '../../src/ports.ts';
import { createScope, fixedRandom, rejection } from '../ditio/fakes.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';

const POLICY: RetryPolicy = {
  delaysMs: DITIO_DELAYS_MS,
  attemptTimeoutMs: 120_000,
  exhausted: (cause, attempts, elapsedMs) =>
    new HardFailure('retries_exhausted', 'gave up', { attempts, elapsedMs }, cause),
};

class Transient extends Error {
  readonly retryAfterMs: number | null;
  constructor(retryAfterMs: number | null = null) {
    super('transient');
    this.retryAfterMs = retryAfterMs;
  }
}

const HARD = new HardFailure('forbidden', 'no');
const judge = (error: unknown): Verdict =>
  error instanceof Transient
    ? { action: 'retry', throttled: false, retryAfterMs: error.retryAfterMs }
    : { action: 'hard', failure: HARD };

/** What an attempt does: succeed, throw, or take time (`takesMs`) before it does; `hang` waits for its signal. */
type Act = 'ok' | Error | { readonly takesMs: number; readonly fails?: Error } | 'hang' | 'ignores its signal';

interface Case {
  readonly name: string;
  readonly acts: readonly Act[];
  readonly policy?: Partial<RetryPolicy>;
  readonly random?: number;
  readonly remainingMs?: number;
  readonly reserveMs?: number;
  readonly budget?: number;
  /** Waits between attempts, in milliseconds. */
  readonly waits: readonly number[];
  readonly attempts: number;
  readonly ends: 'ok' | 'deadline' | HardFailure['kind'];
  /** When it ended, in milliseconds from its start. */
  readonly atMs: number;
}

const cases: readonly Case[] = [
  { name: 'success at once needs no wait', acts: ['ok'], waits: [], attempts: 1, ends: 'ok', atMs: 0 },
  {
    name: 'transient failures are tried again after 1, 2, 4, 8 s',
    acts: [new Transient(), new Transient(), new Transient(), new Transient(), 'ok'],
    waits: [1_000, 2_000, 4_000, 8_000],
    attempts: 5,
    ends: 'ok',
    atMs: 15_000,
  },
  {
    name: 'jitter lengthens every wait',
    acts: [new Transient(), new Transient(), 'ok'],
    random: 0.5,
    waits: [1_125, 2_250],
    attempts: 3,
    ends: 'ok',
    atMs: 3_375,
  },
  {
    name: 'five attempts and no more',
    acts: [new Transient(), new Transient(), new Transient(), new Transient(), new Transient()],
    waits: [1_000, 2_000, 4_000, 8_000],
    attempts: 5,
    ends: 'retries_exhausted',
    atMs: 15_000,
  },
  {
    name: 'a longer Retry-After is kept',
    acts: [new Transient(30_000), 'ok'],
    waits: [30_000],
    attempts: 2,
    ends: 'ok',
    atMs: 30_000,
  },
  {
    name: 'Retry-After: 0 does not burn the attempts in a burst',
    acts: [new Transient(0), new Transient(0), 'ok'],
    waits: [1_000, 2_000],
    attempts: 3,
    ends: 'ok',
    atMs: 3_000,
  },
  {
    name: 'a hard verdict ends it at once',
    acts: [new Error('403')],
    waits: [],
    attempts: 1,
    ends: 'forbidden',
    atMs: 0,
  },
  {
    name: 'a defect is not tried again, whatever the judge would say',
    acts: [new TypeError('x is not a function')],
    waits: [],
    attempts: 1,
    ends: 'unexpected',
    atMs: 0,
  },
  {
    name: 'a hard failure of the attempt passes through',
    acts: [new HardFailure('wire_format', 'html')],
    waits: [],
    attempts: 1,
    ends: 'wire_format',
    atMs: 0,
  },
  {
    name: 'a deadline met inside the attempt passes through',
    acts: [new DeadlineReached('inside')],
    waits: [],
    attempts: 1,
    ends: 'deadline',
    atMs: 0,
  },
  {
    name: 'a wait that does not fit is not begun',
    acts: [new Transient(), new Transient(), new Transient(), new Transient()],
    // A quarter of 12 s is kept back, so work ends at 9 s: 1 + 2 + 4 s fit, 8 s more do not.
    remainingMs: 12_000,
    waits: [1_000, 2_000, 4_000],
    attempts: 4,
    ends: 'deadline',
    atMs: 7_000,
  },
  {
    name: 'stops before a Retry-After that does not fit',
    acts: [new Transient(60_000)],
    remainingMs: 60_000,
    waits: [],
    attempts: 1,
    ends: 'deadline',
    atMs: 0,
  },
  {
    name: 'a wait that leaves no time for the attempt after it is not begun',
    acts: [new Transient(44_800)],
    remainingMs: 60_000,
    waits: [],
    attempts: 1,
    ends: 'deadline',
    atMs: 0,
  },
  {
    name: 'a wait that leaves just enough time is taken',
    acts: [new Transient(44_700), 'ok'],
    remainingMs: 60_000,
    waits: [44_700],
    attempts: 2,
    ends: 'ok',
    atMs: 44_700,
  },
  {
    name: 'nothing is begun once work is over',
    acts: [],
    remainingMs: 0,
    waits: [],
    attempts: 0,
    ends: 'deadline',
    atMs: 0,
  },
  {
    name: 'an attempt that takes too long is tried again',
    acts: ['hang', 'ok'],
    policy: { attemptTimeoutMs: 20_000 },
    waits: [1_000],
    attempts: 2,
    ends: 'ok',
    atMs: 21_000,
  },
  {
    name: 'attempts that all take too long use themselves up',
    acts: ['hang', 'hang'],
    policy: { attemptTimeoutMs: 20_000, delaysMs: [1_000] },
    waits: [1_000],
    attempts: 2,
    ends: 'retries_exhausted',
    atMs: 41_000,
  },
  {
    name: 'an attempt that the deadline cuts short is no failure',
    acts: [{ takesMs: 40_000, fails: new Transient() }, 'hang'],
    remainingMs: 60_000,
    waits: [1_000],
    attempts: 2,
    ends: 'deadline',
    atMs: 45_000,
  },
  {
    name: 'the last part may be written up to the Lambda limit',
    acts: [{ takesMs: 55_000 }],
    remainingMs: 60_000,
    policy: { until: 'limit' },
    waits: [],
    attempts: 1,
    ends: 'ok',
    atMs: 55_000,
  },
  {
    name: 'even that attempt ends before the Lambda limit',
    acts: ['hang'],
    remainingMs: 60_000,
    policy: { until: 'limit' },
    waits: [],
    attempts: 1,
    ends: 'deadline',
    atMs: 59_750,
  },
  {
    name: 'a second attempt is bound by the end of work again',
    acts: [{ takesMs: 1_000, fails: new Transient() }, 'hang'],
    remainingMs: 60_000,
    policy: { until: 'limit' },
    waits: [1_000],
    attempts: 2,
    ends: 'deadline',
    atMs: 45_000,
  },
  {
    name: 'after the end of work a failed last write is not tried again',
    acts: [{ takesMs: 50_000, fails: new Transient() }],
    remainingMs: 60_000,
    policy: { until: 'limit' },
    waits: [],
    attempts: 1,
    ends: 'deadline',
    atMs: 50_000,
  },
  {
    name: 'an attempt that does not stop is a defect, not a reason for a second one beside it',
    acts: ['ignores its signal'],
    policy: { attemptTimeoutMs: 20_000 },
    waits: [],
    attempts: 1,
    ends: 'unexpected',
    atMs: 22_000,
  },
  {
    name: 'an attempt that does not stop cannot hold the deadline up',
    acts: ['ignores its signal'],
    remainingMs: 60_000,
    waits: [],
    attempts: 1,
    ends: 'deadline',
    atMs: 47_000,
  },
  {
    name: 'a run without retries left sends each request only once',
    acts: [new Transient()],
    budget: 0,
    waits: [],
    attempts: 1,
    ends: 'retries_exhausted',
    atMs: 0,
  },
];

for (const row of cases) {
  test(row.name, async () => {
    // Prepare
    const clock = createVirtualClock();
    const acts = [...row.acts];
    const waits: number[] = [];
    let attempts = 0;
    const scope = createScope(clock, row.remainingMs ?? 900_000, row.reserveMs ?? 15_000);
    const deps: RetryDeps = {
      clock,
      random: fixedRandom(row.random ?? 0),
      ...(row.budget !== undefined && { budget: createRetryBudget(row.budget) }),
      onRetry: ({ delayMs }) => void waits.push(delayMs),
    };

    // Act
    const outcome = await retry(deps, { ...POLICY, ...row.policy }, scope, judge, async ({ signal }) => {
      attempts += 1;
      await perform(acts.shift() ?? assert.fail('one attempt too many'), clock, signal);
      return 'done';
    }).then(
      () => 'ok' as const,
      (error: unknown) => error,
    );

    // Assess
    assert.equal(endOf(outcome), row.ends);
    assert.deepEqual(waits, row.waits);
    assert.equal(attempts, row.attempts);
    assert.equal(clock.monotonicMs(), row.atMs);
  });
}

test('on exhaustion the last error is the cause, and attempts and time are told', async () => {
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
  assert.deepEqual(failure.facts, { attempts: 2, elapsedMs: 1_000 });
});

test('a timeout is judged by the loop, and is the cause when it was the last', async () => {
  const clock = createVirtualClock();
  const policy = { ...POLICY, delaysMs: [], attemptTimeoutMs: 5_000 };
  const neverAsked = () => assert.fail('the judge was asked about a timeout');
  const failure = await rejection(
    retry({ clock, random: fixedRandom() }, policy, createScope(clock), neverAsked, ({ signal }) => hang(signal)),
  );
  assert.ok(failure instanceof HardFailure && failure.cause instanceof AttemptTimedOut);
  assert.equal(failure.cause.timeoutMs, 5_000);
});

test('what was mended on the way is sent again at once and not counted', async () => {
  const clock = createVirtualClock();
  const numbers: number[] = [];
  const acts: Act[] = [new Transient(), new Error('mended'), new Transient(), 'ok'];
  const withMending = (error: unknown): Verdict =>
    error instanceof Error && error.message === 'mended' ? { action: 'again' } : judge(error);
  await retry(
    { clock, random: fixedRandom() },
    POLICY,
    createScope(clock),
    withMending,
    async ({ attempt, signal }) => {
      numbers.push(attempt);
      await perform(acts.shift() ?? assert.fail(), clock, signal);
    },
  );
  assert.deepEqual(numbers, [1, 2, 2, 3]);
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
        throw new Error('mended');
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

const pauses: ReadonlyArray<{
  readonly name: string;
  readonly pausedUntil: readonly number[];
  readonly ends: 'ok' | 'deadline';
  readonly atMs: number;
}> = [
  { name: 'nothing is sent while the host is paused', pausedUntil: [10_000], ends: 'ok', atMs: 10_000 },
  { name: 'a pause that was made longer meanwhile is kept', pausedUntil: [10_000, 25_000], ends: 'ok', atMs: 25_000 },
  { name: 'a pause that does not fit ends the turn without a wait', pausedUntil: [50_000], ends: 'deadline', atMs: 0 },
];
for (const { name, pausedUntil, ends, atMs } of pauses) {
  test(name, async () => {
    const clock = createVirtualClock();
    const untils = [...pausedUntil];
    const pauseMs = () => {
      while (untils[0] !== undefined && untils[0] <= clock.monotonicMs()) untils.shift();
      return Math.max(0, (untils[0] ?? 0) - clock.monotonicMs());
    };
    const run = retry(
      { clock, random: fixedRandom(), pauseMs },
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

test('the budget of a run is used up by failures, refilled by successes, and new in the next run', async () => {
  const clock = createVirtualClock();
  const budgetOf = createRunBudgets(2);
  const scope = createScope(clock);
  const run = (acts: Act[], within = scope) =>
    retry({ clock, random: fixedRandom(), budget: budgetOf(within.deadline) }, POLICY, within, judge, ({ signal }) =>
      perform(acts.shift() ?? assert.fail(), clock, signal),
    ).then(
      () => 'ok',
      (error: HardFailure) => `${error.kind} after ${error.facts.attempts}`,
    );
  assert.equal(await run([new Transient(), new Transient(), new Transient()]), 'retries_exhausted after 3');
  assert.equal(await run([new Transient()]), 'retries_exhausted after 1');
  assert.equal(await run(['ok']), 'ok');
  assert.equal(await run([new Transient(), 'ok']), 'ok');
  assert.equal(await run([new Transient(), 'ok'], createScope(clock)), 'ok', 'another run has a budget of its own');
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

async function perform(act: Act, clock: Clock, signal: AbortSignal): Promise<void> {
  if (act === 'ok') return;
  if (act === 'hang') return await hang(signal);
  if (act === 'ignores its signal') return await new Promise(() => {});
  if (act instanceof Error) throw act;
  await clock.sleep(act.takesMs, signal);
  if (act.fails) throw act.fails;
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function endOf(outcome: unknown): string {
  if (outcome instanceof DeadlineReached) return 'deadline';
  return outcome instanceof HardFailure ? outcome.kind : String(outcome);
}
