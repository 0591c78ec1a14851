/** What the two engines, Athena (Trino) and DuckDB, say differently; everything else of the SQL is written once. */

import type { Column } from './catalogue/spec.ts';

export interface Dialect {
  /**
   * Columns of a select over a column `line`: the raw text of each field under the field's name, and `line` itself.
   *
   * A scalar is its text, a nested value is JSON text where the column is `json` and NULL elsewhere; missing and null are NULL.
   */
  readonly texts: (columns: readonly Column[]) => string;
  /** The text of one scalar field of `line`. */
  readonly scalar: (field: string) => string;
  /** Whether the text matches a regular expression that both engines read alike. */
  readonly matches: (text: string, pattern: string) => string;
  /** The instant of ISO 8601 text that matches `ISO_TIME`, as a timestamp in UTC with milliseconds; NULL for none. */
  readonly instant: (text: string) => string;
  /** The same of text that we wrote: anything else is damage, and ends the query with an error. */
  readonly stamp: (text: string) => string;
  /** A condition that ends the query with an error where `line` is not JSON. */
  readonly isSound: string;
  /** The path of the file that a line is in. */
  readonly path: string;
  /** The type of text with a time but no zone. */
  readonly timestamp: string;
}

/** An identifier as it is; reserved words are among the columns. */
export function quoted(name: string): string {
  return `"${name}"`;
}

/** A text literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
