/**
 * Defines instants, the one type for a point in time: parsed where text comes in, and kept as a number.
 *
 * Nothing here reads a clock: the present time is passed as a value.
 */

declare const instantBrand: unique symbol;

/** Milliseconds since 1970-01-01T00:00:00Z, a whole number. */
export type Instant = number & { readonly [instantBrand]: true };

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Largest distance from 1970 that a `Date` can hold, in milliseconds (ECMAScript, section "Time Values"). */
const MAX_MS = 8.64e15;

/** An instant from a count of milliseconds. Fractions are rounded down, so that a lower bound never moves up. */
export function instant(epochMs: number): Instant {
  if (!Number.isFinite(epochMs) || Math.abs(epochMs) > MAX_MS) throw new RangeError(`not an instant: ${epochMs}`);
  return Math.floor(epochMs) as Instant;
}

const ISO_INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** Years with four digits, so that every instant that was parsed can be written and parsed again. */
const FIRST = Date.parse('0000-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * The instant that ISO 8601 text names, or `undefined` for other text.
 *
 * Text without an offset is refused, because it means a different instant on another machine. Fractions finer than a
 * millisecond (.NET sends seven digits) are rounded down. Impossible dates such as 30 February are refused, and so are
 * impossible offsets and years outside 0000 to 9999.
 */
export function parseInstant(text: string): Instant | undefined {
  const match = ISO_INSTANT.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', offset = 'Z'] = match;
  const shiftMs = offsetMs(offset);
  // Set field by field: Date.UTC reads years below 100 as 19xx, and Ditio's 0001-01-01 means "empty".
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3)));
  const sameFields =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    date.getUTCHours() === Number(hour) &&
    date.getUTCMinutes() === Number(minute) &&
    date.getUTCSeconds() === Number(second);
  if (!sameFields || shiftMs === undefined) return undefined;
  const utc = date.getTime() - shiftMs;
  return utc < FIRST || utc > LAST ? undefined : instant(utc);
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The first instant of a UTC calendar day written `YYYY-MM-DD`, or `undefined` for other text. */
export function parseDate(text: string): Instant | undefined {
  return DATE.test(text) ? parseInstant(`${text}T00:00:00Z`) : undefined;
}

/** `2026-11-22T08:15:03.120Z`: UTC, always three digits of a second. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}

/** Like {@link formatInstant}; null for an unknown instant. */
export function textOrNull(at: Instant | null | undefined): string | null {
  return at == null ? null : formatInstant(at);
}

/** The UTC calendar day of an instant, `2026-11-22`. */
export function formatDate(at: Instant): string {
  return formatInstant(at).slice(0, 10);
}

/** The instant that many milliseconds later (earlier when negative). */
export function addMs(at: Instant, ms: number): Instant {
  return instant(at + ms);
}

/** The earlier of two instants. */
export function earlier(a: Instant, b: Instant): Instant {
  return Math.min(a, b) as Instant;
}

/** The later of two instants. */
export function later(a: Instant, b: Instant): Instant {
  return Math.max(a, b) as Instant;
}

/** How far an offset is ahead of UTC, or `undefined` when its numbers are out of range (RFC 3339, section 5.6). */
function offsetMs(offset: string): number | undefined {
  if (offset === 'Z') return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(4, 6))];
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}
