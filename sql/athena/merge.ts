/**
 * The statement that brings new lines into a maintained table: idempotent, in any order, however often.
 *
 * Two reaches. `recent` looks at syncs opened in the last days, which is cheap and finds almost everything; `all` looks at every
 * line and so heals what came later than that, or while nothing ran. Tombstones stay as rows, so that an older line which is read later
 * does not bring a deleted record back. A row of before the newest full sync which that sync no longer names is deleted.
 *
 * Columns are read only of lines that change the table: most lines of the last days are already in it. Lines with one `_extracted_at` are
 * of one page, so of one part, which a merge sees whole: what it has chosen among them stays chosen.
 */

import { literal, quoted } from '../dialect.ts';
import { rowsOf, STAMP_OF_LINE, SYNC_ID_OF_LINE } from '../names.ts';
import {
  type Bounds,
  KEY,
  keyColumn,
  newestLines,
  rowColumns,
  type Since,
  type TableSource,
  typedRows,
} from '../present.ts';
import { ATHENA } from './dialect.ts';

export type Reach = 'recent' | 'all';

/** Days that a recent merge looks back at, today not counted. A merge of all lines runs once a week. */
export const RECENT_DAYS = 7;

/** A literal for the planner, which computes `current_date` before it looks for partitions. */
const ago = (format: string) => `date_format(current_date - INTERVAL '${RECENT_DAYS}' DAY, ${literal(format)})`;
const RECENT: Since = { day: ago('%Y-%m-%d'), syncId: ago('%Y%m%d'), month: ago('%Y-%m') };

/**
 * A merge lists manifests and parts one after the other, and manifests twice. A full sync counts when it was complete so many minutes
 * before: then each of its parts was there before the merge began, and no row is taken for vanished whose line is only not seen yet.
 * Longer than a run of the function, which may still write the last part after `completedAt`, and than clocks differ.
 */
export const SETTLED_MINUTES = 15;
const COMPLETED_BEFORE = `date_format((current_timestamp AT TIME ZONE 'UTC') - INTERVAL '${SETTLED_MINUTES}' MINUTE, '%Y-%m-%dT%H:%i:%s')`;

/** At most 262,144 bytes, the longest statement that Athena takes. */
export function mergeSql(source: TableSource, reach: Reach): string {
  const bounds = { since: reach === 'recent' ? RECENT : null, completedBefore: COMPLETED_BEFORE };
  return source.key.length === 0 ? replaceRows(source, bounds) : mergeRows(source, bounds);
}

function mergeRows(source: TableSource, bounds: Bounds): string {
  const rows = rowsOf(source.table);
  const key = quoted(keyColumn(source));
  const keyOfLine = quoted(KEY);
  const names = rowColumns(source).map(({ name }) => quoted(name));
  const others = names.filter((name) => name !== key);
  return `MERGE INTO ${rows} AS t
USING (
WITH ${newestLines(source, ATHENA, bounds)},
changes AS (
  SELECT coalesce(newest.${keyOfLine}, r.${key}) AS ${keyOfLine}, newest.line
  FROM newest FULL JOIN ${rows} AS r ON newest.${keyOfLine} = r.${key} CROSS JOIN newest_full
  WHERE r.${key} IS NULL OR r."_sync_id" < newest_full.sync_id
    OR r."_extracted_at" < ${ATHENA.stamp(STAMP_OF_LINE)}
),
${typedRows(source, ATHENA, 'changes')}
SELECT ${keyOfLine} AS ${key}, ${others.join(', ')} FROM latest
) AS s
ON t.${key} = s.${key}
WHEN MATCHED AND s."_line" IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET
  ${others.map((name) => `${name} = s.${name}`).join(', ')}
WHEN NOT MATCHED THEN INSERT (${names.join(', ')})
  VALUES (${names.map((name) => `s.${name}`).join(', ')})`;
}

/** Rows without a key: those of the newest complete sync take the place of all others, once. */
function replaceRows(source: TableSource, bounds: Bounds): string {
  const rows = rowsOf(source.table);
  const names = rowColumns(source).map(({ name }) => quoted(name));
  return `MERGE INTO ${rows} AS t
USING (
WITH ${newestLines(source, ATHENA, bounds)},
known AS (
  SELECT coalesce(max("_sync_id"), '') AS sync_id FROM ${rows}
),
changes AS (
  SELECT newest.line FROM newest CROSS JOIN known WHERE ${SYNC_ID_OF_LINE} > known.sync_id
),
${typedRows(source, ATHENA, 'changes')}
SELECT ${names.join(', ')}, CAST(NULL AS varchar) AS old_sync_id FROM latest
UNION ALL
SELECT ${names.map(() => 'NULL').join(', ')}, old.sync_id
FROM (SELECT DISTINCT "_sync_id" AS sync_id FROM ${rows}) AS old CROSS JOIN newest_full
WHERE old.sync_id < newest_full.sync_id
) AS s
ON t."_sync_id" = s.old_sync_id
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (${names.join(', ')})
  VALUES (${names.map((name) => `s.${name}`).join(', ')})`;
}
