/**
 * A batch: the pages read since the last checkpoint and the part that holds their records.
 *
 * The part is durable first, the cursor that counts it moves second. Nothing may change that order.
 */

import {
  afterListing,
  afterPart,
  type CommittedPart,
  type Cursor,
  openIn,
  type Position,
  type Slot,
  type Told,
} from '../../core/cursor/cursor.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { partKey } from '../../core/lake/lake-keys.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { PartWriter, Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import type { Lease } from '../lease.ts';

export interface Batch {
  part: PartWriter | null;
  /** By the monotonic clock, in milliseconds; null before the first page. */
  firstPageMs: number | null;
  pages: number;
  records: number;
  deleted: number;
  /** Where the next page begins; null before the first page. */
  position: Position | null;
  openedAt: Instant | null;
  openedAtHere: Instant | null;
  lastExtractedAt: Instant | null;
  /** What the pages of this run have said of themselves. */
  told: Told;
}

export function newBatch(told: Told): Batch {
  return {
    part: null,
    firstPageMs: null,
    pages: 0,
    records: 0,
    deleted: 0,
    position: null,
    openedAt: null,
    openedAtHere: null,
    lastExtractedAt: null,
    told,
  };
}

/** The part of the batch, opened for its first page. */
export async function openPart(deps: SyncDeps, batch: Batch): Promise<PartWriter> {
  batch.part ??= await deps.lake.openPart();
  return batch.part;
}

export interface Sealed {
  /** The cursor that counts the batch: to be saved next, and only now. */
  readonly cursor: Cursor;
  readonly part: { readonly records: number; readonly bytes: number } | null;
}

export interface SealedBy {
  readonly lease: Lease;
  readonly slot: Slot;
  readonly rule: StreamRule;
  /** 8 digits of the run's id. */
  readonly run: string;
  /** Our clock when the last page of the sync had been read; null while there are more. */
  readonly drainedAt: Instant | null;
}

/** Makes the batch durable and returns the cursor that counts it. A batch without records has no object. */
export async function sealBatch(deps: SyncDeps, batch: Batch, by: SealedBy, scope: Scope): Promise<Sealed> {
  const { lease, slot, rule, run, drainedAt } = by;
  const { position, openedAt, openedAtHere, lastExtractedAt } = batch;
  const cursor = lease.cursor();
  if (!position || openedAt === null || openedAtHere === null || lastExtractedAt === null) {
    await dropBatch(batch);
    return { cursor, part: null };
  }
  const { syncId } = openIn(cursor, slot);
  let part: CommittedPart | null = null;
  if (batch.part && batch.records > 0) {
    const { bytes } = batch.part;
    const named = { version: lease.version() + 1, run, compression: batch.part.compression };
    await batch.part.commit(partKey(rule.table, syncId, named), scope);
    part = { ...named, records: batch.records, bytes };
  } else {
    // Its pages had no records.
    await batch.part?.discard();
  }
  const { pages, records, deleted, told } = batch;
  const fact = { pages, records, deleted, part, position, openedAt, openedAtHere, lastExtractedAt, drainedAt, told };
  return { cursor: await listParts(deps, afterPart(cursor, slot, fact), by, scope), part };
}

/** Moves the parts of a long sync into a list of their own, so that no sync outgrows the item of its cursor. */
async function listParts(deps: SyncDeps, cursor: Cursor, by: SealedBy, scope: Scope): Promise<Cursor> {
  const { lease, slot, rule, run } = by;
  const { syncId, parts } = openIn(cursor, slot);
  if (parts.length < deps.settings.partsPerList) return cursor;
  // Sync, version and run: no other checkpoint ever writes to this name.
  const id = `${syncId}-${lease.version() + 1}-${run}`;
  await deps.cursors.writeParts({ stream: rule.name, id }, parts, scope);
  return afterListing(cursor, slot, id);
}

/** Forgets what the batch holds. */
export async function dropBatch(batch: Batch): Promise<void> {
  await batch.part?.discard().catch(() => {});
}
