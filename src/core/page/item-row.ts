/**
 * Reads one row of the text of item transactions: a line with 16 fields, read by position, in which quotes are ordinary
 * characters. Only a line with another number of fields is read again with quotes as in CSV, over several lines if necessary.
 */

import { dayOfRow } from './item-days.ts';
import type { Text } from './splitter.ts';

/** The fields of a row, in their order (Ditio's integration samples, 2026). */
export const ITEM_FIELDS = [
  'itemName',
  'projectName',
  'projectNumber',
  'taskName',
  'transType',
  'userName',
  'transDate',
  'machineName',
  'qty',
  'costPrice',
  'price',
  'costAmount',
  'amount',
  'warehouseName',
  'warehouseQty',
  'description',
] as const;

/** Longest row, in bytes as sent. */
export const MAX_ROW_BYTES = 1024 * 1024;

export const TRANS_DATE_AT = ITEM_FIELDS.indexOf('transDate');
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LINE_BREAK_BYTES = 2;
/** A row that was read, and the position after its line break. */
interface Row {
  readonly fields: readonly string[];
  readonly end: number;
}

/**
 * Reads the row at `from`; `end` is the end of its first line. A line with exactly 16 fields is split at every semicolon,
 * unless its last value seems to continue on the next line; any other line is read as quoted CSV.
 *
 * Returns `unfinished` when more text is needed to decide, `null` when this is not a row.
 */
export function rowAt(text: Text, from: number, end: number): Row | 'unfinished' | null {
  const fields = fieldsOf(text, from, end);
  if (fields.length !== ITEM_FIELDS.length) return readQuoted(text, from, end);
  const continues = continuesOnNextLine(text, fields, end);
  if (continues === 'unfinished') return continues;
  const literal = { fields, end };
  return continues ? (readQuoted(text, from, end) ?? literal) : literal;
}

/** Whether a line is a row as Ditio sends it; a header names its columns and has no date. */
export function isTransaction(fields: readonly string[]): boolean {
  const date = fields[TRANS_DATE_AT]?.replace(/^"(.*)"$/, '$1') ?? '';
  return fields.length === ITEM_FIELDS.length && dayOfRow(date) !== null;
}

/** The values of a line, split at every semicolon. */
export function fieldsOf(text: Text, from: number, end: number): string[] {
  return text.bytes.toString('utf8', from, contentEnd(text, from, end)).split(';');
}

/**
 * Whether a line with all its fields may be only the beginning of its row: its last value opens a quote and does not close
 * it, and the next line is not a row by itself. `unfinished` where the next line has not arrived yet.
 */
function continuesOnNextLine(text: Text, literal: readonly string[], end: number): boolean | 'unfinished' {
  const last = literal[literal.length - 1] as string;
  if (!last.startsWith('"') || last.split('"').length % 2 === 1) return false;
  if (end >= text.end) return text.isLast ? false : 'unfinished';
  const below = lineEnd(text, end);
  if (below === null) return 'unfinished';
  return fieldsOf(text, end, below).length !== ITEM_FIELDS.length;
}

/** The position after the line break of a line; `null` where the line has not arrived whole. */
export function lineEnd({ bytes, end, isLast }: Text, from: number): number | null {
  const at = bytes.indexOf(LINE_FEED, from);
  if (at >= 0 && at < end) return at + 1;
  return isLast ? end : null;
}

/** The position before the line break of a line that ends there. */
export function contentEnd({ bytes }: Text, from: number, end: number): number {
  let at = end;
  if (at > from && bytes[at - 1] === LINE_FEED) at--;
  if (at > from && bytes[at - 1] === CARRIAGE_RETURN) at--;
  return at;
}

const QUOTED_FIELD = /(?:"((?:[^"]|"")*)"|(?!")([^;\n]*))(;|\r?\n|\r?$)/y;

/**
 * The row that begins at `from` and whose first line ends at `end`, with quotes as in CSV: around a field, and doubled
 * within it. `unfinished` where the text ends before the row has all its fields; `null` where it is not such a row.
 */
function readQuoted(text: Text, from: number, end: number): Row | 'unfinished' | null {
  const maxBytes = MAX_ROW_BYTES + LINE_BREAK_BYTES;
  // Most rows are one line: only a longer row is read again with twice as much text.
  for (let bytes = end - from; ; bytes *= 2) {
    const to = Math.min(text.end, from + Math.min(bytes, maxBytes));
    const row = readQuotedUpTo(text, from, to);
    if (row !== 'unfinished' || to === text.end) return row;
    if (bytes >= maxBytes) return null;
  }
}

/** The same, of the text up to `to`; `unfinished` where the row may continue after it. */
function readQuotedUpTo(text: Text, from: number, to: number): Row | 'unfinished' | null {
  const rest = text.bytes.toString('utf8', from, to);
  const isCut = to < text.end || !text.isLast;
  const fields: string[] = [];
  for (let at = 0; ; at = QUOTED_FIELD.lastIndex) {
    QUOTED_FIELD.lastIndex = at;
    const [whole, quoted, plain = '', ending] = QUOTED_FIELD.exec(rest) ?? [];
    // A field that ends with the text may continue after it.
    if (isCut && (whole === undefined || ending === '' || ending === '\r')) return 'unfinished';
    if (whole === undefined) return null;
    // A carriage return belongs to the line break only at the end of the line.
    const literal = ending === ';' ? plain : plain.replace(/\r$/, '');
    fields.push(quoted === undefined ? literal : quoted.replaceAll('""', '"'));
    if (ending === ';' && fields.length < ITEM_FIELDS.length) continue;
    if (ending === ';' || fields.length !== ITEM_FIELDS.length) return null;
    const read = rest.slice(0, QUOTED_FIELD.lastIndex);
    return containsAnotherRow(read, fields) ? null : { fields, end: from + Buffer.byteLength(read) };
  }
}

/**
 * Whether the quoted row contains another row, so that its quote was an ordinary character (`8"`) which swallowed the next row.
 * It does when one of its later lines has 16 fields.
 *
 * A line in which the first value continues may rightly have 16 fields, its end and the other 15. It counts only when the
 * first line already has more than 16.
 */
function containsAnotherRow(read: string, fields: readonly string[]): boolean {
  const [fieldsInFirstLine = 0, ...fieldsInOtherLines] = read.split('\n').map((line) => line.split(';').length);
  const linesOfFirst = (fields[0] ?? '').split('\n').length - 1;
  return fieldsInOtherLines.some(
    (count, at) => count === ITEM_FIELDS.length && (at >= linesOfFirst || fieldsInFirstLine > ITEM_FIELDS.length),
  );
}
