import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HardFailure } from '../../src/core/failure/errors.ts';
import { type Instant, parseInstant } from '../../src/core/time/instant.ts';
import { CATALOGUE, type CatalogueRow, findStream } from '../../src/ditio/catalogue.ts';
import { buildPageUrl, describeRequest, type PageFilters } from '../../src/ditio/page-url.ts';
import type { PageRequest } from '../../src/ports.ts';
import { NO_FILTERS } from '../fakes/filters.ts';

const at = (text: string): Instant => parseInstant(text) ?? assert.fail(text);
const BASE = { reporting: new URL('https://core-api.example.test/reporting') };
const ALL_FILTERS: PageFilters = {
  companyId: 'c 1',
  projectId: 'p&2',
  ownCompanyDataOnly: true,
  excludeDataFromSubsidiaries: false,
  includeSensitiveData: true,
};

const blank = (stream: string): PageRequest => ({
  stream,
  modifiedSince: null,
  modifiedBefore: null,
  window: null,
  continuationToken: null,
  pageSize: 5000,
});
const WINDOW = { from: at('2026-01-01T00:00:00Z'), to: at('2026-01-08T00:00:00Z') };

const rows: ReadonlyArray<{
  readonly name: string;
  readonly request: PageRequest;
  readonly filters?: PageFilters;
  readonly expected: string;
}> = [
  { name: 'a full sync', request: blank('project'), expected: 'v1/project?ChunkLimit=5000' },
  {
    name: 'an incremental sync, to the millisecond',
    request: { ...blank('time-registrations'), modifiedSince: at('2026-11-22T08:05:00.1234567Z') },
    expected: 'v1/time-registrations?ModifiedSince=2026-11-22T08%3A05%3A00.123Z&ChunkLimit=5000',
  },
  {
    name: 'a modification window',
    request: {
      ...blank('user'),
      modifiedSince: at('2026-11-01T00:00:00+01:00'),
      modifiedBefore: at('2026-11-02T00:00:00Z'),
      pageSize: 1,
    },
    expected:
      'v1/user?ModifiedSince=2026-10-31T23%3A00%3A00.000Z&ModifiedBefore=2026-11-02T00%3A00%3A00.000Z&ChunkLimit=1',
  },
  {
    name: 'a date window and a token, with everything else repeated',
    request: {
      ...blank('crew-list-registrations'),
      modifiedSince: at('2026-11-22T08:05:00Z'),
      window: WINDOW,
      continuationToken: 'abc',
    },
    expected:
      'v1/crew-list-registrations?FromDateTime=2026-01-01T00%3A00%3A00.000Z&ToDateTime=2026-01-08T00%3A00%3A00.000Z&ModifiedSince=2026-11-22T08%3A05%3A00.000Z&ChunkLimit=5000&ContinuationToken=abc',
  },
  {
    name: 'fixed parameters',
    request: blank('payroll-lines-extended'),
    expected: 'v1/payroll-lines-extended?ExportFilter=All&UserPayrollTypeFilter=AllUsers&ChunkLimit=5000',
  },
  {
    name: 'the filters of the configuration',
    request: blank('time-registrations'),
    filters: ALL_FILTERS,
    expected:
      'v1/time-registrations?ProjectId=p%262&CompanyId=c%201&OwnCompanyDataOnly=true&ExcludeDataFromSubsidiaries=false&ChunkLimit=5000',
  },
  {
    name: 'sensitive data, where it is configured',
    request: blank('absence-registrations'),
    filters: { ...NO_FILTERS, includeSensitiveData: true },
    expected: 'v1/absence-registrations?IncludeSensitiveData=true&ChunkLimit=5000',
  },
  {
    name: 'no sensitive data where it is not',
    request: blank('absence-registrations'),
    expected: 'v1/absence-registrations?ChunkLimit=5000',
  },
  {
    name: 'the project of a crew list under both of its names',
    request: { ...blank('crew-list-registrations'), window: WINDOW },
    filters: { ...NO_FILTERS, projectId: 'p1' },
    expected:
      'v1/crew-list-registrations?FromDateTime=2026-01-01T00%3A00%3A00.000Z&ToDateTime=2026-01-08T00%3A00%3A00.000Z&ProjectId=p1&ProjectIds=p1&ChunkLimit=5000',
  },
  {
    name: 'item transactions: the days of a window, whose end is exclusive, and nothing else',
    request: { ...blank('item-registrations'), window: WINDOW },
    filters: ALL_FILTERS,
    expected: 'v1/item-registrations/web-query?FromDate=2026-01-01&ToDate=2026-01-07',
  },
  {
    name: 'item transactions: a window that ends within a day holds that day',
    request: { ...blank('item-registrations'), window: { from: WINDOW.from, to: at('2026-01-08T00:00:00.001Z') } },
    expected: 'v1/item-registrations/web-query?FromDate=2026-01-01&ToDate=2026-01-08',
  },
  {
    name: 'item transactions: a window of one instant is its day',
    request: { ...blank('item-registrations'), window: { from: WINDOW.from, to: WINDOW.from } },
    expected: 'v1/item-registrations/web-query?FromDate=2026-01-01&ToDate=2026-01-01',
  },
  {
    name: 'images from all sources',
    request: { ...blank('images'), window: WINDOW },
    filters: ALL_FILTERS,
    expected:
      'v1/images?FromDateTime=2026-01-01T00%3A00%3A00.000Z&ToDateTime=2026-01-08T00%3A00%3A00.000Z&ProjectId=p%262&CompanyId=c%201&OwnCompanyDataOnly=true&ExcludeDataFromSubsidiaries=false&ChunkLimit=5000',
  },
];
for (const { name, request, filters, expected } of rows) {
  test(`page URL: ${name}`, () => {
    const url = buildPageUrl(find(request.stream), request, filters ?? NO_FILTERS, BASE);
    assert.equal(url.href, `https://core-api.example.test/reporting/${expected}`);
  });
}

test('a base URL may end in a slash', () => {
  const base = { reporting: new URL('http://127.0.0.1:8787/reporting/') };
  assert.equal(buildPageUrl(find('user'), blank('user'), NO_FILTERS, base).pathname, '/reporting/v1/user');
});

const impossible: ReadonlyArray<readonly [name: string, request: PageRequest, word: RegExp]> = [
  ['ModifiedSince of a snapshot', { ...blank('flow-locations'), modifiedSince: WINDOW.from }, /ModifiedSince/],
  ['a window of metadata', { ...blank('project'), window: WINDOW }, /date window/],
  ['ModifiedBefore alone', { ...blank('user'), modifiedBefore: WINDOW.to }, /ModifiedBefore/],
  ['a token of a stream without pages', { ...blank('item-registrations'), continuationToken: 'x' }, /not paged/],
  ['half a character as a token', { ...blank('user'), continuationToken: '\ud800' }, /not text/],
];
for (const [name, request, word] of impossible) {
  test(`is refused before it is sent: ${name}`, () => {
    assert.throws(
      () => buildPageUrl(find(request.stream), request, NO_FILTERS, BASE),
      (error: unknown) => error instanceof HardFailure && error.kind === 'unexpected' && word.test(error.message),
    );
  });
}

test('a continuation token comes back byte for byte, and everything else is the same on every page', () => {
  const names = CATALOGUE.filter((row) => row.paged).map((row) => row.name);
  const incremental = fc.record({
    name: fc.constantFrom(...names),
    token: fc.string({ unit: 'binary', maxLength: 80 }),
    since: fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: null }),
  });
  fc.assert(
    fc.property(incremental, ({ name, token, since }) => {
      const row = find(name);
      const request = {
        ...blank(name),
        modifiedSince: row.snapshot ? null : (since as Instant | null),
        window: row.window.kind === 'none' ? null : WINDOW,
      };
      const first = buildPageUrl(row, request, ALL_FILTERS, BASE);
      const next = buildPageUrl(row, { ...request, continuationToken: token }, ALL_FILTERS, BASE);
      assert.equal(next.searchParams.get('ContinuationToken'), token);
      next.searchParams.delete('ContinuationToken');
      assert.deepEqual([...next.searchParams], [...first.searchParams]);
    }),
  );
});

test('a request is described without its continuation token', () => {
  const request = { ...blank('user'), modifiedSince: WINDOW.from, continuationToken: 'opaque/+=&%' };
  const shown = describeRequest('GET', buildPageUrl(find('user'), request, NO_FILTERS, BASE));
  assert.equal(
    shown,
    'GET https://core-api.example.test/reporting/v1/user?ModifiedSince=2026-01-01T00%3A00%3A00.000Z&ChunkLimit=5000&ContinuationToken=…',
  );
});

function find(name: string): CatalogueRow {
  return findStream(name) ?? assert.fail(name);
}
