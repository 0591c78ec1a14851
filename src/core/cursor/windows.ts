/** Cuts a range of dates into the windows that an endpoint takes, without a gap. */

import { addMs, DAY_MS, earlier, type Instant, later } from '../time/instant.ts';
import type { DateWindow } from './open-sync.ts';

/**
 * No date is asked for before this one, and no range is longer than {@link MAX_RANGE_DAYS}. An endpoint that takes
 * seven days at a time would be asked half a million times for the years 1 to 9999, and to Ditio `0001-01-01` means
 * "empty": as `ModifiedSince` it might turn an incremental request into a full one.
 */
export const EARLIEST_DATE = Date.UTC(1970, 0, 1) as Instant;
/**
 * An endpoint that could be read without windows, and whose server wants them of seven days, is read from here on
 * whatever HISTORY_START says: nothing else would show what is older. 1,500 requests, once.
 */
export const FALLBACK_BEGIN = Date.UTC(2000, 0, 1) as Instant;
/** Where a window may have any length, a full sync reaches to here. */
export const LATEST_DATE = Date.UTC(2100, 0, 1) as Instant;
/** From the earliest date to the latest: more than any range of real data. */
export const MAX_RANGE_DAYS = 47_482;

/**
 * How far ahead of the present windows of a limited length reach, in milliseconds. Registrations for tomorrow are common,
 * for next year usually typing errors; each further year costs an endpoint of seven days 52 requests in a full sync.
 */
export const AHEAD_MS = 2 * 366 * DAY_MS;

/** The first window of a range. A range of one instant is one window. `maxDays` null: any length. */
export function firstWindow(maxDays: number | null, range: DateWindow): DateWindow {
  return { from: range.from, to: windowEnd(maxDays, range.from, range.to) };
}

/** The window after this one, or `null` when the range has been read to its end. */
export function nextWindow(maxDays: number | null, range: DateWindow, window: DateWindow): DateWindow | null {
  if (window.to >= range.to) return null;
  return { from: window.to, to: windowEnd(maxDays, window.to, range.to) };
}

/** The window after which there is no more, as long as one may be. */
export function lastWindow(maxDays: number | null, range: DateWindow): DateWindow {
  return { from: maxDays === null ? range.from : later(addMs(range.to, -maxDays * DAY_MS), range.from), to: range.to };
}

/** The smallest range of whole UTC days, from midnight to midnight, that holds this one. */
export function wholeDays(range: DateWindow): DateWindow {
  const from = addMs(range.from, -(((range.from % DAY_MS) + DAY_MS) % DAY_MS));
  return { from, to: addMs(from, Math.max(1, Math.ceil((range.to - from) / DAY_MS)) * DAY_MS) };
}

function windowEnd(maxDays: number | null, from: Instant, rangeEnd: Instant): Instant {
  return maxDays === null ? rangeEnd : earlier(addMs(from, maxDays * DAY_MS), rangeEnd);
}
