/**
 * Lists the streams of the server: path, share of the records, order, window, tombstones, quirks.
 *
 * It also divides the number of records among them. `records/` writes the records.
 */

export const STREAM_NAMES = [
  'project',
  'work-orders',
  'resource',
  'user',
  'time-registrations',
  'absence-registrations',
  'machine-registrations',
  'incident-registrations',
  'machine-incident-registrations',
  'checklist-registrations',
  'machine-checklist-registrations',
  'crew-list-registrations',
  'payroll-lines',
  'payroll-lines-extended',
  'flow-trip-registrations',
  'flow-locations',
  'flow-mass-types',
  'images',
  'item-registrations',
] as const;

export type StreamName = (typeof STREAM_NAMES)[number];

export interface StreamSpec {
  readonly name: StreamName;
  /** Under `/v1/`. */
  readonly path: string;
  /** Part of all records, in thousandths. */
  readonly share: number;
  /** Fewest and most records; they override the share. */
  readonly least: number;
  readonly most: number;
  /** Order of a full sync: by a date, by an instant, or by id (which is the order of creation). */
  readonly order: 'date' | 'instant' | 'id';
  /** Whether `FromDateTime` and `ToDateTime` filter anything; where they do, by which field. */
  readonly windowField: string | null;
  /** The form of a deleted record in an incremental answer; `gone` where deletions are never reported. */
  readonly tombstone: 'empty' | 'last-version' | 'full-record' | 'gone';
  /** The stream ignores `ModifiedSince`: every answer is full. */
  readonly snapshot: boolean;
  /** Others refer to its records, all but every eighth; only those may be deleted. */
  readonly referredTo: boolean;
  /** Several records may have one `id`: it names a file, and a record is the file together with one parent. */
  readonly sharesIds: boolean;
  /** What determines the company of a record: its own company, its project, or nothing. */
  readonly ownedBy: 'company' | 'project' | 'nobody';
}

const ALL = Number.POSITIVE_INFINITY;
const REGISTRATION = {
  least: 4,
  most: ALL,
  tombstone: 'empty',
  snapshot: false,
  referredTo: false,
  sharesIds: false,
} as const;
const METADATA = {
  order: 'id',
  windowField: null,
  tombstone: 'last-version',
  snapshot: false,
  referredTo: true,
  sharesIds: false,
  ownedBy: 'company',
} as const;
const SNAPSHOT = { order: 'id', windowField: null, tombstone: 'gone', snapshot: true, sharesIds: false } as const;
const BY_ID = { order: 'id', windowField: null, ownedBy: 'project' } as const;

export const STREAMS: readonly StreamSpec[] = [
  { ...METADATA, name: 'project', path: 'project', share: 1.5, least: 12, most: 4_000 },
  { ...METADATA, name: 'work-orders', path: 'project/work-breakdown-structure', share: 8, least: 40, most: 40_000 },
  { ...METADATA, name: 'resource', path: 'resource', share: 4, least: 48, most: 20_000 },
  { ...METADATA, name: 'user', path: 'user', share: 3, least: 24, most: 15_000 },
  registration('time-registrations', 350, { order: 'date', windowField: 'workDate', ownedBy: 'project' }),
  registration('absence-registrations', 30, { order: 'date', windowField: 'transDate', ownedBy: 'project' }),
  registration('machine-registrations', 85, { order: 'instant', windowField: 'stopDateTime', ownedBy: 'project' }),
  registration('incident-registrations', 10, BY_ID),
  registration('machine-incident-registrations', 5, BY_ID),
  { ...registration('checklist-registrations', 25, BY_ID), tombstone: 'full-record' },
  { ...registration('machine-checklist-registrations', 15, BY_ID), tombstone: 'full-record' },
  registration('crew-list-registrations', 55, { order: 'id', windowField: 'checkInDateTime', ownedBy: 'project' }),
  registration('payroll-lines', 110, { order: 'date', windowField: 'transDateTime', ownedBy: 'company' }),
  registration('payroll-lines-extended', 80, { order: 'date', windowField: 'transDateTime', ownedBy: 'company' }),
  registration('flow-trip-registrations', 160, { order: 'instant', windowField: 'loadDateTime', ownedBy: 'project' }),
  {
    ...SNAPSHOT,
    name: 'flow-locations',
    path: 'flow-locations',
    share: 1,
    least: 16,
    most: 3_000,
    ...reference('project'),
  },
  {
    ...SNAPSHOT,
    name: 'flow-mass-types',
    path: 'flow-mass-types',
    share: 0.2,
    least: 12,
    most: 40,
    ...reference('nobody'),
  },
  {
    ...registration('images', 40, { order: 'id', windowField: 'createdDateTime', ownedBy: 'project' }),
    sharesIds: true,
  },
  {
    ...registration('item-registrations', 18, { order: 'instant', windowField: 'transDate', ownedBy: 'project' }),
    ...SNAPSHOT,
    order: 'instant',
    windowField: 'transDate',
    path: 'item-registrations/web-query',
  },
];

function registration(
  name: StreamName,
  share: number,
  of: Pick<StreamSpec, 'order' | 'windowField' | 'ownedBy'>,
): StreamSpec {
  return { ...REGISTRATION, name, path: name, share, ...of };
}

function reference(ownedBy: StreamSpec['ownedBy']) {
  return { referredTo: true, ownedBy } as const;
}

/** How many records each stream begins with: shares of the total, with the hours taking up what is left. */
export function baseCounts(
  records: number,
  fixed: Readonly<Partial<Record<StreamName, number>>> = {},
): Record<StreamName, number> {
  const counts = {} as Record<StreamName, number>;
  let sum = 0;
  for (const { name, share, least, most } of STREAMS) {
    const wanted = Math.min(most, Math.max(least, Math.round((records * share) / 1000)));
    counts[name] = fixed[name] ?? (records === 0 ? 0 : wanted);
    sum += counts[name];
  }
  if (fixed['time-registrations'] === undefined && records > 0) {
    counts['time-registrations'] = Math.max(4, counts['time-registrations'] + records - sum);
  }
  return counts;
}
