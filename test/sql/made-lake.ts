/**
 * Lakes that are made for a test: real parts, gzipped, under the real keys, read by DuckDB as Athena would see them.
 *
 * What Athena's Trino has and DuckDB has not is added as macros; the SQL of a view is run word for word.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';
import { viewSql } from '../../sql/view-sql.ts';
import { manifestKey, partKey } from '../../src/core/lake/lake-keys.ts';

export interface Sync {
  /** Of November 2026. */
  readonly day: number;
  readonly mode: 'full' | 'incremental' | 'backfill';
  /** Pages of records; each page has a time of its own, and a part. */
  readonly pages: readonly (readonly Readonly<Record<string, unknown>>[])[];
  /** False for a sync that was given up: its parts are there, no manifest is. */
  readonly complete?: boolean;
  /** Parts of these pages are written, and in no manifest: a crash came between part and checkpoint. */
  readonly orphans?: readonly number[];
}

export interface MadeLakes {
  /** Forgets the lake of before, and writes what the syncs would have left. */
  write(table: string, syncs: readonly Sync[]): void;
  /** Replaces the first part of the first sync by this text. */
  replaceFirstPart(table: string, text: string): void;
  /** Rows of the table's view of the present state, in the order of their columns. */
  read(table: string, select: string): Promise<Record<string, unknown>[]>;
  close(): void;
}

/** Stamps of pages begin here, a second apart. */
const FIRST_STAMP_MS = Date.UTC(2026, 10, 1);

const MACROS = `
  CREATE MACRO json_extract_scalar(json, path) AS
    CASE WHEN json_type(json, path) IN ('OBJECT', 'ARRAY') THEN NULL ELSE json_extract_string(json, path) END;
  CREATE MACRO json_format(json) AS CAST(json AS VARCHAR);
  CREATE MACRO from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMPTZ);
  SET TimeZone = 'UTC';`;

export async function openMadeLakes(): Promise<MadeLakes> {
  const root = mkdtempSync(join(tmpdir(), 'made-lake-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(MACROS);

  function put(key: string, bytes: Uint8Array): void {
    const path = join(root, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }

  /** Lines of files as Athena's text tables have them: one column. U+0001 is where they would be cut. */
  const lines = (glob: string) =>
    `read_csv('${join(root, glob)}', delim = '\u0001', quote = '', escape = '', header = false, auto_detect = false,
      columns = { line: 'VARCHAR' }, filename = true, max_line_size = 20000000)`;

  return {
    write(table, syncs) {
      rmSync(root, { recursive: true, force: true });
      let stampMs = FIRST_STAMP_MS;
      syncs.forEach((sync, at) => {
        const syncId = syncIdOf(sync, at);
        const keys = sync.pages.map((page, index) => {
          stampMs += 1000;
          const head = `{"_sync_id":"${syncId}","_extracted_at":"${new Date(stampMs).toISOString()}",`;
          const key = partKey(table, syncId, partOf(index + 1));
          put(key, gzipSync(page.map((record) => `${head}${JSON.stringify(record).slice(1)}\n`).join('')));
          return key;
        });
        if (sync.complete === false) return;
        const parts = keys.filter((_, index) => !sync.orphans?.includes(index)).map((key) => ({ key }));
        put(manifestKey(table, sync.mode, syncId), json({ table, syncId, mode: sync.mode, parts }));
      });
      // Of another table, and newer than anything: nothing of it may be taken for one of ours.
      put(
        'manifests/other/full/2099-12/20991231T000000000Z.json',
        json({ syncId: '20991231T000000000Z', mode: 'full', parts: [] }),
      );
    },
    replaceFirstPart(table, text) {
      put(partKey(table, syncIdOf({ day: 1 }, 0), partOf(1)), gzipSync(text));
    },
    async read(table, select) {
      const stream = STREAM_SPECS.find((row) => row.table === table);
      if (!stream) throw new Error(`no table is named ${table}`);
      await connection.run(`CREATE OR REPLACE VIEW ${table} AS
        SELECT line, filename AS "$path", regexp_extract(filename, 'sync_date=([^/]+)', 1) AS "date"
        FROM ${lines(`${table}/*/*.ndjson.gz`)}`);
      await connection.run(`CREATE OR REPLACE VIEW manifests AS
        SELECT line, regexp_extract(filename, 'manifests/([^/]+)/', 1) AS table_name
        FROM ${lines('manifests/*/*/*/*.json')}`);
      await connection.run(viewSql(stream));
      const result = await connection.runAndReadAll(`SELECT ${select} FROM ${table}_current ORDER BY ALL`);
      return result.getRowObjectsJson() as Record<string, unknown>[];
    },
    close() {
      connection.closeSync();
      instance.closeSync();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function partOf(version: number) {
  return { version, run: '0b0e7c1a', compression: 'gzip' } as const;
}

function syncIdOf({ day }: Pick<Sync, 'day'>, at: number): string {
  return `202611${String(day).padStart(2, '0')}T08${String(at).padStart(2, '0')}00000Z`;
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
