/**
 * Decides what a stream's next sync is: go on with the open one, open a full or an incremental one, or nothing yet.
 *
 * Pure: cursor, rule, settings and the present in, a plan out.
 */

import { addMs, earlier, type Instant, later } from '../time/instant.ts';
import type { BackfillWindow } from './backfill-window.ts';
import { backfillWindowOf } from './backfill-window.ts';
import { changeSource, isOtherSource } from './cursor.ts';
import type { Cursor } from './cursor-shape.ts';
import type { DateWindow, OpenSync, SyncMode } from './open-sync.ts';
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

/** What a plan follows from. */
interface Basis {
  readonly rule: StreamRule;
  readonly cursor: Cursor;
  readonly settings: PlanSettings;
  /** The current time by our clock. */
  readonly now: Instant;
  /** The current time by Ditio's clock. */
  readonly ditioNow: Instant;
}

/** The next step of the stream's own sync. */
export function planSync(rule: StreamRule, stored: Cursor, settings: PlanSettings, now: Instant): Plan {
  const cursor = isOtherSource(stored, settings.sourceKey) ? changeSource(stored, settings.sourceKey) : stored;
  const basis = basisOf(rule, cursor, settings, now);
  const { own, watermark, fullOwed } = cursor;
  if (own) {
    const open = resumed(rule, cursor, own, now);
    if (open !== null || own.modifiedSince === null) return { kind: 'resume', open: open ?? own };
    return changes(basis, own.modifiedSince, 'modified_since_too_old');
  }
  if (fullOwed !== null) return full(basis, fullOwed);
  if (rule.snapshot) return planSnapshot(basis);
  if (watermark === null) return full(basis, 'first');
  if (isTooOld(basis, watermark)) return full(basis, 'watermark_too_old');
  if (isFullSyncDue(basis)) return full(basis, 'full_sync_due');
  return changes(basis, addMs(watermark, -settings.lookbackMs), 'changes');
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

function planSnapshot(basis: Basis): Plan {
  const { cursor, settings, now } = basis;
  const last = cursor.lastFullSyncAt;
  if (last === null) return full(basis, 'first');
  // The distance counts: a stamp of a clock that was far ahead must not delay the stream until then.
  const isDue = Math.abs(now - last) >= SNAPSHOT_TOLERANCE * settings.snapshotIntervalMs;
  return isDue ? full(basis, 'snapshot_due') : { kind: 'not_due' };
}

/**
 * Whether the next sync must be full because the watermark is too old. It is not while a sync was completed within that age: a
 * full sync that itself took longer is followed by an incremental one, not by another full one.
 */
function isTooOld({ cursor, settings, now, ditioNow }: Basis, watermark: Instant): boolean {
  const { maxWatermarkAgeMs } = settings;
  return ditioNow - watermark > maxWatermarkAgeMs && isFar(cursor.lastCompletedAt, now, maxWatermarkAgeMs);
}

/** The distance counts: a stamp of a clock that was far ahead must not delay the stream until then. */
function isFar(from: Instant | null, to: Instant, ms: number): boolean {
  return from === null || Math.abs(to - from) > ms;
}

/**
 * Each stream has an interval of its own, between half of the configured one and all of it, so that streams first read on
 * the same day are not all read again on the same day.
 *
 * No full sync is due where only windows show the history: a record without a date is in no window, and would be missing
 * from the present state until it changes.
 */
function isFullSyncDue({ rule, cursor, settings, now }: Basis): boolean {
  if (settings.fullSyncEveryMs === 0 || (rule.window.kind === 'fallback' && cursor.windowed)) return false;
  const { lastFullSyncAt: last, lastCompletedAt, watermarkSetAt } = cursor;
  if (last === null) return true;
  const everyMs = settings.fullSyncEveryMs * (1 - spreadOf(rule.name) / 2);
  // A full sync that took longer than the interval is not followed by another at once: an incremental sync comes first.
  const isRightAfter = !isFar(watermarkSetAt, last, everyMs / 2) && !isFar(lastCompletedAt, now, everyMs / 2);
  return isFar(last, now, everyMs) && !isRightAfter;
}

/** A number in [0, 1) that depends on the name alone (FNV-1a, 32 bits). */
export function spreadOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

/** The opening of a backfill. `refuseBackfill` must have accepted the window for this stream. */
export function planBackfill(
  rule: StreamRule,
  cursor: Cursor,
  window: BackfillWindow,
  settings: PlanSettings,
  now: Instant,
): Opening {
  const basis = basisOf(rule, cursor, settings, now);
  const head = { mode: 'backfill', reason: 'backfill' } as const;
  if (window.kind === 'modified') {
    const { since: modifiedSince, before: modifiedBefore } = window;
    return { ...head, modifiedSince, modifiedBefore, ...windowsSince(basis, modifiedSince) };
  }
  const range = { from: window.from, to: window.to };
  const { windowDays } = windows(basis);
  return { ...head, modifiedSince: null, modifiedBefore: null, range, windowDays, endsWithChanges: false };
}

/** Why a stream cannot be backfilled over such a window, as a sentence; `null` when it can. */
export function refuseBackfill(rule: StreamRule, kind: BackfillWindow['kind']): string | null {
  if (rule.snapshot) return `${rule.name} is a snapshot stream: its next sync reads everything anyway`;
  if (kind === 'dates' && rule.window.kind === 'none') {
    return `${rule.name} has no date window in Ditio: give "modifiedSince" instead of "from" and "to"`;
  }
  return null;
}

function full(basis: Basis, reason: OpenReason): Plan {
  const opening = { mode: 'full', reason, modifiedSince: null, modifiedBefore: null, ...windows(basis) } as const;
  return { kind: 'open', opening };
}

function changes(basis: Basis, modifiedSince: Instant, reason: OpenReason): Plan {
  const request = { modifiedSince, modifiedBefore: null, ...windowsSince(basis, modifiedSince) };
  return { kind: 'open', opening: { mode: 'incremental', reason, ...request } };
}

const NO_WINDOWS: Windows = { range: null, windowDays: null, endsWithChanges: false };

/** The windows for a request with this `ModifiedSince`; most servers need none. */
function windowsSince(basis: Basis, modifiedSince: Instant): Windows {
  const { rule, cursor, now } = basis;
  return needsWindows(rule, cursor, modifiedSince, now) ? windows(basis) : NO_WINDOWS;
}

/** The windows that together show all records, where the endpoint needs windows. */
function windows({ rule: { window }, cursor, settings, now, ditioNow }: Basis): Windows {
  if (window.kind === 'optional' || window.kind === 'none') return NO_WINDOWS;
  if (window.kind === 'fallback' && !cursor.windowed) return NO_WINDOWS;
  const windowDays = window.maxDays;
  // Where a window may have any length, records before HISTORY_START and far in the future are read too.
  if (windowDays === null)
    return { range: { from: EARLIEST_DATE, to: LATEST_DATE }, windowDays, endsWithChanges: false };
  const begin = window.kind === 'fallback' ? earlier(settings.historyStart, FALLBACK_BEGIN) : settings.historyStart;
  // By both clocks: where one of them is or was years off, windows by the other still hold everything.
  const range = { from: earlier(begin, earlier(ditioNow, now)), to: addMs(later(ditioNow, now), AHEAD_MS) };
  const isByDays = window.kind === 'required' && window.edges === 'days';
  return { range: isByDays ? wholeDays(range) : range, windowDays, endsWithChanges: window.kind === 'fallback' };
}

function basisOf(rule: StreamRule, cursor: Cursor, settings: PlanSettings, now: Instant): Basis {
  return { rule, cursor, settings, now, ditioNow: ditioTime(cursor, now) };
}
