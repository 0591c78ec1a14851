import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HardFailure } from '../../../src/core/failure/errors.ts';
import { checkItemDays, dayOfRow, isOwnDay, ownDays, requestedDays } from '../../../src/core/page/item-days.ts';
import { at } from '../../fakes/at.ts';

const WINDOW = { from: at('2026-09-28T00:00:00Z'), to: at('2026-10-05T00:00:00Z') };

function check(first: string | null, last: string | null, records = 3): void {
  const items = {
    first: first === null ? null : at(`${first}T00:00:00Z`),
    last: last === null ? null : at(`${last}T00:00:00Z`),
  };
  checkItemDays({ records, items }, WINDOW);
}

describe('the days of item rows', () => {
  const good: readonly (readonly [name: string, first: string | null, last: string | null, records?: number])[] = [
    ['within the window', '2026-09-28', '2026-10-04'],
    ['on one day', '2026-10-01', '2026-10-01'],
    ['a day outside at both ends', '2026-09-27', '2026-10-05'],
    ['of no rows', null, null, 0],
  ];
  for (const [name, first, last, records] of good) {
    it(`are taken: ${name}`, () => check(first, last, records));
  }

  const bad: readonly (readonly [name: string, first: string | null, last: string | null, message: RegExp])[] = [
    ['two days before the window', '2026-09-26', '2026-10-04', /a row lies 2 days before the requested window/],
    ['two days after the window', '2026-09-28', '2026-10-06', /a row lies 2 days after the requested window/],
    [
      'a year of rows, as a server sends that reads no window',
      '2025-12-01',
      '2026-11-22',
      /a row lies 301 days before/,
    ],
    ['none that can be read', null, null, /no row has a readable transDate/],
  ];
  for (const [name, first, last, message] of bad) {
    it(`are refused: ${name}`, () => {
      assert.throws(
        () => check(first, last),
        (error) => error instanceof HardFailure && error.kind === 'wire_format' && message.test(error.message),
      );
    });
  }

  it('are refused also where none of the rows is kept', () => {
    assert.throws(() => check('2025-12-01', '2025-12-02', 0), /a row lies 301 days before/);
  });
});

describe('windows of item rows', () => {
  const RANGE = { from: at('2024-01-01'), to: at('2028-06-01') };
  const WINDOWS = [
    { from: RANGE.from, to: at('2025-01-01') },
    { from: at('2025-01-01'), to: at('2026-01-02') },
    { from: at('2026-01-02'), to: RANGE.to },
  ];

  it('are asked for with a day of the other where two meet', () => {
    assert.deepEqual(
      WINDOWS.map((window) => requestedDays(RANGE, window)),
      [
        { from: RANGE.from, to: at('2025-01-02') },
        { from: at('2024-12-31'), to: at('2026-01-03') },
        { from: at('2026-01-01'), to: RANGE.to },
      ],
    );
  });

  it('keep each day once, and what lies outside the range', () => {
    const keptBy = (day: string) => WINDOWS.map((window) => Number(isOwnDay(ownDays(RANGE, window), at(day))));
    assert.deepEqual(keptBy('2024-12-31'), [1, 0, 0]);
    assert.deepEqual(keptBy('2025-01-01'), [0, 1, 0]);
    assert.deepEqual(keptBy('2026-01-01'), [0, 1, 0]);
    assert.deepEqual(keptBy('2026-01-02'), [0, 0, 1]);
    assert.deepEqual(keptBy('2023-12-31'), [1, 0, 0]);
    assert.deepEqual(keptBy('2028-06-02'), [0, 0, 1]);
  });

  it('of a range that is one window keep all', () => {
    const all = { from: null, to: null };
    assert.deepEqual([ownDays(RANGE, RANGE), requestedDays(RANGE, RANGE)], [all, RANGE]);
  });

  it('keep a row whose day cannot be read', () => {
    assert.equal(dayOfRow('31.02.2026 10:00:00'), null);
    assert.ok(isOwnDay(ownDays(RANGE, WINDOWS[1] ?? RANGE), null));
  });
});
