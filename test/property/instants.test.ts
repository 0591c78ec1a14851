import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDate, formatInstant, instant, parseDate, parseInstant } from '../../src/core/time/instant.ts';
import { replayable } from './replay.ts';

const FIRST = Date.parse('0000-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

const epochMs = fc.oneof(fc.integer({ min: FIRST, max: LAST }), fc.constantFrom(FIRST, LAST, -1, 0, 1));
const two = (value: number) => String(value).padStart(2, '0');

test('an instant that is written and parsed again is the same instant', () => {
  fc.assert(
    fc.property(epochMs, (ms) => assert.equal(parseInstant(formatInstant(instant(ms))), ms)),
    replayable(2_000),
  );
});

test('a day that is written and parsed again is the midnight before the instant', () => {
  fc.assert(
    fc.property(epochMs, (ms) => {
      const day = parseDate(formatDate(instant(ms)));
      assert.ok(day !== undefined && day <= ms && ms - day < 86_400_000, `${day}`);
    }),
    replayable(1_000),
  );
});

test('the same instant written with another offset is parsed as the same', () => {
  const offset = fc.tuple(fc.constantFrom(1, -1), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
  fc.assert(
    fc.property(
      fc.integer({ min: FIRST + 86_400_000, max: LAST - 86_400_000 }),
      offset,
      (ms, [sign, hours, minutes]) => {
        const local = formatInstant(instant(ms + sign * (hours * 60 + minutes) * 60_000)).slice(0, -1);
        assert.equal(parseInstant(`${local}${sign === 1 ? '+' : '-'}${two(hours)}:${two(minutes)}`), ms);
      },
    ),
    replayable(1_000),
  );
});

test('digits finer than a millisecond never move an instant up, nor down by a whole millisecond', () => {
  fc.assert(
    fc.property(epochMs, fc.stringMatching(/^\d{1,9}$/), (ms, digits) => {
      const second = Math.floor(ms / 1000) * 1000;
      const parsed = parseInstant(`${formatInstant(instant(second)).slice(0, -5)}.${digits}Z`);
      const exactMs = Number(`0.${digits}`) * 1000;
      assert.ok(parsed !== undefined);
      assert.equal(parsed - second, Math.floor(exactMs + 1e-6));
    }),
    replayable(1_000),
  );
});

test('text near an instant is refused, or is the instant that the language reads', () => {
  const text = epochMs.map((ms) => formatInstant(instant(ms)));
  const change = fc.tuple(fc.nat({ max: 24 }), fc.constantFrom(...'0123456789-:.TZ+ zt', ''), fc.boolean());
  fc.assert(
    fc.property(text, fc.array(change, { minLength: 1, maxLength: 3 }), (whole, changes) => {
      let near = whole;
      for (const [place, char, insert] of changes)
        near = near.slice(0, place) + char + near.slice(insert ? place : place + 1);
      const parsed = parseInstant(near);
      if (parsed !== undefined) assert.equal(parsed, Date.parse(near), near);
    }),
    replayable(3_000),
  );
});
