/**
 * SQL of the views that show the present state of each table (contract, section 6), for Athena.
 *
 * Decides how columns are read out of raw lines. A table has one column, `line`: what a JSON SerDe would do with case, new
 * fields and large numbers is left out of the question (docs/lake-querying.md). The SQL keeps to what Trino and DuckDB both
 * understand, so that tests can run it.
 */

import type { Column, ColumnType } from './catalogue/spec.ts';

/** What of a stream its view depends on. */
export interface ViewSource {
  readonly table: string;
  readonly columns: readonly Column[];
  /** Rows without ids: the present state is the newest complete sync. */
  readonly format: 'json' | 'semicolon-text';
}

/** `CREATE OR REPLACE VIEW <table>_current …`, without a semicolon at its end. */
export function viewSql(source: ViewSource): string {
  return source.format === 'json' ? newestVersions(source) : newestSync(source);
}

/** Of the lines since the newest complete full sync, the latest of each id that is not deleted. */
function newestVersions({ table, columns }: ViewSource): string {
  return `CREATE OR REPLACE VIEW ${table}_current AS
WITH newest_full AS (
  SELECT coalesce(max(json_extract_scalar(line, '$.syncId')), '') AS sync_id
  FROM manifests
  WHERE table_name = '${table}' AND json_extract_scalar(line, '$.mode') = 'full'
),
versions AS (
  SELECT
    line,
    row_number() OVER (
      PARTITION BY json_extract_scalar(line, '$.id')
      ORDER BY json_extract_scalar(line, '$._extracted_at') DESC
    ) AS place
  FROM ${table}
  CROSS JOIN newest_full
  WHERE json_extract_scalar(line, '$._sync_id') >= newest_full.sync_id
    AND "date" >= ${dayOf('newest_full.sync_id')}
)
SELECT
${selectList(columns)}
FROM versions
WHERE place = 1 AND coalesce(json_extract_scalar(line, '$.isDeleted'), 'false') <> 'true'`;
}

/** The lines of the newest complete sync, and of them those in parts that its manifest names: each row once. */
function newestSync({ table, columns }: ViewSource): string {
  return `CREATE OR REPLACE VIEW ${table}_current AS
WITH newest_full AS (
  SELECT
    max(json_extract_scalar(line, '$.syncId')) AS sync_id,
    max_by(line, json_extract_scalar(line, '$.syncId')) AS manifest
  FROM manifests
  WHERE table_name = '${table}' AND json_extract_scalar(line, '$.mode') = 'full'
)
SELECT
${selectList(columns)}
FROM ${table}
CROSS JOIN newest_full
WHERE json_extract_scalar(line, '$._sync_id') = newest_full.sync_id
  AND "date" = ${dayOf('newest_full.sync_id')}
  AND strpos(newest_full.manifest, '"' || regexp_extract("$path", '[^/]+/sync_date=[^/]+/[^/]+$') || '"') > 0`;
}

/** The partition that the parts of a sync are in; what it gives for no sync id is less than every date. */
function dayOf(syncId: string): string {
  return `substr(${syncId}, 1, 4) || '-' || substr(${syncId}, 5, 2) || '-' || substr(${syncId}, 7, 2)`;
}

function selectList(columns: readonly Column[]): string {
  const own = columns.map(({ name, type }) => `  ${columnSql(name, type)} AS "${name}"`);
  return [
    `  json_extract_scalar(line, '$._sync_id') AS "_sync_id"`,
    `  ${columnSql('_extracted_at', 'timestamp')} AS "_extracted_at"`,
    ...own,
    '  line AS "_line"',
  ].join(',\n');
}

/** A field as a value of its type; what is none is NULL, never an error that ends the query. */
function columnSql(name: string, type: ColumnType): string {
  const text = `json_extract_scalar(line, '$.${name}')`;
  switch (type) {
    case 'text':
    case 'decimal-text':
    case 'local-datetime-text':
      return text;
    case 'number':
      return `TRY_CAST(${text} AS double)`;
    case 'integer':
      return `TRY_CAST(${text} AS bigint)`;
    case 'boolean':
      return `TRY_CAST(${text} AS boolean)`;
    case 'date':
      return `TRY_CAST(CASE WHEN ${text} NOT LIKE '0001-%' THEN substr(${text}, 1, 10) END AS date)`;
    case 'timestamp':
      // Views cannot have time zones; UTC it is. Ditio writes the year 1 for "empty".
      return `CASE WHEN ${text} NOT LIKE '0001-%' THEN CAST(TRY(from_iso8601_timestamp(${text})) AT TIME ZONE 'UTC' AS timestamp) END`;
    case 'json':
      return `json_format(json_extract(line, '$.${name}'))`;
    default:
      return type satisfies never;
  }
}
