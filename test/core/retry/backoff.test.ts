import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DITIO_DELAYS_MS, JITTER_SHARE, jittered, waitMs } from '../../../src/core/retry/backoff.ts';

test('the schedule is the documented one: 1, 2, 4, 8 s', () => {
  assert.deepEqual(DITIO_DELAYS_MS, [1_000, 2_000, 4_000, 8_000]);
});

const rows = [
  { name: 'no jitter gives the schedule', delayMs: 1_000, retryAfterMs: null, random: 0, expected: 1_000 },
  { name: 'full jitter adds just under a quarter', delayMs: 4_000, retryAfterMs: null, random: 0.999, expected: 4_999 },
  { name: 'the server may ask for longer', delayMs: 1_000, retryAfterMs: 30_000, random: 0.5, expected: 30_000 },
  {
    name: 'a server that asks for less changes nothing',
    delayMs: 8_000,
    retryAfterMs: 500,
    random: 0,
    expected: 8_000,
  },
  { name: 'Retry-After: 0 changes nothing', delayMs: 2_000, retryAfterMs: 0, random: 0.5, expected: 2_250 },
];
for (const { name, delayMs, retryAfterMs, random, expected } of rows) {
  test(name, () => {
    assert.equal(waitMs(delayMs, retryAfterMs, random), expected);
  });
}

test('jitter keeps every wait in [schedule, schedule × 1.25)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...DITIO_DELAYS_MS),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (delayMs, random) => {
        const wait = jittered(delayMs, random);
        assert.ok(wait >= delayMs && wait <= delayMs * (1 + JITTER_SHARE), `${wait}`);
      },
    ),
  );
});
