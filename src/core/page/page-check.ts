/**
 * Judges what a page says of itself against what it holds, what was asked for, and what pages before it have said.
 *
 * Works on the summary of a page; that its bytes are JSON and its records have ids is the splitter's business.
 */

import type { Told } from '../cursor/cursor.ts';
import { type LoopGuard, seeToken } from '../cursor/loop-guard.ts';
import { HardFailure } from '../failure/errors.ts';
import type { PageSummary } from './splitter.ts';

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

/** What a page tells of itself beside its records. */
export function toldBy(page: PageSummary): Told {
  return { counts: page.recordCount !== null, mode: page.syncTypeName !== null, links: page.hasLinks };
}

const DIED = 'A proxy or a serializer that died may have cut the answer and closed its brackets.';
const HINT =
  'Nothing was counted. If it comes again, ask Ditio whether the API has changed; `reset` makes the extractor forget what this stream used to say.';

/**
 * Throws `HardFailure('wire_format')` when a page lacks what pages of the stream have told before, or when it ends the
 * window without a positive sign: it points to a next page in any way but a continuation token.
 *
 * The failure this prevents: the end of a sync taken from an absence. A body that was closed early, or a token under
 * another name, would pass for the last page, and everything after it would be missing without a word.
 *
 * Links alone are looked for only where neither counts nor mode were ever told: a server may leave them out where there
 * is nothing to link to.
 */
export function checkSigns(page: PageSummary, told: Told): void {
  const lacks = [
    told.counts && page.recordCount === null && 'recordCount',
    told.mode && page.syncTypeName === null && 'syncTypeName',
    told.links && !told.counts && !told.mode && !page.hasLinks && 'links',
  ].filter((name) => name !== false);
  if (lacks.length > 0) {
    const message = `the page lacks ${lacks.join(' and ')}, which pages of this stream have had before. ${DIED}`;
    throw new HardFailure('wire_format', message, { hint: HINT });
  }
  if (page.continuationToken === null && page.pointsOn !== null) {
    const message = `the page points to a next one (${page.pointsOn.slice(0, 60)}) but has no usable continuationToken`;
    throw new HardFailure('wire_format', message, { hint: HINT });
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
