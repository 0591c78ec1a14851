/**
 * Defines what is remembered of a sync between its opening and its completion.
 *
 * How it is opened and changes is decided in `cursor.ts`.
 */

import type { Instant } from '../time/instant.ts';
import type { LoopGuard } from './loop-guard.ts';

/** How parts are compressed; parts of both kinds may lie in one table. */
export type Compression = 'gzip' | 'zstd';

export type SyncMode = 'full' | 'incremental' | 'backfill';

/**
 * A range of dates. Where an endpoint takes instants, both ends are included; where it takes whole days (item rows), `to` is
 * excluded. See `windowParameters` in `page-url.ts`.
 */
export interface DateWindow {
  readonly from: Instant;
  readonly to: Instant;
}

/** Where the next page of a sync begins. */
export interface Position {
  /** The piece of the range being read; null when read without windows. */
  readonly window: DateWindow | null;
  /**
   * Set once the windows of a sync are read that ends with what they cannot show: `ModifiedSince` of that last request,
   * which has no window.
   */
  readonly changesSince: Instant | null;
  /** Where to go on within the window; null at its beginning. */
  readonly continuationToken: string | null;
  readonly loopGuard: LoopGuard;
}

/** A part as the manifest counts it; its key follows from sync id, version and run. */
export interface CommittedPart {
  /** Cursor version of the checkpoint that committed it. */
  readonly version: number;
  /** The run that wrote it: 8 digits of its id. */
  readonly run: string;
  readonly compression: Compression;
  readonly records: number;
  /** Compressed bytes of the object. */
  readonly bytes: number;
}

/** Parts of a sync that are listed in an item of their own, so that the cursor stays small. */
export interface PartList {
  /** Names the list among those of the stream; never given to another. */
  readonly id: string;
  readonly parts: number;
}

/** A sync between its opening and its completion; it may span runs. */
export interface OpenSync {
  readonly syncId: string;
  readonly mode: SyncMode;
  /** Our clock when it opened. */
  readonly startedAt: Instant;
  /** The earlier of Ditio's clock and ours when it opened: the watermark once it is complete. Null until the first answer. */
  readonly openedAt: Instant | null;
  /** Our clock at that same moment. */
  readonly openedAtHere: Instant | null;
  readonly watermarkBefore: Instant | null;
  readonly modifiedSince: Instant | null;
  readonly modifiedBefore: Instant | null;
  /** `ChunkLimit` of every page: no parameter may change within a sync, whatever the settings have become. */
  readonly pageSize: number;
  /** Names source, client and filters that it reads through. */
  readonly sourceKey: string;
  /** The whole range to read by windows; null when read without windows. */
  readonly range: DateWindow | null;
  /** Longest window, in days; null for any length. */
  readonly windowDays: number | null;
  /** Whether what changed lately is asked for after the last window, to find what has no date or lies outside the range. */
  readonly endsWithChanges: boolean;
  readonly position: Position;
  readonly pages: number;
  readonly records: number;
  readonly deleted: number;
  readonly bytes: number;
  /** Lists of its older parts, oldest first. */
  readonly lists: readonly PartList[];
  /** Its newest parts, those that are in no list. */
  readonly parts: readonly CommittedPart[];
  /** 1 once it was begun again because its continuation token failed. */
  readonly restarts: 0 | 1;
  /** Runs one after the other that read nothing because its stored continuation token failed. */
  readonly tokenFailures: number;
  /** Set by the checkpoint after the last page: what is left is the manifest and closing. */
  readonly drainedAt: Instant | null;
  /** Fields that a newer version stored; kept, so that a rollback loses nothing. */
  readonly unknown: UnknownFields;
}

/** Stored fields that this version does not know. */
export type UnknownFields = Readonly<Record<string, unknown>>;
