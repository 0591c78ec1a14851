/** The real commands that read the lake, through pipes: queries, the script for other DuckDBs, Parquet files, drift. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { csvOf, tableOf } from '../../local/query.ts';
import type { Drift } from '../../sql/duckdb/drift.ts';
import { local, snapshot, start, temporaryFolder } from './command.ts';

async function asked(sql: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('the lake of the last run', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'local-'));
    const sync = await local(['sync', '--records', '60', '--folder', folder]);
    assert.equal(sync.code, 0, sync.stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('answers a query with a table on standard output and nothing else, and changes nothing', async () => {
    const earlier = snapshot(folder);
    const { code, stdout, stderr } = await local([
      'query',
      'SELECT count(*) AS people, min(isDeleted) AS gone FROM "user"',
      '--folder',
      folder,
    ]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'people  gone\n──────  ─────\n    23  false\n');
    assert.equal(stderr, '1 row\n');
    assert.deepEqual(snapshot(folder), earlier);
  });

  it('answers a query from standard input, as JSON and as CSV', async () => {
    const ask = (form: string) => {
      const { child, ended } = start(['query', form, '--folder', folder], {}, { stdio: 'pipe' });
      child.stdin?.end(`SELECT 1 AS a, 'x, "y"' AS b, NULL AS c, '' AS d, 9007199254740993 AS e, 2 AS a;`);
      return ended;
    };
    const json = await ask('--json');
    assert.deepEqual(
      [json.code, JSON.parse(json.stdout)],
      [0, [{ a: 1, b: 'x, "y"', c: null, d: '', e: '9007199254740993', 'a:1': 2 }]],
    );
    const csv = await ask('--csv');
    assert.deepEqual([csv.code, csv.stdout], [0, 'a,b,c,d,e,a:1\n1,"x, ""y""",,"",9007199254740993,2\n']);
  });

  it('says what is wrong with a query, without a stack', async () => {
    const wrong = await local(['query', 'SELECT * FROM projects', '--folder', folder]);
    assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
    assert.match(wrong.stderr, /^Catalog Error: Table with name projects does not exist![\s\S]*"project"/);
    assert.doesNotMatch(wrong.stderr, /^\s+at /m);
  });

  it('refuses a query without SQL, with exit code 2', async () => {
    const { code, stdout, stderr } = await local(['query', '--folder', folder]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /query needs SQL/);
  });

  for (const [what, sql] of [
    ['that writes', "COPY (SELECT 1) TO 'written'"],
    ['that writes while it is explained', "EXPLAIN ANALYZE COPY (SELECT 1) TO 'written'"],
    ['that makes a database', "ATTACH 'written'; SELECT 1"],
    ['that changes a setting', "SET log_query_path = 'written'; SELECT 1"],
    ['of two answers', 'SELECT 1; SELECT 2'],
    ['without an answer', 'SET threads = 1'],
    ['of a comment', '/* nothing */'],
  ] as const) {
    it(`refuses a query ${what}`, async (t) => {
      const cwd = temporaryFolder(t);
      const { code, stdout, stderr } = await local(['query', sql, '--folder', folder], {}, { cwd });
      assert.deepEqual([code, stdout, readdirSync(cwd)], [2, '', []]);
      assert.match(stderr, /^query takes one SELECT, .*\n {2}npm run -s local -- sql --folder \S+ > lake\.sql\n/);
    });
  }

  it('answers a query that needs something before it', async () => {
    const ask = async (sql: string) => {
      const { code, stdout, stderr } = await local(['query', sql, '--csv', '--folder', folder]);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    assert.equal(await ask('CREATE TEMP TABLE a AS SELECT count(*) AS n FROM project; SELECT n FROM a;'), 'n\n12\n');
    assert.equal(await ask('PIVOT (SELECT 1 AS a, 2 AS b) ON a USING sum(b)'), '1\n2\n');
  });

  it('names the variables that no query uses', async () => {
    const { code, stderr } = await local(['query', 'SELECT 1', '--folder', folder], { LAKE_URL: 's3://somewhere' });
    assert.equal(code, 0);
    assert.match(stderr, /^Not used: LAKE_URL\. .*\n1 row\n$/);
  });

  it('is exported nowhere within itself', async () => {
    const earlier = snapshot(folder);
    for (const within of ['simulator-1-60/lake', 'latest/lake/project', 'simulator-1-60/out']) {
      const { code, stdout, stderr } = await local(['export', 'parquet', join(folder, within), '--folder', folder]);
      assert.deepEqual([code, stdout], [2, ''], within);
      assert.match(stderr, /belongs to the data of a run, which no export changes\. Name another folder\.\n/);
    }
    assert.deepEqual(snapshot(folder), earlier);
  });

  it('is not exported to where a system lets no folder be made', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, async () => {
    const args = ['export', 'parquet', '/proc/x', '--folder', folder];
    const { code, stderr } = await local(args, {}, { timeout: 60_000 });
    assert.deepEqual([code, stderr], [1, '/proc/x cannot be made. Name another folder.\n']);
  });

  it('is not there before the first run, which each command says', async () => {
    const empty = join(folder, 'empty');
    for (const words of [['query', 'select 1'], ['sql'], ['drift'], ['export', 'parquet', join(folder, 'none')]]) {
      const { code, stdout, stderr } = await local([...words, '--folder', empty]);
      assert.deepEqual([code, stdout], [1, ''], words[0]);
      assert.match(stderr, /^Nothing has been run in .* yet\. Begin with:\s+npm run local -- --folder/);
    }
    assert.ok(!existsSync(empty) && !existsSync(join(folder, 'none')));
  });

  it('is shown to any DuckDB by a script, where the folder lies now', async () => {
    const { code, stdout, stderr } = await local(['sql', '--folder', folder]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(await asked(`${stdout}; SELECT count(*) FROM project`), [['12']]);
    const moved = await local(['sql', '--lake', '/data/lake/', '--folder', folder]);
    assert.match(moved.stdout, /^SET VARIABLE lake = '\/data\/lake';$/m);
  });

  it('tells that npm has written into the script', async () => {
    const npm = { npm_lifecycle_event: 'local' };
    const loud = await local(['sql', '--folder', folder], npm);
    assert.match(loud.stderr, /npm run -s local -- sql/);
    const silent = await local(['sql', '--folder', folder], { ...npm, npm_config_loglevel: 'silent' });
    assert.equal(silent.stderr, '');
  });

  it('is exported as Parquet files, beside where the command was typed', async () => {
    const typedIn = mkdtempSync(join(tmpdir(), 'typed-'));
    try {
      const { code, stdout, stderr } = await local(['export', 'parquet', 'out/deep', '--folder', folder, '--json'], {
        INIT_CWD: typedIn,
      });
      assert.equal(code, 0, stderr);
      const path = join(typedIn, 'out/deep/project.parquet');
      const exported: { readonly table: string }[] = JSON.parse(stdout);
      assert.deepEqual(
        exported.find(({ table }) => table === 'project'),
        { table: 'project', rows: 12, path },
      );
      assert.equal(readdirSync(join(typedIn, 'out/deep')).length, exported.length);
      assert.deepEqual(await asked(`SELECT count(*) FROM '${path}'`), [['12']]);
      writeFileSync(join(typedIn, 'file'), '');
      const refused = await local(['export', 'parquet', 'file', '--folder', folder], { INIT_CWD: typedIn });
      assert.deepEqual([refused.code, refused.stdout], [1, '']);
      assert.match(refused.stderr, /file is not a folder: a file is in its place\. Name another folder\.\n$/);
    } finally {
      rmSync(typedIn, { recursive: true, force: true });
    }
  });

  it('is compared with the catalogue by drift', async () => {
    const { code, stdout, stderr } = await local(['drift', '--folder', folder]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^project +description +12 +no column has it; sent as string$/m);
    assert.match(
      stderr,
      /^35 lines of 2 streams: \d+ differences\. Nothing is lost: the lines of the lake keep every value as it was sent, also those that no column has\.\n$/,
    );
    const json = JSON.parse((await local(['drift', '--folder', folder, '--json'])).stdout);
    assert.deepEqual(
      json.map(({ stream, lines, mistypedColumns, retypedColumns }: Drift) => [
        stream,
        lines,
        mistypedColumns,
        retypedColumns,
      ]),
      [
        ['project', 12, [], []],
        ['user', 23, [], []],
      ],
    );
  });
});

describe('the lake of the default world', () => {
  it('is exported on every processor within the memory that DuckDB may take', async (t) => {
    const folder = temporaryFolder(t);
    // The table with the most rows, and with many columns.
    const env = { STREAMS: 'time-registrations' };
    const sync = await local(['sync', '--folder', folder, '--json'], env);
    assert.equal(sync.code, 0, sync.stderr);
    const [read] = JSON.parse(sync.stdout).streams;
    const { code, stdout, stderr } = await local(
      ['export', 'parquet', join(folder, 'out'), '--folder', folder, '--json'],
      env,
    );
    assert.equal(code, 0, stderr);
    const exported: { readonly table: string; readonly rows: number }[] = JSON.parse(stdout);
    assert.equal(exported.find(({ table }) => table === 'time_registrations')?.rows, read.records - read.deleted);
    assert.ok(read.records > 6_000, `only ${read.records} records`);
  });
});

describe('the answer to a query', () => {
  const answer = {
    columns: ['id', 'text'],
    rows: [
      ['a', `${'long '.repeat(30)}`],
      ['b', 'line\n\u001b[2Jbreak'],
      ['c', null],
    ],
  };

  it('has each row on lines of its own where the terminal is too narrow, and cut cells', () => {
    const lines = tableOf(answer, 50);
    assert.deepEqual(lines.slice(0, 3), ['id    a', `text  ${'long '.repeat(30).slice(0, 59)}…`, '']);
    assert.equal(tableOf(answer, 80)[0], 'id  text');
    for (const line of tableOf(answer, 80)) assert.ok(line.length <= 80);
  });

  it('is whole on a pipe, and never moves the cursor of a terminal', () => {
    const lines = tableOf(answer, null);
    assert.equal(lines.length, 5);
    assert.ok(lines[2]?.includes('long '.repeat(29)));
    assert.match(lines[3] ?? '', /^b +line\\u000a\\u001b\[2Jbreak$/);
    assert.match(lines[4] ?? '', /^c +–$/);
  });

  it('keeps line breaks of a text in CSV', () => {
    assert.equal(csvOf({ columns: ['a'], rows: [['x\ny'], [{ b: 1 }]] }), 'a\n"x\ny"\n"{""b"":1}"\n');
  });
});
