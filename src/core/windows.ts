/**
 * Cuts a range of dates into the windows an endpoint takes, without a gap.
 *
 * Decides where windows begin and end. How a window is written into a request is the catalogue's business: where
 * edges are kept `apart`, `to` is exclusive and is written as the last tick before it.
 */

import type { DateWindow } from './cursor.ts';
import { addMs, DAY_MS, earlier, type Instant } from './instant.ts';
import type { WindowRule } from './stream-rule.ts';

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
