/**
 * The cursor of a stream as a reducer: a cursor and a fact give the next cursor.
 *
 * Decides what is remembered and how it moves. Knows nothing of DynamoDB, leases or clocks: owner, version and lease
 * live beside the cursor in one item (`ports.ts`), and every instant comes in as a fact. Any history of crashes is a
 * fold over these functions.
 */

import type { FailureKind } from '../failure/errors.ts';
import { type Instant, later } from '../time/instant.ts';
import { newLoopGuard } from './loop-guard.ts';
import type { CommittedPart, DateWindow, OpenSync, Position, SyncMode } from './open-sync.ts';

export type { CommittedPart, DateWindow, OpenSync, Position, SyncMode };

/** What a backfill re-reads: a date window or a modification window (`before` exclusive, null for open). */
export type BackfillWindow =
  | { readonly kind: 'dates'; readonly from: Instant; readonly to: Instant }
  | { readonly kind: 'modified'; readonly since: Instant; readonly before: Instant | null };

export interface StoredFailure {
  readonly kind: FailureKind;
  readonly at: Instant;
  readonly message: string;
  readonly status: number | null;
}

/** Everything a stream remembers between runs, beside version and lease. */
export interface Cursor {
  /** Ditio's time below which every change is durable in the lake; null before the first completed sync. */
  readonly watermark: Instant | null;
  /** Our clock at the moment that the watermark names on Ditio's: their difference is the skew between the clocks. */
  readonly watermarkSetAt: Instant | null;
  /** Source and filters of the newest completed sync; null before the first. */
  readonly sourceKey: string | null;
  /** The stream's own sync in progress, null when idle. */
  readonly own: OpenSync | null;
  /** A full sync was asked for by hand and is not complete yet. */
  readonly fullRequested: boolean;
  /** The backfill in progress; the scheduled runs go on with it once the stream's own sync is complete. */
  readonly backfill: OpenSync | null;
  /** Backfills asked for and not yet begun, oldest first. */
  readonly queued: readonly BackfillWindow[];
  /** Our clock when the newest sync completed (backfills do not count). */
  readonly lastCompletedAt: Instant | null;
  /** Our clock when the newest completed full sync opened. */
  readonly lastFullSyncAt: Instant | null;
  /** Our clock when a run last worked on the stream. */
  readonly lastServedAt: Instant | null;
  /** Newest sync id ever given out; the next one is greater, whatever the clock does. */
  readonly lastSyncId: string | null;
  /** Newest `_extracted_at` ever given out; the next one is later, whatever the clock does. */
  readonly lastExtractedAt: Instant | null;
  readonly lastFailure: StoredFailure | null;
}

/** The cursor of a stream that was never synced. */
export const NEW_CURSOR: Cursor = {
  watermark: null,
  watermarkSetAt: null,
  sourceKey: null,
  own: null,
  fullRequested: false,
  backfill: null,
  queued: [],
  lastCompletedAt: null,
  lastFullSyncAt: null,
  lastServedAt: null,
  lastSyncId: null,
  lastExtractedAt: null,
  lastFailure: null,
};

/** Which of a stream's two traversals a fact is about. */
export type Slot = 'own' | 'backfill';

/** A sync is opened: nothing of it has been read yet. */
export interface OpenedFact {
  readonly syncId: string;
  readonly mode: SyncMode;
  readonly at: Instant;
  readonly modifiedSince: Instant | null;
  readonly modifiedBefore: Instant | null;
  readonly pageSize: number;
  readonly sourceKey: string;
  readonly range: DateWindow | null;
  readonly window: DateWindow | null;
  readonly restarts: 0 | 1;
}

export function openSync(cursor: Cursor, slot: Slot, fact: OpenedFact): Cursor {
  const { at, window, ...asked } = fact;
  const open: OpenSync = {
    ...asked,
    startedAt: at,
    openedAt: null,
    openedAtHere: null,
    watermarkBefore: cursor.watermark,
    position: { window, continuationToken: null, loopGuard: newLoopGuard() },
    pages: 0,
    records: 0,
    deleted: 0,
    bytes: 0,
    parts: [],
    drainedAt: null,
  };
  return { ...cursor, [slot]: open, lastSyncId: fact.syncId };
}

/** The sync in a slot. Throws when nothing is open there. */
export function openIn(cursor: Cursor, slot: Slot): OpenSync {
  const open = cursor[slot];
  if (!open) throw new Error(`no ${slot} sync is open`);
  return open;
}

/** Pages read since the last checkpoint, and the durable part that holds their records. */
export interface ProgressFact {
  readonly pages: number;
  readonly records: number;
  readonly deleted: number;
  /** Null when the pages held no record. */
  readonly part: CommittedPart | null;
  readonly position: Position;
  /** Ditio's clock at the opening, as the first answer of the sync told it, and ours at the same moment. */
  readonly openedAt: Instant;
  readonly openedAtHere: Instant;
  readonly lastExtractedAt: Instant;
  /** Our clock when the last page of the sync had been read; null while there are more. */
  readonly drainedAt: Instant | null;
}

/** Counts pages whose records are durable. The caller must have made the part durable before. */
export function afterPart(cursor: Cursor, slot: Slot, fact: ProgressFact): Cursor {
  const open = openIn(cursor, slot);
  const next: OpenSync = {
    ...open,
    position: fact.position,
    openedAt: open.openedAt ?? fact.openedAt,
    openedAtHere: open.openedAtHere ?? fact.openedAtHere,
    pages: open.pages + fact.pages,
    records: open.records + fact.records,
    deleted: open.deleted + fact.deleted,
    bytes: open.bytes + (fact.part?.bytes ?? 0),
    parts: fact.part ? [...open.parts, fact.part] : open.parts,
    drainedAt: fact.drainedAt,
  };
  return { ...cursor, [slot]: next, lastExtractedAt: newest(cursor.lastExtractedAt, fact.lastExtractedAt) };
}

/**
 * A drained sync is complete: its manifest is written, or it needs none.
 *
 * The stream's own sync moves the watermark to the instant it opened, by Ditio's clock, and never back. A backfill
 * moves nothing.
 */
export function closeSync(cursor: Cursor, slot: Slot): Cursor {
  const open = openIn(cursor, slot);
  if (open.drainedAt === null || open.openedAt === null) throw new Error(`sync ${open.syncId} is not drained`);
  if (slot === 'backfill') return { ...cursor, backfill: null };
  const watermark = watermarkAfter(open, cursor);
  return {
    ...cursor,
    own: null,
    watermark,
    sourceKey: open.sourceKey,
    watermarkSetAt: watermark === open.openedAt ? open.openedAtHere : cursor.watermarkSetAt,
    fullRequested: cursor.fullRequested && open.mode !== 'full',
    lastCompletedAt: open.drainedAt,
    lastFullSyncAt: open.mode === 'full' ? open.startedAt : cursor.lastFullSyncAt,
    lastFailure: null,
  };
}

/**
 * The watermark once this sync is closed. A backfill tells the one it began with, which it does not move: others move
 * it while it goes on, and its manifest must come out the same whenever it is written.
 */
export function watermarkAfter(open: OpenSync, cursor: Cursor): Instant | null {
  if (open.mode === 'backfill') return open.watermarkBefore;
  if (open.openedAt === null) return cursor.watermark;
  return cursor.watermark === null ? open.openedAt : later(cursor.watermark, open.openedAt);
}

/** An open sync is given up; what it wrote stays in the lake, named by no manifest. */
export function abandonSync(cursor: Cursor, slot: Slot): Cursor {
  return { ...cursor, [slot]: null };
}

export function afterFailure(cursor: Cursor, failure: StoredFailure): Cursor {
  return { ...cursor, lastFailure: failure };
}

/**
 * A run worked on the stream and gives it back. A sync of which no page was counted is not kept open: the next one
 * gets a sync id and an opening of its own.
 *
 * The failure this prevents: a part of the sync became durable but was never counted; the sync goes on under the same
 * id, opens later, and a deletion between the two is below its watermark. The orphaned line would then stand beside
 * those of a complete full sync and bring the record back to life.
 */
export function afterServing(cursor: Cursor, at: Instant, lastStamp: Instant): Cursor {
  const own = cursor.own?.openedAt == null ? null : cursor.own;
  return { ...cursor, own, lastServedAt: at, lastExtractedAt: newest(cursor.lastExtractedAt, lastStamp) };
}

/** A full sync is asked for by hand; remembered until one is complete. */
export function requestFullSync(cursor: Cursor): Cursor {
  return { ...cursor, own: null, fullRequested: true };
}

/** Forgets position and history, but nothing that keeps sync ids and stamps rising. The next sync is full. */
export function resetCursor(cursor: Cursor): Cursor {
  return { ...NEW_CURSOR, lastSyncId: cursor.lastSyncId, lastExtractedAt: cursor.lastExtractedAt };
}

/** Never earlier than what is stored: where stamps were booked beforehand (`sync/lease.ts`), that lies ahead of them. */
function newest(stored: Instant | null, stamp: Instant): Instant {
  return stored === null ? stamp : later(stored, stamp);
}
