/** The lake as DuckDB shows it, compared with what the contract says, on lakes with every history and every nasty value. */

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { countRepeated, readLake } from '../../local/lake-reader.ts';
import { createDitioModel } from '../../simulator/index.ts';
import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';
import { driftOf } from '../../sql/duckdb/drift.ts';
import { exportParquet, type Lake, openLake, sqlOfLake } from '../../sql/duckdb/lake.ts';
import { lakeScript } from '../../sql/duckdb/script.ts';
import { OWN_COLUMNS } from '../../sql/present.ts';
import { assertSameRows, rowsOf } from './cells.ts';
import { history, seeded } from './history.ts';
import { lineOf, manifestFile, partFile, writeFiles } from './lake-builder.ts';
import { presentRows } from './oracle.ts';
import { comparable, EXPECTED, readRecipes, recipeLake } from './recipes.ts';

const START_MS = Date.UTC(2026, 9, 30, 8);
const SYNC = '20261101T080000000Z';

const specOf = (table: string) =>
  STREAM_SPECS.find((spec) => spec.table === table) ?? assert.fail(`no table is named ${table}`);

describe('the lake in DuckDB', () => {
  let root: string;
  let lake: Lake;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'duckdb-lake-'));
    for (const [at, spec] of STREAM_SPECS.entries()) {
      const files = history(seeded(1 + at), spec, { startMs: START_MS, steps: 40, maxGapMs: 6 * 3_600_000 });
      writeFiles(root, files.flat());
    }
    lake = await openLake(root, { threads: 1 });
  });
  after(() => {
    lake?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('shows of every table what the contract says, cell by cell', async () => {
    let cells = 0;
    for (const spec of STREAM_SPECS) {
      const columns = [...spec.columns, ...OWN_COLUMNS];
      const answer = await lake.query(`SELECT * FROM ${spec.table}`);
      assert.deepEqual(
        answer.columns,
        columns.map(({ name }) => name),
      );
      const expected = presentRows(root, spec);
      assertSameRows(rowsOf(answer, columns), expected, spec.table);
      cells += expected.length * columns.length;
    }
    assert.ok(cells > 1500, `only ${cells} cells were compared`);
  });

  it('shows every line ever, with the day of its sync', async () => {
    const { rows } = await lake.query(
      `SELECT sync_date, count(*), max(substr(line, 14, 8)) FROM project_lines GROUP BY 1`,
    );
    assert.ok(rows.length > 3);
    for (const [day, , syncDay] of rows) assert.equal(String(day).replaceAll('-', ''), syncDay);
  });

  it('exports a Parquet file of every table', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
    try {
      const exported = await exportParquet(lake, folder);
      assert.deepEqual(readdirSync(folder).toSorted(), STREAM_SPECS.map(({ table }) => `${table}.parquet`).toSorted());
      for (const { table, rows, path } of exported) {
        const { rows: counted } = await lake.query(
          `SELECT (SELECT count(*) FROM '${path}'), (SELECT count(*) FROM ${table})`,
        );
        assert.deepEqual(counted[0]?.map(Number), [rows, rows]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is shown by the script to a DuckDB that knows nothing else', async () => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    try {
      await connection.run(await sqlOfLake(root));
      const [[count]] = (await connection.runAndReadAll('SELECT count(*) FROM project')).getRowsJson() as [[string]];
      assert.equal(Number(count), presentRows(root, specOf('project')).length);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  });
});

describe('a whole number', () => {
  const NUMBERS = [
    ['1e3', '1000'],
    ['1.0', '1'],
    ['"12.0"', '12'],
    ['9007199254740993', '9007199254740993'],
    ['9007199254740991.0', '9007199254740991'],
    ['9007199254740993.0', null],
    ['1e18', null],
    ['"1e18"', null],
    ['-1e17', null],
  ] as const;

  it('is what its digits say, and as a fraction or a power of ten only where a double is exact', async () => {
    const root = mkdtempSync(join(tmpdir(), 'duckdb-lake-'));
    const records = NUMBERS.map(([sent], at) => `{"id":"${at}","buildYear":${sent}}`);
    const text = records.map((record) => lineOf(SYNC, START_MS, record)).join('');
    writeFiles(root, [partFile('resource', SYNC, [text], { version: 1 })]);
    const lake = await openLake(root, { threads: 1 });
    try {
      const { rows } = await lake.query('SELECT CAST(buildYear AS varchar) FROM resource ORDER BY id');
      assert.deepEqual(
        rows.map(([year], at) => [NUMBERS[at]?.[0], year]),
        NUMBERS,
      );
      assert.deepEqual(
        presentRows(root, specOf('resource')).map(({ buildYear }) => buildYear),
        NUMBERS.map(([, year]) => year),
      );
    } finally {
      lake.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe('the script, on Windows', () => {
  it('finds days, manifests and the parts that they name, though DuckDB joins paths with backslashes', async () => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    try {
      const part = 'item_registrations/sync_date=2026-11-01/20261101T080000000Z-00000001-0a1b2c3d.ndjson.gz';
      const line = lineOf(SYNC, START_MS, '{"itemName":"Pipe"}').trimEnd();
      const manifest = Buffer.from(manifestFile('item_registrations', 'full', SYNC, [part]).bytes).toString('utf8');
      // As DuckDB on Windows reads files.
      const filename = (key: string) => `'C:\\lake\\${key.replaceAll('/', '\\')}'`;
      const script = lakeScript('C:/lake', { tables: new Set(['item_registrations']), hasManifests: true })
        .replace(/\bread_csv\((?:[^()]|\([^()]*\))*\)/g, `(SELECT '${line}' AS line, ${filename(part)} AS filename)`)
        .replace(
          /\bread_text\((?:[^()]|\([^()]*\))*\)/g,
          `(SELECT '${manifest}' AS content, ${filename(`manifests/item_registrations/full/2026-11/${SYNC}.json`)} AS filename)`,
        );
      await connection.run(script);
      const read = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
      assert.deepEqual(await read('SELECT sync_date FROM item_registrations_lines'), [['2026-11-01']]);
      assert.deepEqual(await read('SELECT table_name, mode, month FROM manifests'), [
        ['item_registrations', 'full', '2026-11'],
      ]);
      assert.deepEqual(await read('SELECT itemName FROM item_registrations'), [['Pipe']]);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  });
});

describe('a lake that is not as usual', () => {
  let root: string;
  const write = (record: string, folder = 'duckdb-lake-') => {
    root = mkdtempSync(join(tmpdir(), folder));
    const part = partFile('project', SYNC, [lineOf(SYNC, START_MS, record)], { version: 1 });
    writeFiles(root, [part, manifestFile('project', 'full', SYNC, [part.key])]);
    return join(root, part.key);
  };
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  async function read(sql: string) {
    const lake = await openLake(root, { threads: 1 });
    try {
      return (await lake.query(sql)).rows;
    } finally {
      lake.close();
    }
  }

  it('shows empty tables where there is nothing yet', async () => {
    root = mkdtempSync(join(tmpdir(), 'duckdb-lake-'));
    for (const name of ['project', 'item_registrations', 'images', 'project_lines', 'manifests']) {
      assert.deepEqual(await read(`SELECT * FROM ${name}`), [], name);
    }
  });

  it('is read, and counted, in a folder whose name would be a pattern', async () => {
    write('{"id":"a","name":"x"}', '[old] lake* 2026-');
    assert.deepEqual(await read('SELECT id, name FROM project'), [['a', 'x']]);
    assert.deepEqual(await read('SELECT table_name, syncId FROM manifests'), [['project', SYNC]]);
    const [state] = await readLake(root, ['project'], new Set());
    assert.deepEqual([state?.live, state?.parts], [1, 1]);
    assert.equal(await countRepeated(root, [{ table: 'project', syncId: SYNC }]), 0);
  });

  it('is refused in a folder with a question mark in its name, below which DuckDB unpacks nothing', async () => {
    write('{"id":"a","name":"x"}', 'lake? ');
    await assert.rejects(read('SELECT id FROM project'), /there is a \? in the path/);
    await assert.rejects(readLake(root, ['project'], new Set()), /there is a \? in the path/);
  });

  it('fails loudly at a line that was cut', async () => {
    const path = write('{"id":"a","name":"x"}');
    appendFileSync(path, gzipSync(lineOf(SYNC, START_MS + 1, '{"id":"a","name":"').trimEnd()));
    await assert.rejects(read('SELECT * FROM project'), /Malformed JSON/);
  });

  it('fails loudly at a part that broke off', async () => {
    const path = write('{"id":"a","name":"x"}');
    const whole = gzipSync(
      Array.from({ length: 2000 }, (_, at) => lineOf(SYNC, START_MS + at, `{"id":"${at}"}`)).join(''),
    );
    writeFileSync(path, whole.subarray(0, whole.length / 2));
    await assert.rejects(read('SELECT count(*) FROM project'));
  });
});

describe('the queries of docs/queries.md, in DuckDB', () => {
  const recipes = readRecipes();
  let root: string;
  let lake: Lake;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'duckdb-lake-'));
    writeFiles(root, recipeLake());
    lake = await openLake(root, { threads: 1 });
  });
  after(() => {
    lake?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('are those whose answers are known', () => {
    assert.deepEqual(
      recipes.map(({ heading }) => heading),
      Object.keys(EXPECTED),
    );
  });

  for (const { heading, sql } of recipes) {
    it(`give what was worked out by hand: ${heading}`, async () => {
      assert.deepEqual(comparable((await lake.query(sql)).rows), comparable(EXPECTED[heading] ?? []));
    });
  }
});

describe('drift', () => {
  it('names fields and values that the catalogue does not know, by stream, and counts them', async () => {
    const records = [
      '{"id":"a","createdDateTime":"yesterday","active":true,"colour":"red"}',
      '{"id":"b","createdDateTime":"0001-01-01T00:00:00","active":"maybe","colour":{"r":1}}',
      '{"id":"c","createdDateTime":"2026-11-22T08:15:03Z","name":["x"],"colour":"blue"}',
    ];
    assert.deepEqual(await driftIn('project', records), [
      {
        stream: 'project',
        lines: 3,
        unknownFields: [
          { field: 'colour', type: 'object', lines: 1 },
          { field: 'colour', type: 'string', lines: 2 },
        ],
        mistypedColumns: [
          { column: 'name', type: 'text', lines: 1 },
          { column: 'active', type: 'boolean', lines: 1 },
          { column: 'createdDateTime', type: 'timestamp', lines: 1 },
        ],
        retypedColumns: [],
      },
    ]);
  });

  it('names columns whose values are sent as another type but can still be read', async () => {
    const records = [
      '{"id":"a","number":4711,"name":true,"active":"true"}',
      '{"id":"b","number":47.5,"name":"x","active":false}',
      '{"id":"c","number":"4712","name":null,"active":1}',
    ];
    const [drift] = await driftIn('project', records);
    assert.deepEqual(drift?.retypedColumns, [
      { column: 'number', type: 'text', sentAs: 'number', lines: 2 },
      { column: 'name', type: 'text', sentAs: 'boolean', lines: 1 },
      { column: 'active', type: 'boolean', sentAs: 'string', lines: 1 },
    ]);
    // Of a 1, no boolean can be read.
    assert.deepEqual(drift?.mistypedColumns, [{ column: 'active', type: 'boolean', lines: 1 }]);
    const [hours] = await driftIn('time_registrations', ['{"id":"a","qty":"7.5"}', '{"id":"b","qty":7.5}']);
    assert.deepEqual(hours?.retypedColumns, [{ column: 'qty', type: 'number', sentAs: 'string', lines: 1 }]);
  });

  it('finds no other type in the records of the simulator, whose large numbers alone no column can hold', async () => {
    const model = createDitioModel({ records: 2000, now: () => START_MS });
    const root = mkdtempSync(join(tmpdir(), 'duckdb-lake-'));
    for (const { name, table } of STREAM_SPECS.filter(({ key }) => key.length > 0)) {
      const text = Array.from(model.rows(name), ({ json }) => lineOf(SYNC, START_MS, json)).join('');
      writeFiles(root, [partFile(table, SYNC, [text], { version: 1 })]);
    }
    const lake = await openLake(root, { threads: 1 });
    try {
      const drifts = await driftOf(lake);
      assert.ok(drifts.length >= 18 && drifts.every(({ lines }) => lines > 0));
      const found = drifts.flatMap(({ stream, mistypedColumns, retypedColumns }) =>
        [...mistypedColumns, ...retypedColumns].map(({ column }) => `${stream}: ${column}`),
      );
      assert.deepEqual(found, ['flow-trip-registrations: quantityM3']);
    } finally {
      lake.close();
      rmSync(root, { recursive: true, force: true });
    }
  });

  it('says nothing of the years that mean "empty"', async () => {
    const times = ['0000-01-01T00:00:00', '0000-00-00', '0001-01-01T00:00:00Z'];
    const records = times.map((time, at) => `{"id":"${at}","workDate":"${time}","createdDateTime":"${time}"}`);
    const [drift] = await driftIn('time_registrations', records);
    assert.deepEqual([drift?.mistypedColumns, drift?.retypedColumns], [[], []]);
    const rows = ['01.01.0000 00:00:00', '01.01.0001 00:00:00', ''].map((time) => `{"transDate":"${time}"}`);
    assert.deepEqual((await driftIn('item_registrations', rows))[0]?.mistypedColumns, []);
  });
});

/** What is different in a lake of one part with these records. */
async function driftIn(table: string, records: readonly string[]) {
  const root = mkdtempSync(join(tmpdir(), 'duckdb-lake-'));
  const text = records.map((record) => lineOf(SYNC, START_MS, record)).join('');
  writeFiles(root, [partFile(table, SYNC, [text], { version: 1 })]);
  const lake = await openLake(root, { threads: 1 });
  try {
    return await driftOf(lake);
  } finally {
    lake.close();
    rmSync(root, { recursive: true, force: true });
  }
}
