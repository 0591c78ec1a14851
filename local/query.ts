/** Asks the lake of a local run in SQL: `npm run local -- query "select …"`. */

import { text as readAll } from 'node:stream/consumers';
import { type Answer, type Lake, NoSelect } from '../sql/duckdb/lake.ts';
import type { Environment } from './environment.ts';
import { commandLine } from './hints.ts';
import { inLake } from './open-lake.ts';
import type { LocalOptions } from './options.ts';
import { EXIT, type ExitCode, usageProblem } from './problem.ts';
import { formatCount, renderTable } from './table.ts';
import { type Screen, tell } from './terminal.ts';

export async function showQuery(options: LocalOptions, env: Environment, screen: Screen): Promise<ExitCode> {
  const sql = options.words[0] ?? (await typed(screen));
  if (sql.trim() === '') throw usageProblem(['query needs SQL, as its one word or on standard input']);
  const answer = await inLake(options, env, screen, (lake) => selectOrRefuse(lake, sql, options));
  if (options.json) screen.results.line(JSON.stringify(objectsOf(answer), null, 2));
  else if (options.csv) screen.results.write(csvOf(answer));
  else if (answer.columns.length > 0) {
    for (const line of tableOf(answer, screen.results.columns())) screen.results.line(line);
    tell(screen.prose, answer.rows.length === 1 ? '1 row' : `${formatCount(answer.rows.length)} rows`);
  }
  return EXIT.done;
}

/** No command that only reads may write, not even where it is asked to. */
async function selectOrRefuse(lake: Lake, sql: string, options: LocalOptions): Promise<Answer> {
  try {
    return await lake.select(sql);
  } catch (error) {
    if (!(error instanceof NoSelect)) throw error;
    throw usageProblem([
      `query takes one SELECT, with CREATE before it at most. For anything else, show the lake to a DuckDB of your own:\n  ${commandLine(options, 'sql', true)} > lake.sql`,
    ]);
  }
}

function typed(screen: Screen): Promise<string> {
  if (process.stdin.isTTY)
    tell(screen.prose, 'Type SQL, then Ctrl-D on a line of its own (Ctrl-Z and Enter on Windows).');
  return readAll(process.stdin);
}

/** One object a row. */
function objectsOf({ columns, rows }: Answer): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
}

/** As RFC 4180 has it, with plain line feeds. NULL is nothing, an empty text is `""`. */
export function csvOf({ columns, rows }: Answer): string {
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = textOf(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Wider cells are cut on a terminal; a pipe gets all of them. */
const MAX_CELL = 60;

/**
 * A table, or where the terminal is too narrow for it, each row on lines of its own.
 *
 * @param width of the terminal; null for a pipe
 */
export function tableOf({ columns, rows }: Answer, width: number | null): string[] {
  const cells = rows.map((row) => row.map((value) => shown(value, width)));
  const table = renderTable(
    columns.map((title, at) => ({
      title,
      align: rows.every((row) => isNumberOrNull(row[at])) ? ('right' as const) : ('left' as const),
      text: (row: readonly string[]) => row[at] ?? '',
    })),
    cells,
  );
  if (width === null || table.every((line) => line.length <= width)) return table;
  const left = Math.max(...columns.map((column) => column.length));
  return cells.flatMap((row, number) => [
    ...(number === 0 ? [] : ['']),
    ...columns.map((column, at) => `${column.padEnd(left)}  ${row[at]}`.trimEnd()),
  ]);
}

function isNumberOrNull(value: unknown): boolean {
  return typeof value === 'number' || value === null;
}

function shown(value: unknown, width: number | null): string {
  if (value === null || value === undefined) return '–';
  const text = harmless(textOf(value));
  return width === null || text.length <= MAX_CELL ? text : `${text.slice(0, MAX_CELL - 1)}…`;
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Line breaks and what else moves a cursor, written as escapes. */
function harmless(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
