/**
 * Reads the header `Retry-After` (RFC 9110, section 10.2.3): how long the server asks us to wait.
 */

import { parseHttpDate } from '../time/http-date.ts';
import { DAY_MS, type Instant } from '../time/instant.ts';

/** Upper bound, so that a number with very many digits is a finite wait. Milliseconds. */
const MAX_MS = 365 * DAY_MS;

const SECONDS = /^\d+(\.\d*)?$/;

/**
 * Milliseconds to wait, at least 0, or `null` when the header has no usable value.
 *
 * Seconds may have decimals, although the RFC does not allow them. An HTTP date is relative to the answer's own `Date`
 * (so that an error of our clock does not matter), otherwise to our clock; a date in the past gives `null`. A header
 * that was sent twice arrives joined with commas: the longest number of seconds counts.
 */
export function parseRetryAfter(header: string | undefined, serverDate: Instant | null, now: Instant): number | null {
  const text = header?.trim() ?? '';
  if (text === '') return null;
  const items = text.split(',').map((item) => item.trim());
  if (items.every((item) => SECONDS.test(item))) {
    return Math.min(Math.max(...items.map(Number)) * 1_000, MAX_MS);
  }
  const until = parseHttpDate(text);
  if (until === undefined) return null;
  const delayMs = until - (serverDate ?? now);
  return delayMs > 0 ? Math.min(delayMs, MAX_MS) : null;
}
