/**
 * A year-long lake of time registrations, and what its table costs on Trino: `npm run bench:tables`.
 *
 * The tools come with `npm run test:aws`. The lake has a first full sync and 31,000 parts of ten lines, one a tick of 15 minutes; the table is that of
 * the template, kept current by the statements of the template.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Column, ColumnType } from '../sql/catalogue/spec.ts';
import { STREAM_SPECS } from '../sql/catalogue/streams.ts';
import { type GlueWorld, startGlueWorld } from '../test/deployed/glue-world.ts';
import { lineOf, type Mode, manifestFile, partFile, syncIdAt } from '../test/sql/lake-builder.ts';
import { median } from './statistics.ts';

const HELP = `npm run bench:tables [-- --parts N]

Makes a lake of N ticks (31000 unless given), loads its table, and prints a table of seconds.`;

const TICK_MS = 15 * 60_000;
const LINES_A_TICK = 10;
/** Of ten lines of a tick, so many are new records. */
const NEW_A_TICK = 6;
const BASE_RECORDS = 200_000;
const LINES_A_PAGE = 5000;
const ROUNDS = 3;
const TABLE = 'time_registrations';

const SPEC = STREAM_SPECS.find(({ table }) => table === TABLE);
if (!SPEC) throw new Error(`no table is named ${TABLE}`);
const COLUMNS = SPEC.columns;

/** A lake that grows by syncs. */
function createGrowingLake(world: GlueWorld, startMs: number) {
  let version = 0;
  let records = 0;

  function line(syncId: string, atMs: number, id: number): string {
    return lineOf(syncId, atMs, recordText(id, atMs));
  }

  /** One part and its manifest, of these records. */
  async function sync(mode: Mode, atMs: number, ids: readonly number[]): Promise<void> {
    version += 1;
    const syncId = syncIdAt(atMs);
    const pages = Array.from({ length: Math.ceil(ids.length / LINES_A_PAGE) }, (_, page) =>
      ids
        .slice(page * LINES_A_PAGE, (page + 1) * LINES_A_PAGE)
        .map((id) => line(syncId, atMs + 1000 + page, id))
        .join(''),
    );
    const part = partFile(TABLE, syncId, pages, { version });
    await world.write([part, manifestFile(TABLE, mode, syncId, [part.key])]);
  }

  return {
    /** The first full sync, a tick before the first tick. */
    begin: async () => {
      records = BASE_RECORDS;
      await sync('full', startMs - TICK_MS, range(0, records));
    },
    tick: async (at: number) => {
      const changed = Array.from(
        { length: LINES_A_TICK - NEW_A_TICK },
        (_, nth) => (at * 7919 + nth * 104_729) % records,
      );
      const ids = [...range(records, records + NEW_A_TICK), ...changed];
      records += NEW_A_TICK;
      await sync('incremental', startMs + at * TICK_MS, ids);
    },
    full: async (at: number) => sync('full', startMs + at * TICK_MS, range(0, records)),
    records: () => records,
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

/** Values by type, so that every column has one of its own. */
const VALUES: Readonly<Record<ColumnType, (seed: number, name: string) => string>> = {
  text: (seed, name) => `"${name} ${seed % 997}"`,
  boolean: (seed) => String(seed % 2 === 0),
  integer: (seed) => String(seed % 10_000),
  number: (seed) => String((seed % 4000) / 4),
  timestamp: (seed) => `"${new Date(Date.UTC(2026, 0, 1) + (seed % 525_600) * 60_000).toISOString()}"`,
  date: (seed) => `"${new Date(Date.UTC(2026, 0, 1 + (seed % 365))).toISOString()}"`,
  json: (seed) => `[{"qty":${seed % 8}}]`,
  'decimal-text': (seed) => `"${seed % 100},5"`,
  'local-datetime-text': () => '"02.11.2026 08:09:10"',
};

function recordText(id: number, atMs: number): string {
  const modified = new Date(atMs).toISOString();
  const members = COLUMNS.map(({ name, type }, at) => {
    if (name === 'id') return `"id":"${id.toString(16).padStart(24, '0')}"`;
    if (name === 'isDeleted') return '"isDeleted":false';
    if (name === 'deletedDateTime') return '"deletedDateTime":"0001-01-01T00:00:00"';
    if (name === 'modifiedDateTime') return `"modifiedDateTime":"${modified}"`;
    return `"${name}":${VALUES[type](id * 31 + at * 17, name)}`;
  });
  return `{${members.join(',')}}`;
}

/** Ten columns that a report reads, each of another type or group. */
const TEN: readonly Column[] = COLUMNS.filter(({ name }) =>
  [
    'id',
    'workDate',
    'qty',
    'projectId',
    'projectName',
    'taskId',
    'resourceId',
    'userId',
    'approved',
    'amount',
  ].includes(name),
);

const QUERIES: ReadonlyArray<readonly [what: string, sql: string]> = [
  ['`count(*)`', `SELECT count(*) FROM ${TABLE}`],
  [`${TEN.length} columns of every row`, `SELECT ${TEN.map(({ name }) => `max("${name}")`).join(', ')} FROM ${TABLE}`],
  [
    'sum by project and month',
    `SELECT "projectName", date_trunc('month', "workDate") AS month, sum("qty") FROM ${TABLE} GROUP BY 1, 2`,
  ],
];

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { parts: { type: 'string', default: '31000' }, help: { type: 'boolean' } } });
  const parts = Number(values.parts);
  if (values.help || !Number.isSafeInteger(parts) || parts < 1) {
    console.log(HELP);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-tables-'));
  // The last tick is now; a day of ticks and a full sync come after it, as if time went on.
  const startMs = Date.now() - (parts + 98) * TICK_MS;
  const world = await startGlueWorld(monthsSince(startMs - TICK_MS), { folder });
  const rows: (readonly [what: string, seconds: number])[] = [];
  const timed = async (what: string, sql: string, rounds = 1) => {
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const beganMs = performance.now();
      await world.athena.query(sql);
      seconds.push((performance.now() - beganMs) / 1000);
    }
    rows.push([what, median(seconds)]);
    console.error(`${what}: ${median(seconds).toFixed(1)} s`);
  };
  const statement = (kind: 'Refresh' | 'Rebuild') => world.statementOf(`TimeRegistrations${kind}`);
  try {
    await world.freshLake(['time_registrations']);
    const lake = createGrowingLake(world, startMs);
    await lake.begin();
    for (let at = 0; at < parts; at += 1) await lake.tick(at);
    console.error(`The lake has ${parts} ticks and ${lake.records()} records.`);
    await timed('`MERGE` of everything into an empty table', statement('Rebuild'));
    for (const [what, sql] of QUERIES) await timed(what, sql, ROUNDS);
    await lake.tick(parts);
    await timed('`MERGE` of a tick', statement('Refresh'));
    for (let at = 1; at <= 96; at += 1) await lake.tick(parts + at);
    await timed('`MERGE` of a day of 96 ticks', statement('Refresh'));
    for (const [what, sql] of QUERIES) await timed(`${what}, after merges`, sql, ROUNDS);
    // As Trino says Athena's OPTIMIZE.
    await timed('`OPTIMIZE`', `ALTER TABLE ${TABLE}_rows EXECUTE optimize`);
    await lake.full(parts + 97);
    await timed('`MERGE` of a full sync', statement('Refresh'));
    const counted = await world.athena.query(`SELECT count(*) FROM ${TABLE}`);
    if (counted.rows[0]?.[0] !== lake.records()) throw new Error(`the table has ${counted.rows[0]?.[0]} rows`);
    await timed('for comparison: `count(*)` of the lines', `SELECT count(*) FROM ${TABLE}_lines`);
    console.log(report(rows, lake.records(), parts));
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function monthsSince(startMs: number): string[] {
  const days = Math.ceil((Date.now() - startMs) / 86_400_000) + 1;
  return [
    ...new Set(Array.from({ length: days }, (_, at) => new Date(startMs + at * 86_400_000).toISOString().slice(0, 7))),
  ];
}

function report(rows: readonly (readonly [what: string, seconds: number])[], records: number, parts: number): string {
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), load ${loadavg()[0]?.toFixed(1)}`;
  return [
    `${records.toLocaleString('en-US')} rows of ${COLUMNS.length} columns, ${parts.toLocaleString('en-US')} parts of ${LINES_A_TICK} lines; ${machine}.`,
    '',
    '| statement | seconds |',
    '|---|---|',
    ...rows.map(([what, seconds]) => `| ${what} | ${seconds.toFixed(1)} |`),
  ].join('\n');
}

await main();
