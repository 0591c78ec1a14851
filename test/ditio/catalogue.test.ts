import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE, type CatalogueRow, findStream, SCOPES } from '../../src/ditio/catalogue.ts';

/** Name → path below `/v1/`: the contract's streams on the documented paths. */
const PATHS: Readonly<Record<string, string>> = {
  project: 'project',
  'work-orders': 'project/work-breakdown-structure',
  resource: 'resource',
  user: 'user',
  'time-registrations': 'time-registrations',
  'absence-registrations': 'absence-registrations',
  'machine-registrations': 'machine-registrations',
  'incident-registrations': 'incident-registrations',
  'machine-incident-registrations': 'machine-incident-registrations',
  'checklist-registrations': 'checklist-registrations',
  'machine-checklist-registrations': 'machine-checklist-registrations',
  'crew-list-registrations': 'crew-list-registrations',
  'payroll-lines': 'payroll-lines',
  'payroll-lines-extended': 'payroll-lines-extended',
  'flow-trip-registrations': 'flow-trip-registrations',
  'flow-locations': 'flow-locations',
  'flow-mass-types': 'flow-mass-types',
  images: 'images',
  'item-registrations': 'item-registrations/web-query',
};

const rows: readonly CatalogueRow[] = CATALOGUE;

test('the catalogue holds the 19 streams of the contract on their paths', () => {
  assert.deepEqual(Object.fromEntries(rows.map((row) => [row.name, row.path.replace(/^v1\//, '')])), PATHS);
  assert.equal(rows.length, 19);
});

test('tables are named after their streams', () => {
  for (const { name, table } of rows) assert.equal(table, name.replaceAll('-', '_'));
});

test('snapshot streams are those that nothing says take ModifiedSince', () => {
  const snapshots = rows.filter((row) => row.snapshot).map((row) => row.name);
  assert.deepEqual(snapshots, ['flow-locations', 'flow-mass-types', 'item-registrations']);
});

test('streams that ignore dates, or have none, are never asked for a window', () => {
  const without = rows.filter((row) => row.window.kind === 'none').map((row) => row.name);
  assert.deepEqual(without, [
    'project',
    'work-orders',
    'resource',
    'user',
    'incident-registrations',
    'machine-incident-registrations',
    'checklist-registrations',
    'machine-checklist-registrations',
    'flow-locations',
    'flow-mass-types',
  ]);
});

test('machine registrations are asked without windows, or as servers of the older kind want it', () => {
  const row = findStream('machine-registrations');
  assert.deepEqual(row?.window, { kind: 'fallback', maxDays: 7, modifiedSinceMaxDays: 3 });
});

test('the crew list has a window of any length, with full syncs', () => {
  assert.deepEqual(findStream('crew-list-registrations')?.window, { kind: 'required', maxDays: null, edges: 'shared' });
});

test('windows are whole days only where rows have no id', () => {
  const byDays = rows.filter((row) => row.window.kind === 'required' && row.window.edges === 'days');
  assert.deepEqual(
    byDays.map((row) => row.name),
    ['item-registrations'],
  );
});

test('sensitive data is requested only where it is configured', () => {
  for (const row of rows) assert.ok(!('IncludeSensitiveData' in row.extra), row.name);
  assert.deepEqual(findStream('absence-registrations')?.extraWhenSensitive, { IncludeSensitiveData: 'true' });
});

test('a field worker gets part of the crew list only', () => {
  assert.deepEqual(
    rows.filter((row) => row.access === 'own-rows').map((row) => row.name),
    ['crew-list-registrations'],
  );
});

test('an administrator is needed for people, projects, resources and extended payroll lines', () => {
  const names = rows.filter((row) => row.access === 'administrator').map((row) => row.name);
  assert.deepEqual(names, ['project', 'resource', 'user', 'payroll-lines-extended']);
});

test('one scope is enough for all streams', () => {
  assert.deepEqual(SCOPES, ['reportingapiv1']);
});

test('an unknown stream is not found', () => {
  assert.equal(findStream('hours'), undefined);
  assert.equal(findStream('constructor'), undefined);
});
