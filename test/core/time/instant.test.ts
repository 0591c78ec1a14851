import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addMs,
  DAY_MS,
  earlier,
  formatDate,
  formatInstant,
  HOUR_MS,
  type Instant,
  instant,
  later,
  MINUTE_MS,
  parseDate,
  parseInstant,
} from '../../../src/core/time/instant.ts';
import { at } from '../../fakes/at.ts';

describe('an instant from a count of milliseconds', () => {
  const CUT: ReadonlyArray<readonly [name: string, ms: number, expected: number]> = [
    ['keeps a whole number', 1_795_335_303_120, 1_795_335_303_120],
    ['cuts a fraction off downwards after 1970', 1.999, 1],
    ['cuts a fraction off downwards before 1970 too, away from zero', -1.001, -2],
    ['takes the first instant that a Date can hold', -8.64e15, -8.64e15],
    ['takes the last instant that a Date can hold', 8.64e15, 8.64e15],
  ];
  for (const [name, ms, expected] of CUT) it(name, () => assert.equal(instant(ms), expected));

  const REFUSED: ReadonlyArray<readonly [name: string, ms: number]> = [
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a millisecond past the last instant', 8.64e15 + 1],
    ['a millisecond before the first instant', -8.64e15 - 1],
  ];
  for (const [name, ms] of REFUSED) it(`refuses ${name}`, () => assert.throws(() => instant(ms), RangeError));
});

describe('an instant from text', () => {
  const READ: ReadonlyArray<readonly [name: string, text: string, same: string]> = [
    ['reads whole seconds', '2026-11-22T08:15:03Z', '2026-11-22T08:15:03.000Z'],
    ['reads milliseconds', '2026-11-22T08:15:03.120Z', '2026-11-22T08:15:03.120Z'],
    ['reads a single digit as tenths', '2026-11-22T08:15:03.5Z', '2026-11-22T08:15:03.500Z'],
    ['cuts seven digits of .NET off downwards', '2026-11-22T08:15:03.1239999Z', '2026-11-22T08:15:03.123Z'],
    [
      'cuts nine nines off, never up into the next second',
      '2026-12-31T23:59:59.999999999Z',
      '2026-12-31T23:59:59.999Z',
    ],
    ['takes an offset east of Greenwich off', '2026-11-22T08:15:03+01:00', '2026-11-22T07:15:03.000Z'],
    ['adds an offset west of Greenwich', '2026-11-22T20:15:03-05:30', '2026-11-23T01:45:03.000Z'],
    ['reads +00:00 and -00:00 as Z', '2026-11-22T08:15:03-00:00', '2026-11-22T08:15:03.000Z'],
    ['takes an offset of 23:59, wider than any there is', '2026-11-22T08:15:03+23:59', '2026-11-21T08:16:03.000Z'],
    ['takes the widest offset there is', '2026-11-22T08:15:03+14:00', '2026-11-21T18:15:03.000Z'],
    ['knows leap years', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['knows that 2000 was a leap year', '2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['reads the empty date of .NET as year 1', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['reads year 99 as 99, not 1999', '0099-06-15T00:00:00Z', '0099-06-15T00:00:00.000Z'],
    ['knows the leap day of year 4', '0004-02-29T12:00:00Z', '0004-02-29T12:00:00.000Z'],
    ['knows the leap day of year 0, though 1900 had none', '0000-02-29T12:00:00Z', '0000-02-29T12:00:00.000Z'],
    ['reads the first instant of year 0', '0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['reads the last instant of year 9999', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ];
  for (const [name, text, same] of READ) {
    it(name, () => {
      const parsed = parseInstant(text);
      assert.ok(parsed !== undefined, `${text} was refused`);
      assert.equal(formatInstant(parsed), same);
    });
  }

  const REFUSED: ReadonlyArray<readonly [name: string, text: string]> = [
    ['no offset: it would mean another instant on another machine', '2026-11-22T08:15:03'],
    ['a date alone', '2026-11-22'],
    ['30 February', '2026-02-30T00:00:00Z'],
    ['29 February of a common year', '2026-02-29T00:00:00Z'],
    ['29 February of 1900', '1900-02-29T00:00:00Z'],
    ['29 February of year 1', '0001-02-29T00:00:00Z'],
    ['31 April', '2026-04-31T00:00:00Z'],
    ['month 0', '2026-00-10T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['an offset of 99 hours and 99 minutes', '2026-01-01T00:00:00-99:99'],
    ['an offset of 60 minutes', '2026-01-01T00:00:00+01:60'],
    ['an offset that leads out of year 9999', '9999-12-31T23:59:59-01:00'],
    ['an offset that leads out of year 0', '0000-01-01T00:00:00+01:00'],
    ['an offset without a colon', '2026-01-01T00:00:00+0100'],
    ['a small z', '2026-01-01T00:00:00z'],
    ['a space for the T', '2026-01-01 00:00:00Z'],
    ['a dot without digits', '2026-01-01T00:00:00.Z'],
    ['ten digits of a second', '2026-01-01T00:00:00.1234567890Z'],
    ['a year of six digits', '+002026-01-01T00:00:00Z'],
    ['text before it', ' 2026-01-01T00:00:00Z'],
    ['a line break after it', '2026-01-01T00:00:00Z\n'],
    ['digits of another script', '２０２６-01-01T00:00:00Z'],
    ['nothing', ''],
  ];
  for (const [name, text] of REFUSED) it(`refuses ${name}`, () => assert.equal(parseInstant(text), undefined));
});

describe('a day', () => {
  it('begins at midnight UTC', () => assert.equal(parseDate('2026-11-22'), at('2026-11-22T00:00:00Z')));
  for (const text of ['2026-02-29', '2026-11-22T00:00:00Z', '2026-1-2', '22.11.2026', '2026-11-22\n', '']) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(parseDate(text), undefined));
  }
  it('is written from the last millisecond of itself', () =>
    assert.equal(formatDate(at('2026-11-22T23:59:59.999Z')), '2026-11-22'));
  it('turns over in UTC, not where the machine stands', () =>
    assert.equal(formatDate(at('2026-11-23T00:30:00+01:00')), '2026-11-22'));
});

describe('arithmetic', () => {
  const noon = at('2026-11-22T12:00:00Z');
  it('adds and takes off', () => {
    assert.equal(formatInstant(addMs(noon, DAY_MS + HOUR_MS + MINUTE_MS)), '2026-11-23T13:01:00.000Z');
    assert.equal(formatInstant(addMs(noon, -MINUTE_MS)), '2026-11-22T11:59:00.000Z');
  });
  it('cuts a fraction of a millisecond off downwards', () => {
    assert.equal(addMs(noon, 0.9), noon);
    assert.equal(addMs(noon, -0.1), noon - 1);
  });
  it('refuses to leave what a Date can hold', () => {
    assert.throws(() => addMs(noon, Number.POSITIVE_INFINITY), RangeError);
    assert.throws(() => addMs(8.64e15 as Instant, 1), RangeError);
  });
  it('knows the earlier and the later of two, in either order', () => {
    const next = addMs(noon, 1);
    assert.deepEqual([earlier(noon, next), earlier(next, noon)], [noon, noon]);
    assert.deepEqual([later(noon, next), later(next, noon)], [next, next]);
  });
});
