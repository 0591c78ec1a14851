/**
 * Turns the semicolon-separated text of item transactions into lines, one JSON object per row.
 *
 *     Dato;Ordre;"Vare"            →  (nothing: the localised header only says how many fields a row has)
 *     2026-11-20;17;"8"" rør; PE"  →  {…,"field01":"2026-11-20","field02":"17","field03":"8\" rør; PE"}
 *
 * Decides what the text must look like and how fields are named. Nothing documents the columns, so a field is named by
 * its position and its value is a string as sent. Rows have no id and no page: the text is the whole answer.
 *
 * No message holds anything of a row but its number.
 */

import { HardFailure } from '../failure/errors.ts';
import { ACTION, NEXT, STATE } from './json-grammar.ts';
import { createLineBuffer } from './line-buffer.ts';
import type { PageSummary, Splitter } from './page-splitter.ts';

/** Longest row, in bytes as sent less its line break. */
export const MAX_ROW_BYTES = 1024 * 1024;

/** Most fields a header may name; a real one has a few dozen. */
export const MAX_FIELDS = 1000;

const QUOTE = 0x22;
const SEMICOLON = 0x3b;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** What a byte within a field stands for in a JSON string; `undefined` for itself. */
const ESCAPES: readonly (Buffer | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  const text = JSON.stringify(char).slice(1, -1);
  return text === char ? undefined : Buffer.from(text);
});

/** 1 where a field goes on with the byte itself: ASCII less what ends or escapes anything. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < 0x80 && byte !== SEMICOLON && ESCAPES[byte] === undefined),
);

const END_OF_LINE = Buffer.from('"}\n');

type Place = 'rowStart' | 'fieldStart' | 'bare' | 'quoted' | 'afterQuote' | 'afterReturn';

/** A splitter for one answer of `item-registrations/web-query`; its summary holds counts of records and nothing else. */
export function createItemSplitter(prefixBytes: Uint8Array): Splitter {
  const prefix = Buffer.from(prefixBytes);
  const lines = createLineBuffer();
  /** What stands before the value of each field, the end of the value before it included; made from the header. */
  const openings: Buffer[] = [];
  let place: Place = 'rowStart';
  /** The newest row, 1 for the header. */
  let row = 0;
  /** Fields of the newest row so far. */
  let fields = 0;
  /** Where in the text the newest row began. */
  let rowAt = 0;
  let bytesRead = 0;
  /** Whether nothing but a byte order mark and blanks has come so far. */
  let isBlank = true;
  /** Where within a character of several bytes the text stands: a state in the table of JSON, which knows UTF-8. */
  let character: number = STATE.string;
  let hasFailed = false;

  function push(chunk: Uint8Array): void {
    if (hasFailed) throw new HardFailure('wire_format', 'the text was refused before');
    try {
      readChunk(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  }

  function finish(): PageSummary {
    if (hasFailed) throw new HardFailure('wire_format', 'the text was refused before');
    if (character !== STATE.string) throw failure('the text broke off within a character');
    if (place === 'quoted') throw failure('the text broke off within a field in quotes');
    if (place === 'afterReturn') throw failure('the text broke off after a carriage return');
    if (place !== 'rowStart') endRow();
    if (row === 0) throw failure('the body is empty, where a header row was expected');
    const records = row - 1;
    return {
      records,
      deleted: 0,
      continuationToken: null,
      syncTypeName: null,
      recordCount: null,
      hasLinks: false,
      pointsOn: null,
      deletedRecordCount: null,
    };
  }

  function readChunk(chunk: Buffer): void {
    let position = 0;
    while (position < chunk.length) {
      if (place === 'fieldStart' && PLAIN[chunk[position] as number] === 1) place = 'bare';
      if ((place === 'bare' || place === 'quoted') && character === STATE.string && !isBlank) {
        const from = position;
        while (position < chunk.length && PLAIN[chunk[position] as number] === 1) position++;
        bytesRead += position - from;
        if (row > 1) lines.append(chunk, from, position);
        if (position === chunk.length) break;
      }
      readByte(chunk[position] as number);
      position++;
      bytesRead++;
    }
    checkRowBytes();
  }

  function readByte(byte: number): void {
    if (byte >= 0x80 || character !== STATE.string) {
      const next = NEXT[(character << 8) | byte] as number;
      if (next === ACTION.refuse) throw failure('a byte is not UTF-8');
      character = next === ACTION.resumeString ? STATE.string : next;
      if (place === 'rowStart' && byte === BYTE_ORDER_MARK[bytesRead]) return;
    }
    if (isBlank && byte !== 0x20 && byte !== 0x09) {
      isBlank = false;
      if (byte === 0x3c) throw failure('the body is HTML or XML, where semicolon-separated text was expected');
      if (byte === 0x7b) throw failure('the body is JSON, where semicolon-separated text was expected');
    }
    if (place === 'rowStart') beginRow();
    if (place === 'fieldStart') {
      place = byte === QUOTE ? 'quoted' : 'bare';
      if (byte === QUOTE) return;
    }
    if (place === 'quoted') {
      if (byte === QUOTE) place = 'afterQuote';
      else writeContent(byte);
    } else if (place === 'afterQuote' && byte === QUOTE) {
      place = 'quoted';
      writeContent(byte);
    } else if (place === 'afterReturn' && byte !== LINE_FEED) {
      throw failure('a carriage return outside quotes is not followed by a line feed');
    } else if (byte === SEMICOLON) {
      beginField();
    } else if (byte === LINE_FEED) {
      endRow();
    } else if (byte === CARRIAGE_RETURN) {
      place = 'afterReturn';
    } else if (place === 'afterQuote') {
      throw failure('a field goes on after its closing quote');
    } else {
      writeContent(byte);
    }
  }

  function beginRow(): void {
    row++;
    fields = 0;
    rowAt = bytesRead;
    if (row > 1) lines.append(prefix, 0, prefix.length);
    beginField();
  }

  function beginField(): void {
    place = 'fieldStart';
    fields++;
    if (row === 1) {
      if (fields > MAX_FIELDS) throw failure(`the header names more than ${MAX_FIELDS} fields`);
      const name = `field${String(fields).padStart(2, '0')}`;
      openings.push(Buffer.from(`${fields === 1 ? '' : '",'}"${name}":"`));
      return;
    }
    // A row with too many fields is refused when they have been counted.
    const opening = openings[fields - 1];
    if (opening) lines.append(opening, 0, opening.length);
  }

  function endRow(): void {
    checkRowBytes();
    place = 'rowStart';
    if (row === 1) {
      // Also what one line of plain text looks like, which must not pass for "no transactions".
      if (fields < 2) throw failure('the first row has no semicolon, where a header with several fields was expected');
      return;
    }
    if (fields !== openings.length) {
      throw failure(`a row has ${fields} ${fields === 1 ? 'field' : 'fields'}, but the header has ${openings.length}`);
    }
    lines.append(END_OF_LINE, 0, END_OF_LINE.length);
  }

  function checkRowBytes(): void {
    const rowBytes = bytesRead - rowAt - (place === 'afterReturn' ? 1 : 0);
    if (place === 'rowStart' || rowBytes <= MAX_ROW_BYTES) return;
    throw failure(`a row is longer than ${MAX_ROW_BYTES} bytes`);
  }

  function writeContent(byte: number): void {
    if (row === 1) return;
    const escaped = ESCAPES[byte];
    if (escaped) lines.append(escaped, 0, escaped.length);
    else lines.appendByte(byte);
  }

  function failure(message: string): HardFailure {
    return new HardFailure(
      'wire_format',
      `${message} (${row > 0 ? `row ${row} with the header as row 1, ` : ''}byte ${bytesRead})`,
    );
  }

  return { push, take: lines.take, finish } satisfies Splitter;
}
