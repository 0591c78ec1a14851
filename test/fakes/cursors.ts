/** Facts and cursors with every field filled in, for suites that test a few of the fields. */

import {
  afterPart,
  openIn as inSlot,
  type OpenedFact,
  openSync,
  type ProgressFact,
} from '../../src/core/cursor/cursor.ts';
import { type Cursor, NEW_CURSOR, NOTHING_SEEN, type Slot } from '../../src/core/cursor/cursor-shape.ts';
import { newLoopGuard } from '../../src/core/cursor/loop-guard.ts';
import type { OpenSync } from '../../src/core/cursor/open-sync.ts';
import { at } from './at.ts';

/** The sync that opens at 08:15:03.120 on 22 November 2026. */
export const OPENED: OpenedFact = {
  syncId: '20261122T081503120Z',
  mode: 'full',
  at: at('2026-11-22T08:15:03.120Z'),
  modifiedSince: null,
  modifiedBefore: null,
  range: null,
  window: null,
  windowDays: null,
  endsWithChanges: false,
  pageSize: 5000,
  sourceKey: 'test',
  restarts: 0,
};

/** One page of ten records, two of them deleted, in a part of 500 bytes; more are to come. */
export const PROGRESS: ProgressFact = {
  pages: 1,
  records: 10,
  deleted: 2,
  part: { version: 2, run: '0b0e7c1a', compression: 'gzip', records: 10, bytes: 500 },
  position: {
    window: null,
    changesSince: null,
    continuationToken: 'token-1',
    loopGuard: { mark: 'hash-1', steps: 0, limit: 1 },
  },
  openedAt: at('2026-11-22T08:15:03Z'),
  openedAtHere: at('2026-11-22T08:15:03.121Z'),
  lastExtractedAt: at('2026-11-22T08:15:04Z'),
  drainedAt: null,
  told: NOTHING_SEEN,
};

/** The last page, without records or part. */
export const DRAINED: ProgressFact = {
  ...PROGRESS,
  records: 0,
  deleted: 0,
  part: null,
  position: { window: null, changesSince: null, continuationToken: null, loopGuard: newLoopGuard() },
  lastExtractedAt: at('2026-11-22T08:15:05Z'),
  drainedAt: at('2026-11-22T08:15:06Z'),
};

export function opened(slot: Slot = 'own', differs: Partial<OpenedFact> = {}, cursor: Cursor = NEW_CURSOR): Cursor {
  return openSync(cursor, slot, { ...OPENED, ...differs });
}

/** Opened, with the facts of these checkpoints counted. */
export function advanced(cursor: Cursor, slot: Slot, ...facts: readonly Partial<ProgressFact>[]): Cursor {
  return facts.reduce<Cursor>((before, fact) => afterPart(before, slot, { ...PROGRESS, ...fact }), cursor);
}

/** What is open in a slot; throws where nothing is. */
export function openIn(cursor: Cursor, slot: Slot = 'own'): OpenSync {
  return inSlot(cursor, slot);
}
