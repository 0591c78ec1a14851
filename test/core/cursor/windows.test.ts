import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DateWindow } from '../../../src/core/cursor/open-sync.ts';
import { firstWindow, lastWindow, nextWindow, wholeDays } from '../../../src/core/cursor/windows.ts';
import { addMs, DAY_MS } from '../../../src/core/time/instant.ts';
import { at } from '../../fakes/at.ts';

const WEEKS = 7;
const ANY_LENGTH = null;

function range(from: string, to: string): DateWindow {
  return { from: at(from), to: at(to) };
}

/** Every window of a range, in the order in which they are asked for. */
function cut(maxDays: number | null, whole: DateWindow): DateWindow[] {
  const windows = [firstWindow(maxDays, whole)];
  for (let next = nextWindow(maxDays, whole, windows[0] as DateWindow); next; next = nextWindow(maxDays, whole, next)) {
    windows.push(next);
    assert.ok(windows.length < 100_000, 'windows without end');
  }
  return windows;
}

describe('windows', () => {
  const ROWS: ReadonlyArray<{
    name: string;
    maxDays: number | null;
    whole: DateWindow;
    windows: readonly DateWindow[];
  }> = [
    {
      name: 'one window where any length is taken',
      maxDays: ANY_LENGTH,
      whole: range('2015-01-01', '2026-11-23'),
      windows: [range('2015-01-01', '2026-11-23')],
    },
    {
      name: 'one window for a range of one instant',
      maxDays: WEEKS,
      whole: range('2026-01-01', '2026-01-01'),
      windows: [range('2026-01-01', '2026-01-01')],
    },
    {
      name: 'one window for a range of one millisecond',
      maxDays: WEEKS,
      whole: range('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z'),
      windows: [range('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z')],
    },
    {
      name: 'one window for exactly the longest',
      maxDays: WEEKS,
      whole: range('2026-01-01', '2026-01-08'),
      windows: [range('2026-01-01', '2026-01-08')],
    },
    {
      name: 'two windows that share an edge for a millisecond more than the longest',
      maxDays: WEEKS,
      whole: range('2026-01-01', '2026-01-08T00:00:00.001Z'),
      windows: [range('2026-01-01', '2026-01-08'), range('2026-01-08', '2026-01-08T00:00:00.001Z')],
    },
    {
      name: 'weeks of UTC, also when local time changes in October',
      maxDays: WEEKS,
      whole: range('2026-10-20T00:00:00+02:00', '2026-11-03T00:00:00+01:00'),
      windows: [
        range('2026-10-19T22:00:00Z', '2026-10-26T22:00:00Z'),
        range('2026-10-26T22:00:00Z', '2026-11-02T22:00:00Z'),
        range('2026-11-02T22:00:00Z', '2026-11-02T23:00:00Z'),
      ],
    },
  ];
  for (const { name, maxDays, whole, windows } of ROWS) it(name, () => assert.deepEqual(cut(maxDays, whole), windows));

  it('cut 12 years into weeks: 627 of them, edge to edge, none longer than seven days', () => {
    const whole = range('2015-01-01', '2027-01-01');
    const windows = cut(WEEKS, whole);

    assert.equal(windows.length, Math.ceil((whole.to - whole.from) / (7 * DAY_MS)));
    assert.equal(windows.length, 627);
    assert.equal(windows[0]?.from, whole.from);
    assert.equal(windows.at(-1)?.to, whole.to);
    windows.forEach((window, index) => {
      assert.ok(window.to - window.from <= 7 * DAY_MS && window.to > window.from, `window ${index}`);
      if (index > 0) assert.equal(window.from, windows[index - 1]?.to, `window ${index} begins where the last ended`);
    });
  });

  it('has no window after one that reaches past the range, as a cursor of other settings may hold', () => {
    const whole = range('2026-01-01', '2026-01-10');
    assert.equal(nextWindow(WEEKS, whole, { from: at('2026-01-08'), to: addMs(whole.to, DAY_MS) }), null);
  });
});

describe('the last window', () => {
  const ROWS: ReadonlyArray<readonly [name: string, maxDays: number | null, whole: DateWindow, last: DateWindow]> = [
    ['is as long as one may be', WEEKS, range('2026-01-01', '2026-01-18'), range('2026-01-11', '2026-01-18')],
    ['is a range that is shorter', WEEKS, range('2026-01-01', '2026-01-03'), range('2026-01-01', '2026-01-03')],
    ['is all where any length is taken', null, range('2015-01-01', '2026-01-03'), range('2015-01-01', '2026-01-03')],
  ];
  for (const [name, maxDays, whole, last] of ROWS) {
    it(name, () => {
      assert.deepEqual(lastWindow(maxDays, whole), last);
      assert.equal(nextWindow(maxDays, whole, last), null);
    });
  }
});

describe('a range of whole days', () => {
  const ROWS: ReadonlyArray<readonly [name: string, given: DateWindow, expected: DateWindow]> = [
    ['stays as it is from midnight to midnight', range('2026-01-01', '2026-02-01'), range('2026-01-01', '2026-02-01')],
    [
      'grows to the midnights around it',
      range('2026-01-01T07:00:00Z', '2026-01-03T00:00:01Z'),
      range('2026-01-01', '2026-01-04'),
    ],
    ['is one day at least', range('2026-01-01T07:00:00Z', '2026-01-01T07:00:00Z'), range('2026-01-01', '2026-01-02')],
    ['works before 1970', range('1969-12-31T23:00:00Z', '1970-01-01T01:00:00Z'), range('1969-12-31', '1970-01-02')],
  ];
  for (const [name, given, expected] of ROWS) it(name, () => assert.deepEqual(wholeDays(given), expected));
});
