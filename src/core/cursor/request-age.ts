/**
 * Keeps `ModifiedSince` as new as a server of the older kind wants it: without a window, it takes three days of changes.
 *
 * A request may wait in an open sync for days, while runs are paused. If it were sent as it is, the server would refuse it in
 * every run from then on.
 */

import { addMs, DAY_MS, HOUR_MS, type Instant, later } from '../time/instant.ts';
import type { Cursor } from './cursor-shape.ts';
import { newLoopGuard } from './loop-guard.ts';
import type { OpenSync } from './open-sync.ts';
import type { StreamRule } from './stream-rule.ts';
import { lastWindow } from './windows.ts';

/** Whether the server takes this `ModifiedSince` only together with windows. */
export function needsWindows(rule: StreamRule, cursor: Cursor, modifiedSince: Instant | null, now: Instant): boolean {
  if (rule.window.kind !== 'fallback' || !cursor.windowed || modifiedSince === null) return false;
  // A `Date` that was wrong must not make the request look newer than it is to the server.
  const latest = later(ditioTime(cursor, now), now);
  // The limit holds at the time of every page; a day of it is left for a sync that spans runs.
  return latest - modifiedSince > (rule.window.modifiedSinceMaxDays - 1) * DAY_MS;
}

/**
 * The present by Ditio's clock, as far as the newest sync told it. A watermark may be Ditio's time, so that its age must
 * be taken on Ditio's clock: a machine whose own clock is off would otherwise run full syncs for ever, or never.
 */
export function ditioTime(cursor: Cursor, now: Instant): Instant {
  if (cursor.watermark === null || cursor.watermarkSetAt === null) return now;
  return addMs(now, cursor.watermark - cursor.watermarkSetAt);
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
 */
export function resumed(rule: StreamRule, cursor: Cursor, open: OpenSync, now: Instant): OpenSync | null {
  if (open.drainedAt !== null) return open;
  if (open.range === null) return needsWindows(rule, cursor, open.modifiedSince, now) ? null : open;
  const asked = open.position.changesSince;
  const since = changesSince(rule, now);
  if (asked === null || since === null || since - asked < CHANGES_LIVE_MS / 2) return open;
  const window = lastWindow(open.windowDays, open.range);
  return { ...open, position: { window, changesSince: null, continuationToken: null, loopGuard: newLoopGuard() } };
}
