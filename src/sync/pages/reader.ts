/** Walks the positions of a sync: asks for the page at the present one, and moves on by what the page says. */

import { createHash } from 'node:crypto';
import type { OpenSync, Position } from '../../core/cursor/cursor.ts';
import { newLoopGuard } from '../../core/cursor/loop-guard.ts';
import { type Opened, openedAt } from '../../core/cursor/watermark.ts';
import { nextWindow, rangeOf } from '../../core/cursor/windows.ts';
import { checkPage, checkToken } from '../../core/page/page-check.ts';
import type { PageSummary } from '../../core/page/page-splitter.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { PageAnswer, PageRequest } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import { type Batch, startPage } from './batch.ts';
import type { Reading } from './checkpoint.ts';
import { type ReadPage, readPage } from './page.ts';

/** Where a sync stands while it is read; changed by {@link advance} alone. */
export interface Reader {
  readonly open: OpenSync;
  position: Position;
  /** When the sync opened by Ditio's clock; null before its first answer. */
  openedAt: Instant | null;
  /** Hashes of the tokens of the present window that this run met. */
  seen: Set<string>;
  emptyPages: number;
  pagesRead: number;
}

export function newReader(open: OpenSync): Reader {
  return { open, position: open.position, openedAt: open.openedAt, seen: new Set(), emptyPages: 0, pagesRead: 0 };
}

/** The page at the present position, its records in the batch's part. Moves nothing. */
export function fetchPage(deps: SyncDeps, reading: Reading, reader: Reader, batch: Batch): Promise<ReadPage> {
  const { open, position } = reader;
  const request: PageRequest = {
    stream: reading.rule.name,
    modifiedSince: open.modifiedSince,
    modifiedBefore: open.modifiedBefore,
    window: position.window,
    continuationToken: position.continuationToken,
    pageSize: open.pageSize,
  };
  const target = {
    rule: reading.rule,
    syncId: open.syncId,
    stamps: reading.lease.stamps,
    startPage: () => startPage(deps, batch),
    judge: (summary: PageSummary) => judge(reader, summary),
  };
  return deps.source.fetchPage(request, (answer) => readPage(answer, target), reading.scope);
}

/** Notes when the sync opened; by its first answer, later ones change nothing. */
export function noteOpening(deps: SyncDeps, reading: Reading, reader: Reader, answer: PageAnswer): Instant {
  if (reader.openedAt === null) {
    const told: Opened = openedAt(answer, deps.settings.lookbackMs);
    reading.counts.skewMs = told.skewMs;
    reader.openedAt = told.at;
  }
  return reader.openedAt;
}

/** Moves on to where the next page begins; false when the page was the last one. */
export function advance(reading: Reading, reader: Reader, summary: PageSummary): boolean {
  reader.pagesRead += 1;
  const { position, open } = reader;
  if (summary.continuationToken !== null) {
    const hash = hashToken(summary.continuationToken);
    const loopGuard = checkToken({ guard: position.loopGuard, ...reader }, hash);
    reader.seen.add(hash);
    reader.emptyPages = summary.records === 0 ? reader.emptyPages + 1 : 0;
    reader.position = { window: position.window, continuationToken: summary.continuationToken, loopGuard };
    return true;
  }
  const range = reader.openedAt === null ? open.range : rangeOf(open, reader.openedAt);
  const window = position.window && range ? nextWindow(reading.rule.window, range, position.window) : null;
  if (!window) return false;
  reader.seen = new Set();
  reader.emptyPages = 0;
  reader.position = { window, continuationToken: null, loopGuard: newLoopGuard() };
  return true;
}

/** Refuses a page before it counts; looks at its token without moving on. */
function judge(reader: Reader, summary: PageSummary): void {
  checkPage(summary, reader.open.modifiedSince === null ? 'full' : 'incremental');
  if (summary.continuationToken === null) return;
  checkToken({ guard: reader.position.loopGuard, ...reader }, hashToken(summary.continuationToken));
}

/** Enough of a SHA-256 to tell the tokens of one sync apart. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 16);
}
