import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ColumnType } from '../../sql/catalogue/spec.ts';
import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';

const typeOf = (table: string, column: string): ColumnType | undefined =>
  STREAM_SPECS.find((spec) => spec.table === table)?.columns.find(({ name }) => name === column)?.type;

test('columns are names of JSON fields, each once even for tools that fold case', () => {
  for (const { name, columns } of STREAM_SPECS) {
    for (const column of columns) assert.match(column.name, /^[a-z][A-Za-z0-9]*$/, `${name}.${column.name}`);
    assert.equal(new Set(columns.map((column) => column.name.toLowerCase())).size, columns.length, name);
  }
});

test('every record of JSON has the four common columns first', () => {
  for (const { name, columns, format } of STREAM_SPECS.filter((spec) => spec.format === 'json')) {
    const common = columns.slice(0, 4).map((column) => `${column.name} ${column.type}`);
    assert.deepEqual(
      common,
      ['id text', 'modifiedDateTime timestamp', 'isDeleted boolean', 'deletedDateTime timestamp'],
      `${name} ${format}`,
    );
  }
});

test('ids are text and instants are timestamps', () => {
  for (const { name, columns } of STREAM_SPECS) {
    for (const column of columns) {
      if (/Ids?$/.test(column.name)) assert.equal(column.type, 'text', `${name}.${column.name}`);
      if (/DateTime$/.test(column.name)) assert.equal(column.type, 'timestamp', `${name}.${column.name}`);
    }
  }
});

const TYPES: ReadonlyArray<readonly [table: string, column: string, type: ColumnType]> = [
  ['flow_trip_registrations', 'trailer', 'boolean'],
  ['flow_trip_registrations', 'totalCycleTimeSeconds', 'integer'],
  ['flow_trip_registrations', 'loadCoordinates', 'json'],
  ['flow_trip_registrations', 'dumpCoordinates', 'json'],
  ['checklist_registrations', 'templateVersion', 'integer'],
  ['machine_checklist_registrations', 'templateVersion', 'integer'],
  ['checklist_registrations', 'activityId', 'text'],
  ['checklist_registrations', 'sections', 'json'],
  ['resource', 'buildYear', 'integer'],
  ['resource', 'weight', 'number'],
  ['resource', 'capacity', 'number'],
  ['incident_registrations', 'absenceDays', 'number'],
  ['incident_registrations', 'baseType', 'text'],
  ['incident_registrations', 'riskText', 'text'],
  ['machine_incident_registrations', 'damageTypeText', 'text'],
  ['payroll_lines_extended', 'overtimeLines', 'json'],
  ['time_registrations', 'workDate', 'date'],
  ['images', 'size', 'integer'],
  ['item_registrations', 'qty', 'decimal-text'],
  ['item_registrations', 'transDate', 'local-datetime-text'],
];
for (const [table, column, type] of TYPES) {
  test(`${table}.${column} is ${type}`, () => assert.equal(typeOf(table, column), type));
}

test('item transactions have the sixteen fields of the text, in its order', () => {
  const items = STREAM_SPECS.find(({ name }) => name === 'item-registrations');
  assert.deepEqual(
    items?.columns.map((column) => column.name).join(' '),
    'itemName projectName projectNumber taskName transType userName transDate machineName qty costPrice price costAmount amount warehouseName warehouseQty description',
  );
  assert.deepEqual(items?.key, []);
});

test('the key of a table is made of its columns, and begins with the id where there is one', () => {
  for (const { name, key, columns, format } of STREAM_SPECS) {
    const names = columns.map((column) => column.name);
    assert.deepEqual(
      key.filter((column) => !names.includes(column)),
      [],
      name,
    );
    assert.equal(key[0], format === 'json' ? 'id' : undefined, name);
  }
});

test('an image is told apart by what it hangs on, and a deletion of its id ends every row of it', () => {
  const images = STREAM_SPECS.find(({ name }) => name === 'images');
  assert.deepEqual(images?.key, ['id', 'source', 'projectId', 'taskId', 'activityId', 'createdDateTime']);
  // The road reference is filled in later, and must not make another row.
  assert.ok(!images?.key.includes('roadReference'));
  for (const { name, key, deletionEndsAllOfId } of STREAM_SPECS) {
    assert.equal(deletionEndsAllOfId, key.length > 1, name);
  }
});

test('joins lead from a column of the table to a column of another one', () => {
  const columnsOf = (table: string) =>
    STREAM_SPECS.find((spec) => spec.table === table)?.columns.map((column) => column.name);
  for (const { table, joins } of STREAM_SPECS) {
    for (const join of joins) {
      assert.ok(columnsOf(table)?.includes(join.column), `${table}.${join.column}`);
      assert.ok(columnsOf(join.table)?.includes(join.to), `${join.table}.${join.to}`);
    }
  }
});

test('hours, absences and extended payroll lines join to the person, not to a profile', () => {
  const joined = STREAM_SPECS.filter(({ columns }) => columns.some((column) => column.name === 'userId'));
  assert.deepEqual(
    joined.map(({ table }) => table),
    ['time_registrations', 'absence_registrations', 'payroll_lines_extended'],
  );
  for (const { joins, table } of joined) {
    const join = joins.find((one) => one.column === 'userId');
    assert.deepEqual([join?.table, join?.to], ['user', 'identityUserId'], table);
  }
});

test('columns that name people are marked as personal', () => {
  const names =
    /^(user(Id|Name|EmployeeNumber)|employeeNumber|email|firstName|lastName|hseCardId|driver(Id|Name)|.*ByName|.*ByUserName|.*DriverName|project(Leader|MainForeman)Name)$/;
  for (const { table, columns } of STREAM_SPECS) {
    for (const column of columns.filter(({ name }) => names.test(name))) {
      assert.equal(column.personal, true, `${table}.${column.name}`);
    }
  }
});

test('every column and every row is told in one sentence', () => {
  for (const { table, row, columns, notes, personal } of STREAM_SPECS) {
    const sentences = [
      row,
      ...columns.map(({ sentence }) => sentence),
      ...notes,
      ...(personal === null ? [] : [personal]),
    ];
    for (const sentence of sentences) assert.match(sentence, /^[A-Z].*[.]$/s, `${table}: ${sentence}`);
  }
});

test('the query for deletions says which tables have no tombstones', () => {
  const text = readFileSync(new URL('../../docs/queries.md', import.meta.url), 'utf8');
  const [, section = ''] = /^## Deletions\n([\s\S]*?)```sql/m.exec(text) ?? [];
  const without = STREAM_SPECS.filter(({ deletion }) => deletion === 'never').map(({ table }) => table);
  const told = STREAM_SPECS.map(({ table }) => table).filter((table) => section.includes(`\`${table}\``));
  assert.deepEqual(told, without);
});
