/**
 * Builds the URL of a page: a pure function of the stream, the request and the settings.
 *
 * Every parameter except the token is sent again unchanged on every page of a sync: the server reads the token as a
 * modification time only where `ModifiedSince` is present.
 */

import type { DateWindow } from '../core/cursor/open-sync.ts';
import { HardFailure } from '../core/failure/errors.ts';
import { addMs, formatInstant, type Instant } from '../core/time/instant.ts';
import type { PageRequest } from '../ports.ts';
import type { Api, CatalogueRow, SharedFilter } from './catalogue.ts';

/** Filters from the configuration; undefined is not sent. */
export interface PageFilters extends Readonly<Record<SharedFilter, string | boolean | undefined>> {
  /** Whether to request sensitive data where an endpoint withholds it by default. */
  readonly includeSensitiveData: boolean;
}

export type BaseUrls = Readonly<Record<Api, URL>>;

/**
 * The URL of a page. Throws `HardFailure('unexpected')` when the endpoint does not take a parameter of the request:
 * silently leaving it out would turn an incremental sync into a full one.
 */
export function buildPageUrl(row: CatalogueRow, request: PageRequest, filters: PageFilters, baseUrls: BaseUrls): URL {
  refuseImpossible(row, request);
  const { window, modifiedSince, modifiedBefore, continuationToken, pageSize } = request;
  const parameters: Array<readonly [string, string]> = Object.entries(row.extra);
  if (filters.includeSensitiveData) parameters.push(...Object.entries(row.extraWhenSensitive));
  if (window) {
    parameters.push(...windowParameters(row, window));
  }
  if (modifiedSince !== null) parameters.push(['ModifiedSince', formatInstant(modifiedSince)]);
  if (modifiedBefore !== null) parameters.push(['ModifiedBefore', formatInstant(modifiedBefore)]);
  for (const [filter, names] of Object.entries(row.filters) as Array<[SharedFilter, readonly string[]]>) {
    const value = filters[filter];
    if (value !== undefined) parameters.push(...names.map((name) => [name, String(value)] as const));
  }
  if (row.paged) parameters.push(['ChunkLimit', String(pageSize)]);
  if (continuationToken !== null) parameters.push(['ContinuationToken', continuationToken]);

  const url = new URL(baseUrls[row.api]);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${row.path}`;
  url.search = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return url;
}

/** Method and URL for a person, without the continuation token, which is long and means nothing to a reader. */
export function describeRequest(method: string, url: URL): string {
  const shown = url.href.replace(/([?&])ContinuationToken=[^&]*/, '$1ContinuationToken=…');
  return `${method} ${shown}`;
}

/**
 * The parameters of a window. Where the endpoint takes whole days, the end of the window is exclusive, and the last day
 * sent is the day of the instant before it. Neighbouring windows that meet at midnight then share no day.
 */
function windowParameters(row: CatalogueRow, { from, to }: DateWindow): Array<readonly [string, string]> {
  const isByDays = row.window.kind === 'required' && row.window.edges === 'days';
  if (!isByDays) {
    return [
      ['FromDateTime', formatInstant(from)],
      ['ToDateTime', formatInstant(to)],
    ];
  }
  const last = to > from ? addMs(to, -1) : to;
  return [
    ['FromDate', dayOf(from)],
    ['ToDate', dayOf(last)],
  ];
}

/** `2026-11-22`, UTC. */
function dayOf(at: Instant): string {
  return formatInstant(at).slice(0, 'yyyy-MM-dd'.length);
}

function refuseImpossible(row: CatalogueRow, request: PageRequest): void {
  const problems = [
    row.snapshot && request.modifiedSince !== null && 'ModifiedSince, which a snapshot stream does not take',
    row.window.kind === 'none' && request.window !== null && 'a date window, which it does not have',
    request.modifiedBefore !== null && request.modifiedSince === null && 'ModifiedBefore without ModifiedSince',
    !row.paged && request.continuationToken !== null && 'a continuation token, although it is not paged',
    request.continuationToken?.isWellFormed() === false && 'a continuation token that is not text',
  ].filter((problem) => problem !== false);
  if (problems.length === 0) return;
  throw new HardFailure('unexpected', `the request for ${row.name} has ${problems.join(' and ')}`);
}
