/**
 * Decides what a stream's next sync is: go on with the open one, open a full or an incremental one, or nothing yet.
 *
 * Pure: cursor, rule, settings and the present in, a plan out.
 */

import { addMs, earlier, type Instant } from '../time/instant.ts';
import type { BackfillWindow, Cursor, DateWindow, OpenSync, SyncMode } from './cursor.ts';
import type { StreamRule } from './stream-rule.ts';
import { AHEAD_MS } from './windows.ts';

export interface PlanSettings {
  /** How far below the watermark an incremental sync starts, in milliseconds. */
  readonly lookbackMs: number;
  /** A watermark older than this makes the next sync a full one, in milliseconds. */
  readonly maxWatermarkAgeMs: number;
  /** A newest full sync older than this makes the next sync a full one, in milliseconds; 0: never. */
  readonly fullSyncEveryMs: number;
  /** Least time between the openings of two syncs of a snapshot stream, in milliseconds. */
  readonly snapshotIntervalMs: number;
  /** First date asked for where an endpoint needs a date window. */
  readonly historyStart: Instant;
  /**
   * Names the source and the filters that everything is read through. A sync never goes on under another one, and a
   * watermark says nothing about what another one would have shown: the next sync is then a full one.
   */
  readonly sourceKey: string;
}

/** Why a sync is opened as it is; logged with `stream_started`. */
export type OpenReason =
  | 'first'
  | 'requested'
  | 'snapshot_due'
  | 'watermark_too_old'
  | 'full_sync_due'
  | 'source_changed'
  | 'modified_since_too_old'
  | 'changes'
  | 'backfill'
  | 'continuation_token_refused';

/** What an opening sync asks for. */
export interface Opening {
  readonly mode: SyncMode;
  readonly reason: OpenReason;
  readonly modifiedSince: Instant | null;
  readonly modifiedBefore: Instant | null;
  readonly range: DateWindow | null;
}

export type Plan =
  | { readonly kind: 'not_due' }
  | { readonly kind: 'resume'; readonly open: OpenSync }
  | { readonly kind: 'open'; readonly opening: Opening };

/** The next step of the stream's own sync. */
export function planSync(rule: StreamRule, cursor: Cursor, settings: PlanSettings, now: Instant): Plan {
  const there = ditioTime(cursor, now);
  if (cursor.own && cursor.own.sourceKey === settings.sourceKey) {
    // A sync that only waits for its manifest asks Ditio nothing more, so the age of its request is of no matter.
    if (cursor.own.drainedAt === null && tooOld(rule, cursor.own.modifiedSince, there)) {
      return full(rule, settings, there, 'modified_since_too_old');
    }
    return { kind: 'resume', open: cursor.own };
  }
  if (cursor.fullRequested) return full(rule, settings, there, 'requested');
  if (cursor.sourceKey !== null && cursor.sourceKey !== settings.sourceKey) {
    return full(rule, settings, there, 'source_changed');
  }
  if (rule.snapshot) {
    const last = cursor.lastFullSyncAt;
    // Compared by distance: a stamp from a clock that was far ahead must not hold the stream back until then.
    if (last !== null && Math.abs(now - last) < settings.snapshotIntervalMs) return { kind: 'not_due' };
    return full(rule, settings, there, last === null ? 'first' : 'snapshot_due');
  }
  if (cursor.watermark === null) return full(rule, settings, there, 'first');
  if (there - cursor.watermark > settings.maxWatermarkAgeMs) return full(rule, settings, there, 'watermark_too_old');
  if (
    settings.fullSyncEveryMs > 0 &&
    (cursor.lastFullSyncAt === null || now - cursor.lastFullSyncAt > settings.fullSyncEveryMs)
  ) {
    return full(rule, settings, there, 'full_sync_due');
  }
  const modifiedSince = addMs(cursor.watermark, -settings.lookbackMs);
  if (tooOld(rule, modifiedSince, there)) return full(rule, settings, there, 'modified_since_too_old');
  const range = rule.window.kind === 'required' && rule.window.onIncremental ? wholeRange(settings, there) : null;
  return {
    kind: 'open',
    opening: { mode: 'incremental', reason: 'changes', modifiedSince, modifiedBefore: null, range },
  };
}

/** How a backfill is asked for. The window has been checked against the stream (see `refuseBackfill`). */
export function planBackfill(
  rule: StreamRule,
  cursor: Cursor,
  window: BackfillWindow,
  settings: PlanSettings,
  now: Instant,
): Opening {
  const there = ditioTime(cursor, now);
  if (window.kind === 'dates') {
    const range = { from: window.from, to: window.to };
    return { mode: 'backfill', reason: 'backfill', modifiedSince: null, modifiedBefore: null, range };
  }
  const needsRange =
    rule.window.kind === 'required' && (rule.window.onIncremental || tooOld(rule, window.since, there));
  return {
    mode: 'backfill',
    reason: 'backfill',
    modifiedSince: window.since,
    modifiedBefore: window.before,
    range: needsRange ? wholeRange(settings, there) : null,
  };
}

/** Why a stream cannot be backfilled over such a window, as a sentence; `null` when it can. */
export function refuseBackfill(rule: StreamRule, kind: BackfillWindow['kind']): string | null {
  if (rule.snapshot) return `${rule.name} is a snapshot stream: its next sync reads everything anyway`;
  if (kind === 'dates' && rule.window.kind === 'none') {
    return `${rule.name} has no date window in Ditio: give "modifiedSince" instead of "from" and "to"`;
  }
  return null;
}

function full(rule: StreamRule, settings: PlanSettings, there: Instant, reason: OpenReason): Plan {
  const range = rule.window.kind === 'required' ? wholeRange(settings, there) : null;
  return { kind: 'open', opening: { mode: 'full', reason, modifiedSince: null, modifiedBefore: null, range } };
}

/** From the start of history to tomorrow, by Ditio's clock as far as it is known; `rangeOf` sees to the rest. */
function wholeRange(settings: PlanSettings, there: Instant): DateWindow {
  const tomorrow = addMs(there, AHEAD_MS);
  return { from: earlier(settings.historyStart, tomorrow), to: tomorrow };
}

/**
 * The present by Ditio's clock, as far as the newest sync told it. Watermarks are Ditio's time, so their age must be
 * taken on Ditio's clock: a machine whose own clock is off would otherwise run full syncs for ever, or never.
 */
function ditioTime(cursor: Cursor, now: Instant): Instant {
  if (cursor.watermark === null || cursor.watermarkSetAt === null) return now;
  return addMs(now, cursor.watermark - cursor.watermarkSetAt);
}

function tooOld(rule: StreamRule, modifiedSince: Instant | null, there: Instant): boolean {
  if (rule.modifiedSinceMaxAgeMs === null || modifiedSince === null) return false;
  if (rule.window.kind === 'required' && rule.window.onIncremental) return false;
  return there - modifiedSince > rule.modifiedSinceMaxAgeMs;
}
