/** Reads dates as HTTP servers write them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7, IMF-fixdate). */

import { type Instant, instant } from './instant.ts';

const IMF_FIXDATE = /^[a-z]{3}, (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The instant that an HTTP date names, or `undefined` for any other text, obsolete forms included. */
export function parseHttpDate(text: string): Instant | undefined {
  const [, dayText, monthName = '', year, hour, minute, second] = IMF_FIXDATE.exec(text.trim()) ?? [];
  const month = MONTHS.indexOf(monthName.toLowerCase());
  const day = Number(dayText);
  // A second of 60 is a leap second. Date.UTC reads it as the first second of the next minute, which is near enough.
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const dayStart = new Date(Date.UTC(Number(year), month, day));
  if (dayStart.getUTCDate() !== day || dayStart.getUTCMonth() !== month) return undefined;
  return instant(Date.UTC(Number(year), month, day, Number(hour), Number(minute), Number(second)));
}
