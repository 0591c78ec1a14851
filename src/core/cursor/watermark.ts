/**
 * The instant at which a sync opened: its watermark once it is complete.
 *
 * The failure this prevents: a watermark later than the moment at which the server read its data. A change between
 * the two would be below the watermark and never asked for again.
 */

import { addMs, earlier, type Instant } from '../time/instant.ts';

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
  /** The clock that wrote the `Date` header less ours, in milliseconds; null without the header. */
  readonly skewMs: number | null;
}

/**
 * The earlier of two clocks: ours before the request, and `Date` less the time that the answer took, since the server
 * may have read its data as early as the request was sent.
 *
 * Neither is trusted alone: the `Date` may be a proxy's, and our clock may be off. A watermark that is too early only
 * makes the next sync read more; one that is too late loses changes.
 */
export function openedAt(reading: ClockReading): Opened {
  const { serverDate, requestedAt, waitedMs } = reading;
  if (serverDate === null) return { at: requestedAt, skewMs: null };
  const serverAtSending = addMs(serverDate, -waitedMs);
  return { at: earlier(requestedAt, serverAtSending), skewMs: serverAtSending - requestedAt };
}
