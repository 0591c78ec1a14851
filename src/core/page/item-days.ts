/**
 * Decides which item rows belong to a window, and checks that the server applied the window.
 *
 * Rows have no id, so a row that is stored for two windows counts twice. A server may send rows of the day before or
 * after, which Ditio's own client drops. It may also select rows by UTC and print local time: a row just after midnight is
 * then sent for the day before only. So where two windows meet, each request covers one day of the other window, and each
 * window keeps only the rows of its own days.
 */

import type { DateWindow } from '../cursor/open-sync.ts';
import { HardFailure } from '../failure/errors.ts';
import { addMs, DAY_MS, type Instant, parseDate } from '../time/instant.ts';

/** The first and last day of the transactions in an answer. */
export interface ItemDays {
  /** Midnight of the earliest and the latest day, read as UTC; `null` where no row has a readable day. */
  readonly first: Instant | null;
  readonly last: Instant | null;
}

export const NO_DAYS: ItemDays = { first: null, last: null };

/** The days that a window keeps. At an end without a neighbour it is null: every row there is kept. */
export interface OwnDays {
  readonly from: Instant | null;
  readonly to: Instant | null;
}

/** The days that this window of the range keeps. */
export function ownDays(range: DateWindow, window: DateWindow): OwnDays {
  return { from: window.from > range.from ? window.from : null, to: window.to < range.to ? window.to : null };
}

/** The days to request for this window of the range: one more where it meets a neighbour. */
export function requestedDays(range: DateWindow, window: DateWindow): DateWindow {
  const { from, to } = ownDays(range, window);
  return { from: from === null ? window.from : addMs(from, -DAY_MS), to: to === null ? window.to : addMs(to, DAY_MS) };
}

/** Whether a row of this day is kept. A row is also kept when its day cannot be read (null), so that nothing is lost. */
export function isOwnDay({ from, to }: OwnDays, day: Instant | null): boolean {
  return day === null || ((from === null || day >= from) && (to === null || day < to));
}

/** The days with one more row; a day that cannot be read is ignored. */
export function withDay(days: ItemDays, day: Instant | null): ItemDays {
  if (day === null) return days;
  return {
    first: days.first === null || day < days.first ? day : days.first,
    last: days.last === null || day > days.last ? day : days.last,
  };
}

/** How far a row may lie outside the requested days. */
const MAX_DAYS_OUTSIDE = 1;

/**
 * Throws `HardFailure('wire_format')` when a row lies more than one day outside the requested days, or when rows were kept but
 * none has a readable day. A server that ignores the window sends every row for every window.
 *
 * @param page its `records` are the rows that are kept, its `items` the days of all rows
 */
export function checkItemDays(
  page: { readonly records: number; readonly items?: ItemDays },
  requested: DateWindow,
): void {
  const { first, last } = page.items ?? NO_DAYS;
  if (first === null || last === null) {
    if (page.records === 0) return;
    const message = 'no row has a readable transDate, so it cannot be checked that the server applied the window';
    throw new HardFailure('wire_format', `${message} (expected dd.MM.yyyy HH:mm:ss)`);
  }
  const daysBefore = dayNumber(requested.from) - dayNumber(first);
  const daysAfter = dayNumber(last) - dayNumber(addMs(requested.to, -1));
  const daysOutside = Math.max(daysBefore, daysAfter);
  if (daysOutside <= MAX_DAYS_OUTSIDE) return;
  const side = daysBefore > daysAfter ? 'before' : 'after';
  throw new HardFailure(
    'wire_format',
    `a row lies ${daysOutside} days ${side} the requested window: the server ignored FromDate and ToDate`,
  );
}

const TRANS_DATE = /^(\d{2})\.(\d{2})\.(\d{4}) \d{2}:\d{2}:\d{2}$/;

/** Midnight of the day, read as UTC; null where it cannot be read. */
export function dayOfRow(transDate: string): Instant | null {
  const [, day = '', month = '', year = ''] = TRANS_DATE.exec(transDate) ?? [];
  return parseDate(`${year}-${month}-${day}`) ?? null;
}

function dayNumber(at: Instant): number {
  return Math.floor(at / DAY_MS);
}
