/**
 * Compares what a page says about itself with its records, with the request, and with what earlier pages said.
 *
 * It works on the summary of a page. The splitter has already checked its JSON and the ids of its records.
 */

import type { SeenMembers } from '../cursor/cursor-shape.ts';
import { type LoopGuard, seeToken } from '../cursor/loop-guard.ts';
import { HardFailure } from '../failure/errors.ts';
import type { PageSummary } from './splitter.ts';

/** Most pages in a row without a record but with a continuation token. A correct server sends fewer. */
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

/** Which optional members the page has. */
export function membersOf(page: PageSummary): SeenMembers {
  return { counts: page.recordCount !== null, mode: page.syncTypeName !== null, links: page.hasLinks };
}

const DIED = 'A proxy or a serializer that died may have cut the answer and closed its brackets.';
const HINT =
  'Wait for the next run, because nothing was stored; if it happens again, ask Ditio whether the API has changed, and note that `reset` clears what is known about earlier pages of this stream.';

/**
 * Throws `HardFailure('wire_format')` when a page lacks members that earlier pages of the stream had, or when it has no
 * continuation token but points to a next page in another way.
 *
 * The failure this prevents: a missing token is taken for the end of the sync. A body that was closed early, or a token
 * under another name, would look like the last page, and every later record would be lost without a message.
 *
 * Missing links count only where the stream never had counts or a mode: a server may leave links out when it has nothing
 * to link to.
 */
export function checkSigns(page: PageSummary, seen: SeenMembers): void {
  const lacks = [
    seen.counts && page.recordCount === null && 'recordCount',
    seen.mode && page.syncTypeName === null && 'syncTypeName',
    seen.links && !seen.counts && !seen.mode && !page.hasLinks && 'links',
  ].filter((name) => name !== false);
  if (lacks.length > 0) {
    const message = `the page lacks ${lacks.join(' and ')}, which pages of this stream have had before. ${DIED}`;
    throw new HardFailure('wire_format', message, { hint: HINT });
  }
  if (page.continuationToken === null && page.nextPageSign !== null) {
    const message = `the page points to a next one (${page.nextPageSign.slice(0, 60)}) but has no usable continuationToken`;
    throw new HardFailure('wire_format', message, { hint: HINT });
  }
}

/** What is known about the tokens of a window so far. */
export interface TokenTrail {
  readonly guard: LoopGuard;
  /** Hashes of the tokens of this window met in this run. */
  readonly seen: ReadonlySet<string>;
  readonly emptyPages: number;
}

/**
 * The guard after a page with a continuation token.
 *
 * Throws `HardFailure('pagination_loop')` when Ditio sent the token before in this window, or when too many pages in a row
 * were empty. Within a run every token is remembered; across runs the guard finds any cycle after some time.
 */
export function checkToken(trail: TokenTrail, tokenHash: string): LoopGuard {
  const guard = seeToken(trail.guard, tokenHash);
  if (guard === 'loop' || trail.seen.has(tokenHash)) {
    throw new HardFailure('pagination_loop', 'Ditio sent a continuation token that it had sent before');
  }
  if (trail.emptyPages > MAX_EMPTY_PAGES) {
    throw new HardFailure(
      'pagination_loop',
      `Ditio sent ${trail.emptyPages} pages in a row without a record, each with a continuation token`,
    );
  }
  return guard;
}
