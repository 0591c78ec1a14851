import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DateWindow } from '../../../src/core/cursor/cursor.ts';
import type { WindowRule } from '../../../src/core/cursor/stream-rule.ts';
import { firstWindow, nextWindow, rangeOf } from '../../../src/core/cursor/windows.ts';
import { addMs, DAY_MS } from '../../../src/core/time/instant.ts';
import { at } from '../../fakes/at.ts';

const WEEKS: WindowRule = { kind: 'required', maxDays: 7, edges: 'shared', onIncremental: false };
const WEEKS_APART: WindowRule = { ...WEEKS, edges: 'apart' };
const ANY_LENGTH: WindowRule = { ...WEEKS, maxDays: null };

function range(from: string, to: string): DateWindow {
  return { from: at(from), to: at(to) };
}

/** Every window of a range, in the order in which they are asked for. */
function cut(rule: WindowRule, whole: DateWindow): DateWindow[] {
  const windows = [firstWindow(rule, whole)];
  for (let next = nextWindow(rule, whole, windows[0] as DateWindow); next; next = nextWindow(rule, whole, next)) {
    windows.push(next);
    assert.ok(windows.length < 100_000, 'windows without end');
  }
  return windows;
}

describe('windows', () => {
  const ROWS: ReadonlyArray<{ name: string; rule: WindowRule; whole: DateWindow; windows: readonly DateWindow[] }> = [
    {
      name: 'one window where any length is taken',
      rule: ANY_LENGTH,
      whole: range('2015-01-01', '2026-11-23'),
      windows: [range('2015-01-01', '2026-11-23')],
    },
    {
      name: 'one window where none is needed',
      rule: { kind: 'optional' },
      whole: range('2026-01-01', '2026-02-01'),
      windows: [range('2026-01-01', '2026-02-01')],
    },
    {
      name: 'one window for a range of one instant',
      rule: WEEKS,
      whole: range('2026-01-01', '2026-01-01'),
      windows: [range('2026-01-01', '2026-01-01')],
    },
    {
      name: 'one window for a range of one millisecond',
      rule: WEEKS,
      whole: range('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z'),
      windows: [range('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z')],
    },
    {
      name: 'one window for exactly the longest',
      rule: WEEKS,
      whole: range('2026-01-01', '2026-01-08'),
      windows: [range('2026-01-01', '2026-01-08')],
    },
    {
      name: 'two windows that share an edge for a millisecond more than the longest',
      rule: WEEKS,
      whole: range('2026-01-01', '2026-01-08T00:00:00.001Z'),
      windows: [range('2026-01-01', '2026-01-08'), range('2026-01-08', '2026-01-08T00:00:00.001Z')],
    },
    {
      name: 'edges kept apart are written apart by the catalogue: here they are the same instants',
      rule: WEEKS_APART,
      whole: range('2026-01-01', '2026-01-10'),
      windows: [range('2026-01-01', '2026-01-08'), range('2026-01-08', '2026-01-10')],
    },
    {
      name: 'weeks of UTC, whatever a clock on the wall does in October',
      rule: WEEKS,
      whole: range('2026-10-20T00:00:00+02:00', '2026-11-03T00:00:00+01:00'),
      windows: [
        range('2026-10-19T22:00:00Z', '2026-10-26T22:00:00Z'),
        range('2026-10-26T22:00:00Z', '2026-11-02T22:00:00Z'),
        range('2026-11-02T22:00:00Z', '2026-11-02T23:00:00Z'),
      ],
    },
  ];
  for (const { name, rule, whole, windows } of ROWS) it(name, () => assert.deepEqual(cut(rule, whole), windows));

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

describe('the range of a sync, once Ditio has told its time', () => {
  const whole = range('2015-01-01', '2026-11-23T12:00:00Z');
  const full = { mode: 'full', modifiedSince: null, range: whole } as const;
  const incremental = { ...full, mode: 'incremental', modifiedSince: at('2026-11-22T11:00:00Z') } as const;

  it('stays as it is where the clocks agree, and where ours is ahead', () => {
    for (const openedAt of ['2026-11-22T12:00:00Z', '2026-11-22T12:59:59Z', '2026-11-22T13:00:00Z', '2026-11-20']) {
      assert.equal(rangeOf(full, at(openedAt)), whole, openedAt);
    }
  });

  it('reaches a day past the opening where our clock was more than an hour behind', () => {
    const later = range('2015-01-01', '2026-11-24T11:00:00Z');
    assert.deepEqual(rangeOf(full, at('2026-11-23T11:00:00Z')), later);
    assert.deepEqual(rangeOf(incremental, at('2026-11-23T11:00:00Z')), later);
    const changes = { ...incremental, mode: 'backfill' } as const;
    assert.deepEqual(rangeOf(changes, at('2026-11-23T11:00:00Z')), later);
    assert.deepEqual(rangeOf(full, at('2026-11-22T13:00:00.001Z'))?.to, at('2026-11-23T13:00:00.001Z'));
  });

  it('is never more than was asked for in a backfill of dates, and nothing where no date is asked for', () => {
    const dates = { ...full, mode: 'backfill' } as const;
    assert.equal(rangeOf(dates, at('2026-12-24')), whole);
    assert.equal(rangeOf({ ...full, range: null }, at('2026-12-24')), null);
  });
});
