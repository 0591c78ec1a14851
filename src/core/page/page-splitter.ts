/**
 * Cuts a page of JSON into lines, one per record.
 *
 *     { "data": [ {…}, {…} ], "links": …, "continuationToken": …, "syncTypeName": …, "recordCount": …, … }
 *
 * A line is the prefix, then the record's own text without its opening brace and without line breaks between tokens.
 * Everything else of a record, its numbers, escapes and other white space, stays as sent. `page-check.ts` checks the counts
 * and the mode. Messages contain only the position of a record, never its content.
 */

import { HardFailure, TransferBroken } from '../failure/errors.ts';
import { createEnvelope, ENVELOPE_NAMES } from './envelope.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  describeByte,
  describeUnfinished,
  EXPECTED,
  type Expected,
  JsonFault,
  MAX_DEPTH,
  QUOTE,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './json.ts';
import type { Lines } from './lines.ts';
import { namesOf, spelledName } from './names.ts';
import { afterFirst, mustBeValue, PageFault, readRecord } from './record.ts';
import { type Cutter, createSplitter, type PageSummary, type Splitter, type Text } from './splitter.ts';
import { findUtf8Fault } from './utf8.ts';

/** Longest record, in bytes as sent: far longer than any real one, and short enough to keep in memory. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** What may come next in a page, outside its records. */
type Place =
  | 'mark'
  | 'start'
  | 'nameOrClose'
  | 'name'
  | 'afterMember'
  | 'recordOrClose'
  | 'record'
  | 'afterRecord'
  | 'end';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const PAGE_NAMES = namesOf(ENVELOPE_NAMES);
/** Containers that are open around a member of the page. */
const PAGE_DEPTH = 1;

/**
 * A splitter for one page of JSON.
 *
 * @param prefix `{"_sync_id":"…","_extracted_at":"…",`: written before each record's text without its opening brace
 * @param ownToken the continuation token that the page was requested with; null for a first page
 * @param maxRecordBytes longest record, inclusive
 */
export function createPageSplitter(
  prefix: Uint8Array,
  ownToken: string | null,
  maxRecordBytes = MAX_RECORD_BYTES,
): Splitter {
  return createSplitter(createPageCutter(Buffer.from(prefix), ownToken, maxRecordBytes));
}

function createPageCutter(prefix: Buffer, ownToken: string | null, maxRecordBytes: number): Cutter {
  let place: Place = 'mark';
  const envelope = createEnvelope(ownToken);
  const envelopeSeen = new Set<string>();
  let records = 0;
  let deleted = 0;
  let isInRecord = false;
  let hasLineBreaks = false;

  function cut(text: Text, lines: Lines): number {
    const { bytes, end, isLast } = text;
    hasLineBreaks = hasByte(text, LINE_FEED) || hasByte(text, CARRIAGE_RETURN);
    let from = 0;
    try {
      for (;;) {
        const at = place === 'mark' ? from : skipSpace(bytes, from);
        if (isInEnvelope(place)) envelope.append(bytes, from, at);
        from = at;
        if (from === end && (!isLast || place === 'end')) return from;
        const before = place;
        const next = readUnit(text, from, lines);
        if (isInEnvelope(before) || isInEnvelope(place)) envelope.append(bytes, from, next);
        isInRecord = false;
        from = next;
      }
    } catch (error) {
      if (!(error instanceof JsonFault || error instanceof PageFault)) throw error;
      if (isLast || !isUnfinished(error, end)) throw refusal(error, text, from);
    }
    mustFit(text, from, end);
    // The record is read again when more of the text has arrived.
    if (isInRecord) records--;
    isInRecord = false;
    return from;
  }

  /** Reads a record, a member of the page, or a mark between them, and moves `place`. Returns the position after it. */
  function readUnit(text: Text, at: number, lines: Lines): number {
    const byte = text.bytes[at] as number;
    switch (place) {
      case 'mark':
        return readMark(text.bytes);
      case 'start':
        return readStart(text.bytes, at);
      case 'nameOrClose':
      case 'name':
        if (byte === CLOSE_OBJECT && place === 'nameOrClose') return moveTo('end', at);
        if (byte !== QUOTE) throw new JsonFault(at, EXPECTED[place]);
        return readMember(text, at);
      case 'afterMember':
        if (byte === COMMA) return moveTo('name', at);
        if (byte === CLOSE_OBJECT) return moveTo('end', at);
        throw new JsonFault(at, EXPECTED.afterMember);
      case 'recordOrClose':
        return byte === CLOSE_ARRAY ? moveTo('afterMember', at) : cutRecord(text, at, lines, EXPECTED.valueOrClose);
      case 'record':
        return cutRecord(text, at, lines, EXPECTED.value);
      case 'afterRecord':
        if (byte === COMMA) return moveTo('record', at);
        if (byte === CLOSE_ARRAY) return moveTo('afterMember', at);
        throw new JsonFault(at, EXPECTED.afterElement);
      case 'end':
        throw new JsonFault(at, EXPECTED.nothing);
    }
  }

  function moveTo(next: Place, at: number): number {
    place = next;
    return at + 1;
  }

  function readMark(bytes: Buffer): number {
    const end = skipMark(bytes);
    place = 'start';
    return end;
  }

  function readStart(bytes: Buffer, at: number): number {
    if (bytes[at] === 0x3c) throw new PageFault(at, 'the body is HTML or XML, not JSON');
    const kind = mustBeValue(bytes, at, EXPECTED.page);
    if (kind !== 'an object') {
      throw new PageFault(afterFirst(bytes, at), `the page must be a JSON object, found ${kind}`);
    }
    return moveTo('nameOrClose', at);
  }

  function readMember(text: Text, from: number): number {
    const { bytes } = text;
    const nameEnd = skipString(bytes, from + 1);
    const colonEnd = skipColon(bytes, nameEnd);
    const name = spelledName(PAGE_NAMES, bytes, from, nameEnd);
    if (name !== undefined && envelopeSeen.has(name))
      throw new PageFault(colonEnd, `"${name}" appears twice in the page`);
    const at = skipSpace(bytes, colonEnd);
    let end: number;
    if (name === 'data') {
      const kind = mustBeValue(bytes, at, EXPECTED.value);
      end = afterFirst(bytes, at);
      if (kind !== 'an array') throw new PageFault(end, `"data" must be an array, found ${kind}`);
    } else {
      end = skipValue(bytes, at, PAGE_DEPTH);
    }
    checkUtf8(text, from, end);
    if (name !== undefined) envelopeSeen.add(name);
    place = name === 'data' ? 'recordOrClose' : 'afterMember';
    return end;
  }

  function cutRecord(text: Text, from: number, lines: Lines, expected: Expected): number {
    const { bytes } = text;
    const kind = mustBeValue(bytes, from, expected);
    const first = kind === 'an object' ? from + 1 : afterFirst(bytes, from);
    records++;
    if (kind !== 'an object') throw new PageFault(first, `every record must be an object, found ${kind}`);
    isInRecord = true;
    const { end, isDeleted } = readRecord(bytes, first);
    checkUtf8(text, from, end);
    mustFit(text, from, end);
    if (isDeleted) deleted++;
    lines.append(prefix, 0, prefix.length);
    // A string holds no raw line break, so every line break is between tokens.
    if (hasLineBreaks) lines.appendUnbroken(bytes, first, end);
    else lines.append(bytes, first, end);
    lines.appendByte(LINE_FEED);
    place = 'afterRecord';
    return end;
  }

  /** Refuses a record or a member that is too long, even before its end has arrived. */
  function mustFit({ bytesBefore }: Text, from: number, end: number): void {
    const unitBytes = end - from;
    if (isInEnvelope(place)) envelope.mustFit(unitBytes);
    if (unitBytes > maxRecordBytes) throw failure(`a record is longer than ${maxRecordBytes} bytes`, bytesBefore + end);
  }

  function refusal(fault: JsonFault | PageFault, text: Text, from: number): HardFailure {
    const { bytes, end, bytesBefore, isUtf8 } = text;
    const byteAt = bytesBefore + fault.at;
    const utf8 = isUtf8 || place === 'mark' ? null : findUtf8Fault(bytes, from, Math.min(fault.at + 1, end));
    if (utf8 && (utf8.at < fault.at || utf8.isWithinCharacter)) {
      const expected = utf8.isWithinCharacter ? EXPECTED.character : EXPECTED.string;
      return failure(notJson(expected, bytes[utf8.at] as number), bytesBefore + utf8.at);
    }
    if (fault instanceof PageFault) return failure(fault.message, byteAt);
    if (fault.expected === null) {
      return failure(`objects and arrays lie more than ${MAX_DEPTH} deep in one another`, byteAt);
    }
    if (fault.at < end) return failure(notJson(fault.expected, bytes[fault.at] as number), byteAt);
    const isEmpty = place === 'start' && from === end;
    const what = byteAt === 0 ? 'empty' : 'nothing but white space';
    const message = isEmpty
      ? `the body is ${what}, where a page of JSON was expected`
      : `the body broke off ${describeUnfinished(fault.expected)}`;
    return failure(message, byteAt, new TransferBroken(message));
  }

  /** @param cause where the body ended too early, which may be the fault of its transfer */
  function failure(message: string, byteAt: number, cause?: TransferBroken): HardFailure {
    const inData = place === 'recordOrClose' || place === 'record' || place === 'afterRecord';
    const after = inData && records > 0 ? `after record ${records} of the page, ` : '';
    const where = isInRecord ? `record ${records} of the page, ` : after;
    return new HardFailure('wire_format', `${message} (${where}byte ${byteAt})`, {}, cause);
  }

  function finish(bodyBytes: number): PageSummary {
    if (!envelopeSeen.has('data'))
      throw failure('the page has no "data", which must be an array of records', bodyBytes);
    return { records, deleted, ...envelope.read() };
  }

  return { maxRecordBytes, cut, finish } satisfies Cutter;
}

function isInEnvelope(place: Place): boolean {
  return place === 'nameOrClose' || place === 'name' || place === 'afterMember' || place === 'end';
}

function isUnfinished(fault: JsonFault | PageFault, end: number): boolean {
  return fault instanceof JsonFault && fault.expected !== null && fault.at >= end;
}

function hasByte({ bytes, end }: Text, byte: number): boolean {
  const at = bytes.indexOf(byte);
  return at >= 0 && at < end;
}

/** Skips a byte order mark. */
function skipMark(bytes: Buffer): number {
  if (bytes[0] !== 0xef) return 0;
  if (bytes[1] !== 0xbb) throw new JsonFault(1, EXPECTED.page);
  if (bytes[2] !== 0xbf) throw new JsonFault(2, EXPECTED.page);
  return 3;
}

/** Throws when the bytes of a whole record or member are not UTF-8. */
function checkUtf8({ bytes, isUtf8 }: Text, from: number, to: number): void {
  const fault = isUtf8 ? null : findUtf8Fault(bytes, from, to);
  if (fault) throw new JsonFault(fault.at, fault.isWithinCharacter ? EXPECTED.character : EXPECTED.string);
}

function notJson(expected: Expected, byte: number): string {
  return `not JSON: expected ${expected}, found ${describeByte(byte, expected)}`;
}
