/**
 * What is remembered of a sync between its opening and its completion: the shape only.
 *
 * How it comes to be and moves is decided in `cursor.ts`, which hands these types on.
 */

import type { Instant } from '../time/instant.ts';
import type { LoopGuard } from './loop-guard.ts';

export type SyncMode = 'full' | 'incremental' | 'backfill';

/** Inclusive at both ends, as Ditio reads `FromDateTime` and `ToDateTime`. */
export interface DateWindow {
  readonly from: Instant;
  readonly to: Instant;
}

/** Where the next page of a sync begins. */
export interface Position {
  /** The piece of the range being read; null where the endpoint takes no date window. */
  readonly window: DateWindow | null;
  /** Where to go on within the window; null at its beginning. */
  readonly continuationToken: string | null;
  readonly loopGuard: LoopGuard;
}

/** A part as the manifest counts it; its key follows from sync id and version. */
export interface CommittedPart {
  /** Cursor version of the checkpoint that committed it. */
  readonly version: number;
  readonly records: number;
  /** Compressed bytes of the object. */
  readonly bytes: number;
}

/** A sync between its opening and its completion; it may span runs. */
export interface OpenSync {
  readonly syncId: string;
  readonly mode: SyncMode;
  /** Our clock when it opened. */
  readonly startedAt: Instant;
  /** Ditio's clock when it opened: the watermark once it is complete. Null until the first answer. */
  readonly openedAt: Instant | null;
  /** Our clock at that same moment. */
  readonly openedAtHere: Instant | null;
  readonly watermarkBefore: Instant | null;
  readonly modifiedSince: Instant | null;
  readonly modifiedBefore: Instant | null;
  /** `ChunkLimit` of every page: no parameter may change within a sync, whatever the settings have become. */
  readonly pageSize: number;
  /** Which source and filters it reads through (`SyncSettings.sourceKey`). */
  readonly sourceKey: string;
  /** Everything to be asked for, where the endpoint takes a date window; null where it takes none. */
  readonly range: DateWindow | null;
  readonly position: Position;
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
