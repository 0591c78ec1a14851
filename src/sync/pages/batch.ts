/** A batch: the pages read since the last checkpoint, and the part that holds their records. */

import type { SeenMembers } from '../../core/cursor/cursor-shape.ts';
import type { Position } from '../../core/cursor/open-sync.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { PartWriter } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';

export interface Batch {
  part: PartWriter | null;
  pages: number;
  records: number;
  deleted: number;
  /** Optional members that the pages of this run have had. */
  told: SeenMembers;
  /** Null before the first page. */
  read: PagesRead | null;
}

export interface PagesRead {
  /** When the first page of the batch was read, by the monotonic clock, in milliseconds. */
  readonly firstPageMs: number;
  readonly openedAt: Instant;
  readonly openedAtHere: Instant;
  /** Where the next page begins. */
  readonly position: Position;
  readonly lastExtractedAt: Instant;
}

export function newBatch(told: SeenMembers): Batch {
  return { part: null, pages: 0, records: 0, deleted: 0, told, read: null };
}

/** The part of the batch; opened for its first page. */
export async function openPart(deps: SyncDeps, batch: Batch): Promise<PartWriter> {
  batch.part ??= await deps.lake.openPart();
  return batch.part;
}

/** Deletes the part of the batch. */
export async function dropBatch(batch: Batch): Promise<void> {
  await batch.part?.discard().catch(() => {});
}
