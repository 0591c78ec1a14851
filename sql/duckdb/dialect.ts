/** SQL as DuckDB speaks it. Needs the macros of `script.ts`. */

import type { Column } from '../catalogue/spec.ts';
import { type Dialect, literal, quoted } from '../dialect.ts';

export const DUCKDB: Dialect = {
  texts(columns) {
    const scalars = columns.filter(({ type }) => type !== 'json');
    const paths = `[${scalars.map(({ name }) => pathOf(name)).join(', ')}]`;
    // DuckDB expands an alias wherever it is used, and shares equal parts of expressions only outside of CASE. A CASE for each column
    // would read the whole line once for each column and keep all the results: 4 GB for 7,000 rows of 40 columns.
    const found = scalars.map(({ name }, at) => `found[${at + 1}] AS ${quoted(name)}`);
    const nested = columns.filter(({ type }) => type === 'json').map(nestedOf);
    return [
      `sound_json(line) AS record`,
      `json_type(record, ${paths}) AS types`,
      `[CASE WHEN pair[2] NOT IN ('OBJECT', 'ARRAY') THEN pair[1] END
      FOR pair IN list_zip(json_extract_string(record, ${paths}), types)] AS found`,
      ...found,
      ...nested,
      'line',
    ].join(',\n    ');
  },
  scalar: (field) => `json_extract_scalar(line, ${pathOf(field)})`,
  matches: (text, pattern) => `regexp_matches(${text}, ${literal(pattern)})`,
  instant: (text) => `utc_of_iso(${text})`,
  stamp: (text) => `CAST(${text} AS timestamp)`,
  // json_extract_string ends the query by itself where a line was cut.
  isSound: 'json_type(sound_json(line)) IS NOT NULL',
  path: '"$path"',
  timestamp: 'timestamp',
};

function pathOf(field: string): string {
  return literal(`$.${field}`);
}

function nestedOf({ name }: Column): string {
  return `NULLIF(CAST(json_extract(record, ${pathOf(name)}) AS varchar), 'null') AS ${quoted(name)}`;
}
