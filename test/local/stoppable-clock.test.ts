/** A clock that is stopped: waits end, requests under way get a few seconds, and no time is left for anything new. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStoppableClock, GRACE_MS } from '../../local/stoppable-clock.ts';
import { createDeadline } from '../../src/core/time/deadline.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';

const RUN_MS = 900_000;
const RESERVE_MS = 15_000;

describe('a clock that is stopped', () => {
  it('leaves no time for work, and the reserve for saving', () => {
    const clock = createStoppableClock(createVirtualClock());
    const deadline = createDeadline(clock.monotonicMs, RUN_MS, RESERVE_MS);
    clock.stopAt(RUN_MS - RESERVE_MS);
    assert.ok(deadline.workLeftMs() < 0);
    assert.ok(deadline.limitLeftMs() > RESERVE_MS - 1_000);
  });

  it('ends a wait that goes on, however long it was to be', async () => {
    const base = createVirtualClock();
    const clock = createStoppableClock(base);
    const wait = clock.sleep(3_600_000);
    clock.stopAt(RUN_MS);
    await wait;
    assert.equal(base.monotonicMs(), 0);
  });

  for (const [what, limitMs, expectedMs] of [
    ['a long limit is cut', 120_000, GRACE_MS],
    ['a short limit stays', 1_500, 1_500],
  ] as const) {
    it(`gives what is under way a few seconds: ${what}`, async () => {
      const base = createVirtualClock();
      const clock = createStoppableClock(base);
      const limit = clock.sleep(limitMs, new AbortController().signal);
      clock.stopAt(RUN_MS);
      await limit;
      assert.equal(base.monotonicMs(), expectedMs);
    });
  }

  it('lets what is under way end its own limit', async () => {
    const clock = createStoppableClock(createVirtualClock());
    const done = new AbortController();
    const limit = clock.sleep(120_000, done.signal);
    clock.stopAt(RUN_MS);
    done.abort(new Error('done'));
    await assert.rejects(limit, /done/);
  });

  it('runs as its base until then', async () => {
    const base = createVirtualClock();
    const clock = createStoppableClock(base);
    await clock.sleep(5_000);
    assert.equal(clock.monotonicMs(), 5_000);
    assert.equal(clock.now(), base.now());
  });
});
