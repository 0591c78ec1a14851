/**
 * Every stream as data: where it is, what it may be asked, and in which way it differs from the others.
 *
 * A new endpoint is one entry. What is done with the entries is decided elsewhere: `page-url.ts` writes requests,
 * `core/plan.ts` and `core/windows.ts` decide what to ask for. Source: Ditio's documentation, one page per endpoint.
 */

import type { StreamRule, WindowRule } from '../core/cursor/stream-rule.ts';
import { DAY_MS } from '../core/time/instant.ts';
import { COLUMNS, type Columns } from './columns.ts';

/** Ditio's APIs that streams live in; each has a base URL. */
export type Api = 'reporting';

/** Query parameters that most endpoints share, besides those of position (`ModifiedSince`, dates, `ChunkLimit`, token). */
export type SharedFilter = 'companyId' | 'projectId' | 'ownCompanyDataOnly' | 'excludeDataFromSubsidiaries';

export interface CatalogueRow extends StreamRule {
  readonly api: Api;
  /** Below the API's base URL, without a leading slash. */
  readonly path: string;
  /** OAuth scope the token needs. */
  readonly scope: 'reportingapiv1';
  /** Which of the shared filters it takes, and under which name. */
  readonly filters: Readonly<Partial<Record<SharedFilter, string>>>;
  /** Sent with every request. */
  readonly extra: Readonly<Record<string, string>>;
  /** Sent too when sensitive data is asked for. */
  readonly extraWhenSensitive: Readonly<Record<string, string>>;
  /** Whether it takes `ChunkLimit` and `ContinuationToken`. */
  readonly paged: boolean;
  /** Columns of the analytics table. */
  readonly columns: Columns;
  /** What is peculiar about it, in one sentence; null for nothing. */
  readonly quirk: string | null;
}

const ALL_FILTERS = {
  projectId: 'ProjectId',
  companyId: 'CompanyId',
  ownCompanyDataOnly: 'OwnCompanyDataOnly',
  excludeDataFromSubsidiaries: 'ExcludeDataFromSubsidiaries',
} as const;

const OPTIONAL: WindowRule = { kind: 'optional' };
const NONE: WindowRule = { kind: 'none' };

type StreamName = keyof typeof COLUMNS;
type Differences = Partial<Omit<CatalogueRow, 'name' | 'table' | 'columns'>>;

/** A stream of JSON pages that takes every filter, as most are; the differences from that are given. */
function stream<Name extends StreamName>(name: Name, path: string, window: WindowRule, differences: Differences = {}) {
  return {
    name,
    table: name.replaceAll('-', '_'),
    api: 'reporting',
    path: `v1/${path}`,
    scope: 'reportingapiv1',
    window,
    snapshot: false,
    modifiedSinceMaxAgeMs: null,
    format: 'json',
    filters: ALL_FILTERS,
    extra: {},
    extraWhenSensitive: {},
    paged: true,
    columns: COLUMNS[name],
    quirk: null,
    ...differences,
  } as const satisfies CatalogueRow;
}

const INCIDENT_QUIRK = 'Ignores FromDateTime and ToDateTime; a new pdfUrl counts as a change.';
const CHECKLIST_QUIRK = 'Ignores FromDateTime and ToDateTime; a deletion comes as the full record.';

export const CATALOGUE = [
  stream('project', 'project', NONE, { quirk: 'Metadata: no date window; a deletion comes as the last version.' }),
  stream('work-orders', 'project/work-breakdown-structure', NONE, {
    quirk: 'Metadata: no date window; a deletion comes as the last version.',
  }),
  stream('resource', 'resource', NONE, { quirk: 'Metadata: people, machines and vehicles; no date window.' }),
  stream('user', 'user', NONE, { quirk: 'One row per company profile; identityUserId is the person.' }),
  stream('time-registrations', 'time-registrations', OPTIONAL, { quirk: 'A date window filters workDate.' }),
  stream('absence-registrations', 'absence-registrations', OPTIONAL, {
    extraWhenSensitive: { IncludeSensitiveData: 'true' },
    quirk: 'Sick-leave reasons and names of children are left out unless INCLUDE_SENSITIVE_DATA asks for them.',
  }),
  stream(
    'machine-registrations',
    'machine-registrations',
    {
      kind: 'required',
      maxDays: 7,
      edges: 'shared',
      onIncremental: false,
    },
    {
      // The old rule allows three days at the time of every page; the third is left for a sync that spans runs.
      modifiedSinceMaxAgeMs: 2 * DAY_MS,
      quirk:
        'Older servers take windows of at most 7 days and, without one, ModifiedSince of at most 3 days back; newer ones know neither limit.',
    },
  ),
  stream('incident-registrations', 'incident-registrations', NONE, { quirk: INCIDENT_QUIRK }),
  stream('machine-incident-registrations', 'machine-incident-registrations', NONE, { quirk: INCIDENT_QUIRK }),
  stream('checklist-registrations', 'checklist-registrations', NONE, { quirk: CHECKLIST_QUIRK }),
  stream('machine-checklist-registrations', 'machine-checklist-registrations', NONE, { quirk: CHECKLIST_QUIRK }),
  stream(
    'crew-list-registrations',
    'crew-list-registrations',
    {
      kind: 'required',
      maxDays: null,
      edges: 'shared',
      onIncremental: true,
    },
    {
      filters: { ...ALL_FILTERS, projectId: 'ProjectIds' },
      extra: { IncludeOpen: 'true' },
      quirk: 'Without a date window it answers for today only, so one is sent with ModifiedSince too.',
    },
  ),
  stream('payroll-lines', 'payroll-lines', OPTIONAL, { quirk: 'A date window filters transDateTime.' }),
  stream('payroll-lines-extended', 'payroll-lines-extended', OPTIONAL, {
    extra: { ExportFilter: 'All', UserPayrollTypeFilter: 'AllUsers' },
    quirk: 'The client must represent an administrator, else Ditio answers 403.',
  }),
  stream('flow-trip-registrations', 'flow-trip-registrations', OPTIONAL, {
    quirk: 'A date window filters loadDateTime.',
  }),
  stream('flow-locations', 'flow-locations', NONE, {
    snapshot: true,
    quirk: 'Reference data: nothing documented says that it takes ModifiedSince.',
  }),
  stream('flow-mass-types', 'flow-mass-types', NONE, {
    snapshot: true,
    quirk: 'Reference data: nothing documented says that it takes ModifiedSince.',
  }),
  stream('images', 'images', OPTIONAL, { quirk: 'URLs, not bytes; without Sources all three sources come.' }),
  stream(
    'item-registrations',
    'item-registrations/web-query',
    { kind: 'required', maxDays: 366, edges: 'apart', onIncremental: false },
    {
      snapshot: true,
      format: 'semicolon-text',
      filters: {},
      paged: false,
      quirk: 'Semicolon-separated text with a localised header row, not paged; takes a date window and no filter.',
    },
  ),
] as const satisfies readonly CatalogueRow[];

const BY_NAME: ReadonlyMap<string, CatalogueRow> = new Map(CATALOGUE.map((row) => [row.name, row]));

/** The stream of that name, or `undefined` when there is none. */
export function findStream(name: string): CatalogueRow | undefined {
  return BY_NAME.get(name);
}

/** Every OAuth scope that the streams need. */
export const SCOPES: readonly string[] = [...new Set(CATALOGUE.map((row) => row.scope))];
