import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';
/** The SQL of the Athena views, run by DuckDB on made lakes with every history that a lake can have. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type MadeLakes, openMadeLakes, type Sync } from './made-lake.ts';

let lakes: MadeLakes;
before(async () => {
  lakes = await openMadeLakes();
});
after(() => lakes?.close());

const live = (id: string, name: string) => ({ id, name, isDeleted: false });
const gone = (id: string) => ({ id, isDeleted: true, deletedDateTime: '2026-11-02T08:00:00Z' });

const SCENARIOS: readonly {
  readonly name: string;
  readonly syncs: readonly Sync[];
  readonly present: Record<string, string>;
}[] = [
  {
    name: 'one full sync shows all it holds',
    syncs: [{ day: 1, mode: 'full', pages: [[live('a', '1'), live('b', '1')], [live('c', '1')]] }],
    present: { a: '1', b: '1', c: '1' },
  },
  {
    name: 'the latest version of a record counts',
    syncs: [
      { day: 1, mode: 'full', pages: [[live('a', '1'), live('b', '1')]] },
      { day: 2, mode: 'incremental', pages: [[live('a', '2')], [live('a', '3')]] },
    ],
    present: { a: '3', b: '1' },
  },
  {
    name: 'a tombstone takes the record away, and a later version brings it back',
    syncs: [
      { day: 1, mode: 'full', pages: [[live('a', '1'), live('b', '1')]] },
      { day: 2, mode: 'incremental', pages: [[gone('a'), gone('b')]] },
      { day: 3, mode: 'incremental', pages: [[live('b', '2')]] },
    ],
    present: { b: '2' },
  },
  {
    name: 'what the newest full sync does not name is gone',
    syncs: [
      { day: 1, mode: 'full', pages: [[live('a', '1'), live('b', '1')]] },
      { day: 2, mode: 'incremental', pages: [[live('c', '1')]] },
      { day: 3, mode: 'full', pages: [[live('b', '2')]] },
    ],
    present: { b: '2' },
  },
  {
    name: 'a full sync of nothing empties the table',
    syncs: [
      { day: 1, mode: 'full', pages: [[live('a', '1')]] },
      { day: 2, mode: 'full', pages: [] },
    ],
    present: {},
  },
  {
    name: 'a full sync that is not complete takes nothing away',
    syncs: [
      { day: 1, mode: 'full', pages: [[live('a', '1'), live('b', '1')]] },
      { day: 2, mode: 'full', complete: false, pages: [[live('b', '2')]] },
    ],
    present: { a: '1', b: '2' },
  },
  {
    name: 'the first full sync shows what it has so far',
    syncs: [{ day: 1, mode: 'full', complete: false, pages: [[live('a', '1')]] }],
    present: { a: '1' },
  },
  {
    name: 'a sync that began again shows each record once',
    syncs: [
      { day: 1, mode: 'full', complete: false, pages: [[live('a', '1')], [live('b', '1')]] },
      { day: 1, mode: 'full', pages: [[live('a', '1')], [live('b', '2')]] },
    ],
    present: { a: '1', b: '2' },
  },
  {
    name: 'a backfill shows what it has read anew, and takes nothing away',
    syncs: [
      { day: 1, mode: 'full', pages: [[live('a', '1'), live('b', '1')]] },
      { day: 2, mode: 'backfill', pages: [[live('b', '2')]] },
    ],
    present: { a: '1', b: '2' },
  },
  {
    name: 'a backfill that was opened before the newest full sync says nothing any more',
    syncs: [
      { day: 1, mode: 'backfill', pages: [[live('old', '1')]] },
      { day: 2, mode: 'full', pages: [[live('a', '1')]] },
    ],
    present: { a: '1' },
  },
  {
    name: 'a page that was written twice shows each record once',
    syncs: [{ day: 1, mode: 'full', orphans: [0], pages: [[live('a', '1')], [live('a', '1'), live('b', '1')]] }],
    present: { a: '1', b: '1' },
  },
];

describe('the view of the present state', () => {
  for (const { name, syncs, present } of SCENARIOS) {
    it(name, async () => {
      lakes.write('project', syncs);
      const rows = await lakes.read('project', 'id, name');
      assert.deepEqual(Object.fromEntries(rows.map((row) => [row.id, row.name])), present);
      assert.equal(rows.length, Object.keys(present).length);
    });
  }

  it('is what the rule of the lake says, for any history', async () => {
    const page = fc
      .array(
        fc.record({
          id: fc.constantFrom('a', 'b', 'c', 'd'),
          name: fc.string({ maxLength: 3 }),
          isDeleted: fc.boolean(),
        }),
        { minLength: 1, maxLength: 4 },
      )
      .map((records) => [...new Map(records.map((record) => [record.id, record])).values()]);
    const history = fc.array(
      fc.record({
        mode: fc.constantFrom<Sync['mode'][]>('full', 'incremental', 'backfill'),
        pages: fc.array(page, { minLength: 1, maxLength: 3 }),
        complete: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    );
    const property = fc.asyncProperty(history, async (made) => {
      const syncs = made.map((sync, at) => ({ ...sync, day: 1 + Math.floor(at / 2) }));
      lakes.write('project', syncs);
      const newestFull = syncs.findLastIndex(({ mode, complete }) => mode === 'full' && complete);
      const lines = syncs.slice(Math.max(0, newestFull)).flatMap(({ pages }) => pages.flat());
      const latest = [...new Map(lines.map((record) => [record.id, record])).values()];
      const expected = latest.filter(({ isDeleted }) => !isDeleted).map(({ id, name }) => ({ id, name }));
      const rows = await lakes.read('project', 'id, name');
      assert.deepEqual(
        rows,
        expected.toSorted((left, right) => (left.id < right.id ? -1 : 1)),
      );
    });
    await fc.assert(property, { numRuns: 40 });
  });

  describe('of rows without ids', () => {
    const row = (text: string) => ({ itemName: text, projectName: 'm3' });

    it('is the newest complete sync, with rows that are alike kept apart', async () => {
      lakes.write('item_registrations', [
        { day: 1, mode: 'full', pages: [[row('old')]] },
        { day: 2, mode: 'full', pages: [[row('x'), row('x')], [row('y')]] },
        { day: 3, mode: 'full', complete: false, pages: [[row('unfinished')]] },
      ]);
      const rows = await lakes.read('item_registrations', 'itemName, projectName, description');
      assert.deepEqual(
        rows.map(({ itemName, projectName, description }) => [itemName, projectName, description]),
        [
          ['x', 'm3', null],
          ['x', 'm3', null],
          ['y', 'm3', null],
        ],
      );
    });

    it('leaves out parts that no manifest names', async () => {
      lakes.write('item_registrations', [{ day: 1, mode: 'full', orphans: [0], pages: [[row('x')], [row('x')]] }]);
      assert.equal((await lakes.read('item_registrations', 'itemName')).length, 1);
    });

    it('is empty before the first complete sync', async () => {
      lakes.write('item_registrations', [{ day: 1, mode: 'full', complete: false, pages: [[row('x')]] }]);
      assert.deepEqual(await lakes.read('item_registrations', 'itemName'), []);
    });
  });
});

describe('a column of the view', () => {
  async function read(table: string, record: Readonly<Record<string, unknown>>, select: string) {
    lakes.write(table, [{ day: 1, mode: 'full', pages: [[{ id: '1', ...record }]] }]);
    const [row] = await lakes.read(table, select);
    return Object.values(row ?? {})[0];
  }

  const cases: readonly (readonly [string, string, unknown, string, unknown])[] = [
    ['text as it was sent', 'project', 'æøå "quoted" \\ {}', 'name', 'æøå "quoted" \\ {}'],
    ['NULL for null', 'project', null, 'name', null],
    ['NULL for a nested value where text is expected', 'project', { a: 1 }, 'name', null],
    ['a number', 'time_registrations', 7.5, 'qty', 7.5],
    ['NULL for text where a number is expected', 'time_registrations', 'seven', 'qty', null],
    ['a truth', 'project', true, 'active', true],
    ['a time in UTC', 'project', '2026-11-22T08:15:03.120Z', 'createdDateTime', '2026-11-22 08:15:03.12'],
    ['a time with an offset, in UTC', 'project', '2026-11-22T08:15:03+01:00', 'createdDateTime', '2026-11-22 07:15:03'],
    [
      'a time with ticks of 100 ns',
      'project',
      '2026-11-22T08:15:03.1234567Z',
      'createdDateTime',
      '2026-11-22 08:15:03.123456',
    ],
    ['NULL for the year 1, which means empty', 'project', '0001-01-01T00:00:00', 'createdDateTime', null],
    ['NULL for what is no time', 'project', 'yesterday', 'createdDateTime', null],
    [
      'a nested value as JSON',
      'checklist_registrations',
      [{ images: [{ url: 'x' }] }],
      'sections',
      '[{"images":[{"url":"x"}]}]',
    ],
  ];
  for (const [name, table, value, column, expected] of cases) {
    it(`is ${name}`, async () => assert.deepEqual(await read(table, { [column]: value }, `"${column}"`), expected));
  }

  it('keeps every digit of numbers that no type holds, when it is text', async () => {
    const digits = '12345678901234567890';
    const head = '"_sync_id":"20261101T080000000Z","_extracted_at":"2026-11-01T00:00:01.000Z"';
    lakes.write('project', [{ day: 1, mode: 'full', pages: [[{ id: '1' }]] }]);
    lakes.replaceFirstPart('project', `{${head},"id":"1","number":${digits}}\n`);
    assert.deepEqual(await lakes.read('project', '"number"'), [{ number: digits }]);
  });

  it('named by a field of another case is another field', async () => {
    assert.equal(await read('project', { NAME: 'x' }, '"name"'), null);
  });

  it('is not needed for a new field: the whole record is there', async () => {
    const row = await read('project', { brandNew: { deep: 1 } }, `json_extract_scalar("_line", '$.brandNew.deep')`);
    assert.equal(row, '1');
  });

  it('is there for every field of the catalogue, in every view', async () => {
    for (const { table, name, columns } of STREAM_SPECS) {
      lakes.write(table, [{ day: 1, mode: 'full', pages: [[{ id: '1' }]] }]);
      const rows = await lakes.read(table, '*');
      assert.deepEqual(
        Object.keys(rows[0] ?? {}),
        ['_sync_id', '_extracted_at', ...columns.map((column) => column.name), '_line'],
        name,
      );
    }
  });
});
