/**
 * Handles time like the server: in ticks of 100 ns, as in .NET, written with up to seven digits of a second.
 *
 * The extractor counts in milliseconds and must not lose a change between two of them, so the simulator is finer. It shares
 * no code with the extractor's own instants, so that a defect in one shows in the other.
 */

/** Ticks of 100 ns since 2015-01-01T00:00:00Z: a whole number below 2^53 until the year 2043. */
export type Ticks = number;

export const TICKS_PER_MS = 10_000;
export const TICKS_PER_SECOND = 10_000_000;
export const SECONDS_PER_DAY = 86_400;
export const TICKS_PER_DAY = SECONDS_PER_DAY * TICKS_PER_SECOND;
const EPOCH_MS = Date.UTC(2015, 0, 1);

/** What Ditio writes where there is no time. */
export const EMPTY_TIME = '0001-01-01T00:00:00Z';

export function ticksFromMs(epochMs: number): Ticks {
  return Math.floor((epochMs - EPOCH_MS) * TICKS_PER_MS);
}

export function msFromTicks(ticks: Ticks): number {
  return Math.floor(ticks / TICKS_PER_MS) + EPOCH_MS;
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/i;

/**
 * The time that a query parameter names, or `undefined` for other text.
 *
 * Takes what ASP.NET takes of ISO 8601: a date alone means its first instant, text without an offset means UTC.
 * Times before about 1986 and after 2043 are rounded, which does not affect any comparison.
 */
export function parseTicks(text: string): Ticks | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset = 'Z'] = match;
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const asWritten =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60;
  if (!asWritten) return undefined;
  const offsetMinutes =
    offset.toUpperCase() === 'Z'
      ? 0
      : (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)));
  const finest = Number(fraction.slice(0, 7).padEnd(7, '0'));
  return ticksFromMs(date.getTime() - offsetMinutes * 60_000) + finest;
}

const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const HOUR_MINUTE = Array.from({ length: 1440 }, (_, value) => `${TWO[Math.floor(value / 60)]}:${TWO[value % 60]}:`);
const days = new Map<number, string>();

/** `2026-11-22`, of a count of days since 2015. */
function dayText(day: number): string {
  const known = days.get(day);
  if (known !== undefined) return known;
  const text = new Date(EPOCH_MS + day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 10);
  days.set(day, text);
  return text;
}

/** `2026-11-22T08:15:03` of whole seconds since 2015, without an offset. */
export function formatSeconds(seconds: number): string {
  const day = Math.floor(seconds / SECONDS_PER_DAY);
  const ofDay = seconds - day * SECONDS_PER_DAY;
  const minute = Math.floor(ofDay / 60);
  return `${dayText(day)}T${HOUR_MINUTE[minute]}${TWO[ofDay - minute * 60]}`;
}

/** `2026-11-22T08:15:03.1234567Z`; trailing zeros of the fraction are left out, as .NET does. */
export function formatTicks(ticks: Ticks): string {
  const seconds = Math.floor(ticks / TICKS_PER_SECOND);
  const fraction = ticks - seconds * TICKS_PER_SECOND;
  const whole = formatSeconds(seconds);
  if (fraction === 0) return `${whole}Z`;
  return `${whole}.${String(fraction).padStart(7, '0').replace(/0+$/, '')}Z`;
}

/** `Sun, 22 Nov 2026 08:15:03 GMT`: whole seconds, cut off downwards. */
export function formatHttpDate(epochMs: number): string {
  return new Date(Math.floor(epochMs / 1000) * 1000).toUTCString();
}

/** The first tick of the UTC day. */
export function dayStart(ticks: Ticks): Ticks {
  return Math.floor(ticks / TICKS_PER_DAY) * TICKS_PER_DAY;
}
