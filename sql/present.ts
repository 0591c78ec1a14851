/**
 * The present state of a table, out of its lines (contract, section 6): one text for both engines.
 *
 * Of the lines since the newest complete full sync, the latest of each key. Tombstones are still in it: they are what
 * keeps an older line that is read later from coming back.
 */

import type { Column, StreamSpec } from './catalogue/spec.ts';
import { type Dialect, literal, quoted } from './dialect.ts';
import { dayOfSyncId, linesOf, MANIFEST_LINES, STAMP_LENGTH, STAMP_OF_LINE, SYNC_ID_OF_LINE } from './names.ts';
import { valueSql } from './values.ts';

export type TableSource = Pick<StreamSpec, 'table' | 'key' | 'columns' | 'deletionEndsAllOfId'>;

/** Only syncs opened since then are looked at; null for all. */
export interface Since {
  /** `2026-11-19` */
  readonly day: string;
  /** `20261119` */
  readonly syncId: string;
  /** `2026-11` */
  readonly month: string;
}

/** Which part of the lake a query reads. */
export interface Bounds {
  readonly since: Since | null;
  /** SQL of the text of an instant, `2026-11-26T20:00:00`: a full sync that completed later does not count yet. Null to count each. */
  readonly completedBefore: string | null;
}

/** Columns that every table has after its own. */
export const OWN_COLUMNS: readonly Column[] = [
  { name: '_sync_id', type: 'text', sentence: 'Sync that brought the line.' },
  { name: '_extracted_at', type: 'timestamp', sentence: 'When the page arrived, in UTC.' },
  { name: '_line', type: 'text', sentence: 'The whole line as it lies in the part.' },
];

/** Tables whose key is not a column alone have it as a column of this name. */
export const KEY = '_key';

/** The column that tells rows apart. */
export function keyColumn({ key }: TableSource): string {
  return key.length === 1 ? (key[0] as string) : KEY;
}

/** Columns of the maintained table, in the order of the catalogue. */
export function rowColumns(source: TableSource): readonly Column[] {
  const composed: Column = {
    name: KEY,
    type: 'text',
    sentence: 'What tells rows apart; of a tombstone, its id alone.',
  };
  return [...source.columns, ...(source.key.length > 1 ? [composed] : []), ...OWN_COLUMNS];
}

/** Manifests of full syncs of the table; `sync_id` and `line`. */
function fullSyncs({ table }: TableSource, { since, completedBefore }: Bounds): string {
  const recent = since
    ? `\n    AND month >= ${since.month} AND json_extract_scalar(line, '$.syncId') >= ${since.syncId}`
    : '';
  const settled = completedBefore
    ? `\n    AND coalesce(json_extract_scalar(line, '$.completedAt'), '') < ${completedBefore}`
    : '';
  return `SELECT json_extract_scalar(line, '$.syncId') AS sync_id, line
  FROM ${MANIFEST_LINES}
  WHERE table_name = ${literal(table)} AND mode = 'full'${recent}${settled}`;
}

/** `newest_full` with the one column `sync_id`, which is empty text before the first complete full sync. */
function newestFull(source: TableSource, bounds: Bounds): string {
  return `newest_full AS (
  SELECT coalesce(max(sync_id), '') AS sync_id FROM (
  ${fullSyncs(source, bounds)}
  )
)`;
}

/** `newest_full` with `sync_id` and its manifest, of at most one row. */
function newestManifest(source: TableSource, bounds: Bounds): string {
  return `newest_full AS (
  SELECT sync_id, line AS manifest FROM (
  ${fullSyncs(source, bounds)}
  )
  ORDER BY sync_id DESC LIMIT 1
)`;
}

/** The key of a `line`, of a table that has keys. */
function keyOfLine({ key, columns, deletionEndsAllOfId }: TableSource, dialect: Dialect): string {
  if (key.length === 1) return dialect.scalar(key[0] as string);
  const isDeleted = `lower(coalesce(${dialect.scalar('isDeleted')}, 'false')) = 'true'`;
  const parts = key.map((name) => {
    const column = columns.find((each) => each.name === name);
    if (!column) throw new Error(`the key names no column: ${name}`);
    // By value, not by text: one moment can be written in several ways.
    return `coalesce(CAST(${valueSql(column, dialect, dialect.scalar(name))} AS varchar), '')`;
  });
  const whole = parts.join(` || chr(31) || `);
  return deletionEndsAllOfId ? `CASE WHEN ${isDeleted} THEN ${parts[0]} ELSE ${whole} END` : whole;
}

/** Common table expressions that end in `newest`: each line that the present state is made of, tombstones included, as `line`, with its `_key` where the table has keys. */
export function newestLines(source: TableSource, dialect: Dialect, bounds: Bounds): string {
  return source.key.length === 0 ? ofNewestSync(source, dialect, bounds) : ofEachKey(source, dialect, bounds);
}

/** Of lines with one `_extracted_at`, which came on one page, the greatest text counts: any, but always the same. */
function ofEachKey(source: TableSource, dialect: Dialect, bounds: Bounds): string {
  const { since } = bounds;
  return `${newestFull(source, bounds)},
keyed AS (
  SELECT ${keyOfLine(source, dialect)} AS ${quoted(KEY)}, line
  FROM ${linesOf(source.table)} CROSS JOIN newest_full
  WHERE ${[
    ...(since ? [`sync_date >= ${since.day}`] : []),
    `sync_date >= ${dayOfSyncId('newest_full.sync_id')}`,
    `${SYNC_ID_OF_LINE} >= newest_full.sync_id`,
    // Before the condition on `id`: Trino stops at the first condition that is not true, and a line that was cut early has no id.
    dialect.isSound,
    `${dialect.scalar('id')} IS NOT NULL`,
  ].join('\n    AND ')}
),
newest AS (
  SELECT ${quoted(KEY)}, substr(max(${STAMP_OF_LINE} || line), ${STAMP_LENGTH + 1}) AS line
  FROM keyed
  GROUP BY ${quoted(KEY)}
)`;
}

/** The lines of the parts that the manifest of the newest complete sync names. */
function ofNewestSync(source: TableSource, dialect: Dialect, bounds: Bounds): string {
  const { since } = bounds;
  return `${newestManifest(source, bounds)},
newest AS (
  SELECT line
  FROM ${linesOf(source.table)} CROSS JOIN newest_full
  WHERE ${[
    ...(since ? [`sync_date >= ${since.day}`] : []),
    `sync_date = ${dayOfSyncId('newest_full.sync_id')}`,
    `${SYNC_ID_OF_LINE} = newest_full.sync_id`,
    `strpos(newest_full.manifest, '"' || regexp_extract(${dialect.path}, '[^/]+/sync_date=[^/]+/[^/]+$') || '"') > 0`,
    dialect.isSound,
  ].join('\n    AND ')}
)`;
}

/** Common table expressions that end in `latest`: typed rows of the lines of `lines`, which has the columns of `newest`. */
export function typedRows(source: TableSource, dialect: Dialect, lines: string): string {
  const values = source.columns.map((column) => `${valueSql(column, dialect)} AS ${quoted(column.name)}`);
  const keys = source.key.length === 0 ? [] : [quoted(KEY)];
  return `texts AS (
  SELECT ${[...keys, dialect.texts(source.columns)].join(', ')}
  FROM ${lines}
),
latest AS (
  SELECT
    ${[...values, ...keys, ...ownValues(dialect)].join(',\n    ')}
  FROM texts
)`;
}

function ownValues(dialect: Dialect): string[] {
  return [`${SYNC_ID_OF_LINE} AS "_sync_id"`, `${dialect.stamp(STAMP_OF_LINE)} AS "_extracted_at"`, 'line AS "_line"'];
}
