/**
 * Cuts the semicolon-separated text of item transactions into lines, one JSON object per row.
 *
 *     Vare;Prosjekt;…                      →  (nothing: the header is localised and its columns do not match the rows)
 *     Rør 8";E6 Kvål;4711;…;2,5;…;         →  {…,"itemName":"Rør 8\"","projectName":"E6 Kvål",…}
 *
 * The first line is the header, and a blank line at the very end is no row. A row is a line with 16 fields, read by position; quotes are ordinary characters. Only a line with another number of
 * fields is read again with quotes as in CSV, over several lines if necessary. Values are text as sent: the tables parse
 * numbers and empty values. Messages contain only the number of a row, never its content.
 */

import { isUtf8 } from 'node:buffer';
import { HardFailure } from '../failure/errors.ts';
import { dayOfRow, type ItemDays, isOwnDay, NO_DAYS, type OwnDays, withDay } from './item-days.ts';
import type { Lines } from './lines.ts';
import { type Cutter, createSplitter, type PageSummary, type Splitter, type Text } from './splitter.ts';
import { findUtf8Fault } from './utf8.ts';

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

const TRANS_DATE_AT = ITEM_FIELDS.indexOf('transDate');
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LINE_BREAK_BYTES = 2;
const MARK = Buffer.from('\ufeff');

/**
 * A splitter for one answer of `item-registrations/web-query`; its summary has the count of the rows that are kept, and the
 * days of all.
 *
 * @param own rows of other days are left out
 */
export function createItemSplitter(prefix: Uint8Array, own: OwnDays = ALL_DAYS): Splitter {
  return createSplitter(createRowCutter(Buffer.from(prefix), own));
}

const ALL_DAYS: OwnDays = { from: null, to: null };

/** A row that was read, and the position behind its line break. */
interface Row {
  readonly fields: readonly string[];
  readonly end: number;
}

function createRowCutter(prefix: Buffer, own: OwnDays): Cutter {
  /** Rows read so far, the header included. */
  let rows = 0;
  let kept = 0;
  let days: ItemDays = NO_DAYS;

  function cut(text: Text, lines: Lines): number {
    let from = 0;
    while (from < text.end) {
      const end = lineEnd(text, from);
      const next = end === null ? null : readLine(text, from, end, lines);
      if (next === null) {
        mustFit(text, from, text.end);
        return from;
      }
      from = next;
      rows++;
    }
    return from;
  }

  /** Returns the position behind the row that begins at `from`; `null` where the row may continue after the text. */
  function readLine(text: Text, from: number, end: number, lines: Lines): number | null {
    mustFit(text, from, end);
    if (rows === 0) return readHeader(text, from, end);
    // A blank line that ends the body is no row. Whether it does may show only later.
    if (end === text.end && contentEnd(text, from, end) === from) return text.isLast ? end : null;
    return readRow(text, from, end, lines);
  }

  function readHeader(text: Text, from: number, end: number): number {
    const begin = from + (text.bytes.subarray(0, 3).equals(MARK) ? MARK.length : 0);
    checkUtf8(text, begin, end);
    const header = text.bytes.toString('utf8', begin, end);
    if (/^[ \t]*</.test(header))
      throw failure('the body is HTML or XML, where semicolon-separated text was expected', text, begin);
    if (/^[ \t]*\{/.test(header))
      throw failure('the body is JSON, where semicolon-separated text was expected', text, begin);
    // One line of plain text must not count as "no transactions".
    if (!header.includes(';')) throw failure('the first row has no semicolon, where a header was expected', text, end);
    // Without a header, the first transaction of every window would be taken for one and lost.
    if (isTransaction(fieldsOf(text, begin, end)))
      throw failure('the first row is a transaction, where a header was expected', text, begin);
    if (/\r(?!\n?$)/.test(header)) throw failure('the lines of the text end in carriage returns alone', text, end);
    return end;
  }

  /** Appends the row's line; `null` where the row may continue after the text. */
  function readRow(text: Text, from: number, end: number, lines: Lines): number | null {
    const row = rowAt(text, from, end);
    if (row === 'unfinished') return null;
    if (row === null) {
      checkUtf8(text, from, end);
      const count = fieldsOf(text, from, end).length;
      const found = `${count} ${count === 1 ? 'field' : 'fields'}`;
      throw failure(`a row has ${found}, where ${ITEM_FIELDS.length} were expected`, text, from);
    }
    checkUtf8(text, from, row.end);
    mustFit(text, from, row.end);
    const day = dayOfRow(row.fields[TRANS_DATE_AT] as string);
    days = withDay(days, day);
    if (!isOwnDay(own, day)) return row.end;
    kept++;
    const members = JSON.stringify(Object.fromEntries(ITEM_FIELDS.map((name, at) => [name, row.fields[at]])));
    const line = Buffer.from(`${members.slice('{'.length)}\n`);
    lines.append(prefix, 0, prefix.length);
    lines.append(line, 0, line.length);
    return row.end;
  }

  function mustFit(text: Text, from: number, end: number): void {
    if (contentEnd(text, from, end) - from <= MAX_ROW_BYTES) return;
    throw failure(`a row is longer than ${MAX_ROW_BYTES} bytes`, text, end);
  }

  function checkUtf8(text: Text, from: number, to: number): void {
    if (text.isUtf8 || isUtf8(text.bytes.subarray(from, to))) return;
    const fault = findUtf8Fault(text.bytes, from, to);
    if (fault) throw failure('a byte is not UTF-8', text, fault.at);
    throw failure('the text broke off within a character', text, to);
  }

  function failure(message: string, { bytesBefore }: Text, at: number): HardFailure {
    const where = `row ${rows + 1} with the header as row 1, byte ${bytesBefore + at}`;
    return new HardFailure('wire_format', `${message} (${where})`);
  }

  function finish(): PageSummary {
    if (rows === 0) throw new HardFailure('wire_format', 'the body is empty, where a header row was expected (byte 0)');
    return {
      records: kept,
      deleted: 0,
      continuationToken: null,
      syncTypeName: null,
      recordCount: null,
      hasLinks: false,
      pointsOn: null,
      deletedRecordCount: null,
      items: days,
    };
  }

  return { maxRecordBytes: MAX_ROW_BYTES, cut, finish } satisfies Cutter;
}

/**
 * The row whose first line ends at `end`: literally where that line has all its fields, as quoted text otherwise.
 * `unfinished` where the text behind it must be known first; `null` where it is no row.
 */
function rowAt(text: Text, from: number, end: number): Row | 'unfinished' | null {
  const fields = fieldsOf(text, from, end);
  if (fields.length !== ITEM_FIELDS.length) return readQuoted(text, from, end);
  const goesOn = goesOnBelow(text, fields, end);
  if (goesOn === 'unfinished') return goesOn;
  const literal = { fields, end };
  return goesOn ? (readQuoted(text, from, end) ?? literal) : literal;
}

/** Whether a line is a row as Ditio sends it; a header names its columns and has no date. */
function isTransaction(fields: readonly string[]): boolean {
  const date = fields[TRANS_DATE_AT]?.replace(/^"(.*)"$/, '$1') ?? '';
  return fields.length === ITEM_FIELDS.length && dayOfRow(date) !== null;
}

function fieldsOf(text: Text, from: number, end: number): string[] {
  return text.bytes.toString('utf8', from, contentEnd(text, from, end)).split(';');
}

/**
 * Whether a line with all its fields may be only the beginning of its row: its last value opens a quote and does not close
 * it, and the next line is not a row by itself. `unfinished` where the next line has not arrived yet.
 */
function goesOnBelow(text: Text, literal: readonly string[], end: number): boolean | 'unfinished' {
  const last = literal[literal.length - 1] as string;
  if (!last.startsWith('"') || last.split('"').length % 2 === 1) return false;
  if (end >= text.end) return text.isLast ? false : 'unfinished';
  const below = lineEnd(text, end);
  if (below === null) return 'unfinished';
  return fieldsOf(text, end, below).length !== ITEM_FIELDS.length;
}

/** The position behind the line break of a line; `null` where the line has not arrived whole. */
function lineEnd({ bytes, end, isLast }: Text, from: number): number | null {
  const at = bytes.indexOf(LINE_FEED, from);
  if (at >= 0 && at < end) return at + 1;
  return isLast ? end : null;
}

/** The position before the line break of a line that ends there. */
function contentEnd({ bytes }: Text, from: number, end: number): number {
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
  const mostBytes = MAX_ROW_BYTES + LINE_BREAK_BYTES;
  // Most rows are one line: only a longer row is read again with twice as much text.
  for (let bytes = end - from; ; bytes *= 2) {
    const to = Math.min(text.end, from + Math.min(bytes, mostBytes));
    const row = readQuotedUpTo(text, from, to);
    if (row !== 'unfinished' || to === text.end) return row;
    if (bytes >= mostBytes) return null;
  }
}

/** The same, of the text up to `to`; `unfinished` where the row may continue behind it. */
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
    return swallowsRow(read, fields) ? null : { fields, end: from + Buffer.byteLength(read) };
  }
}

/**
 * Whether an ordinary quote seems to have swallowed the next row: a later line would be a row by itself. Lines in which the
 * first value continues may look so too; they count only where the first line has too many fields.
 */
function swallowsRow(read: string, fields: readonly string[]): boolean {
  const [first = 0, ...others] = read.split('\n').map((line) => line.split(';').length);
  const linesOfFirst = (fields[0] ?? '').split('\n').length - 1;
  return others.some((count, at) => count === ITEM_FIELDS.length && (at >= linesOfFirst || first > ITEM_FIELDS.length));
}
