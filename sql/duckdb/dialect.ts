/** SQL as DuckDB speaks it. Needs the macros of `script.ts`. */

import type { Column } from '../catalogue/spec.ts';
import { type Dialect, literal, quoted } from '../dialect.ts';

export const DUCKDB: Dialect = {
  texts(columns) {
    const scalars = columns.filter(({ type }) => type !== 'json');
    const paths = `[${scalars.map(({ name }) => pathOf(name)).join(', ')}]`;
    // One look into the line for all scalars, and one for their types.
    const found = scalars.map(
      ({ name }, at) =>
        `CASE WHEN types[${at + 1}] NOT IN ('OBJECT', 'ARRAY') THEN texts[${at + 1}] END AS ${quoted(name)}`,
    );
    const nested = columns.filter(({ type }) => type === 'json').map(nestedOf);
    return [
      `sound_json(line) AS record`,
      `json_extract_string(record, ${paths}) AS texts`,
      `json_type(record, ${paths}) AS types`,
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
