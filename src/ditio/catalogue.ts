/**
 * Lists every stream: its endpoint, its parameters, and how it differs from the others.
 *
 * A new endpoint is one entry here and one table in `sql/catalogue` (columns, key, joins), which is not part of the bundle.
 * `page-url.ts` writes requests from the entries; `core/cursor` decides what to request.
 * Source: Ditio's documentation and its own clients, see `docs/ditio.md`.
 */

import type { StreamRule, WindowRule } from '../core/cursor/stream-rule.ts';

/** Ditio's APIs; each has a base URL. */
export type Api = 'reporting';

/** Filters that most endpoints share. Parameters of the position (`ModifiedSince`, dates, `ChunkLimit`, token) are not among them. */
export type SharedFilter = 'companyId' | 'projectId' | 'ownCompanyDataOnly' | 'excludeDataFromSubsidiaries';

export interface CatalogueRow extends StreamRule {
  readonly api: Api;
  /** Path below the API's base URL, without a leading slash. */
  readonly path: string;
  /** OAuth scope the token needs. */
  readonly scope: 'reportingapiv1';
  /** The shared filters that it takes, each with its parameter names. */
  readonly filters: Readonly<Partial<Record<SharedFilter, readonly string[]>>>;
  /** Sent with every request. */
  readonly extra: Readonly<Record<string, string>>;
  /** Sent as well when sensitive data is requested. */
  readonly extraWhenSensitive: Readonly<Record<string, string>>;
  /** Whether it takes `ChunkLimit` and `ContinuationToken`. */
  readonly paged: boolean;
}

const ALL_FILTERS = {
  projectId: ['ProjectId'],
  companyId: ['CompanyId'],
  ownCompanyDataOnly: ['OwnCompanyDataOnly'],
  excludeDataFromSubsidiaries: ['ExcludeDataFromSubsidiaries'],
} as const;

const OPTIONAL: WindowRule = { kind: 'optional' };
const NONE: WindowRule = { kind: 'none' };

type Differences = Partial<Omit<CatalogueRow, 'name' | 'table'>>;

/** A stream of JSON pages that takes every filter, like most streams; an entry gives its differences. */
function stream<Name extends string>(name: Name, path: string, window: WindowRule, differences: Differences = {}) {
  return {
    name,
    table: name.replaceAll('-', '_'),
    api: 'reporting',
    path: `v1/${path}`,
    scope: 'reportingapiv1',
    window,
    snapshot: false,
    format: 'json',
    filters: ALL_FILTERS,
    extra: {},
    extraWhenSensitive: {},
    paged: true,
    access: 'any',
    ...differences,
  } as const satisfies CatalogueRow;
}

export const CATALOGUE = [
  stream('project', 'project', NONE, { access: 'administrator' }),
  stream('work-orders', 'project/work-breakdown-structure', NONE),
  stream('resource', 'resource', NONE, { access: 'administrator' }),
  stream('user', 'user', NONE, { access: 'administrator' }),
  stream('time-registrations', 'time-registrations', OPTIONAL),
  stream('absence-registrations', 'absence-registrations', OPTIONAL, {
    extraWhenSensitive: { IncludeSensitiveData: 'true' },
  }),
  // Older servers answer 400 without a window, to a window of more than 7 days, and to ModifiedSince more than 3 days back without a window.
  stream(
    'machine-registrations',
    'machine-registrations',
    { kind: 'fallback', maxDays: 7, modifiedSinceMaxDays: 3 },
    {},
  ),
  // These four ignore FromDateTime and ToDateTime.
  stream('incident-registrations', 'incident-registrations', NONE),
  stream('machine-incident-registrations', 'machine-incident-registrations', NONE),
  stream('checklist-registrations', 'checklist-registrations', NONE),
  stream('machine-checklist-registrations', 'machine-checklist-registrations', NONE),
  // Without a window and without ModifiedSince it answers for today only. Open stays are included by default.
  stream(
    'crew-list-registrations',
    'crew-list-registrations',
    { kind: 'required', maxDays: null, edges: 'shared' },
    {
      access: 'own-rows',
      // Public sources show both names, so the filter is sent under both.
      filters: { ...ALL_FILTERS, projectId: ['ProjectId', 'ProjectIds'] },
    },
  ),
  stream('payroll-lines', 'payroll-lines', OPTIONAL),
  stream('payroll-lines-extended', 'payroll-lines-extended', OPTIONAL, {
    access: 'administrator',
    // Without them Ditio sends only approved lines of employees who are paid by the hour.
    extra: { ExportFilter: 'All', UserPayrollTypeFilter: 'AllUsers' },
  }),
  stream('flow-trip-registrations', 'flow-trip-registrations', OPTIONAL),
  // No document says that these two take ModifiedSince.
  stream('flow-locations', 'flow-locations', NONE, { snapshot: true }),
  stream('flow-mass-types', 'flow-mass-types', NONE, { snapshot: true }),
  // Without Sources Ditio sends all three sources.
  stream('images', 'images', OPTIONAL),
  // Text, not paged. Without days the server chooses a range itself. It ignores every other parameter.
  stream(
    'item-registrations',
    'item-registrations/web-query',
    { kind: 'required', maxDays: 366, edges: 'days' },
    {
      snapshot: true,
      format: 'semicolon-text',
      filters: {},
      paged: false,
    },
  ),
] as const satisfies readonly CatalogueRow[];

export type StreamName = (typeof CATALOGUE)[number]['name'];

const BY_NAME: ReadonlyMap<string, CatalogueRow> = new Map(CATALOGUE.map((row) => [row.name, row]));

/** The stream with this name, or `undefined`. */
export function findStream(name: string): CatalogueRow | undefined {
  return BY_NAME.get(name);
}

/** Every OAuth scope that the streams need. */
export const SCOPES: readonly string[] = [...new Set(CATALOGUE.map((row) => row.scope))];
