/**
 * Reads a lake folder back with DuckDB, as an analyst would: the present state of each table by the rule of the
 * contract, section 6, and what the manifests say.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { STREAM_SPECS } from '../sql/catalogue/streams.ts';
import { asPattern } from '../sql/duckdb/script.ts';
import { duckdbProblem } from './problem.ts';

export interface TableState {
  readonly table: string;
  /** Records that exist. */
  readonly live: number;
  /** Records whose newest line says that they were deleted. */
  readonly deleted: number;
  readonly parts: number;
  /** Compressed bytes of the parts that manifests name. */
  readonly bytes: number;
  /** Of the newest complete sync; null before the first. */
  readonly watermark: string | null;
}

/**
 * @param root the lake's folder
 * @param tables names of the tables to read
 * @param withoutIds tables whose rows have no id: their present state is the newest complete sync
 */
export async function readLake(
  root: string,
  tables: readonly string[],
  withoutIds: ReadonlySet<string>,
): Promise<TableState[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '2GB' });
  const connection = await instance.connect();
  try {
    const states: TableState[] = [];
    for (const table of tables) states.push(await readTable(table));
    return states;
  } catch (error) {
    throw duckdbProblem(error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }

  async function readTable(table: string): Promise<TableState> {
    const manifests = await readManifests(table);
    const empty = { table, live: 0, deleted: 0, parts: 0, bytes: 0, watermark: null };
    if (!manifests) return empty;
    const { newestFull, newestComplete, parts, bytes, watermark } = manifests;
    if (!hasFile(join(root, table), '.ndjson.')) return { ...empty, parts, bytes, watermark };
    const key = STREAM_SPECS.find((spec) => spec.table === table)?.key ?? [];
    const columns = [...new Set(['id', ...key, '_sync_id', '_extracted_at'])];
    const lines = `read_json(${quote(join(asPattern(root), table, '*', '*.ndjson.*'))}, format = 'newline_delimited',
      columns = { ${columns.map((name) => `${name}: 'VARCHAR'`).join(', ')}, isDeleted: 'BOOLEAN' },
      maximum_object_size = 67108864)`;
    const present = withoutIds.has(table)
      ? `select count(*) as live, 0 as deleted from ${lines} where _sync_id = ${quote(newestComplete)}`
      : `with lines as (select * from ${lines} where _sync_id >= ${quote(newestFull)}),
              -- A tombstone names an id, and ends every older row of it.
              ended as (select id, max(_extracted_at) as at from lines where isDeleted group by id),
              newest as (select id, max(_extracted_at) as at from lines where not coalesce(isDeleted, false)
                         group by ${key.join(', ')})
         select count(*) as live, (select count(*) from ended) - count(distinct id) filter (ended.at is not null) as deleted
           from newest left join ended using (id) where ended.at is null or newest.at > ended.at`;
    const [row] = await rows(present);
    return { table, live: Number(row?.live), deleted: Number(row?.deleted), parts, bytes, watermark };
  }

  async function readManifests(table: string) {
    const folder = join(root, 'manifests', table);
    if (!hasFile(folder, '.json')) return null;
    const [row] = await rows(`
      select coalesce(max(syncId) filter (mode = 'full'), '') as newestFull,
             coalesce(max(syncId) filter (mode <> 'backfill'), '') as newestComplete,
             coalesce(sum(len(parts)), 0) as parts,
             coalesce(sum(bytes), 0) as bytes,
             max(watermark) as watermark
        from read_json(${quote(join(asPattern(folder), '*', '*', '*.json'))}, columns = {
          syncId: 'VARCHAR', mode: 'VARCHAR', watermark: 'VARCHAR', bytes: 'BIGINT', parts: 'JSON[]' })`);
    if (!row) return null;
    return {
      newestFull: String(row.newestFull),
      newestComplete: String(row.newestComplete),
      parts: Number(row.parts),
      bytes: Number(row.bytes),
      watermark: row.watermark === null ? null : String(row.watermark),
    };
  }

  async function rows(sql: string): Promise<Record<string, unknown>[]> {
    return (await connection.runAndReadAll(sql)).getRowObjects();
  }
}

/** A sync whose lines are looked at. */
export interface SyncLines {
  readonly table: string;
  readonly syncId: string;
}

/** Characters before the record's own text: `{"_sync_id":"…","_extracted_at":"…",`. */
const PREFIX_CHARACTERS = 77;

/** How many lines of these syncs carry a record that an earlier sync had brought already, the same in every character. */
export async function countRepeated(root: string, syncs: readonly SyncLines[]): Promise<number> {
  if (syncs.length === 0) return 0;
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '2GB' });
  const connection = await instance.connect();
  try {
    let repeated = 0;
    for (const { table, syncId } of syncs) {
      const files = quote(join(asPattern(root), table, '*', '*.ndjson.*'));
      const [row] = (
        await connection.runAndReadAll(`
          with lines as (
            select substr(line, 14, 19) as sync_id, hash(substr(line, ${PREFIX_CHARACTERS + 1})) as record
              from (select json::varchar as line from read_ndjson_objects(${files},
                maximum_object_size = 67108864, hive_partitioning = false))),
          firsts as (select record, min(sync_id) as sync_id from lines group by record)
          select count(*) as repeated from lines join firsts using (record)
           where lines.sync_id = ${quote(syncId)} and firsts.sync_id < lines.sync_id`)
      ).getRowObjects();
      repeated += Number(row?.repeated ?? 0);
    }
    return repeated;
  } catch (error) {
    throw duckdbProblem(error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** DuckDB refuses a pattern that no file matches, and a run that was cut off leaves empty folders. */
function hasFile(folder: string, part: string): boolean {
  return existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => String(name).includes(part));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
