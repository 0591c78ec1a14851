/** Lays out plain text tables and figures for a terminal. */

import { wrap } from './terminal.ts';

export interface Column<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly text: (row: Row) => string;
  /** Columns with the largest number are left out first where the table is too wide; never, when absent. */
  readonly dropAt?: number;
  /** Wraps within the width that the other columns leave; for the last column only. */
  readonly wraps?: boolean;
}

const GAP = '  ';
/** Least width of a column that wraps, in characters. */
const MIN_WRAPPED = 24;

/**
 * Lines of a table: a head, a rule, a line or more for each row. Where even the columns that must stay do not fit, each row is a
 * line with what fits of it, and the rest below.
 *
 * @param width greatest width; null for no limit
 */
export function renderTable<Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: readonly Row[],
  width: number | null = null,
): string[] {
  const natural = new Map(columns.map((column) => [column, naturalWidth(column, rows)]));
  const shown = fitting(columns, natural, width);
  if (width !== null && shown.at(-1)?.wraps && minWidth(shown, natural) > width)
    return rows.flatMap((row) => renderBlock(shown, row, width));
  const widths = shown.map((column) => natural.get(column) ?? 0);
  const last = shown.at(-1);
  if (last?.wraps && width !== null) {
    const others = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP.length, 0);
    widths[widths.length - 1] = Math.min(widths.at(-1) ?? 0, Math.max(MIN_WRAPPED, width - others));
  }
  const render = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (shown[at]?.align === 'right' ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join(GAP)
      .trimEnd();
  return [
    render(shown.map(({ title }) => title)),
    widths.map((each) => '─'.repeat(each)).join(GAP),
    ...rows.flatMap((row) => {
      const cells = shown.map((column) => column.text(row));
      if (!last?.wraps) return [render(cells)];
      const [first = '', ...more] = wrap(cells.at(-1) ?? '', width === null ? null : (widths.at(-1) ?? null));
      return [first, ...more].map((line, at) =>
        render([...cells.slice(0, -1).map((cell) => (at === 0 ? cell : '')), line]),
      );
    }),
  ];
}

/** The first cells of a row beside each other, as far as they fit, the others below: with their title, the last one as text. */
function renderBlock<Row>(columns: ReadonlyArray<Column<Row>>, row: Row, width: number): string[] {
  const cells = columns.map((column) => column.text(row));
  let beside = 1;
  while (beside < cells.length - 1 && cells.slice(0, beside + 1).join(GAP).length <= width) beside += 1;
  const below = cells.slice(beside).map((cell, at) => {
    const title = columns[beside + at]?.title ?? '';
    return beside + at === cells.length - 1 ? cell : `${title}: ${cell}`;
  });
  const lines = below.flatMap((cell) => wrap(cell, width - 2 * GAP.length));
  return [cells.slice(0, beside).join(GAP), ...lines.map((line) => `${GAP}${GAP}${line}`)];
}

function minWidth<Row>(columns: ReadonlyArray<Column<Row>>, natural: ReadonlyMap<Column<Row>, number>): number {
  return columns.reduce((sum, column) => {
    const own = natural.get(column) ?? 0;
    return sum + (column.wraps ? Math.min(own, MIN_WRAPPED) : own) + GAP.length;
  }, -GAP.length);
}

function naturalWidth<Row>(column: Column<Row>, rows: readonly Row[]): number {
  return Math.max(column.title.length, ...rows.map((row) => column.text(row).length));
}

function fitting<Row>(
  columns: ReadonlyArray<Column<Row>>,
  natural: ReadonlyMap<Column<Row>, number>,
  width: number | null,
): ReadonlyArray<Column<Row>> {
  if (width === null) return columns;
  const needed = minWidth(columns, natural);
  const droppable = columns.filter(({ dropAt }) => dropAt !== undefined);
  if (needed <= width || droppable.length === 0) return columns;
  const next = droppable.reduce((first, column) => ((column.dropAt ?? 0) > (first.dropAt ?? 0) ? column : first));
  return fitting(
    columns.filter((column) => column !== next),
    natural,
    width,
  );
}

/** `1,234,567` */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 stream`, `19 streams` */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `812 B`, `1.2 MB`: decimal units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** `0.4 s`, `3 min 12 s` */
export function formatDuration(ms: number): string {
  // Rounded first: 59.97 seconds are a minute, and no minute has 60.
  if (Math.round(ms / 100) < 600) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `2026-11-26 20:52:55` in UTC, from an instant as text. */
export function formatInstantShort(text: string): string {
  return text.slice(0, 19).replace('T', ' ');
}
