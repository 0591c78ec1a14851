/** Opens a lake with DuckDB, under the names that analysts know from Athena. */

import { DuckDBInstance, type DuckDBResultReader, DuckDBTypeId, StatementType } from '@duckdb/node-api';
import { STREAM_SPECS } from '../catalogue/streams.ts';
import { literal, quoted } from '../dialect.ts';
import { asPattern, lakeScript, MANIFEST_FILES, partsOf } from './script.ts';

export interface Answer {
  readonly columns: readonly string[];
  /** Values as JSON has them: numbers, texts, truths, null; whole numbers of more than 53 bits, days and times as text. Each name once. */
  readonly rows: readonly (readonly unknown[])[];
}

export interface Lake {
  /** Runs one statement, or several of which none gives rows. Throws what DuckDB says. */
  query(sql: string): Promise<Answer>;
  /**
   * Runs one SELECT, and CREATE before it. Throws a {@link NoSelect} for anything else, which could write files, and what
   * DuckDB says.
   */
  select(sql: string): Promise<Answer>;
  close(): void;
}

/** Thrown for SQL that is no single SELECT. */
export class NoSelect extends Error {
  override readonly name = 'NoSelect';
}

export interface LakeOptions {
  /** Threads of DuckDB; all processors where none is given. */
  readonly threads?: number;
  /** Most memory that DuckDB takes, such as `4GB`. */
  readonly memoryLimit?: string;
}

/** Types whose values DuckDB tells as text, however small they are. */
const WHOLE_TYPES: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
]);

function smallAsNumber(value: unknown): unknown {
  const number = Number(value);
  return value !== null && Number.isSafeInteger(number) ? number : value;
}

function answerOf(reader: DuckDBResultReader): Answer {
  const whole = reader.columnTypes().map(({ typeId }) => WHOLE_TYPES.has(typeId));
  const rows = reader.getRowsJson().map((row) => row.map((value, at) => (whole[at] ? smallAsNumber(value) : value)));
  return { columns: reader.deduplicatedColumnNames(), rows };
}

/** What DuckDB says of SQL that it cannot read, as it says it elsewhere. */
function withoutPreface(error: unknown): never {
  if (!(error instanceof Error)) throw error;
  const message = error.message.replace(/^Failed to extract statements: /, '');
  // SQL of nothing but comments.
  throw message === 'Error in native callback' ? new NoSelect() : new Error(message, { cause: error });
}

/**
 * A DuckDB in memory that sees the lake: `<table>`, `<table>_lines` and `manifests`.
 *
 * @param root folder of the lake
 */
export async function openLake(root: string, { threads, memoryLimit = '4GB' }: LakeOptions = {}): Promise<Lake> {
  const configuration = { memory_limit: memoryLimit, ...(threads && { threads: String(threads) }) };
  const instance = await DuckDBInstance.create(':memory:', configuration);
  const connection = await instance.connect();

  const query = async (sql: string) => answerOf(await connection.runAndReadAll(sql));

  async function select(sql: string): Promise<Answer> {
    const statements = await connection.extractStatements(sql).catch(withoutPreface);
    for (let at = 0; at < statements.count; at++) {
      // A statement is prepared after those before it have run, because it may need what they made.
      const statement = await statements.prepare(at);
      const isLast = at === statements.count - 1;
      // PIVOT is a CREATE and a SELECT.
      if (statement.statementType !== (isLast ? StatementType.SELECT : StatementType.CREATE)) break;
      const reader = await statement.runAndReadAll();
      if (isLast) return answerOf(reader);
    }
    throw new NoSelect();
  }

  function close(): void {
    connection.closeSync();
    instance.closeSync();
  }

  try {
    await query(await scriptOf(root, query));
  } catch (error) {
    close();
    throw error;
  }
  return { query, select, close };
}

/**
 * The script that makes any DuckDB see the lake.
 *
 * @param root folder of the lake, whose contents are looked at
 * @param shownAs folder or address that stands in the script
 */
export async function sqlOfLake(root: string, shownAs: string = root): Promise<string> {
  const lake = await openLake(root);
  try {
    return await scriptOf(root, lake.query, shownAs);
  } finally {
    lake.close();
  }
}

export interface Exported {
  readonly table: string;
  readonly rows: number;
  readonly path: string;
}

/** Writes what exists now, one Parquet file a table, into a folder that exists. Empty tables have a file too. */
export async function exportParquet(lake: Lake, folder: string): Promise<readonly Exported[]> {
  const exported: Exported[] = [];
  for (const { table } of STREAM_SPECS) {
    const path = `${folder}/${table}.parquet`;
    const { rows } = await lake.query(
      `COPY (SELECT * FROM ${quoted(table)}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    exported.push({ table, rows: Number(rows[0]?.[0] ?? 0), path });
  }
  return exported;
}

async function scriptOf(root: string, query: Lake['query'], shownAs = root): Promise<string> {
  const bare = asPattern(root.replace(/\/+$/, ''));
  const { rows } = await query(
    STREAM_SPECS.map(
      ({ table }) => `SELECT ${literal(table)} FROM glob(${literal(`${bare}/${partsOf(table)}`)}) GROUP BY ALL`,
    ).join('\nUNION ALL '),
  );
  const manifests = await query(`SELECT file FROM glob(${literal(`${bare}/${MANIFEST_FILES}`)}) LIMIT 1`);
  return lakeScript(shownAs.replace(/\/+$/, ''), {
    tables: new Set(rows.map(([table]) => String(table))),
    hasManifests: manifests.rows.length > 0,
  });
}
