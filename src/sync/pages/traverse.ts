/**
 * Reads an open sync to its end, or as far as time allows: page after page, part after part.
 *
 * Decides when a part is cut, when to stop, and what is still saved when something breaks. The next page is asked for
 * as soon as its token is known, while the last one is compressed and the part before is written and counted.
 */

import { createHash } from 'node:crypto';
import type { OpenSync, Position, Slot } from '../../core/cursor/cursor.ts';
import { newLoopGuard } from '../../core/cursor/loop-guard.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { openedAt } from '../../core/cursor/watermark.ts';
import { nextWindow, rangeOf } from '../../core/cursor/windows.ts';
import { DeadlineReached } from '../../core/failure/errors.ts';
import { checkPage, checkToken } from '../../core/page/page-check.ts';
import type { PageSummary } from '../../core/page/page-splitter.ts';
import type { PageRequest, Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import type { Lease } from '../lease.ts';
import type { Counts } from '../report.ts';
import { type Batch, dropBatch, finishPage, newBatch, sealBatch, startPage } from './batch.ts';
import { type ReadPage, readPage } from './page.ts';

export interface Traversal {
  readonly rule: StreamRule;
  readonly slot: Slot;
  readonly lease: Lease;
  readonly scope: Scope;
  readonly counts: Counts;
  /** Asked after each page: whether other streams are waiting and this one has had its turn. */
  readonly shouldYield: () => boolean;
}

/** Why reading stopped: `drained` has read the last page. Every page read is durable and counted by then. */
export type TraversalEnd = 'drained' | 'deadline' | 'yield';

/**
 * Throws what broke it: `HardFailure` or `LeaseLost`. The good pages before a hard failure are saved first.
 * Where the end is `drained`, the last checkpoint has not been written: `close.ts` does that together with closing.
 */
export async function traverse(deps: SyncDeps, work: Traversal): Promise<{ end: TraversalEnd; batch: Batch }> {
  const { lease, slot, scope } = work;
  const open = mustBeOpen(lease, slot);
  const reader = createReader(deps, work, open);
  let batch = newBatch();
  let committing: Promise<void> = Promise.resolve();
  try {
    for (;;) {
      if (scope.deadline.workLeftMs() <= 0) throw new DeadlineReached('no time is left for another page');
      const page = await reader.fetch(batch);
      const drained = takePage(batch, page);
      if (drained) {
        await committing;
        return { end: 'drained', batch };
      }
      if (work.shouldYield()) {
        await committing;
        return { end: 'yield', batch };
      }
      if (isFull(batch)) {
        await committing;
        committing = commit(batch);
        committing.catch(() => {});
        batch = newBatch();
      }
    }
  } catch (error) {
    const commitError: unknown = await committing.then(
      () => null,
      (reason) => reason,
    );
    if (commitError !== null) {
      // Pages after an uncommitted part must not be counted before it: the next run reads them again.
      await dropBatch(batch);
      batch = newBatch();
    }
    const cause = commitError ?? error;
    if (cause instanceof DeadlineReached) return { end: 'deadline', batch };
    await saveGoodPages();
    throw cause;
  }

  function takePage(into: Batch, page: ReadPage): boolean {
    const { summary, answer, writer } = page;
    if (writer) finishPage(into, writer);
    into.firstPageMs ??= deps.clock.monotonicMs();
    into.pages += 1;
    into.records += summary.records;
    into.deleted += summary.deleted;
    into.openedAt ??= reader.openedAt(answer);
    into.openedAtHere ??= answer.requestedAt;
    into.lastExtractedAt = page.extractedAt;
    const next = reader.advance(summary);
    into.position = next ?? reader.position();
    scope.log.debug('page_fetched', {
      page: open.pages + reader.pagesRead(),
      records: summary.records,
      deleted: summary.deleted,
      line_bytes: page.lineBytes,
      waited_ms: Math.round(answer.waitedMs),
      more: next !== null,
    });
    return next === null;
  }

  function isFull(candidate: Batch): boolean {
    const ageMs = deps.clock.monotonicMs() - (candidate.firstPageMs ?? deps.clock.monotonicMs());
    return (candidate.part?.bytes ?? 0) >= deps.settings.partTargetBytes || ageMs >= deps.settings.partMaxAgeMs;
  }

  async function commit(full: Batch): Promise<void> {
    try {
      const sealed = await sealBatch(full, { lease, slot, table: work.rule.table, drainedAt: null }, scope);
      await lease.save(sealed.cursor, 'keep', scope);
      countBatch(work.counts, full, sealed.part);
      logCheckpoint(scope, lease, full, sealed.part);
    } catch (error) {
      await dropBatch(full);
      throw error;
    }
  }

  /** The first failure is the one to report; good pages that cannot be saved are read again by the next run. */
  async function saveGoodPages(): Promise<void> {
    if (batch.pages === 0) return dropBatch(batch);
    try {
      await commit(batch);
    } catch (error) {
      scope.log.warn('checkpoint', { saved: false, reason: error instanceof Error ? error.name : 'unknown' });
    }
  }
}

/** Adds a durable, counted batch to the run's numbers. */
export function countBatch(counts: Counts, batch: Batch, part: { readonly bytes: number } | null): void {
  counts.pages += batch.pages;
  counts.records += batch.records;
  counts.deleted += batch.deleted;
  counts.parts += part ? 1 : 0;
  counts.bytes += part?.bytes ?? 0;
}

export function logCheckpoint(
  scope: Scope,
  lease: Lease,
  batch: Batch,
  part: { readonly records: number; readonly bytes: number } | null,
): void {
  scope.log.info('checkpoint', {
    version: lease.version(),
    pages: batch.pages,
    records: batch.records,
    deleted: batch.deleted,
    part_bytes: part?.bytes ?? 0,
  });
}

/** Walks the positions of a sync: asks for the page at the present one, and moves on by what the page says. */
function createReader(deps: SyncDeps, work: Traversal, open: OpenSync) {
  const { rule, scope, lease } = work;
  const asked = open.modifiedSince === null ? 'full' : 'incremental';
  let position: Position = open;
  let opened = open.openedAt;
  let seen = new Set<string>();
  let emptyPages = 0;
  let pagesRead = 0;

  return {
    position: () => position,
    pagesRead: () => pagesRead,

    fetch(batch: Batch): Promise<ReadPage> {
      const request: PageRequest = {
        stream: rule.name,
        modifiedSince: open.modifiedSince,
        modifiedBefore: open.modifiedBefore,
        window: position.window,
        continuationToken: position.continuationToken,
        pageSize: open.pageSize,
      };
      const target = {
        rule,
        syncId: open.syncId,
        stamps: lease.stamps,
        startPage: () => startPage(deps, batch),
        judge,
      };
      return deps.source.fetchPage(request, (answer) => readPage(answer, target), scope);
    },

    /** The next position, or null when this was the last page. */
    advance(summary: PageSummary): Position | null {
      pagesRead += 1;
      if (summary.continuationToken !== null) {
        const hash = hashToken(summary.continuationToken);
        const loopGuard = checkToken({ guard: position.loopGuard, seen, emptyPages }, hash);
        seen.add(hash);
        emptyPages = summary.records === 0 ? emptyPages + 1 : 0;
        position = { window: position.window, continuationToken: summary.continuationToken, loopGuard };
        return position;
      }
      const range = opened === null ? open.range : rangeOf(open, opened);
      const window = position.window && range ? nextWindow(rule.window, range, position.window) : null;
      if (!window) return null;
      seen = new Set();
      emptyPages = 0;
      position = { window, continuationToken: null, loopGuard: newLoopGuard() };
      return position;
    },

    /** By the first answer of the sync, whichever page is asked about. */
    openedAt(answer: ReadPage['answer']) {
      if (opened === null) {
        const told = openedAt(answer, deps.settings.lookbackMs);
        work.counts.skewMs = told.skewMs;
        opened = told.at;
      }
      return opened;
    },
  };

  /** Refuses a page before it counts; looks at its token without moving on. */
  function judge(summary: PageSummary): void {
    checkPage(summary, asked);
    if (summary.continuationToken !== null) {
      checkToken({ guard: position.loopGuard, seen, emptyPages }, hashToken(summary.continuationToken));
    }
  }
}

/** Enough of a SHA-256 to tell the tokens of one sync apart. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 16);
}

function mustBeOpen(lease: Lease, slot: Slot): OpenSync {
  const open = lease.cursor()[slot];
  if (!open) throw new Error(`no ${slot} sync to read`);
  return open;
}
