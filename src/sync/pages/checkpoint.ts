/**
 * A checkpoint: the part becomes durable, then the cursor that counts it is stored, then counts and log follow.
 *
 * The order of the first two must not change: a cursor must never count a part that is not durable.
 */

import { afterListing, afterPart, openIn } from '../../core/cursor/cursor.ts';
import type { Cursor, Slot } from '../../core/cursor/cursor-shape.ts';
import type { CommittedPart } from '../../core/cursor/open-sync.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { partKey } from '../../core/lake/lake-keys.ts';
import type { Scope } from '../../core/scope.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { SyncDeps } from '../deps.ts';
import type { Lease } from '../lease.ts';
import type { Counts } from '../report.ts';
import { type Batch, dropBatch } from './batch.ts';

/** One of a stream's two traversals, read under its lease. */
export interface Reading {
  readonly rule: StreamRule;
  readonly slot: Slot;
  readonly lease: Lease;
  readonly scope: Scope;
  readonly counts: Counts;
  /** 8 digits of the run's id. */
  readonly run: string;
}

export interface CheckpointOptions {
  /** Our clock when the last page of the sync had been read; null (default) while there are more. */
  readonly drainedAt?: Instant | null;
  /** Further changes to the cursor that counts the batch; none by default. */
  readonly next?: (cursor: Cursor) => Cursor;
  /** What happens to the lease; `keep` by default. */
  readonly lease?: 'keep' | 'release';
}

/** Throws `HardFailure`, `DeadlineReached` or `LeaseLost`; the batch is then dropped, and none of its pages is counted. */
export async function checkpoint(
  deps: SyncDeps,
  reading: Reading,
  batch: Batch,
  options: CheckpointOptions = {},
): Promise<void> {
  const { lease, scope, counts } = reading;
  const { drainedAt = null, next = (cursor: Cursor) => cursor, lease: after = 'keep' } = options;
  try {
    const part = await commitPart(reading, batch);
    const cursor = await storePartListIfFull(deps, reading, cursorAfterBatch(reading, batch, part, drainedAt));
    await lease.save(next(cursor), after, scope);
    counts.pages += batch.pages;
    counts.records += batch.records;
    counts.deleted += batch.deleted;
    counts.parts += part ? 1 : 0;
    counts.bytes += part?.bytes ?? 0;
    // `stream_finished` alone reports the end of a sync that found nothing.
    if (part === null && (batch.pages === 0 || drainedAt !== null)) return;
    scope.log.info('checkpoint', {
      version: lease.version(),
      pages: batch.pages,
      records: batch.records,
      deleted: batch.deleted,
      part_bytes: part?.bytes ?? 0,
    });
  } catch (error) {
    await dropBatch(batch);
    throw error;
  }
}

/** Makes the records of the batch durable; null where it has none. */
async function commitPart({ rule, slot, lease, run, scope }: Reading, batch: Batch): Promise<CommittedPart | null> {
  if (!batch.part || batch.records === 0) {
    await dropBatch(batch);
    return null;
  }
  const { compression, bytes } = batch.part;
  const { syncId } = openIn(lease.cursor(), slot);
  const named = { version: lease.version() + 1, run, compression };
  await batch.part.commit(partKey(rule.table, syncId, named), scope);
  return { ...named, records: batch.records, bytes };
}

/** The cursor that counts the batch. */
function cursorAfterBatch(
  { slot, lease }: Reading,
  { pages, records, deleted, told, read }: Batch,
  part: CommittedPart | null,
  drainedAt: Instant | null,
): Cursor {
  if (!read) return lease.cursor();
  return afterPart(lease.cursor(), slot, { ...read, pages, records, deleted, told, part, drainedAt });
}

/**
 * Moves the parts that the cursor lists itself into a list of their own once they are many, so that no sync outgrows the
 * item of its cursor. Returns the cursor that names the list.
 */
async function storePartListIfFull(
  deps: SyncDeps,
  { rule, slot, lease, run, scope }: Reading,
  cursor: Cursor,
): Promise<Cursor> {
  const { syncId, parts } = openIn(cursor, slot);
  if (parts.length < deps.settings.partsPerList) return cursor;
  // Sync, version and run: no other checkpoint ever writes to this name.
  const id = `${syncId}-${lease.version() + 1}-${run}`;
  await deps.cursors.writeParts({ stream: rule.name, id }, parts, scope);
  return afterListing(cursor, slot, id);
}
