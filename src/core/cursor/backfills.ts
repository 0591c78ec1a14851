/**
 * The backfills that a stream still owes: asked for, waiting, and what the one in progress was asked for.
 */

import { type BackfillWindow, backfillWindowOf } from './backfill-window.ts';
import type { Cursor } from './cursor-shape.ts';

/** A backfill is asked for; one that is already going on or waiting is not asked for twice. */
export function queueBackfill(cursor: Cursor, window: BackfillWindow): Cursor {
  const owed = cursor.backfill ? [backfillWindowOf(cursor.backfill), ...cursor.queued] : cursor.queued;
  if (owed.some((other) => isSame(other, window))) return cursor;
  return { ...cursor, queued: [...cursor.queued, window] };
}

/** Takes the oldest waiting backfill off the queue; `null` when none is waiting. */
export function takeBackfill(cursor: Cursor): { readonly cursor: Cursor; readonly window: BackfillWindow } | null {
  const [window, ...queued] = cursor.queued;
  return window ? { cursor: { ...cursor, queued }, window } : null;
}

/** By their values: a stored window may come back with its members in another order. */
function isSame(a: BackfillWindow, b: BackfillWindow): boolean {
  if (a.kind === 'dates') return b.kind === 'dates' && a.from === b.from && a.to === b.to;
  return b.kind === 'modified' && a.since === b.since && a.before === b.before;
}
