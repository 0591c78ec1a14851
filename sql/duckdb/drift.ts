/** What lies in a lake and is not as the catalogue says: fields that no column names, and values that are not of their column's type. */

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

export interface Drift {
  readonly stream: string;
  readonly lines: number;
  readonly unknownFields: readonly UnknownField[];
  readonly mistypedColumns: readonly MistypedColumn[];
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
    const { rows } = await lake.query(mistypedSql(table, columns));
    drifts.push({
      stream: name,
      lines,
      unknownFields: fields.filter(({ field }) => !known.has(field)),
      mistypedColumns: columns
        .map((column, at) => ({ column: column.name, type: column.type, lines: Number(rows[0]?.[at] ?? 0) }))
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

function mistypedSql(table: string, columns: readonly Column[]): string {
  const scalars = columns.filter(({ type }) => type !== 'json');
  const counts = columns.map((column) => {
    const text = quoted(column.name);
    if (column.type === 'json')
      return `count(*) FILTER (WHERE ${text} IS NOT NULL AND substr(${text}, 1, 1) NOT IN ('{', '['))`;
    const at = scalars.indexOf(column) + 1;
    return `count(*) FILTER (WHERE types[${at}] <> 'NULL' AND ${valueSql(column, DUCKDB)} IS NULL AND NOT ${isEmpty(column)})`;
  });
  return `SELECT ${counts.join(',\n  ')}
FROM (SELECT ${DUCKDB.texts(columns)} FROM ${linesOf(table)})`;
}

/** Whether the text is one of those that mean "empty". */
function isEmpty({ name, type }: Column): string {
  const text = `coalesce(${quoted(name)}, '?')`;
  switch (type) {
    case 'timestamp':
    case 'date':
      return `starts_with(${text}, '0001-')`;
    case 'local-datetime-text':
      return `(${text} = '' OR substr(${text}, 7, 4) = '0001')`;
    case 'decimal-text':
      return `${text} = ''`;
    default:
      return 'false';
  }
}
