/**
 * Finds what in a lake differs from the catalogue: fields that no column names, values that are not of their column's type, and values
 * that were sent as another type of JSON but can still be read.
 */

import type { Column, ColumnType } from '../catalogue/spec.ts';
import { STREAM_SPECS } from '../catalogue/streams.ts';
import { quoted } from '../dialect.ts';
import { linesOf } from '../names.ts';
import { valueSql } from '../values.ts';
import { DUCKDB } from './dialect.ts';
import type { Lake } from './lake.ts';

export type JsonType = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'null';

/** A field that no column names, with one kind of value. */
export interface UnknownField {
  readonly field: string;
  readonly type: JsonType;
  readonly lines: number;
}

/** A column with values that are not of its type, which the table shows as NULL. */
export interface MistypedColumn {
  readonly column: string;
  readonly type: ColumnType;
  readonly lines: number;
}

/** A column with values that were sent as another type of JSON than expected. The table still shows them, such as a number as text. */
export interface RetypedColumn {
  readonly column: string;
  readonly type: ColumnType;
  readonly sentAs: JsonType;
  readonly lines: number;
}

export interface Drift {
  readonly stream: string;
  readonly lines: number;
  readonly unknownFields: readonly UnknownField[];
  readonly mistypedColumns: readonly MistypedColumn[];
  readonly retypedColumns: readonly RetypedColumn[];
}

const STAMPS = ['_sync_id', '_extracted_at'];

/** Looks at every line ever of every table; tables without a line are left out. Tells names and counts, never a value. */
export async function driftOf(lake: Lake): Promise<readonly Drift[]> {
  const drifts: Drift[] = [];
  for (const { name, table, columns } of STREAM_SPECS) {
    const { rows: counted } = await lake.query(`SELECT count(*) FROM ${linesOf(table)}`);
    const lines = Number(counted[0]?.[0] ?? 0);
    if (lines === 0) continue;
    const known = new Set([...columns.map((column) => column.name), ...STAMPS]);
    const fields = (await lake.query(fieldsSql(table))).rows.map(([field, type, count]) => ({
      field: String(field),
      type: type as JsonType,
      lines: Number(count),
    }));
    const retyped = columns.flatMap(retypings);
    const [counts = []] = (await lake.query(countsSql(table, columns, retyped))).rows;
    const countAt = (at: number) => Number(counts[at] ?? 0);
    drifts.push({
      stream: name,
      lines,
      unknownFields: fields.filter(({ field }) => !known.has(field)),
      mistypedColumns: columns
        .map((column, at) => ({ column: column.name, type: column.type, lines: countAt(at) }))
        .filter((column) => column.lines > 0),
      retypedColumns: retyped
        .map(({ column: { name: column, type }, sentAs }, at) => ({
          column,
          type,
          sentAs,
          lines: countAt(columns.length + at),
        }))
        .filter((column) => column.lines > 0),
    });
  }
  return drifts;
}

function fieldsSql(table: string): string {
  // A pointer, because a field may have any name.
  const pointer = "'/' || replace(replace(field, '~', '~0'), '/', '~1')";
  return `WITH fields AS (
  SELECT unnest(json_keys(record)) AS field, record FROM (SELECT sound_json(line) AS record FROM ${linesOf(table)})
)
SELECT field, CASE json_type(record, ${pointer}) WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'OBJECT' THEN 'object'
  WHEN 'ARRAY' THEN 'array' WHEN 'NULL' THEN 'null' ELSE 'number' END AS type, count(*) FROM fields GROUP BY ALL ORDER BY ALL`;
}

/** One row: for each column the lines with values that are not of its type, then the lines of each retyping. */
function countsSql(table: string, columns: readonly Column[], retyped: readonly Retyping[]): string {
  const scalars = columns.filter(({ type }) => type !== 'json');
  const typeOf = (column: Column) => `types[${scalars.indexOf(column) + 1}]`;
  const mistyped = columns.map((column) => {
    const text = quoted(column.name);
    return column.type === 'json'
      ? `${text} IS NOT NULL AND substr(${text}, 1, 1) NOT IN ('{', '[')`
      : `${typeOf(column)} <> 'NULL' AND ${valueSql(column, DUCKDB)} IS NULL AND NOT ${isEmpty(column)}`;
  });
  const read = retyped.map(
    ({ column, sentAs }) =>
      `${typeOf(column)} IN (${DUCKDB_TYPES[sentAs]}) AND ${valueSql(column, DUCKDB)} IS NOT NULL`,
  );
  return `SELECT ${[...mistyped, ...read].map((condition) => `count(*) FILTER (WHERE ${condition})`).join(',\n  ')}
FROM (SELECT ${DUCKDB.texts(columns)} FROM ${linesOf(table)})`;
}

const SCALARS = ['string', 'number', 'boolean'] as const;
type Scalar = (typeof SCALARS)[number];

interface Retyping {
  readonly column: Column;
  readonly sentAs: Scalar;
}

/** The types of JSON, other than its own, that values of a column may be read from. */
function retypings(column: Column): readonly Retyping[] {
  const own = sentAsOf(column.type);
  return own === null ? [] : SCALARS.filter((type) => type !== own).map((sentAs) => ({ column, sentAs }));
}

/** The type of JSON that values of a type are sent as; null for nested ones, of which no scalar can be read. */
function sentAsOf(type: ColumnType): Scalar | null {
  switch (type) {
    case 'text':
    case 'timestamp':
    case 'date':
    case 'decimal-text':
    case 'local-datetime-text':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'json':
      return null;
    default:
      return type satisfies never;
  }
}

/** What DuckDB calls the types of JSON. */
const DUCKDB_TYPES: Readonly<Record<Scalar, string>> = {
  string: "'VARCHAR'",
  number: "'BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE'",
  boolean: "'BOOLEAN'",
};

/** Whether the text is one of those that mean "empty". */
function isEmpty({ name, type }: Column): string {
  const text = `coalesce(${quoted(name)}, '?')`;
  switch (type) {
    case 'timestamp':
    case 'date':
      return `substr(${text}, 1, 5) IN ('0000-', '0001-')`;
    case 'local-datetime-text':
      return `(${text} = '' OR substr(${text}, 7, 4) IN ('0000', '0001'))`;
    case 'decimal-text':
      return `${text} = ''`;
    default:
      return 'false';
  }
}
