/** The queries of docs/queries.md, a small lake of made-up people, and what each query gives over it, worked out by hand. */

import { readFileSync } from 'node:fs';
import { type LakeFile, lineOf, type Mode, manifestFile, partFile, syncIdAt } from './lake-builder.ts';

export interface Recipe {
  readonly heading: string;
  readonly sql: string;
}

/** Headings and the SQL below them. */
export function readRecipes(): Recipe[] {
  const text = readFileSync(new URL('../../docs/queries.md', import.meta.url), 'utf8');
  return text.split(/^## /m).flatMap((section) => {
    const [heading = ''] = section.split('\n');
    return [...section.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql = '']) => ({ heading, sql }));
  });
}

type Records = readonly Readonly<Record<string, unknown>>[];

const PROJECT = { projectId: 'p1', projectName: 'Road' };
const BRIDGE = { projectId: 'p2', projectName: 'Bridge' };
const TIME = {
  workDate: '2026-11-09T00:00:00Z',
  ...PROJECT,
  taskId: 'w1',
  resourceId: 'r1',
  resourceTypeName: 'Person',
  userId: 'auth0|kari',
  createdDateTime: '2026-11-09T16:00:00Z',
};
const MACHINE_TIME = { ...TIME, resourceTypeName: 'Excavator', userId: null };
const APPROVED = { approved: true, approvedDateTime: '2026-11-10T04:00:00Z' };
const TRIP = { massType: 'Gravel', isFlowData: true };
const ITEM = { projectName: 'Road', projectNumber: '1', transDate: '09.11.2026 08:00:00' };

/** More than twenty, and hours that are no number. */
const MANY_LINES = Array.from({ length: 23 }, (_, at) => ({ name: `Level ${at}`, qty: at === 22 ? 'half' : at / 4 }));

const EXCAVATOR = { machineId: 'r2', machineName: 'Excavator', ...PROJECT };
const CRANE = { machineId: 'r3', machineName: 'Crane', ...BRIDGE };

interface MadeSync {
  readonly table: string;
  readonly mode: Mode;
  /** Of November 2026. */
  readonly day: number;
  readonly records: Records;
}

const full = (table: string, records: Records): MadeSync => ({ table, mode: 'full', day: 9, records });
const incremental = (table: string, day: number, records: Records): MadeSync => ({
  table,
  mode: 'incremental',
  day,
  records,
});

const SYNCS: readonly MadeSync[] = [
  full('project', [
    { id: 'p1', name: 'Road', isDeleted: false },
    { id: 'p2', name: 'Bridge', isDeleted: false },
  ]),
  full('work_orders', [{ id: 'w1', name: 'Digging', projectId: 'p1', isDeleted: false }]),
  full('resource', [
    { id: 'r1', name: 'Kari Berg', typeBaseName: 'Human', isDeleted: false },
    { id: 'r2', name: 'Excavator', typeBaseName: 'Machine', isDeleted: false },
    { id: 'r4', name: 'Ola Vik', typeBaseName: 'Human', isDeleted: false },
  ]),
  // His hours stay hours of a person. A tombstone of a resource is its last version, or may say less.
  incremental('resource', 10, [{ id: 'r4', isDeleted: true, deletedDateTime: '2026-11-10T07:00:00Z' }]),
  full('user', [
    {
      id: 'u1',
      identityUserId: 'auth0|kari',
      name: 'Kari Berg',
      companyId: 'c2',
      employmentCompanyId: 'c1',
      isActiveEmployment: true,
      modifiedDateTime: '2026-11-08T08:00:00Z',
    },
    {
      id: 'u2',
      identityUserId: 'auth0|kari',
      name: 'Kari Berg (employer)',
      companyId: 'c1',
      employmentCompanyId: 'c1',
      isActiveEmployment: true,
      isDisabled: false,
      modifiedDateTime: '2026-01-08T08:00:00Z',
    },
    {
      id: 'u3',
      identityUserId: 'auth0|kari',
      name: 'Kari Berg (left)',
      companyId: 'c1',
      employmentCompanyId: 'c1',
      isActiveEmployment: false,
      modifiedDateTime: '2026-11-08T08:00:00Z',
    },
  ]),
  full('time_registrations', [
    { id: 'time-1', ...TIME, qty: 7.5, approved: false },
    { id: 'time-2', ...TIME, ...BRIDGE, qty: 4, ...APPROVED },
    { id: 'time-3', ...TIME, qty: 1, approved: false },
    { id: 'time-4', ...MACHINE_TIME, resourceId: 'r2', qty: 2, ...APPROVED },
    { id: 'time-5', ...TIME, ...BRIDGE, resourceId: 'r4', userId: 'auth0|ola', qty: 3, ...APPROVED },
    { id: 'time-6', ...TIME, qty: 0.5, ...APPROVED },
    { id: 'time-7', ...TIME, qty: 9, ...APPROVED },
    // Resources without a line: one works for a person, one does not.
    { id: 'time-8', ...TIME, ...BRIDGE, resourceId: 'r8', qty: 0.25, ...APPROVED },
    { id: 'time-9', ...MACHINE_TIME, resourceId: 'r9', qty: 6, ...APPROVED },
  ]),
  // The lookback brings time-1 again as it was.
  incremental('time_registrations', 10, [
    { id: 'time-1', ...TIME, qty: 7.5, approved: false },
    { id: 'time-3', isDeleted: true, deletedDateTime: '2026-11-10T07:00:00Z' },
    { id: 'time-6', isDeleted: true, deletedDateTime: '2026-11-10T07:01:00Z' },
    { id: 'time-7', isDeleted: 'True', deletedDateTime: '2026-11-10T07:02:00Z' },
    { ...TIME, qty: 99 },
  ]),
  // time-6 is restored.
  incremental('time_registrations', 11, [
    { id: 'time-1', ...TIME, qty: 8, ...APPROVED },
    { id: 'time-6', ...TIME, qty: 0.5, ...APPROVED, isDeleted: false },
  ]),
  full('payroll_lines_extended', [
    {
      id: 'pay-1',
      userName: 'Kari Berg',
      transDateTime: '2026-11-09T00:00:00Z',
      overtimeLines: [
        { name: 'Overtime 50 %', lineType: 20, qty: 1.5 },
        { name: 'Night', lineType: 41, qty: 2 },
      ],
    },
    { id: 'pay-2', userName: 'Ola Vik', transDateTime: '2026-11-09T00:00:00Z', overtimeLines: [] },
    { id: 'pay-3', userName: 'Ola Vik', transDateTime: '2026-11-09T00:00:00Z', overtimeLines: MANY_LINES },
    { id: 'pay-4', userName: 'Ola Vik', transDateTime: '2026-11-09T00:00:00Z', overtimeLines: null },
  ]),
  full('flow_trip_registrations', [
    { id: 't1', ...TRIP, quantity: 20, unitOfMeasureText: 'Ton' },
    { id: 't2', ...TRIP, quantity: 12.5, unitOfMeasureText: 'CubicMeter' },
    { id: 't3', ...TRIP, quantity: 21, unitOfMeasureText: 'Ton' },
  ]),
  full('machine_registrations', [
    { id: 'm1', ...EXCAVATOR, startDateTime: '2026-11-09T06:00:00Z', stopDateTime: '2026-11-09T10:00:00Z' },
    { id: 'm2', ...EXCAVATOR, startDateTime: '2026-11-09T11:00:00Z', stopDateTime: '2026-11-09T12:00:00Z' },
    { id: 'm3', ...EXCAVATOR, startDateTime: '2026-11-10T06:00:00Z' },
    // Four days.
    { id: 'm4', ...CRANE, ...PROJECT, startDateTime: '2026-11-02T10:00:00Z', stopDateTime: '2026-11-05T09:00:00Z' },
    // From half past eleven in the evening of the 5th to half past midnight, in Oslo.
    { id: 'm5', ...CRANE, startDateTime: '2026-11-05T22:30:00Z', stopDateTime: '2026-11-05T23:30:00Z' },
    // To midnight in Oslo, of one day.
    { id: 'm6', ...CRANE, startDateTime: '2026-11-07T12:00:00Z', stopDateTime: '2026-11-07T23:00:00Z' },
    // Not ended: up to the 9th, when the line arrived. The crane's clock is wrong in m8, and has not begun in m9.
    { id: 'm7', ...CRANE, startDateTime: '2026-11-08T07:00:00Z', stopDateTime: null },
    { id: 'm8', ...CRANE, startDateTime: '2026-11-01T07:00:00Z', stopDateTime: '2026-10-30T07:00:00Z' },
    { id: 'm9', ...CRANE, startDateTime: '0001-01-01T00:00:00Z', stopDateTime: '2026-10-30T07:00:00Z' },
  ]),
  full('incident_registrations', [
    { id: 'i1', baseTypeText: 'HSE', createdAt: '2026-11-09T09:00:00Z' },
    { id: 'i2', baseTypeText: 'QA', createdAt: '2026-11-09T09:00:00Z' },
    // In Oslo the first is of November already, the second of December.
    { id: 'i3', baseTypeText: 'HSE', createdAt: '2026-10-31T23:30:00Z' },
    { id: 'i4', baseTypeText: 'HSE', createdAt: '2026-11-30T23:30:00Z' },
  ]),
  full('item_registrations', [
    { ...ITEM, itemName: 'Pipe', transType: 'Purchase', qty: '10,5', amount: '105' },
    { ...ITEM, itemName: 'Pipe', transType: 'Consumption', qty: '\u22122', amount: '\u221220,5' },
    { ...ITEM, itemName: 'Pipe', transType: 'Consumption', qty: '\u22122', amount: '\u221220,5' },
  ]),
];

/** Each sync opens at eight, one second after the one before, and its one page arrives in that second. */
export function recipeLake(): LakeFile[] {
  return SYNCS.flatMap(({ table, mode, day, records }, at) => {
    const openedMs = Date.UTC(2026, 10, day, 8, 0, at);
    const syncId = syncIdAt(openedMs);
    const lines = records.map((record) => lineOf(syncId, openedMs + 500, JSON.stringify(record)));
    const part = partFile(table, syncId, [lines.join('')], { version: at + 1 });
    const instant = (ms: number) => new Date(ms).toISOString();
    const manifest = manifestFile(table, mode, syncId, [part.key], {
      startedAt: instant(openedMs),
      completedAt: instant(openedMs + 500),
      watermark: instant(openedMs - 1000),
      records: records.length,
      bytes: 100,
    });
    return [part, manifest];
  });
}

const firstOf = (table: string, day: number) => SYNCS[secondOf(table, day)]?.records[0];
const secondOf = (table: string, day: number) => SYNCS.findIndex((sync) => sync.table === table && sync.day === day);
const clock = (table: string, day: number, ms: string) =>
  `2026-11-${String(day).padStart(2, '0')} 08:00:${String(secondOf(table, day)).padStart(2, '0')}.${ms}`;
const stamp = (table: string, day: number) => `${clock(table, day, '500').replace(' ', 'T')}Z`;
const watermark = (table: string, day: number) =>
  new Date(Date.parse(stamp(table, day)) - 1500).toISOString().replace('T', ' ').replace('Z', '');
/** Tables that the lake has lines of. */
export const RECIPE_TABLES = [...new Set(SYNCS.map(({ table }) => table))].toSorted();
const lastDay = (table: string) => Math.max(...SYNCS.filter((sync) => sync.table === table).map(({ day }) => day));
const recordText = (record: Readonly<Record<string, unknown>> | undefined) => JSON.stringify(record);

/** Rows by heading; instants and days as text, to milliseconds. */
export const EXPECTED: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  'Current state': [
    ['Road', 'Person', 8.5],
    ['Road', 'Excavator', 8],
    ['Bridge', 'Person', 7.25],
  ],
  'History of one record': [
    [stamp('time_registrations', 9), recordText(firstOf('time_registrations', 9))],
    [stamp('time_registrations', 11), recordText(firstOf('time_registrations', 11))],
  ],
  Deletions: [
    ['time-3', '2026-11-10T07:00:00Z', stamp('time_registrations', 10)],
    ['time-7', '2026-11-10T07:02:00Z', stamp('time_registrations', 10)],
  ],
  'The state as of a past day': [
    ['time-1', '7.5'],
    ['time-2', '4'],
    ['time-4', '2'],
    ['time-5', '3'],
    ['time-8', '0.25'],
    ['time-9', '6'],
  ],
  'Freshness by table': RECIPE_TABLES.map((table) => [
    table,
    watermark(table, lastDay(table)),
    clock(table, lastDay(table), '500'),
    clock(table, 9, '500'),
  ]),
  'Time with project, work order, resource and person': [
    ['time-1', '2026-11-09', 8, 'Road', 'Digging', 'Kari Berg', 'Human', 'Kari Berg (employer)'],
    ['time-2', '2026-11-09', 4, 'Bridge', 'Digging', 'Kari Berg', 'Human', 'Kari Berg (employer)'],
    ['time-4', '2026-11-09', 2, 'Road', 'Digging', 'Excavator', 'Machine', null],
    ['time-5', '2026-11-09', 3, 'Bridge', 'Digging', null, null, null],
    ['time-6', '2026-11-09', 0.5, 'Road', 'Digging', 'Kari Berg', 'Human', 'Kari Berg (employer)'],
    ['time-8', '2026-11-09', 0.25, 'Bridge', 'Digging', null, null, 'Kari Berg (employer)'],
    ['time-9', '2026-11-09', 6, 'Road', 'Digging', null, null, null],
  ],
  'Approval backlog and lag': [
    ['Bridge', 0, null, 12],
    ['Road', 0, null, 12],
  ],
  'Overtime, line by line': [
    ['pay-1', 'Kari Berg', '2026-11-09 00:00:00.000', 'Overtime 50 %', 1.5],
    ['pay-1', 'Kari Berg', '2026-11-09 00:00:00.000', 'Night', 2],
    ...MANY_LINES.map(({ name, qty }) => [
      'pay-3',
      'Ola Vik',
      '2026-11-09 00:00:00.000',
      name,
      qty === 'half' ? null : qty,
    ]),
  ],
  'Tonnes and cubic metres': [
    ['Gravel', 'CubicMeter', 1, 12.5],
    ['Gravel', 'Ton', 2, 41],
  ],
  'Machine days': [
    ['r2', 'Excavator', 'Road', 2],
    // 1, 5, 6, 7, 8 and 9 November.
    ['r3', 'Crane', 'Bridge', 6],
    ['r3', 'Crane', 'Road', 4],
  ],
  // Of time-1, 2, 5, 6 and 8.
  'Incidents for every 100,000 hours': [['2026-11-01', 2, 15.75, 12698.4]],
  'Items by type': [
    ['Pipe', 'Consumption', -4, -41],
    ['Pipe', 'Purchase', 10.5, 105],
  ],
  'Size and age of the lake': RECIPE_TABLES.map((table) => {
    const syncs = SYNCS.filter((sync) => sync.table === table);
    const records = syncs.reduce((sum, sync) => sum + sync.records.length, 0);
    return [
      table,
      syncs.length,
      records,
      100 * syncs.length,
      clock(table, 9, '000'),
      clock(table, lastDay(table), '500'),
    ];
  }),
};

/** A cell of an answer in the form of {@link EXPECTED}: engines tell whole numbers as text or number, and fractions at length. */
export function plainCell(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const [, instant, fraction = ''] = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+))?$/.exec(value) ?? [];
  return instant ? `${instant}.${fraction.slice(0, 3).padEnd(3, '0')}` : value;
}

/** Rows compared by text, since a whole number may be one or its text. */
export function comparable(rows: readonly (readonly unknown[])[]): string[][] {
  return rows.map((row) => row.map((cell) => String(plainCell(cell))));
}
