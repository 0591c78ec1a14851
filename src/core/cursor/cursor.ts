/**
 * The cursor of a stream as a reducer: a cursor and a fact give the next cursor.
 *
 * Defines what is remembered and how it changes. It does not depend on DynamoDB, leases or clocks: owner, version and lease
 * are stored next to the cursor in one item (`ports.ts`), and every instant comes in as a fact. Any history of crashes is a
 * fold over these functions.
 */

import { type Instant, later } from '../time/instant.ts';
import { backfillWindowOf } from './backfill-window.ts';
import { type Cursor, mergeSeen, NEW_CURSOR, type SeenMembers, type Slot, type StoredFailure } from './cursor-shape.ts';
import { newLoopGuard } from './loop-guard.ts';
import type { CommittedPart, DateWindow, OpenSync, Position, SyncMode } from './open-sync.ts';

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
  readonly windowDays: number | null;
  readonly endsWithChanges: boolean;
  readonly restarts: 0 | 1;
}

export function openSync(cursor: Cursor, slot: Slot, fact: OpenedFact): Cursor {
  const { at, window, ...given } = fact;
  const open: OpenSync = {
    ...given,
    startedAt: at,
    openedAt: null,
    openedAtHere: null,
    watermarkBefore: cursor.watermark,
    position: { window, changesSince: null, continuationToken: null, loopGuard: newLoopGuard() },
    pages: 0,
    records: 0,
    deleted: 0,
    bytes: 0,
    lists: [],
    parts: [],
    tokenFailures: 0,
    drainedAt: null,
    unknown: {},
  };
  return { ...cursor, [slot]: open, sourceKey: cursor.sourceKey ?? fact.sourceKey, lastSyncId: fact.syncId };
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
  readonly told: SeenMembers;
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
    tokenFailures: fact.pages > 0 ? 0 : open.tokenFailures,
    drainedAt: fact.drainedAt,
  };
  return {
    ...cursor,
    [slot]: next,
    fruitlessRuns: fact.pages > 0 ? 0 : cursor.fruitlessRuns,
    told: mergeSeen(cursor.told, fact.told),
    lastExtractedAt: newest(cursor.lastExtractedAt, fact.lastExtractedAt),
  };
}

/** The parts of a sync that are in no list are in this one by now; the caller must have stored it before. */
export function afterListing(cursor: Cursor, slot: Slot, id: string): Cursor {
  const open = openIn(cursor, slot);
  const lists = [...open.lists, { id, parts: open.parts.length }];
  return { ...cursor, [slot]: { ...open, lists, parts: [] } };
}

/**
 * A drained sync is complete: its manifest is written, or it needs none.
 *
 * The stream's own sync moves the watermark to the instant it opened, and never back. A backfill
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
    lastCompletedAt: open.drainedAt,
    ...(open.mode === 'full' && {
      fullOwed: null,
      lastFullSyncAt: open.startedAt,
      lastFullRecords: open.records - open.deleted,
    }),
    fruitlessRuns: 0,
    lastFailure: null,
    lastEarlyEnd: null,
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

/** An open sync is given up and owed again: a full one opens anew, a backfill waits for its turn. */
export function begunAnew(cursor: Cursor, slot: Slot): Cursor {
  const { own, backfill, queued } = cursor;
  if (slot === 'backfill')
    return backfill ? { ...cursor, backfill: null, queued: [backfillWindowOf(backfill), ...queued] } : cursor;
  return { ...cursor, own: null, fullOwed: own?.mode === 'full' ? (cursor.fullOwed ?? 'requested') : cursor.fullOwed };
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
 *
 * @param at null where the stream keeps its place among those that wait
 */
export function afterServing(cursor: Cursor, at: Instant | null, lastStamp: Instant): Cursor {
  const own = cursor.own?.openedAt == null ? null : cursor.own;
  const lastServedAt = at ?? cursor.lastServedAt;
  return { ...cursor, own, lastServedAt, lastExtractedAt: newest(cursor.lastExtractedAt, lastStamp) };
}

/** A full sync is asked for by hand; remembered until one is complete. */
export function requestFullSync(cursor: Cursor): Cursor {
  return { ...cursor, own: null, fullOwed: cursor.fullOwed ?? 'requested' };
}

/**
 * Everything is read as another source, client or filter shows it from now on: the next sync is full, and nothing goes
 * on that was begun under the former one. Backfills are owed all the same, and begin anew. What the stream's pages have had
 * stays known: the server is the same (decision 70).
 *
 * To be stored before the first part is written. The failure this prevents: rows of both in one present state, because
 * the settings changed back before the full sync under the new ones was complete.
 */
export function changeSource(cursor: Cursor, sourceKey: string): Cursor {
  return {
    ...cursor,
    sourceKey,
    fullOwed: 'source_changed',
    own: null,
    backfill: null,
    queued: cursor.backfill ? [backfillWindowOf(cursor.backfill), ...cursor.queued] : cursor.queued,
    lastFullRecords: null,
    windowed: false,
  };
}

/** Whether what the cursor knows was read as another source, client or filter shows it. */
export function isOtherSource(cursor: Cursor, sourceKey: string): boolean {
  const keys = [cursor.sourceKey, cursor.own?.sourceKey, cursor.backfill?.sourceKey];
  return keys.some((key) => key != null && key !== sourceKey);
}

/** A run had time for the stream and brought no page of it. */
export function afterFruitlessRun(cursor: Cursor): Cursor {
  return { ...cursor, fruitlessRuns: cursor.fruitlessRuns + 1 };
}

/** The stored continuation token of a sync failed, and nothing of it was read in this run. */
export function afterTokenFailure(cursor: Cursor, slot: Slot): Cursor {
  const open = openIn(cursor, slot);
  return { ...cursor, [slot]: { ...open, tokenFailures: open.tokenFailures + 1 } };
}

/**
 * Forgets position and history, but nothing that keeps sync ids and stamps rising, nor how many records there were. The
 * next sync is full.
 */
export function resetCursor(cursor: Cursor): Cursor {
  const { lastSyncId, lastExtractedAt, lastFullRecords } = cursor;
  return { ...NEW_CURSOR, lastSyncId, lastExtractedAt, lastFullRecords };
}

/** Never earlier than what is stored: where stamps were booked beforehand (`sync/lease.ts`), that lies ahead of them. */
function newest(stored: Instant | null, stamp: Instant): Instant {
  return stored === null ? stamp : later(stored, stamp);
}
