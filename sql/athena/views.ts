/** Views of Athena: the present state of a table over its maintained rows, and the manifests with types. */

import type { Column } from '../catalogue/spec.ts';
import { quoted } from '../dialect.ts';
import { MANIFEST_COLUMNS, MANIFEST_PARTITIONS } from '../manifests.ts';
import { MANIFEST_LINES, rowsOf } from '../names.ts';
import { KEY, rowColumns, type TableSource } from '../present.ts';
import { valueSql } from '../values.ts';
import { ATHENA } from './dialect.ts';

/** What analysts see: everything but what is there for the merge. */
export function viewColumns(source: TableSource): readonly Column[] {
  return rowColumns(source).filter(({ name }) => name !== KEY);
}

export function presentView(source: TableSource): string {
  const names = viewColumns(source).map(({ name }) => quoted(name));
  const rows = rowsOf(source.table);
  if (source.key.length === 0) return `SELECT ${names.join(', ')} FROM ${rows}`;
  if (!source.deletionEndsAllOfId) {
    return `SELECT ${names.join(', ')} FROM ${rows} WHERE coalesce("isDeleted", false) = false`;
  }
  return `SELECT ${names.join(', ')} FROM (
  SELECT *, max(CASE WHEN "isDeleted" THEN "_extracted_at" END) OVER (PARTITION BY "id") AS ended_at FROM ${rows}
)
WHERE coalesce("isDeleted", false) = false AND (ended_at IS NULL OR "_extracted_at" > ended_at)`;
}

export function manifestsView(): string {
  const partitions = MANIFEST_PARTITIONS.map(({ name }) => quoted(name));
  return `SELECT ${[
    ...partitions,
    ...MANIFEST_COLUMNS.map((column) => `${valueSql(column, ATHENA)} AS ${quoted(column.name)}`),
    'line AS "_line"',
  ].join(',\n  ')}
FROM (
  SELECT ${[...partitions, ATHENA.texts(MANIFEST_COLUMNS)].join(', ')} FROM ${MANIFEST_LINES}
)`;
}
