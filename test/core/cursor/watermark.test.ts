import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openedAt } from '../../../src/core/cursor/watermark.ts';
import { MINUTE_MS } from '../../../src/core/time/instant.ts';
import { at } from '../../fakes/at.ts';

const LOOKBACK_MS = 10 * MINUTE_MS;

describe('the instant at which a sync opened', () => {
  const ROWS = [
    {
      name: 'is our own where the answer has no date',
      serverDate: null,
      requestedAt: '2026-11-22T08:15:00.500Z',
      waitedMs: 30_000,
      opened: '2026-11-22T08:15:00.500Z',
      skewMs: null,
    },
    {
      name: 'is the earlier of both where they agree: here ours, cut off by nobody',
      serverDate: '2026-11-22T08:15:02Z',
      requestedAt: '2026-11-22T08:15:00.500Z',
      waitedMs: 1_000,
      opened: '2026-11-22T08:15:00.500Z',
      skewMs: 500,
    },
    {
      name: 'is the earlier of both where they agree: here theirs',
      serverDate: '2026-11-22T08:15:00Z',
      requestedAt: '2026-11-22T08:15:00.900Z',
      waitedMs: 50,
      opened: '2026-11-22T08:14:59.950Z',
      skewMs: -950,
    },
    {
      name: 'is before the answer by all the time it took: the data may have been read at once',
      serverDate: '2026-11-22T08:16:30Z',
      requestedAt: '2026-11-22T08:15:10Z',
      waitedMs: 90_000,
      opened: '2026-11-22T08:15:00.000Z',
      skewMs: -10_000,
    },
    {
      name: 'cuts fractions of a millisecond of waiting off downwards',
      serverDate: '2026-11-22T08:15:00Z',
      requestedAt: '2026-11-22T08:15:00Z',
      waitedMs: 0.25,
      opened: '2026-11-22T08:14:59.999Z',
      skewMs: -1,
    },
    {
      name: 'is ours where theirs is ahead by ten minutes',
      serverDate: '2026-11-22T08:25:00Z',
      requestedAt: '2026-11-22T08:15:00Z',
      waitedMs: 0,
      opened: '2026-11-22T08:15:00.000Z',
      skewMs: LOOKBACK_MS,
    },
    {
      name: 'is ours where theirs is ahead by more than any lookback: it may be the clock of a proxy',
      serverDate: '2026-11-22T08:25:01Z',
      requestedAt: '2026-11-22T08:15:00Z',
      waitedMs: 0,
      opened: '2026-11-22T08:15:00.000Z',
      skewMs: LOOKBACK_MS + 1_000,
    },
    {
      name: 'is ours where theirs is ahead by a month',
      serverDate: '2026-12-22T08:15:00Z',
      requestedAt: '2026-11-22T08:15:00Z',
      waitedMs: 0,
      opened: '2026-11-22T08:15:00.000Z',
      skewMs: at('2026-12-22T08:15:00Z') - at('2026-11-22T08:15:00Z'),
    },
    {
      name: 'is theirs where ours is ahead by months',
      serverDate: '2026-08-22T08:15:00Z',
      requestedAt: '2026-11-22T08:15:00Z',
      waitedMs: 2_000,
      opened: '2026-08-22T08:14:58.000Z',
      skewMs: at('2026-08-22T08:14:58Z') - at('2026-11-22T08:15:00Z'),
    },
  ];
  for (const { name, serverDate, requestedAt, waitedMs, opened, skewMs } of ROWS) {
    it(name, () => {
      const reading = {
        serverDate: serverDate === null ? null : at(serverDate),
        requestedAt: at(requestedAt),
        waitedMs,
      };
      assert.deepEqual(openedAt(reading), { at: at(opened), skewMs });
    });
  }

  it('is never later than the server read its data, for any time of our clock', () => {
    // The server reads at `read` by its clock, somewhere between sending and answering, and cuts its Date to seconds.
    const read = at('2026-11-22T08:15:00.700Z');
    for (const ourSkewMs of [-40 * MINUTE_MS, -LOOKBACK_MS, -900, 0, 900, LOOKBACK_MS, 40 * MINUTE_MS]) {
      for (const beforeMs of [0, 300, 5_000]) {
        for (const afterMs of [0, 300, 90_000]) {
          const dated = Math.floor((read + afterMs) / 1000) * 1000;
          const requestedAt = (read - beforeMs + ourSkewMs) as typeof read;
          const opened = openedAt({ serverDate: dated as typeof read, requestedAt, waitedMs: beforeMs + afterMs });
          assert.ok(
            opened.at <= read,
            `skew ${ourSkewMs}, ${beforeMs} before, ${afterMs} after: ${opened.at - read} ms late`,
          );
        }
      }
    }
  });
});
