import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeadlineReached } from '../../../src/core/failure/errors.ts';
import { addMs } from '../../../src/core/time/instant.ts';
import { createStamps } from '../../../src/core/time/stamps.ts';
import { at } from '../../fakes/at.ts';

const floor = at('2026-11-22T08:15:00Z');
const until = at('2026-11-22T08:30:05Z');

describe('stamps of a lease', () => {
  const ROWS = [
    {
      name: 'are the present where that is later than all before',
      nows: ['08:15:01', '08:15:02'],
      stamps: [1000, 2000],
    },
    {
      name: 'count on by a millisecond where the clock stands',
      nows: ['08:15:01', '08:15:01', '08:15:01'],
      stamps: [1000, 1001, 1002],
    },
    {
      name: 'count on where the clock is set back',
      nows: ['08:15:10', '08:14:00', '08:15:09'],
      stamps: [10_000, 10_001, 10_002],
    },
    {
      name: 'are later than the floor even at the instant of the floor',
      nows: ['08:15:00', '08:15:00'],
      stamps: [1, 2],
    },
    { name: 'are later than a floor that lies ahead of the clock', nows: ['07:00:00', '07:00:01'], stamps: [1, 2] },
    { name: 'take the end of the lease when the clock jumps past it', nows: ['09:59:00'], stamps: [905_000] },
  ];
  for (const { name, nows, stamps } of ROWS) {
    it(name, () => {
      const made = createStamps(floor, until);
      const got = nows.map((time) => made.next(at(`2026-11-22T${time}Z`)) - floor);
      assert.deepEqual(got, stamps);
      assert.equal(made.last() - floor, stamps.at(-1));
    });
  }

  it('have the floor as their last before the first is given out', () =>
    assert.equal(createStamps(floor, until).last(), floor));

  it('end with the lease: the stream stops there as at a deadline, and no stamp is lost on it', () => {
    const made = createStamps(floor, addMs(floor, 3));
    assert.deepEqual(
      [1, 2, 3].map(() => made.next(floor) - floor),
      [1, 2, 3],
    );
    assert.throws(() => made.next(until), DeadlineReached);
    assert.throws(() => made.next(floor), DeadlineReached);
    assert.equal(made.last(), addMs(floor, 3));
  });

  it('give nothing out where the lease ends at the floor', () => {
    assert.throws(() => createStamps(floor, floor).next(floor), DeadlineReached);
  });

  it('know nothing of other leases', () => {
    const [one, other] = [createStamps(floor, until), createStamps(floor, until)];
    one.next(until);
    assert.equal(other.next(floor), addMs(floor, 1));
  });
});
