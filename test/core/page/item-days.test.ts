import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HardFailure } from '../../../src/core/failure/errors.ts';
import { checkItemWindow } from '../../../src/core/page/item-days.ts';
import { at } from '../../fakes/at.ts';

const WINDOW = { from: at('2026-09-28T00:00:00Z'), to: at('2026-10-04T23:59:59Z') };

function check(first: string | null, last: string | null, records = 3): void {
  const items = {
    first: first === null ? null : at(`${first}T00:00:00Z`),
    last: last === null ? null : at(`${last}T00:00:00Z`),
  };
  checkItemWindow({ records, items }, WINDOW);
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
    ['two days before the window', '2026-09-26', '2026-10-04', /a row lies 2 days before the window/],
    ['two days after the window', '2026-09-28', '2026-10-06', /a row lies 2 days after the window/],
    [
      'a year of rows, as a server sends that reads no window',
      '2025-12-01',
      '2026-11-22',
      /a row lies 301 days before/,
    ],
    ['none that can be read', null, null, /no row has a transDate that can be read/],
  ];
  for (const [name, first, last, message] of bad) {
    it(`are refused: ${name}`, () => {
      assert.throws(
        () => check(first, last),
        (error) => error instanceof HardFailure && error.kind === 'wire_format' && message.test(error.message),
      );
    });
  }
});
