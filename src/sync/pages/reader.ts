/** Keeps the position of a sync: requests the page there and advances by what the page says. */

import { createHash } from 'node:crypto';
import { mergeSeen, type SeenMembers } from '../../core/cursor/cursor-shape.ts';
import { type LoopGuard, newLoopGuard } from '../../core/cursor/loop-guard.ts';
import type { DateWindow, OpenSync, Position } from '../../core/cursor/open-sync.ts';
import { changesSince } from '../../core/cursor/request-age.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { openedAt } from '../../core/cursor/watermark.ts';
import { nextWindow } from '../../core/cursor/windows.ts';
import { checkItemDays, ownDays, requestedDays } from '../../core/page/item-days.ts';
import { checkPage, checkSigns, checkToken, membersOf } from '../../core/page/page-check.ts';
import { linePrefix, type PageSummary } from '../../core/page/splitter.ts';
import { formatInstant, type Instant } from '../../core/time/instant.ts';
import type { PageAnswer, PageRequest } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import { type Batch, openPart } from './batch.ts';
import type { Reading } from './checkpoint.ts';
import { type CutPage, cutPage, splitterFor } from './page.ts';

/** The position of a sync while it is read. Only {@link advance} moves it. */
export interface Reader {
  readonly open: OpenSync;
  position: Position;
  /** When the sync opened; null before its first answer. */
  openedAt: Instant | null;
  /** Hashes of the tokens of the present window that this run met. */
  seen: Set<string>;
  emptyPages: number;
  pagesRead: number;
  /** Optional members that pages of the stream have had so far. */
  told: SeenMembers;
}

export function newReader(open: OpenSync, told: SeenMembers): Reader {
  const { position, openedAt: known } = open;
  return { open, position, openedAt: known, seen: new Set(), emptyPages: 0, pagesRead: 0, told };
}

/** A page whose records are in the batch's part. */
export interface FetchedPage extends CutPage<NextToken | null> {
  readonly answer: PageAnswer;
  readonly extractedAt: Instant;
}

/** The token of the next page, as far as it is remembered. */
export interface NextToken {
  readonly hash: string;
  readonly loopGuard: LoopGuard;
}

/** The page at the current position. Moves nothing. */
export function fetchPage(deps: SyncDeps, reading: Reading, reader: Reader, batch: Batch): Promise<FetchedPage> {
  const { rule, lease, scope } = reading;
  const { open, position } = reader;
  const { window } = position;
  const isByDays = reading.rule.format === 'semicolon-text' && window !== null && open.range !== null;
  const requested = isByDays ? requestedDays(open.range, window) : window;
  const request: PageRequest = {
    stream: rule.name,
    modifiedSince: position.changesSince ?? open.modifiedSince,
    modifiedBefore: open.modifiedBefore,
    window: requested,
    continuationToken: position.continuationToken,
    pageSize: open.pageSize,
  };
  const own = isByDays ? ownDays(open.range, window) : undefined;
  const { continuationToken } = position;
  return deps.source.fetchPage(
    request,
    async (answer) => {
      const extractedAt = lease.stamps.next(answer.answeredAt);
      const prefix = linePrefix(open.syncId, formatInstant(extractedAt));
      const splitter = splitterFor(rule, prefix, { continuationToken, own });
      const { addPage } = await openPart(deps, batch);
      const page = await cutPage(answer, splitter, addPage, (summary) => checkNext(rule, reader, requested, summary));
      return { ...page, answer, extractedAt };
    },
    scope,
  );
}

/** Notes, at the first answer of a sync, when it opened. Later answers change nothing. */
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

/** Moves to where the next page begins; returns false after the last page. */
export function advance(deps: SyncDeps, reading: Reading, reader: Reader, page: FetchedPage): boolean {
  const { summary, checked: token } = page;
  reader.pagesRead += 1;
  reader.told = mergeSeen(reader.told, membersOf(summary));
  const { position } = reader;
  if (token !== null) {
    reader.seen.add(token.hash);
    reader.emptyPages = summary.records === 0 ? reader.emptyPages + 1 : 0;
    reader.position = { ...position, continuationToken: summary.continuationToken, loopGuard: token.loopGuard };
    return true;
  }
  const next = nextRequest(deps, reading, reader);
  if (next === null) return false;
  reader.seen = new Set();
  reader.emptyPages = 0;
  reader.position = { ...next, continuationToken: null, loopGuard: newLoopGuard() };
  return true;
}

/** The next request after the last page of a window: the next window, or finally the changes that windows cannot show. */
function nextRequest(deps: SyncDeps, reading: Reading, { open, position }: Reader) {
  const window = position.window && open.range ? nextWindow(open.windowDays, open.range, position.window) : null;
  if (window) return { window, changesSince: null };
  if (!open.endsWithChanges || position.changesSince !== null) return null;
  const since = changesSince(reading.rule, deps.clock.now());
  const isBefore = since !== null && open.modifiedBefore !== null && open.modifiedBefore <= since;
  return since === null || isBefore ? null : { window: null, changesSince: since };
}

/** The token after a page; null after the last page. Throws when the page must not count. Moves nothing. */
function checkNext(
  rule: StreamRule,
  reader: Reader,
  requested: DateWindow | null,
  summary: PageSummary,
): NextToken | null {
  const { open, position, seen, emptyPages } = reader;
  const since = position.changesSince ?? open.modifiedSince;
  checkPage(summary, since === null ? 'full' : 'incremental');
  checkSigns(summary, reader.told);
  if (rule.format === 'semicolon-text' && requested) checkItemDays(summary, requested);
  if (summary.continuationToken === null) return null;
  const hash = hashToken(summary.continuationToken);
  return { hash, loopGuard: checkToken({ guard: position.loopGuard, seen, emptyPages }, hash) };
}

/** Enough of a SHA-256 to tell the tokens of one sync apart. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 16);
}
