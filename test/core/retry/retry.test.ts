import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineReached, HardFailure } from '../../../src/core/failure/errors.ts';
import { type RetryDeps, type RetryPolicy, retry } from '../../../src/core/retry/retry.ts';
import { createRetryBudget } from '../../../src/core/retry/retry-budget.ts';
import { createScope, fixedRandom } from '../../ditio/fakes.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';
import { type Act, endOf, judge, POLICY, perform, Transient } from './retry-acts.ts';

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
  { name: 'immediate success needs no wait', acts: ['ok'], waits: [], attempts: 1, ends: 'ok', atMs: 0 },
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
    name: 'a hard verdict ends it immediately',
    acts: [new Error('403')],
    waits: [],
    attempts: 1,
    ends: 'forbidden',
    atMs: 0,
  },
  {
    name: 'a defect is not tried again, even if the judge would allow it',
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
    name: 'an attempt that does not stop is a defect, and no second attempt starts',
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
