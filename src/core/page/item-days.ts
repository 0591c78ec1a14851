/** Checks by the days of item rows whether the server obeyed the requested window. */

import { HardFailure } from '../failure/errors.ts';
import { DAY_MS, type Instant, parseDate } from '../time/instant.ts';

/** The first and last day of the transactions in an answer. */
export interface ItemDays {
  /** Midnight of the earliest and the latest day, read as UTC; `null` where no row has a readable day. */
  readonly first: Instant | null;
  readonly last: Instant | null;
}

export const NO_DAYS: ItemDays = { first: null, last: null };

/** The days with one more row. An unreadable `transDate` is ignored. */
export function withDay(days: ItemDays, transDate: string): ItemDays {
  const day = readDay(transDate);
  if (day === null) return days;
  return {
    first: days.first === null || day < days.first ? day : days.first,
    last: days.last === null || day > days.last ? day : days.last,
  };
}

/** How far a row may lie outside its window, in days. Ditio's own client drops such rows, so they can occur. */
const MAX_DAYS_OUTSIDE = 1;

/**
 * Throws `HardFailure('wire_format')` when a row lies more than a day outside the window (whole days, both ends
 * inclusive), or when no row of an answer has a readable day.
 *
 * Rows have no id: where the server ignores the window, it sends every row once for each window.
 */
export function checkItemWindow(
  page: { readonly records: number; readonly items?: ItemDays },
  window: { readonly from: Instant; readonly to: Instant },
): void {
  if (page.records === 0) return;
  const { first, last } = page.items ?? NO_DAYS;
  if (first === null || last === null) {
    const message = 'no row has a transDate that can be read, so that nothing shows whether the window was obeyed';
    throw new HardFailure('wire_format', `${message} (expected dd.MM.yyyy HH:mm:ss)`);
  }
  const daysBefore = dayNumber(window.from) - dayNumber(first);
  const daysAfter = dayNumber(last) - dayNumber(window.to);
  const daysOutside = Math.max(daysBefore, daysAfter);
  if (daysOutside <= MAX_DAYS_OUTSIDE) return;
  const side = daysBefore > daysAfter ? 'before' : 'after';
  throw new HardFailure(
    'wire_format',
    `a row lies ${daysOutside} days ${side} the window that was asked for: the server did not obey FromDate and ToDate`,
  );
}

const TRANS_DATE = /^(\d{2})\.(\d{2})\.(\d{4}) \d{2}:\d{2}:\d{2}$/;

function readDay(transDate: string): Instant | null {
  const [, day = '', month = '', year = ''] = TRANS_DATE.exec(transDate) ?? [];
  return parseDate(`${year}-${month}-${day}`) ?? null;
}

function dayNumber(at: Instant): number {
  return Math.floor(at / DAY_MS);
}
