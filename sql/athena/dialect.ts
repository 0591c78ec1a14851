/** SQL as Athena speaks it, kept to what its documentation and Trino both know. */

import type { Column } from '../catalogue/spec.ts';
import { type Dialect, literal, quoted } from '../dialect.ts';

const scalar = (field: string) => `json_extract_scalar(line, ${literal(`$.${field}`)})`;

export const ATHENA: Dialect = {
  texts: (columns) =>
    [...columns.map((column) => `${textOf(column)} AS ${quoted(column.name)}`), 'line'].join(',\n    '),
  scalar,
  matches: (text, pattern) => `regexp_like(${text}, ${literal(pattern)})`,
  instant: (text) => `CAST(TRY(from_iso8601_timestamp(${text})) AT TIME ZONE 'UTC' AS timestamp(3))`,
  stamp: (text) => `CAST(from_iso8601_timestamp(${text}) AT TIME ZONE 'UTC' AS timestamp(3))`,
  // Fails for a line that was cut, where json_extract_scalar would give what stands before the cut.
  isSound: 'json_parse(line) IS NOT NULL',
  path: '"$path"',
  timestamp: 'timestamp(3)',
};

function textOf({ name, type }: Column): string {
  // Of a field that is null, the JSON text "null" is extracted.
  return type === 'json' ? `NULLIF(json_format(json_extract(line, ${literal(`$.${name}`)})), 'null')` : scalar(name);
}
