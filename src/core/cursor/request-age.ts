/**
 * Keeps `ModifiedSince` as new as a server of the older kind wants it: without a window, it takes three days of changes.
 *
 * A request may wait in an open sync for days, while runs are paused. If it were sent as it is, the server would refuse it in
 * every run from then on.
 */

import { addMs, DAY_MS, HOUR_MS, type Instant } from '../time/instant.ts';
import type { Cursor, OpenSync } from './cursor.ts';
import { newLoopGuard } from './loop-guard.ts';
import type { StreamRule } from './stream-rule.ts';
import { lastWindow } from './windows.ts';

/** Whether the server takes this `ModifiedSince` only together with windows. `there` is the present by Ditio's clock. */
export function needsWindows(
  rule: StreamRule,
  { windowed }: Cursor,
  modifiedSince: Instant | null,
  there: Instant,
): boolean {
  if (rule.window.kind !== 'fallback' || !windowed || modifiedSince === null) return false;
  // The limit holds at the time of every page; a day of it is left for a sync that spans runs.
  return there - modifiedSince > (rule.window.modifiedSinceMaxDays - 1) * DAY_MS;
}

/** For so long the server takes a request of {@link changesSince}; after half of that time it is made anew. */
const CHANGES_LIVE_MS = 6 * HOUR_MS;

/**
 * `ModifiedSince` of the request after the last window: as far back as the server takes it without one, less what our
 * clock may be behind.
 */
export function changesSince(rule: StreamRule, now: Instant): Instant | null {
  if (rule.window.kind !== 'fallback') return null;
  return addMs(now, CHANGES_LIVE_MS - rule.window.modifiedSinceMaxDays * DAY_MS);
}

/**
 * An open sync, with a next request that the server takes; `null` where it must begin again by windows.
 *
 * Where the request after the last window has become too old, the sync goes back to that window, and makes the request
 * anew when the window is read. A sync that only waits for its manifest requests nothing more: its age does not matter.
 *
 * @param there the present by Ditio's clock
 */
export function resumed(
  rule: StreamRule,
  cursor: Cursor,
  open: OpenSync,
  there: Instant,
  now: Instant,
): OpenSync | null {
  if (open.drainedAt !== null) return open;
  if (open.range === null) return needsWindows(rule, cursor, open.modifiedSince, there) ? null : open;
  const asked = open.position.changesSince;
  const since = changesSince(rule, now);
  if (asked === null || since === null || since - asked < CHANGES_LIVE_MS / 2) return open;
  const window = lastWindow(open.windowDays, open.range);
  return { ...open, position: { window, changesSince: null, continuationToken: null, loopGuard: newLoopGuard() } };
}
