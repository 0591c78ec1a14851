import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DateWindow } from '../../src/core/cursor/open-sync.ts';
import { firstWindow, nextWindow } from '../../src/core/cursor/windows.ts';
import { addMs, DAY_MS, type Instant } from '../../src/core/time/instant.ts';
import { at } from '../fakes/at.ts';
import { replayable } from './replay.ts';

const START = at('2014-12-28T00:00:00Z');

/** Longest window, in days. */
const longest = fc.option(fc.integer({ min: 1, max: 400 }), { nil: null });

/** Up to fifteen years, also of one instant, and often a whole number of days. */
const range: fc.Arbitrary<DateWindow> = fc
  .record({
    from: fc.oneof(
      fc.integer({ min: 0, max: 900 * DAY_MS }),
      fc.integer({ min: 0, max: 900 }).map((days) => days * DAY_MS),
    ),
    lengthMs: fc.oneof(
      fc.constantFrom(0, 1, DAY_MS - 1, DAY_MS, 7 * DAY_MS, 7 * DAY_MS + 1),
      fc.integer({ min: 0, max: 15 * 366 * DAY_MS }),
      fc.integer({ min: 0, max: 15 * 366 }).map((days) => days * DAY_MS),
    ),
  })
  .map(({ from, lengthMs }) => ({ from: addMs(START, from), to: addMs(START, from + lengthMs) }));

function cut(maxDays: number | null, whole: DateWindow): DateWindow[] {
  const windows: DateWindow[] = [];
  let window: DateWindow | null = firstWindow(maxDays, whole);
  while (window) {
    windows.push(window);
    assert.ok(windows.length <= 15 * 366 + 2, 'windows without end');
    window = nextWindow(maxDays, whole, window);
  }
  return windows;
}

test('windows cover their range from end to end without a gap, and none is longer than the endpoint takes', () => {
  fc.assert(
    fc.property(longest, range, (maxDays, whole) => {
      const windows = cut(maxDays, whole);
      const maxMs = maxDays === null ? Infinity : maxDays * DAY_MS;
      assert.equal(windows[0]?.from, whole.from);
      assert.equal(windows.at(-1)?.to, whole.to);
      for (const [index, window] of windows.entries()) {
        assert.ok(window.to - window.from <= maxMs, `window ${index} is too long`);
        assert.ok(window.to > window.from || windows.length === 1, `window ${index} is empty`);
        if (index > 0) assert.equal(window.from, windows[index - 1]?.to, `a gap or overlap before window ${index}`);
      }
      if (maxMs === Infinity) assert.equal(windows.length, 1);
      else assert.equal(windows.length, Math.max(1, Math.ceil((whole.to - whole.from) / maxMs)), 'no more than needed');
    }),
    replayable(500),
  );
});

test('every instant of the range lies in a window, ends included', () => {
  fc.assert(
    fc.property(longest, range, fc.double({ min: 0, max: 1, noNaN: true }), (maxDays, whole, share) => {
      const instant = Math.floor(whole.from + share * (whole.to - whole.from)) as Instant;
      for (const one of [instant, whole.from, whole.to]) {
        const holders = cut(maxDays, whole).filter(({ from, to }) => from <= one && one <= to);
        assert.ok(holders.length === 1 || holders.length === 2, `${holders.length} windows hold it`);
      }
    }),
    replayable(200),
  );
});

test('a walk that is broken off and taken up from a stored window goes on with the same windows', () => {
  fc.assert(
    fc.property(longest, range, fc.nat(), (maxDays, whole, at) => {
      const windows = cut(maxDays, whole);
      const index = at % windows.length;
      const stored = JSON.parse(JSON.stringify(windows[index])) as DateWindow;
      assert.deepEqual(nextWindow(maxDays, whole, stored), windows[index + 1] ?? null);
    }),
    replayable(300),
  );
});
