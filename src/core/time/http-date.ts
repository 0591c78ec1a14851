/**
 * Dates as HTTP writes them, in all three forms of RFC 9110, section 5.6.7.
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate, what servers send today
 *     Sunday, 06-Nov-94 08:49:37 GMT    RFC 850, with a year of two digits
 *     Sun Nov  6 08:49:37 1994          asctime
 */

import { type Instant, instant } from './instant.ts';

const IMF_FIXDATE = /^[a-z]{3}, (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const RFC_850 = /^[a-z]{6,9}, (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const ASCTIME = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/i;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * The instant that an HTTP date names, or `undefined` when the text is none.
 *
 * @param now decides the century of a year of two digits: one more than 50 years ahead means the past
 */
export function parseHttpDate(text: string, now: Instant): Instant | undefined {
  const trimmed = text.trim();
  const imf = IMF_FIXDATE.exec(trimmed);
  if (imf) return fromFields(Number(imf[3]), imf[2], imf[1], imf[4], imf[5], imf[6]);
  const rfc850 = RFC_850.exec(trimmed);
  if (rfc850)
    return fromFields(fullYear(Number(rfc850[3]), now), rfc850[2], rfc850[1], rfc850[4], rfc850[5], rfc850[6]);
  const asctime = ASCTIME.exec(trimmed);
  if (asctime) return fromFields(Number(asctime[6]), asctime[1], asctime[2], asctime[3], asctime[4], asctime[5]);
  return undefined;
}

function fullYear(twoDigits: number, now: Instant): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  if (year > thisYear + 50) return year - 100;
  return year < thisYear - 50 ? year + 100 : year;
}

type Digits = string | undefined;

function fromFields(year: number, monthName: Digits, dayText: Digits, hour: Digits, minute: Digits, second: Digits) {
  const month = MONTHS.indexOf((monthName ?? '').toLowerCase());
  const day = Number(dayText);
  // A second of 60 is a leap second; Date.UTC takes it for the next minute's first, which is near enough.
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const utcMs = Date.UTC(year, month, day, Number(hour), Number(minute), Number(second));
  const dayStart = new Date(Date.UTC(year, month, day));
  if (dayStart.getUTCDate() !== day || dayStart.getUTCMonth() !== month) return undefined;
  return instant(utcMs);
}
