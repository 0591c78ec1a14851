/** Instants and days as text, for tests that name them. */

import { type Instant, parseDate, parseInstant } from '../../src/core/time/instant.ts';

/** The instant that ISO 8601 text or a day names; throws `RangeError` for anything else. */
export function at(text: string): Instant {
  const parsed = parseInstant(text) ?? parseDate(text);
  if (parsed === undefined) throw new RangeError(`not an instant: ${text}`);
  return parsed;
}
