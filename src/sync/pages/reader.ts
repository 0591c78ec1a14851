/** Walks the positions of a sync: asks for the page at the present one, and moves on by what the page says. */

import { createHash } from 'node:crypto';
import { type DateWindow, type OpenSync, type Position, type Told, toldTogether } from '../../core/cursor/cursor.ts';
import { newLoopGuard } from '../../core/cursor/loop-guard.ts';
import { changesSince } from '../../core/cursor/request-age.ts';
import { openedAt } from '../../core/cursor/watermark.ts';
import { nextWindow } from '../../core/cursor/windows.ts';
import { askedDays, checkItemDays, ownDays } from '../../core/page/item-days.ts';
import { checkPage, checkSigns, checkToken, toldBy } from '../../core/page/page-check.ts';
import type { PageSummary } from '../../core/page/splitter.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { PageAnswer, PageRequest } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import { type Batch, openPart } from './batch.ts';
import type { Reading } from './checkpoint.ts';
import { type ReadPage, readPage } from './page.ts';

/** Where a sync stands while it is read; changed by {@link advance} alone. */
export interface Reader {
  readonly open: OpenSync;
  position: Position;
  /** When the sync opened; null before its first answer. */
  openedAt: Instant | null;
  /** Hashes of the tokens of the present window that this run met. */
  seen: Set<string>;
  emptyPages: number;
  pagesRead: number;
  /** What pages of the stream have said of themselves so far. */
  told: Told;
}

export function newReader(open: OpenSync, told: Told): Reader {
  const { position, openedAt: known } = open;
  return { open, position, openedAt: known, seen: new Set(), emptyPages: 0, pagesRead: 0, told };
}

/** The page at the present position, its records in the batch's part. Moves nothing. */
export function fetchPage(deps: SyncDeps, reading: Reading, reader: Reader, batch: Batch): Promise<ReadPage> {
  const { open, position } = reader;
  const { window } = position;
  const isByDays = reading.rule.format === 'semicolon-text' && window !== null && open.range !== null;
  const asked = isByDays ? askedDays(open.range, window) : window;
  const request: PageRequest = {
    stream: reading.rule.name,
    modifiedSince: position.changesSince ?? open.modifiedSince,
    modifiedBefore: open.modifiedBefore,
    window: asked,
    continuationToken: position.continuationToken,
    pageSize: open.pageSize,
  };
  const target = {
    rule: reading.rule,
    syncId: open.syncId,
    stamps: reading.lease.stamps,
    ownDays: isByDays ? ownDays(open.range, window) : undefined,
    openPart: () => openPart(deps, batch),
    judge: (summary: PageSummary) => judge(reading, reader, asked, summary),
  };
  return deps.source.fetchPage(request, (answer) => readPage(answer, target), reading.scope);
}

/** Notes when the sync opened; by its first answer, later ones change nothing. */
export function noteOpening(deps: SyncDeps, reading: Reading, reader: Reader, answer: PageAnswer): Instant {
  if (reader.openedAt === null) {
    const { at, skewMs } = openedAt(answer);
    const { lookbackMs } = deps.settings;
    reading.counts.skewMs = skewMs;
    reader.openedAt = at;
    if (skewMs !== null && Math.abs(skewMs) > lookbackMs) {
      reading.scope.log.warn('clock_disagrees', { clock_skew_ms: Math.round(skewMs), lookback_ms: lookbackMs });
    }
  }
  return reader.openedAt;
}

/** Moves on to where the next page begins; false when the page was the last one. */
export function advance(deps: SyncDeps, reading: Reading, reader: Reader, summary: PageSummary): boolean {
  reader.pagesRead += 1;
  reader.told = toldTogether(reader.told, toldBy(summary));
  const { position } = reader;
  if (summary.continuationToken !== null) {
    const hash = hashToken(summary.continuationToken);
    const loopGuard = checkToken({ guard: position.loopGuard, ...reader }, hash);
    reader.seen.add(hash);
    reader.emptyPages = summary.records === 0 ? reader.emptyPages + 1 : 0;
    reader.position = { ...position, continuationToken: summary.continuationToken, loopGuard };
    return true;
  }
  const next = nextPart(deps, reading, reader);
  if (next === null) return false;
  reader.seen = new Set();
  reader.emptyPages = 0;
  reader.position = { ...next, continuationToken: null, loopGuard: newLoopGuard() };
  return true;
}

/** What is asked for after the last page of a window: the next window, or at last what windows cannot show. */
function nextPart(deps: SyncDeps, reading: Reading, { open, position }: Reader) {
  const window = position.window && open.range ? nextWindow(open.windowDays, open.range, position.window) : null;
  if (window) return { window, changesSince: null };
  if (!open.endsWithChanges || position.changesSince !== null) return null;
  const since = changesSince(reading.rule, deps.clock.now());
  const isBefore = since !== null && open.modifiedBefore !== null && open.modifiedBefore <= since;
  return since === null || isBefore ? null : { window: null, changesSince: since };
}

/** Refuses a page before it counts; looks at its token without moving on. */
function judge({ rule }: Reading, reader: Reader, asked: DateWindow | null, summary: PageSummary): void {
  const since = reader.position.changesSince ?? reader.open.modifiedSince;
  checkPage(summary, since === null ? 'full' : 'incremental');
  if (rule.format === 'json') checkSigns(summary, reader.told);
  else if (asked) checkItemDays(summary, asked);
  if (summary.continuationToken === null) return;
  checkToken({ guard: reader.position.loopGuard, ...reader }, hashToken(summary.continuationToken));
}

/** Enough of a SHA-256 to tell the tokens of one sync apart. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 16);
}
