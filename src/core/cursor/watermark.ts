/**
 * By which instant of Ditio's clock a sync opened: its watermark once it is complete.
 *
 * The failure this prevents: a watermark later than the moment at which the server read its data. A change between
 * the two would be below the watermark and never asked for again.
 */

import { addMs, DAY_MS, earlier, type Instant } from '../time/instant.ts';

/** What the first answer of a sync told about time. */
export interface ClockReading {
  /** `Date` header, whole seconds, cut off downwards by the server; null without one. */
  readonly serverDate: Instant | null;
  /** Our clock just before the request was sent. */
  readonly requestedAt: Instant;
  /** Milliseconds between sending the request and the head of the answer. */
  readonly waitedMs: number;
}

export interface Opened {
  readonly at: Instant;
  /** Ditio's clock less ours, in milliseconds; null without a `Date` header. */
  readonly skewMs: number | null;
}

/**
 * The server may have read its data as early as the request was sent, so the time the answer took is taken off its
 * `Date`. Where both clocks agree within the lookback, the earlier of the two counts; where they do not, ours is
 * wrong and only Ditio's counts. Without a `Date` header ours is all there is.
 *
 * A `Date` that is more than a day ahead of us is not believed: taken at its word it would set a watermark that no
 * change reaches for as long, and the stream would fall silent. Our own clock then only makes the next sync read more.
 */
export function openedAt(reading: ClockReading, lookbackMs: number): Opened {
  if (reading.serverDate === null) return { at: reading.requestedAt, skewMs: null };
  const serverAtSending = addMs(reading.serverDate, -reading.waitedMs);
  const skewMs = serverAtSending - reading.requestedAt;
  if (skewMs > DAY_MS) return { at: reading.requestedAt, skewMs };
  const agree = Math.abs(skewMs) <= lookbackMs;
  return { at: agree ? earlier(reading.requestedAt, serverAtSending) : serverAtSending, skewMs };
}
