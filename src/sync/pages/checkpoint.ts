/** A checkpoint: the part becomes durable, the cursor that counts it is stored, the counts and the log follow. */

import type { Cursor, Slot } from '../../core/cursor/cursor.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import type { Lease } from '../lease.ts';
import type { Counts } from '../report.ts';
import { type Batch, dropBatch, sealBatch } from './batch.ts';

/** Who reads what: one of a stream's traversals under its lease. */
export interface Reading {
  readonly rule: StreamRule;
  readonly slot: Slot;
  readonly lease: Lease;
  readonly scope: Scope;
  readonly counts: Counts;
  /** 8 digits of the run's id. */
  readonly run: string;
}

export interface CheckpointMove {
  /** Our clock when the last page of the sync had been read; null while there are more. */
  readonly drainedAt: Instant | null;
  /** What else changes with the cursor that counts the batch. */
  readonly next: (cursor: Cursor) => Cursor;
  readonly lease: 'keep' | 'release';
}

/** A checkpoint in the middle of a sync. */
export const GO_ON: CheckpointMove = { drainedAt: null, next: (cursor) => cursor, lease: 'keep' };

/** Throws `HardFailure`, `DeadlineReached` or `LeaseLost`; the batch is dropped then, and nothing of it is counted. */
export async function checkpoint(deps: SyncDeps, reading: Reading, batch: Batch, move: CheckpointMove): Promise<void> {
  const { lease, scope, counts } = reading;
  try {
    const { cursor, part } = await sealBatch(deps, batch, { ...reading, drainedAt: move.drainedAt }, scope);
    await lease.save(move.next(cursor), move.lease, scope);
    counts.pages += batch.pages;
    counts.records += batch.records;
    counts.deleted += batch.deleted;
    counts.parts += part ? 1 : 0;
    counts.bytes += part?.bytes ?? 0;
    // The end of a sync that found nothing is told by `stream_finished` alone.
    if (part === null && (batch.pages === 0 || move.drainedAt !== null)) return;
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
