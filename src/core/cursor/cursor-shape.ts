/** Defines what a stream remembers between runs. How it changes is decided in `cursor.ts`. */

import type { FailureKind } from '../failure/errors.ts';
import type { Instant } from '../time/instant.ts';
import type { BackfillWindow } from './backfill-window.ts';
import type { OpenSync, UnknownFields } from './open-sync.ts';

export interface StoredFailure {
  readonly kind: FailureKind;
  readonly at: Instant;
  readonly message: string;
  readonly status: number | null;
}

/** A turn that ended before its time, because Ditio asked for a longer wait than the run had left. */
export interface EarlyEnd {
  readonly at: Instant;
  readonly status: number | null;
  readonly code: string | null;
  /** The wait that was asked for, in milliseconds. */
  readonly waitMs: number;
}

/** Optional members that pages of the stream have had; a later page without them is broken. */
export interface SeenMembers {
  readonly counts: boolean;
  readonly mode: boolean;
  readonly links: boolean;
}

export const NOTHING_SEEN: SeenMembers = { counts: false, mode: false, links: false };

/** Everything a stream remembers between runs, except version and lease. */
export interface Cursor {
  /** Time below which every change is durable in the lake; null before the first completed sync. */
  readonly watermark: Instant | null;
  /** Our clock at the moment that the watermark names: where it is Ditio's clock, their difference is the skew. */
  readonly watermarkSetAt: Instant | null;
  /** Names source, client and filters of what the lake holds; null before the first sync. */
  readonly sourceKey: string | null;
  /** The stream's own sync in progress, null when idle. */
  readonly own: OpenSync | null;
  /** Why the next sync must be a full one, until one is complete; null when it need not. */
  readonly fullOwed: 'requested' | 'source_changed' | null;
  /** The backfill in progress; the scheduled runs go on with it once the stream's own sync is complete. */
  readonly backfill: OpenSync | null;
  /** Backfills asked for and not yet begun, oldest first. */
  readonly queued: readonly BackfillWindow[];
  /** Our clock when the newest sync completed (backfills do not count). */
  readonly lastCompletedAt: Instant | null;
  /** Our clock when the newest completed full sync opened. */
  readonly lastFullSyncAt: Instant | null;
  /** Live records of the newest completed full sync. */
  readonly lastFullRecords: number | null;
  /** Our clock when a run last worked on the stream. */
  readonly lastServedAt: Instant | null;
  /** Runs one after the other that had time for the stream and brought no page of it. */
  readonly fruitlessRuns: number;
  /** The server answers 400 to what has no window or a long one: windows of limited length from now on. */
  readonly windowed: boolean;
  /** Stored under this name. */
  readonly told: SeenMembers;
  /** Newest sync id ever given out; the next one is greater, even if the clock is set back. */
  readonly lastSyncId: string | null;
  /** Newest `_extracted_at` ever given out; the next one is later, even if the clock is set back. */
  readonly lastExtractedAt: Instant | null;
  readonly lastFailure: StoredFailure | null;
  /** The newest turn that ended early; null once a sync is complete. */
  readonly lastEarlyEnd: EarlyEnd | null;
  /** Fields that a newer version stored; kept, so that a rollback loses nothing. */
  readonly unknown: UnknownFields;
}

/** The cursor of a stream that was never synced. */
export const NEW_CURSOR: Cursor = {
  watermark: null,
  watermarkSetAt: null,
  sourceKey: null,
  own: null,
  fullOwed: null,
  backfill: null,
  queued: [],
  lastCompletedAt: null,
  lastFullSyncAt: null,
  lastFullRecords: null,
  lastServedAt: null,
  fruitlessRuns: 0,
  windowed: false,
  told: NOTHING_SEEN,
  lastSyncId: null,
  lastExtractedAt: null,
  lastFailure: null,
  lastEarlyEnd: null,
  unknown: {},
};

/** Which of a stream's two traversals a fact is about. */
export type Slot = 'own' | 'backfill';

/** The members that either has seen, and any field of a newer version. */
export function mergeSeen(a: SeenMembers, b: SeenMembers): SeenMembers {
  return { ...a, ...b, counts: a.counts || b.counts, mode: a.mode || b.mode, links: a.links || b.links };
}
