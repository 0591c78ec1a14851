import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRetryAfter } from '../../../src/core/retry/retry-after.ts';
import { type Instant, instant, parseInstant } from '../../../src/core/time/instant.ts';

const NOW = parseInstant('2026-11-22T08:15:00Z') as Instant;
/** A server whose clock is an hour ahead of ours. */
const AHEAD = parseInstant('2026-11-22T09:15:00Z') as Instant;

const rows: ReadonlyArray<{
  readonly name: string;
  readonly header: string | undefined;
  readonly serverDate?: Instant;
  readonly expectedMs: number | null;
}> = [
  { name: 'no header', header: undefined, expectedMs: null },
  { name: 'an empty header', header: '  ', expectedMs: null },
  { name: 'seconds', header: '120', expectedMs: 120_000 },
  { name: 'seconds with space around them', header: ' 7 ', expectedMs: 7_000 },
  { name: 'seconds with decimals', header: '1.5', expectedMs: 1_500 },
  { name: 'seconds with a bare point', header: '2.', expectedMs: 2_000 },
  { name: 'zero', header: '0', expectedMs: 0 },
  { name: 'negative seconds', header: '-5', expectedMs: null },
  { name: 'a sign', header: '+5', expectedMs: null },
  { name: 'an exponent', header: '1e3', expectedMs: null },
  { name: 'words', header: 'soon', expectedMs: null },
  { name: 'more digits than a number holds', header: '9'.repeat(400), expectedMs: 365 * 86_400_000 },
  { name: 'two headers, joined', header: '5, 30', expectedMs: 30_000 },
  { name: 'IMF-fixdate', header: 'Sun, 22 Nov 2026 08:15:30 GMT', expectedMs: 30_000 },
  { name: 'IMF-fixdate in another case', header: 'SUN, 22 nov 2026 08:15:30 gmt', expectedMs: 30_000 },
  { name: 'a date that has passed', header: 'Sun, 22 Nov 2026 08:14:59 GMT', expectedMs: null },
  { name: 'a date that is now', header: 'Sun, 22 Nov 2026 08:15:00 GMT', expectedMs: null },
  { name: 'a date without a zone', header: 'Sun, 22 Nov 2026 08:15:30', expectedMs: null },
  { name: 'a day that does not exist', header: 'Sun, 31 Nov 2026 08:15:30 GMT', expectedMs: null },
  { name: 'an hour that does not exist', header: 'Sun, 22 Nov 2026 24:15:30 GMT', expectedMs: null },
  { name: 'ISO 8601, which HTTP does not know', header: '2026-11-22T08:15:30Z', expectedMs: null },
  {
    name: "a date by the server's own clock",
    header: 'Sun, 22 Nov 2026 09:15:20 GMT',
    serverDate: AHEAD,
    expectedMs: 20_000,
  },
  {
    name: 'a date that only our clock takes for the future',
    header: 'Sun, 22 Nov 2026 09:14:00 GMT',
    serverDate: AHEAD,
    expectedMs: null,
  },
];
for (const { name, header, serverDate, expectedMs } of rows) {
  test(`Retry-After: ${name}`, () => {
    assert.equal(parseRetryAfter(header, serverDate ?? null, NOW), expectedMs);
  });
}

test('Retry-After as a date is the time until then', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 * 86_400 }), (seconds) => {
      const header = new Date(NOW + seconds * 1_000).toUTCString();
      assert.equal(parseRetryAfter(header, null, NOW), seconds * 1_000);
    }),
  );
});

test('Retry-After never throws and is never negative, for any header', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.integer({ min: 0, max: 4e12 }), (header, now) => {
      const delayMs = parseRetryAfter(header, null, instant(now));
      assert.ok(delayMs === null || (Number.isFinite(delayMs) && delayMs >= 0));
    }),
  );
});
