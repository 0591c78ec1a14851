import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDeadline, LIMIT_MARGIN_MS } from '../../../src/core/time/deadline.ts';

/** A clock that stands at a number until it is set. */
function handClock(startMs = 5_000) {
  let nowMs = startMs;
  return {
    read: () => nowMs,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

describe('a deadline', () => {
  const ROWS = [
    { name: 'keeps the whole reserve of a long invocation', remainingMs: 900_000, reserveMs: 15_000, workMs: 885_000 },
    { name: 'takes exactly a quarter where that is the wish', remainingMs: 60_000, reserveMs: 15_000, workMs: 45_000 },
    { name: 'takes no more than a quarter of a short one', remainingMs: 20_000, reserveMs: 15_000, workMs: 15_000 },
    { name: 'takes no more than a quarter of a second', remainingMs: 1_000, reserveMs: 300_000, workMs: 750 },
    { name: 'leaves no work where nothing is left', remainingMs: 0, reserveMs: 15_000, workMs: 0 },
  ];
  for (const { name, remainingMs, reserveMs, workMs } of ROWS) {
    it(name, () => assert.equal(createDeadline(() => 0, remainingMs, reserveMs).workLeftMs(), workMs));
  }

  const LIMITS = [
    {
      name: 'ends a margin before the invocation does',
      remainingMs: 60_000,
      reserveMs: 15_000,
      marginMs: LIMIT_MARGIN_MS,
    },
    {
      name: 'never spends more than half of a tiny reserve on the margin',
      remainingMs: 400,
      reserveMs: 15_000,
      marginMs: 50,
    },
  ];
  for (const { name, remainingMs, reserveMs, marginMs } of LIMITS) {
    it(name, () => {
      const deadline = createDeadline(() => 0, remainingMs, reserveMs);
      assert.equal(deadline.limitLeftMs(), remainingMs - marginMs);
      assert.ok(deadline.limitLeftMs() > deadline.workLeftMs(), 'the limit lies after the end of work');
    });
  }

  it('runs down with the clock it was given, wherever that clock began', () => {
    const clock = handClock(-77);
    const deadline = createDeadline(clock.read, 60_000, 15_000);
    clock.pass(44_000);
    assert.equal(deadline.workLeftMs(), 1_000);
    assert.equal(deadline.limitLeftMs(), 16_000 - LIMIT_MARGIN_MS);
  });

  it('goes negative once it has passed', () => {
    const clock = handClock();
    const deadline = createDeadline(clock.read, 60_000, 15_000);
    clock.pass(60_001);
    assert.equal(deadline.workLeftMs(), -15_001);
    assert.equal(deadline.limitLeftMs(), -1 - LIMIT_MARGIN_MS);
  });

  it('does not begin work in an invocation that is already over', () => {
    const deadline = createDeadline(() => 0, -400, 15_000);
    assert.ok(deadline.workLeftMs() <= 0);
    assert.ok(deadline.limitLeftMs() <= 0);
  });
});
