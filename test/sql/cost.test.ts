/** What keeping the tables current costs, as far as the deploy guide promises something. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONTRACTOR_OF_400, monthlyCost, yearsCost } from '../../sql/cost.ts';

describe('the cost of the tables', () => {
  it('stays under two dollars a month in the default, also a year after the deployment', () => {
    const { dollars } = monthlyCost(6, CONTRACTOR_OF_400);
    assert.ok(dollars < 2, `${dollars} dollars`);
    assert.ok(dollars > 0.5, `${dollars} dollars are hardly all of it`);
  });

  it('grows with the years of lines, which the deploy guide says', () => {
    const [, ...cells] = /^\| dollars ((?:\| [\d.]+ )+)\|$/m.exec(yearsCost()) ?? [];
    const dollars =
      String(cells[0])
        .match(/[\d.]+/g)
        ?.map(Number) ?? [];
    assert.deepEqual(dollars, [1.36, 1.95, 2.53, 3.71]);
    assert.equal(dollars[0], Number(monthlyCost(6, CONTRACTOR_OF_400).dollars.toFixed(2)));
  });

  it('rises with every refresh, and is nothing without any', () => {
    const dollars = [0, 24, 12, 6, 3, 1].map((hours) => monthlyCost(hours, CONTRACTOR_OF_400).dollars);
    assert.deepEqual(
      dollars,
      dollars.toSorted((left, right) => left - right),
    );
    assert.equal(dollars[0], 0);
  });

  it('counts at least ten megabytes for each query that reads', () => {
    const empty = { ...CONTRACTOR_OF_400, busyBytesADay: 0, quietBytesADay: 0, busyTableBytes: 0, quietTableBytes: 0 };
    const { queries, scannedBytes } = monthlyCost(24, empty);
    // VACUUM reads nothing that is billed.
    const vacuums = 19 * (52 / 12);
    assert.equal(Math.round(scannedBytes), Math.round((queries - vacuums) * 10_000_000));
  });
});
