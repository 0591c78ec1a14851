/**
 * Cuts a range of dates into the windows an endpoint takes, without a gap.
 *
 * Decides where windows begin and end. How a window is written into a request is the catalogue's business: where
 * edges are kept `apart`, `to` is exclusive and is written as the last tick before it.
 */

import { addMs, DAY_MS, earlier, HOUR_MS, type Instant } from '../time/instant.ts';
import type { DateWindow, OpenSync } from './cursor.ts';
import type { WindowRule } from './stream-rule.ts';

/**
 * No date is asked for before this one, and no range is longer than {@link LONGEST_RANGE_DAYS}. An endpoint that takes
 * seven days at a time would be asked half a million times for the years 1 to 9999, and to Ditio `0001-01-01` means
 * "empty": as `ModifiedSince` it might turn an incremental request into a full one.
 */
export const EARLIEST_DATE = Date.UTC(1970, 0, 1) as Instant;
/** From the earliest date to the year 2100: whoever means "everything" writes something in between. */
export const LONGEST_RANGE_DAYS = 47_482;

/** How far past the present a range reaches: a shift that ends past midnight is entered today. Milliseconds. */
export const AHEAD_MS = DAY_MS;

/**
 * The range a sync must have read to be complete, now that Ditio's clock is known: at least to {@link AHEAD_MS} after
 * its opening, save for an hour, which is not worth another request.
 *
 * The failure this prevents: our clock is behind, so the range ends too early; what is dated after its end and was
 * changed before the opening is in no window, and below the watermark from then on. A backfill of dates reads the dates
 * it was asked for.
 *
 * @param openedAt when the sync opened, by Ditio's clock
 */
export function rangeOf(
  open: Pick<OpenSync, 'mode' | 'modifiedSince' | 'range'>,
  openedAt: Instant,
): DateWindow | null {
  const { range } = open;
  if (!range || (open.mode === 'backfill' && open.modifiedSince === null)) return range;
  const end = addMs(openedAt, AHEAD_MS);
  return end - range.to > HOUR_MS ? { from: range.from, to: end } : range;
}

/** The first window of a range. A range of one instant is one window. */
export function firstWindow(rule: WindowRule, range: DateWindow): DateWindow {
  return { from: range.from, to: windowEnd(rule, range.from, range.to) };
}

/** The window after this one, or `null` when the range has been read to its end. */
export function nextWindow(rule: WindowRule, range: DateWindow, window: DateWindow): DateWindow | null {
  if (window.to >= range.to) return null;
  return { from: window.to, to: windowEnd(rule, window.to, range.to) };
}

function windowEnd(rule: WindowRule, from: Instant, rangeEnd: Instant): Instant {
  if (rule.kind !== 'required' || rule.maxDays === null) return rangeEnd;
  return earlier(addMs(from, rule.maxDays * DAY_MS), rangeEnd);
}
