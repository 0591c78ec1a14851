/**
 * A batch: the pages read since the last checkpoint and the part that holds their records.
 *
 * Decides the order that nothing may change: the part is durable first, the cursor that counts it moves second.
 */

import { afterPart, type Cursor, type Position, type Slot } from '../../core/cursor/cursor.ts';
import { partKey } from '../../core/lake/lake-keys.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { PageWriter, PartWriter, Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import type { Lease } from '../lease.ts';

export interface Batch {
  part: PartWriter | null;
  /** The last page's compression, still going on while the next page is on its way. */
  finishing: Promise<void>;
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
}

export function newBatch(): Batch {
  return {
    part: null,
    finishing: Promise.resolve(),
    firstPageMs: null,
    pages: 0,
    records: 0,
    deleted: 0,
    position: null,
    openedAt: null,
    openedAtHere: null,
    lastExtractedAt: null,
  };
}

/** Begins a page in the batch's part, once the page before it is compressed. */
export async function startPage(deps: SyncDeps, batch: Batch): Promise<PageWriter> {
  await batch.finishing;
  batch.part ??= await deps.lake.openPart();
  return batch.part.startPage();
}

/** Hands the page over to its compression, which the batch waits for when it needs to. */
export function finishPage(batch: Batch, page: PageWriter): void {
  batch.finishing = page.finish();
  // Whoever awaits `finishing` next gets the error; until then it must not count as unhandled.
  batch.finishing.catch(() => {});
}

export interface Sealed {
  /** The cursor that counts the batch: to be saved next, and only now. */
  readonly cursor: Cursor;
  readonly part: { readonly records: number; readonly bytes: number } | null;
}

/**
 * Makes the batch durable and returns the cursor that counts it. A batch without records has no object.
 *
 * @param drainedAt our clock when the last page of the sync had been read, null while there are more
 */
export async function sealBatch(
  batch: Batch,
  at: { readonly lease: Lease; readonly slot: Slot; readonly table: string; readonly drainedAt: Instant | null },
  scope: Scope,
): Promise<Sealed> {
  const { lease, slot, table, drainedAt } = at;
  const cursor = lease.cursor();
  const open = cursor[slot];
  if (
    !open ||
    !batch.position ||
    batch.openedAt === null ||
    batch.openedAtHere === null ||
    batch.lastExtractedAt === null
  ) {
    return { cursor, part: null };
  }
  await batch.finishing;
  const version = lease.version() + 1;
  let part: { version: number; records: number; bytes: number } | null = null;
  if (batch.part && batch.records > 0) {
    const { bytes } = batch.part;
    await batch.part.commit(partKey(table, open.syncId, version), scope);
    part = { version, records: batch.records, bytes };
  } else {
    // Begun by a page that broke off: an object without a line would be named by a manifest for nothing.
    await batch.part?.discard();
  }
  const next = afterPart(cursor, slot, {
    pages: batch.pages,
    records: batch.records,
    deleted: batch.deleted,
    part,
    position: batch.position,
    openedAt: batch.openedAt,
    openedAtHere: batch.openedAtHere,
    lastExtractedAt: batch.lastExtractedAt,
    drainedAt,
  });
  return { cursor: next, part };
}

/** Forgets what the batch holds, after letting its compression end. */
export async function dropBatch(batch: Batch): Promise<void> {
  await batch.finishing.catch(() => {});
  await batch.part?.discard().catch(() => {});
}
