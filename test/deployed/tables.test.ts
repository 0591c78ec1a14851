/**
 * The tables of the template on Trino, on which Athena is built: the statements of the schedules, run in any order, give what the
 * contract says of the lake, cell by cell. The expected rows are computed without SQL (test/sql/oracle.ts).
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { StreamSpec } from '../../sql/catalogue/spec.ts';
import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';
import { OWN_COLUMNS } from '../../sql/present.ts';
import { assertSameRows, rowsOf } from '../sql/cells.ts';
import { history, seeded } from '../sql/history.ts';
import { type LakeFile, lineOf, manifestFile, partFile, syncIdAt, writeFiles } from '../sql/lake-builder.ts';
import { presentRows } from '../sql/oracle.ts';
import { comparable, EXPECTED, RECIPE_TABLES, readRecipes, recipeLake } from '../sql/recipes.ts';
import { type GlueWorld, startGlueWorld } from './glue-world.ts';
import { logicalId } from './stack.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.now();
/** Recent merges look back seven days. */
const RECENT_MS = NOW_MS - 5 * DAY_MS;
const OLD_MS = NOW_MS - 40 * DAY_MS;
const SEED = Number(process.env.SEED ?? 7);

const TABLES = STREAM_SPECS.map((spec) => spec.table);
/** Steps of each history; a merge takes seconds. Together they make more than sixty. */
const STEPS = { project: 30, images: 18, item_registrations: 18 };

const specOf = (table: string): StreamSpec =>
  STREAM_SPECS.find((spec) => spec.table === table) ?? assert.fail(`no table is named ${table}`);

describe('the tables, on Trino over moto', { timeout: 3_600_000 }, () => {
  let world: GlueWorld;
  let root: string;
  before(async () => {
    const months = [0, 1, 2].map((ago) => new Date(NOW_MS - ago * 28 * DAY_MS).toISOString().slice(0, 7));
    world = await startGlueWorld([...new Set([...months, '2026-11'])]);
  });
  after(() => world?.close());
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'trino-lake-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  async function write(files: readonly LakeFile[]): Promise<void> {
    writeFiles(root, files);
    await world.write(files);
  }

  const run = (spec: StreamSpec, kind: 'Refresh' | 'Rebuild') =>
    world.athena.query(world.statementOf(`${logicalId(spec.name)}${kind}`));

  /** Athena's OPTIMIZE, as Trino says it. */
  async function compact(spec: StreamSpec): Promise<void> {
    assert.equal(
      world.statementOf(`${logicalId(spec.name)}Compact`),
      `OPTIMIZE ${spec.table}_rows REWRITE DATA USING BIN_PACK`,
    );
    await world.athena.query(`ALTER TABLE ${spec.table}_rows EXECUTE optimize`);
  }

  /** Compares the view with the contract; gives the number of cells. */
  async function compare(spec: StreamSpec, what: string): Promise<number> {
    const columns = [...spec.columns, ...OWN_COLUMNS];
    // Whole numbers of more than 53 bits do not survive JSON.
    const select = columns.map(({ name, type }) => (type === 'integer' ? `CAST("${name}" AS varchar)` : `"${name}"`));
    const answer = await world.athena.query(`SELECT ${select.join(', ')} FROM "${spec.table}"`);
    const expected = presentRows(root, spec);
    assertSameRows(rowsOf(answer, columns), expected, `${spec.table}, ${what}`);
    return expected.length * columns.length;
  }

  it('show of every table what the contract says, cell by cell', async () => {
    await world.freshLake(TABLES);
    let cells = 0;
    for (const [at, spec] of STREAM_SPECS.entries()) {
      const steps = history(seeded(SEED + at), spec, { startMs: RECENT_MS, steps: 25, maxGapMs: 4 * 3_600_000 });
      await write(steps.flat());
      await run(spec, 'Refresh');
      cells += await compare(spec, `seed ${SEED + at}`);
    }
    assert.ok(cells > 1500, `only ${cells} cells were compared`);
  });

  for (const [table, count] of Object.entries(STEPS)) {
    it(`stay what the contract says at every step of a history, with repeats: ${table}`, async () => {
      const spec = specOf(table);
      await world.freshLake([table]);
      const random = seeded(SEED * 31 + table.length);
      const steps = history(random, spec, { startMs: RECENT_MS, steps: count, maxGapMs: 90 * 60_000 });
      let merges = 0;
      for (const [at, files] of steps.entries()) {
        await write(files);
        // Sometimes several steps pass between two merges, and sometimes one is run twice.
        const times = [0, 1, 1, 2][Math.floor(random() * 4)] as number;
        for (let time = 0; time < times; time += 1) {
          await run(spec, random() < 0.2 ? 'Rebuild' : 'Refresh');
          merges += 1;
        }
        if (times > 0) await compare(spec, `seed ${SEED}, step ${at}`);
        if (at % 25 === 10) await compact(spec);
      }
      assert.ok(merges >= count * 0.8, `only ${merges} merges were run`);
    });
  }

  it('come to what the contract says in whatever order the files of a history arrive', async () => {
    const spec = specOf('project');
    await world.freshLake([spec.table]);
    const random = seeded(SEED + 2);
    const steps = history(random, spec, { startMs: RECENT_MS, steps: 9, maxGapMs: 3 * 3_600_000 });
    const files = steps.flat().toSorted((one, other) => one.key.localeCompare(other.key));
    for (let at = files.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1));
      [files[at], files[other]] = [files[other] as LakeFile, files[at] as LakeFile];
    }
    for (let at = 0; at < files.length; at += 2) {
      await write(files.slice(at, at + 2));
      await run(spec, 'Refresh');
    }
    await compare(spec, `seed ${SEED}, after ${files.length} files`);
  });

  it('are made whole by the weekly merge, whatever the recent ones have missed', async () => {
    const spec = specOf('project');
    await world.freshLake([spec.table]);
    const old = history(seeded(SEED), spec, { startMs: OLD_MS, steps: 20, maxGapMs: 6 * 3_600_000 });
    const recent = history(seeded(SEED + 1), spec, { startMs: RECENT_MS, steps: 20, maxGapMs: 3 * 3_600_000 });
    await write(recent.flat());
    await run(spec, 'Refresh');
    await write(old.flat());
    await run(spec, 'Refresh');
    await run(spec, 'Rebuild');
    await compare(spec, 'after the weekly merge');
    await run(spec, 'Refresh');
    await compare(spec, 'and after another recent one');
  });

  it('lose nothing to a full sync that was opened before what a recent merge looks at', async () => {
    const spec = specOf('project');
    await world.freshLake([spec.table]);
    const full = syncIdAt(NOW_MS - 20 * DAY_MS);
    const part = partFile('project', full, [lineOf(full, NOW_MS - 20 * DAY_MS, '{"id":"a","name":"old"}')], {
      version: 1,
    });
    const before = syncIdAt(NOW_MS - 21 * DAY_MS);
    const earlier = partFile('project', before, [lineOf(before, NOW_MS - 21 * DAY_MS, '{"id":"a","name":"older"}')], {
      version: 1,
    });
    await write([earlier, manifestFile('project', 'full', before, [earlier.key])]);
    await run(spec, 'Rebuild');
    await write([part, manifestFile('project', 'full', full, [part.key])]);
    await run(spec, 'Refresh');
    const { rows } = await world.athena.query('SELECT id FROM project');
    assert.deepEqual(rows, [['a']]);
  });

  for (const table of ['project', 'item_registrations']) {
    it(`lose nothing to a full sync whose manifest is seen before its parts are: ${table}`, async () => {
      const spec = specOf(table);
      await world.freshLake([table]);
      // Of this minute, not of the start of the file: the tests before it may have taken longer than a run may.
      const [first, second] = [RECENT_MS, Date.now() - 60_000].map((atMs, at) => {
        const syncId = syncIdAt(atMs);
        const record = table === 'project' ? '{"id":"a","name":"x"}' : '{"itemName":"x"}';
        const part = partFile(table, syncId, [lineOf(syncId, atMs, record)], { version: 1 + at });
        const completedAt = new Date(atMs).toISOString();
        return { part, manifest: manifestFile(table, 'full', syncId, [part.key], { completedAt }) };
      });
      if (!first || !second) throw new Error('two syncs were made');
      await write([first.part, first.manifest]);
      await run(spec, 'Refresh');
      await compare(spec, 'after the first');
      await write([second.manifest]);
      for (const kind of ['Refresh', 'Rebuild'] as const) {
        await run(spec, kind);
        const { rows } = await world.athena.query(`SELECT count(*) FROM ${table}`);
        assert.deepEqual(rows, [[1]], kind);
      }
    });
  }

  for (const [what, damage] of [
    ['a line that was cut', (whole: Uint8Array) => gzipSync(gunzipSync(whole).subarray(0, -9))],
    ['a line that was cut before its id', (whole: Uint8Array) => gzipSync(gunzipSync(whole).subarray(0, 80))],
    ['a part that broke off', (whole: Uint8Array) => whole.subarray(0, Math.floor(whole.length / 2))],
    ['a part that is no archive', () => Buffer.from('{"id":"a"}\n')],
  ] as const) {
    it(`are left as they were by a merge that meets ${what}, which fails`, async () => {
      const spec = specOf('project');
      await world.freshLake([spec.table]);
      const good = syncIdAt(RECENT_MS);
      const part = partFile('project', good, [lineOf(good, RECENT_MS, '{"id":"a","name":"good"}')], { version: 1 });
      await write([part, manifestFile('project', 'full', good, [part.key])]);
      await run(spec, 'Refresh');
      const later = syncIdAt(RECENT_MS + DAY_MS);
      const lines = Array.from({ length: 3000 }, (_, at) =>
        lineOf(later, RECENT_MS + DAY_MS + at, `{"id":"${at}","name":"${at * 7919}"}`),
      );
      const whole = partFile('project', later, [lines.join('')], { version: 2 });
      await world.write([{ key: whole.key, bytes: damage(whole.bytes) }]);
      await assert.rejects(run(spec, 'Refresh'), { name: 'TrinoError' });
      const { rows } = await world.athena.query('SELECT id, name FROM project');
      assert.deepEqual(rows, [['a', 'good']]);
    });
  }

  it('are read with both compressions in one table', async () => {
    const spec = specOf('resource');
    await world.freshLake([spec.table]);
    for (const [at, zstd] of [true, false].entries()) {
      await write(
        history(seeded(SEED + at), spec, {
          startMs: RECENT_MS + at * DAY_MS,
          steps: 10,
          maxGapMs: 60_000,
          zstd,
        }).flat(),
      );
    }
    await run(spec, 'Refresh');
    await compare(spec, 'gzip and zstd');
    const { rows } = await world.athena.query('SELECT count(DISTINCT substr("$path", -3)) FROM resource_lines');
    assert.deepEqual(rows, [[2]]);
  });

  it('answer the queries of docs/queries.md as worked out by hand', async () => {
    await world.freshLake(RECIPE_TABLES);
    await write(recipeLake());
    for (const table of RECIPE_TABLES) await run(specOf(table), 'Rebuild');
    for (const { heading, sql } of readRecipes()) {
      assert.deepEqual(comparable((await world.athena.query(sql)).rows), comparable(EXPECTED[heading] ?? []), heading);
    }
  });
});
