/**
 * Cuts the semicolon-separated text of item transactions into lines, one JSON object per row.
 *
 *     Vare;Prosjekt;…                      →  (nothing: the header is localised and its columns do not match the rows)
 *     Rør 8";E6 Kvål;4711;…;2,5;…;         →  {…,"itemName":"Rør 8\"","projectName":"E6 Kvål",…}
 *
 * The first line is the header, and an empty line at the very end is not a row. Values are text as sent: the tables parse
 * numbers and empty values. Messages contain only the number of a row, never its content.
 */

import { isUtf8 } from 'node:buffer';
import { HardFailure } from '../failure/errors.ts';
import { dayOfRow, type ItemDays, isOwnDay, NO_DAYS, type OwnDays, withDay } from './item-days.ts';
import {
  contentEnd,
  fieldsOf,
  ITEM_FIELDS,
  isTransaction,
  lineEnd,
  MAX_ROW_BYTES,
  rowAt,
  TRANS_DATE_AT,
} from './item-row.ts';
import type { Lines } from './lines.ts';
import { type Cutter, createSplitter, type PageSummary, type Splitter, type Text } from './splitter.ts';
import { findUtf8Fault } from './utf8.ts';

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

  /** Returns the position after the row that begins at `from`; `null` where the row may continue after the text. */
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
      nextPageSign: null,
      deletedRecordCount: null,
      items: days,
    };
  }

  return { maxRecordBytes: MAX_ROW_BYTES, cut, finish } satisfies Cutter;
}
