/**
 * Decides what a stream's next sync is: go on with the open one, open a full or an incremental one, or nothing yet.
 *
 * Pure: cursor, rule, settings and the present in, a plan out.
 */

import { addMs, earlier, type Instant } from '../time/instant.ts';
import { backfillWindowOf } from './backfill-window.ts';
import {
  type BackfillWindow,
  type Cursor,
  changeSource,
  type DateWindow,
  isOtherSource,
  type OpenSync,
  type SyncMode,
} from './cursor.ts';
import { ditioTime, needsWindows, resumed } from './request-age.ts';
import type { StreamRule } from './stream-rule.ts';
import { AHEAD_MS, EARLIEST_DATE, FALLBACK_BEGIN, LATEST_DATE, wholeDays } from './windows.ts';

export interface PlanSettings {
  /** How far below the watermark an incremental sync starts, in milliseconds. */
  readonly lookbackMs: number;
  /** A watermark older than this makes the next sync a full one, in milliseconds. */
  readonly maxWatermarkAgeMs: number;
  /** A newest full sync older than this makes the next sync a full one, in milliseconds; 0: never. */
  readonly fullSyncEveryMs: number;
  /** Least time between the openings of two syncs of a snapshot stream, in milliseconds. */
  readonly snapshotIntervalMs: number;
  /** First date asked for where an endpoint needs date windows of limited length. */
  readonly historyStart: Instant;
  /**
   * Names source, client and filters that everything is read through. A sync never goes on under another one, and a
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
  | 'continuation_token_failed'
  | 'windows_needed';

/** By which windows a sync asks (see `OpenSync`). */
interface Windows {
  readonly range: DateWindow | null;
  readonly windowDays: number | null;
  readonly endsWithChanges: boolean;
}

/** What an opening sync asks for. */
export interface Opening extends Windows {
  readonly mode: SyncMode;
  readonly reason: OpenReason;
  readonly modifiedSince: Instant | null;
  readonly modifiedBefore: Instant | null;
}

export type Plan =
  | { readonly kind: 'not_due' }
  | { readonly kind: 'resume'; readonly open: OpenSync }
  | { readonly kind: 'open'; readonly opening: Opening };

/** The next step of the stream's own sync. */
export function planSync(rule: StreamRule, stored: Cursor, settings: PlanSettings, now: Instant): Plan {
  const { sourceKey } = settings;
  const cursor = isOtherSource(stored, sourceKey) ? changeSource(stored, sourceKey) : stored;
  const there = ditioTime(cursor, now);
  const { own, watermark, lastFullSyncAt } = cursor;
  if (own) {
    const open = resumed(rule, cursor, own, now);
    if (open !== null || own.modifiedSince === null) return { kind: 'resume', open: open ?? own };
    return changes(rule, cursor, settings, now, own.modifiedSince, 'modified_since_too_old');
  }
  if (cursor.fullOwed !== null) return full(rule, cursor, settings, there, cursor.fullOwed);
  if (rule.snapshot) {
    // Compared by distance: a stamp from a clock that was far ahead must not hold the stream back until then.
    const isDue =
      lastFullSyncAt === null || Math.abs(now - lastFullSyncAt) >= SNAPSHOT_TOLERANCE * settings.snapshotIntervalMs;
    if (!isDue) return { kind: 'not_due' };
    return full(rule, cursor, settings, there, lastFullSyncAt === null ? 'first' : 'snapshot_due');
  }
  if (watermark === null) return full(rule, cursor, settings, there, 'first');
  if (there - watermark > settings.maxWatermarkAgeMs) return full(rule, cursor, settings, there, 'watermark_too_old');
  if (isFullSyncDue(rule, cursor, settings, now)) return full(rule, cursor, settings, there, 'full_sync_due');
  return changes(rule, cursor, settings, now, addMs(watermark, -settings.lookbackMs), 'changes');
}

/** The next step of the backfill in progress, `backfill`. */
export function planOpenBackfill(
  rule: StreamRule,
  cursor: Cursor,
  backfill: OpenSync,
  settings: PlanSettings,
  now: Instant,
): Plan {
  const open = resumed(rule, cursor, backfill, now);
  if (open !== null) return { kind: 'resume', open };
  const opening = planBackfill(rule, cursor, backfillWindowOf(backfill), settings, now);
  return { kind: 'open', opening: { ...opening, reason: 'modified_since_too_old' } };
}

/** A snapshot counts as due this part of its interval after the last one: a schedule's tick may come a little early. */
const SNAPSHOT_TOLERANCE = 0.9;

/**
 * Each stream has an interval of its own, from half of the one that is set to the whole: streams that were first read
 * on the same day are not all read again on the same day.
 *
 * None is due where only windows show the history: what has no date yet is in no window, and would be gone from the
 * present state until it changes.
 */
function isFullSyncDue(rule: StreamRule, cursor: Cursor, settings: PlanSettings, now: Instant): boolean {
  if (settings.fullSyncEveryMs === 0 || (rule.window.kind === 'fallback' && cursor.windowed)) return false;
  const { lastFullSyncAt: last, lastCompletedAt, watermarkSetAt } = cursor;
  if (last === null) return true;
  const everyMs = settings.fullSyncEveryMs * (1 - spreadOf(rule.name) / 2);
  // By distance: a stamp from a clock that was far ahead must not hold it back until then.
  const isFar = (from: Instant | null, to: Instant) => from === null || Math.abs(to - from) > everyMs / 2;
  // One that took longer than the interval is not followed by another at once: a sync for changes comes between.
  return Math.abs(now - last) > everyMs && (isFar(watermarkSetAt, last) || isFar(lastCompletedAt, now));
}

/** A number from 0 to 1, not included, that depends on the name alone (FNV-1a, 32 bits). */
export function spreadOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
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
    const { windowDays } = windows(rule, cursor, settings, there);
    const range = { from: window.from, to: window.to };
    const asked = { modifiedSince: null, modifiedBefore: null, range, windowDays, endsWithChanges: false };
    return { mode: 'backfill', reason: 'backfill', ...asked };
  }
  const byWindows = needsWindows(rule, cursor, window.since, now);
  return {
    mode: 'backfill',
    reason: 'backfill',
    modifiedSince: window.since,
    modifiedBefore: window.before,
    ...(byWindows ? windows(rule, cursor, settings, there) : NO_WINDOWS),
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

function full(rule: StreamRule, cursor: Cursor, settings: PlanSettings, there: Instant, reason: OpenReason): Plan {
  const asked = { modifiedSince: null, modifiedBefore: null, ...windows(rule, cursor, settings, there) };
  return { kind: 'open', opening: { mode: 'full', reason, ...asked } };
}

function changes(
  rule: StreamRule,
  cursor: Cursor,
  settings: PlanSettings,
  now: Instant,
  modifiedSince: Instant,
  reason: OpenReason,
): Plan {
  const byWindows = needsWindows(rule, cursor, modifiedSince, now);
  const asked = byWindows ? windows(rule, cursor, settings, ditioTime(cursor, now)) : NO_WINDOWS;
  return { kind: 'open', opening: { mode: 'incremental', reason, modifiedSince, modifiedBefore: null, ...asked } };
}

const NO_WINDOWS: Windows = { range: null, windowDays: null, endsWithChanges: false };

/** The windows that together show everything, as far as the endpoint needs any. */
function windows(rule: StreamRule, cursor: Cursor, settings: PlanSettings, there: Instant): Windows {
  const { window } = rule;
  if (window.kind === 'optional' || window.kind === 'none') return NO_WINDOWS;
  if (window.kind === 'fallback' && !cursor.windowed) return NO_WINDOWS;
  const windowDays = window.maxDays;
  // Where length costs nothing, what is dated before HISTORY_START or far ahead is read too: it exists.
  if (windowDays === null)
    return { range: { from: EARLIEST_DATE, to: LATEST_DATE }, windowDays, endsWithChanges: false };
  const begin = window.kind === 'fallback' ? earlier(settings.historyStart, FALLBACK_BEGIN) : settings.historyStart;
  const range = { from: earlier(begin, there), to: addMs(there, AHEAD_MS) };
  const isByDays = window.kind === 'required' && window.edges === 'days';
  return { range: isByDays ? wholeDays(range) : range, windowDays, endsWithChanges: window.kind === 'fallback' };
}
