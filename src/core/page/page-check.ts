/**
 * Judges what a page says of itself against what it holds and against what was asked for.
 *
 * Decides only on the summary of a page; that its bytes are JSON and its records have ids is the splitter's business.
 */

import { type LoopGuard, seeToken } from '../cursor/loop-guard.ts';
import { HardFailure } from '../failure/errors.ts';
import type { PageSummary } from './page-splitter.ts';

/** More pages in a row without a record, yet with a continuation token, than any honest server sends. */
export const MAX_EMPTY_PAGES = 1000;

/** Throws `HardFailure('wire_format')` when the page contradicts itself or the request. */
export function checkPage(page: PageSummary, asked: 'full' | 'incremental'): void {
  if (page.recordCount !== null && page.recordCount !== page.records) {
    throw new HardFailure(
      'wire_format',
      `the page says it has ${page.recordCount} records (recordCount) but holds ${page.records}`,
    );
  }
  if (page.deletedRecordCount !== null && page.deletedRecordCount !== page.deleted) {
    throw new HardFailure(
      'wire_format',
      `the page says it has ${page.deletedRecordCount} deleted records (deletedRecordCount) but holds ${page.deleted}`,
    );
  }
  if (page.syncTypeName !== null && page.syncTypeName.toLowerCase() !== asked) {
    throw new HardFailure(
      'wire_format',
      `a ${asked} sync was asked for, but the page says syncTypeName is ${JSON.stringify(page.syncTypeName.slice(0, 40))}`,
    );
  }
}

/** What is known of the tokens of a window so far. */
export interface TokenTrail {
  readonly guard: LoopGuard;
  /** Hashes of the tokens of this window met in this run. */
  readonly seen: ReadonlySet<string>;
  readonly emptyPages: number;
}

/**
 * The guard once a page has handed out a continuation token.
 *
 * Throws `HardFailure('pagination_loop')` when the token was handed out before in this window, or when too many pages
 * in a row were empty. Within a run every token is remembered; across runs the guard finds any cycle in the end.
 */
export function checkToken(trail: TokenTrail, tokenHash: string): LoopGuard {
  const guard = seeToken(trail.guard, tokenHash);
  if (guard === 'loop' || trail.seen.has(tokenHash)) {
    throw new HardFailure('pagination_loop', 'Ditio handed out a continuation token that it had handed out before');
  }
  if (trail.emptyPages > MAX_EMPTY_PAGES) {
    throw new HardFailure(
      'pagination_loop',
      `Ditio sent ${trail.emptyPages} pages in a row without a record, each with a continuation token`,
    );
  }
  return guard;
}
