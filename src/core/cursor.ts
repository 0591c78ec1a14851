/**
 * The cursor of a stream as a reducer: a cursor and a fact give the next cursor.
 *
 * Decides what is remembered and how it moves. Knows nothing of DynamoDB, leases or clocks: owner, version and lease
 * live beside the cursor in one item (`ports.ts`), and every instant comes in as a fact. Any history of crashes is a
 * fold over these functions.
 */

import type { FailureKind } from './errors.ts';
import type { Instant } from './instant.ts';
import type { LoopGuard } from './loop-guard.ts';

export type SyncMode = 'full' | 'incremental' | 'backfill';

/** Inclusive at both ends, as Ditio reads `FromDateTime` and `ToDateTime`. */
export interface DateWindow {
  readonly from: Instant;
  readonly to: Instant;
}

/** A part as the manifest counts it; its key follows from sync id and version. */
export interface CommittedPart {
  /** Cursor version of the checkpoint that committed it. */
  readonly version: number;
  readonly records: number;
  /** Compressed bytes of the object. */
  readonly bytes: number;
}

/** What a backfill re-reads: a date window or a modification window (`before` exclusive, null for open). */
export type BackfillWindow =
  | { readonly kind: 'dates'; readonly from: Instant; readonly to: Instant }
  | { readonly kind: 'modified'; readonly since: Instant; readonly before: Instant | null };

/** A sync between its opening and its completion; it may span runs. */
export interface OpenSync {
  readonly syncId: string;
  readonly mode: SyncMode;
  /** Our clock when it opened. */
  readonly startedAt: Instant;
  /** Ditio's clock when it opened: the watermark once it is complete. Null until the first answer. */
  readonly openedAt: Instant | null;
  readonly watermarkBefore: Instant | null;
  readonly modifiedSince: Instant | null;
  readonly modifiedBefore: Instant | null;
  /** Everything to be asked for, where the endpoint takes a date window; null where it takes none. */
  readonly range: DateWindow | null;
  /** The piece of `range` being read. */
  readonly window: DateWindow | null;
  /** Where to go on within the window; null at its beginning. */
  readonly continuationToken: string | null;
  readonly loopGuard: LoopGuard;
  readonly pages: number;
  readonly records: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly parts: readonly CommittedPart[];
  /** 1 once it was begun again because Ditio no longer took its continuation token. */
  readonly restarts: 0 | 1;
  /** Set by the checkpoint after the last page: what is left is the manifest and closing. */
  readonly drainedAt: Instant | null;
}

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
  /** The sync in progress, null when idle. */
  readonly open: OpenSync | null;
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
  open: null,
  backfill: null,
  queued: [],
  lastCompletedAt: null,
  lastFullSyncAt: null,
  lastServedAt: null,
  lastSyncId: null,
  lastExtractedAt: null,
  lastFailure: null,
};
