/**
 * A script that shows a lake to any DuckDB: the command line, Python, R. It makes the names that analysts know from Athena
 * (contract, section 6), and those of Athena's functions that DuckDB lacks, so that a query can be taken from one to the other.
 */

import type { StreamSpec } from '../catalogue/spec.ts';
import { STREAM_SPECS } from '../catalogue/streams.ts';
import { literal, quoted } from '../dialect.ts';
import { MANIFEST_COLUMNS, MANIFEST_PARTITIONS } from '../manifests.ts';
import { linesOf, MANIFEST_LINES, MANIFESTS } from '../names.ts';
import { KEY, newestLines, rowColumns, typedRows } from '../present.ts';
import { valueSql } from '../values.ts';
import { DUCKDB } from './dialect.ts';

/** Longest line that is read: the longest record, and its stamps. */
const MAX_LINE_BYTES = 67_108_864;

/** A surrogate without its other half stands for no character; DuckDB refuses the line, so `?` takes its place. */
const LONE_SURROGATES = [
  [String.raw`\\\\`, String.raw`\x03`],
  [String.raw`\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})`, String.raw`\x02\1\x02\2`],
  [String.raw`\\u[dD][89a-fA-F][0-9a-fA-F]{2}`, '?'],
  [String.raw`\x02`, String.raw`\\u`],
  [String.raw`\x03`, String.raw`\\\\`],
] as const;

function withoutLoneSurrogates(): string {
  // A replacement knows \1 and \\, but no \x02: the character itself is put there.
  const plain = (text: string) => text.replaceAll(/\\x0([23])/g, "' || chr($1) || '");
  return LONE_SURROGATES.reduce(
    (text, [pattern, replacement]) => `regexp_replace(${text}, '${pattern}', '${plain(replacement)}', 'g')`,
    'line',
  );
}

const MACROS = `CREATE OR REPLACE MACRO sound_json(line) AS
  CASE WHEN json_valid(line) THEN line ELSE ${withoutLoneSurrogates()} END;
CREATE OR REPLACE MACRO json_extract_scalar(line, path) AS
  CASE WHEN json_type(sound_json(line), path) NOT IN ('OBJECT', 'ARRAY') THEN json_extract_string(sound_json(line), path) END;
-- DuckDB's own cast takes a zone only with an extension; what has no zone is UTC.
CREATE OR REPLACE MACRO utc_of_iso(text) AS date_trunc('millisecond',
  CASE WHEN length(text) > 20 AND substr(text, -6, 1) IN ('+', '-')
    THEN TRY_CAST(left(text, -6) AS timestamp) - TRY_CAST(ltrim(right(text, 6), '+') || ':00' AS interval)
    ELSE TRY_CAST(rtrim(text, 'Z') AS timestamp) END);
CREATE OR REPLACE MACRO json_format(value) AS CAST(value AS varchar);
CREATE OR REPLACE MACRO sequence(first, last) AS generate_series(first, last);
CREATE OR REPLACE MACRO to_unixtime(instant) AS epoch(instant);
-- Works with the extension icu, which the builds of DuckDB bring.
CREATE OR REPLACE MACRO with_timezone(instant, zone) AS instant AT TIME ZONE zone;`;

/** What of a lake is there: DuckDB refuses a pattern that no file matches. */
export interface Contents {
  /** Tables that have a part. */
  readonly tables: ReadonlySet<string>;
  readonly hasManifests: boolean;
}

/**
 * The whole script.
 *
 * @param root folder or address of the lake, without a slash at its end
 */
export function lakeScript(root: string, { tables, hasManifests }: Contents): string {
  return [
    '-- Shows a lake of Ditio data to DuckDB: <table> is what exists now, <table>_lines every line ever, manifests every completed sync.',
    '-- Only parts that exist when a query runs are read; make the script again when a table has got its first part.',
    `SET VARIABLE lake = ${literal(asPattern(root))};`,
    MACROS,
    manifestLines(hasManifests),
    `CREATE OR REPLACE VIEW ${MANIFESTS} AS\n${manifestsSelect()};`,
    ...STREAM_SPECS.flatMap((spec) => [
      lines(spec.table, tables.has(spec.table)),
      `CREATE OR REPLACE VIEW ${spec.table} AS\n${presentSelect(spec)};`,
    ]),
    '',
  ].join('\n');
}

/**
 * A path as DuckDB's patterns take it: what would stand for other characters stands for itself.
 *
 * Throws for a question mark, behind which DuckDB looks for no ending of a file's name, and so does not unpack the file.
 */
export function asPattern(path: string): string {
  if (path.includes('?'))
    throw new Error(`DuckDB cannot read compressed files below ${path}: there is a ? in the path`);
  return path.replaceAll(/[[*]/g, '[$&]');
}

/** Patterns of the files of a lake, relative to its root. */
export const partsOf = (table: string): string => `${table}/sync_date=*/*.ndjson.*`;
export const MANIFEST_FILES = 'manifests/*/*/*/*.json';

/** Path of the file that a row is from. On Windows DuckDB joins what a pattern has found with backslashes. */
const PATH = "replace(filename, chr(92), '/')";

function lines(table: string, hasParts: boolean): string {
  const view = `CREATE OR REPLACE VIEW ${linesOf(table)} AS`;
  if (!hasParts) return `${view}\nSELECT '' AS line, '' AS sync_date, '' AS "$path" WHERE false;`;
  // U+0001 stands in no line: JSON escapes it.
  return `${view}
SELECT line, regexp_extract(path, 'sync_date=([^/]+)', 1) AS sync_date, path AS "$path"
FROM (SELECT line, ${PATH} AS path
  FROM read_csv(getvariable('lake') || '/${partsOf(table)}', auto_detect = false, header = false, delim = chr(1), quote = '', escape = '',
    columns = {line: 'VARCHAR'}, filename = true, hive_partitioning = false, max_line_size = ${MAX_LINE_BYTES}));`;
}

function manifestLines(hasManifests: boolean): string {
  const view = `CREATE OR REPLACE VIEW ${MANIFEST_LINES} AS`;
  if (!hasManifests) return `${view}\nSELECT '' AS line, '' AS table_name, '' AS mode, '' AS month WHERE false;`;
  const folder = (at: number) => `regexp_extract(path, 'manifests/([^/]+)/([^/]+)/([^/]+)/[^/]+$', ${at})`;
  return `${view}
SELECT rtrim(content, chr(10)) AS line, ${MANIFEST_PARTITIONS.map(({ name }, at) => `${folder(at + 1)} AS ${name}`).join(', ')}
FROM (SELECT content, ${PATH} AS path FROM read_text(getvariable('lake') || '/${MANIFEST_FILES}'));`;
}

function manifestsSelect(): string {
  const partitions = MANIFEST_PARTITIONS.map(({ name }) => quoted(name));
  return `SELECT ${[
    ...partitions,
    ...MANIFEST_COLUMNS.map((column) => `${valueSql(column, DUCKDB)} AS ${quoted(column.name)}`),
    'line AS "_line"',
  ].join(',\n  ')}
FROM (SELECT ${[...partitions, DUCKDB.texts(MANIFEST_COLUMNS)].join(', ')} FROM ${MANIFEST_LINES})`;
}

function presentSelect(spec: StreamSpec): string {
  const names = rowColumns(spec)
    .filter(({ name }) => name !== KEY)
    .map(({ name }) => quoted(name));
  const rows = `WITH ${newestLines(spec, DUCKDB, { since: null, completedBefore: null })},\n${typedRows(spec, DUCKDB, 'newest')}`;
  if (spec.key.length === 0) return `${rows}\nSELECT ${names.join(', ')} FROM latest`;
  if (!spec.deletionEndsAllOfId) {
    return `${rows}\nSELECT ${names.join(', ')} FROM latest WHERE coalesce("isDeleted", false) = false`;
  }
  return `${rows},
ended AS (
  SELECT *, max(CASE WHEN "isDeleted" THEN "_extracted_at" END) OVER (PARTITION BY "id") AS ended_at FROM latest
)
SELECT ${names.join(', ')} FROM ended
WHERE coalesce("isDeleted", false) = false AND (ended_at IS NULL OR "_extracted_at" > ended_at)`;
}
