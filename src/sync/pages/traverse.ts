/**
 * Reads an open sync to its end, or as far as time allows: page after page, part after part.
 *
 * The next page is asked for while the part before is written and counted.
 */

import { openIn } from '../../core/cursor/cursor.ts';
import { DeadlineReached } from '../../core/failure/errors.ts';
import type { SyncDeps } from '../deps.ts';
import { type Batch, dropBatch, newBatch } from './batch.ts';
import { checkpoint, type Reading } from './checkpoint.ts';
import { advance, type FetchedPage, fetchPage, newReader, noteOpening, type Reader } from './reader.ts';

/** Why reading stopped. The pages of `batch` are not counted yet: the caller writes the last checkpoint. */
export type TraversalEnd =
  | { readonly kind: 'drained'; readonly batch: Batch }
  | { readonly kind: 'yield'; readonly batch: Batch }
  | { readonly kind: 'deadline'; readonly batch: Batch; readonly cause: DeadlineReached };

/**
 * Throws what broke it: `HardFailure` or `LeaseLost`. The good pages before a hard failure are saved first.
 *
 * @param shouldYield asked after each page: whether other streams are waiting and this one has had its turn
 */
export async function traverse(deps: SyncDeps, reading: Reading, shouldYield: () => boolean): Promise<TraversalEnd> {
  const { lease, slot, scope } = reading;
  const reader = newReader(openIn(lease.cursor(), slot), lease.cursor().told);
  let batch = newBatch(reader.told);
  let committing: Promise<void> = Promise.resolve();
  try {
    for (;;) {
      if (scope.deadline.workLeftMs() <= 0) throw new DeadlineReached('no time is left for another page');
      const page = await fetchPage(deps, reading, reader, batch);
      const isLast = !takePage(deps, reading, reader, batch, page);
      if (isLast || shouldYield()) {
        await committing;
        return { kind: isLast ? 'drained' : 'yield', batch };
      }
      if (isFull(deps, batch)) {
        await committing;
        committing = checkpoint(deps, reading, batch);
        // Awaited later; until then a failure must not count as unhandled.
        committing.catch(() => {});
        batch = newBatch(reader.told);
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
      batch = newBatch(reader.told);
    }
    const cause = commitError ?? error;
    if (cause instanceof DeadlineReached) return { kind: 'deadline', batch, cause };
    await saveGoodPages(deps, reading, batch);
    throw cause;
  }
}

/** Counts a page into the batch and moves the reader on; false when it was the last page. */
function takePage(deps: SyncDeps, reading: Reading, reader: Reader, batch: Batch, page: FetchedPage): boolean {
  const { summary, answer } = page;
  const first = batch.read ?? {
    firstPageMs: deps.clock.monotonicMs(),
    openedAt: noteOpening(deps, reading, reader, answer),
    openedAtHere: answer.requestedAt,
  };
  batch.pages += 1;
  batch.records += summary.records;
  batch.deleted += summary.deleted;
  const more = advance(deps, reading, reader, page);
  batch.told = reader.told;
  batch.read = { ...first, position: reader.position, lastExtractedAt: page.extractedAt };
  reading.scope.log.debug('page_fetched', {
    page: reader.open.pages + reader.pagesRead,
    records: summary.records,
    deleted: summary.deleted,
    line_bytes: page.lineBytes,
    waited_ms: Math.round(answer.waitedMs),
    more,
  });
  return more;
}

function isFull(deps: SyncDeps, batch: Batch): boolean {
  const { partTargetBytes, partMaxAgeMs } = deps.settings;
  if ((batch.part?.bytes ?? 0) >= partTargetBytes) return true;
  return batch.read !== null && deps.clock.monotonicMs() - batch.read.firstPageMs >= partMaxAgeMs;
}

/** The first failure is the one to report; good pages that cannot be saved are read again by the next run. */
async function saveGoodPages(deps: SyncDeps, reading: Reading, batch: Batch): Promise<void> {
  if (batch.pages === 0) return dropBatch(batch);
  try {
    await checkpoint(deps, reading, batch);
  } catch (error) {
    reading.scope.log.warn('checkpoint_failed', { reason: error instanceof Error ? error.name : 'unknown' });
  }
}
