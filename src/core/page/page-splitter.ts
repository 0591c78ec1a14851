/**
 * Cuts the bytes of a page into lines, one per record, without ever holding the page.
 *
 *     { "data": [ {…}, {…} ], "links": …, "continuationToken": …, "syncTypeName": …, "recordCount": …, … }
 *
 * Decides what a page and a record must look like, and what a line holds: the prefix, then the record's own text less
 * its opening brace and less line breaks between tokens. Everything else of a record, its numbers, escapes and other
 * white space, stays as sent. Whether the counts and the mode are right is decided in `page-check.ts`.
 *
 * No message holds anything of a record but its position.
 */

import { HardFailure } from '../failure/errors.ts';
import { createEnvelopeText, ENVELOPE_NAMES, type EnvelopeFacts } from './envelope.ts';
import { STATE } from './json-grammar.ts';
import { findName, NO_NAMES, watchNames } from './json-names.ts';
import { createScan, feed, MAX_DEPTH, STOP } from './json-scan.ts';
import { nextStop } from './json-scanner.ts';
import { describeByte, describeExpected, describeUnfinished, describeValue } from './json-words.ts';
import { createLineBuffer } from './line-buffer.ts';

/** What a page held and said of itself; `null` for what it did not say. */
export interface PageSummary extends EnvelopeFacts {
  /** Records in `data`, deleted ones included. */
  readonly records: number;
  /** Records with `isDeleted: true`. */
  readonly deleted: number;
}

export interface Splitter {
  /**
   * Takes the next bytes of the decompressed body, cut anywhere, and does not keep them. Throws
   * `HardFailure('wire_format')`, after which the splitter takes nothing more.
   */
  push(chunk: Uint8Array): void;
  /**
   * The lines made since they were last taken, cut anywhere: as many bytes as were pushed since, and a prefix for each
   * record. Good until the next `push` or `finish`, which write over them.
   */
  take(): Uint8Array;
  /** Ends the body: checks that it was whole. May leave lines to take. Throws `HardFailure('wire_format')`. */
  finish(): PageSummary;
}

/** The members that a line has before those of its record. `extractedAt` as `formatInstant` writes it. */
export function linePrefix(syncId: string, extractedAt: string): Uint8Array {
  return Buffer.from(`{"_sync_id":${JSON.stringify(syncId)},"_extracted_at":${JSON.stringify(extractedAt)},`);
}

const RECORD_NAMES = watchNames(['id', 'isDeleted', '_sync_id', '_extracted_at']);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * A splitter for one page of JSON.
 *
 * @param prefixBytes `{"_sync_id":"…","_extracted_at":"…",`: stands before each record's text less its opening brace
 */
export function createPageSplitter(prefixBytes: Uint8Array): Splitter {
  const prefix = Buffer.from(prefixBytes);
  const lines = createLineBuffer();
  const envelope = createEnvelopeText();
  const scan = createScan();
  /** `data` is the array itself, between records. */
  let place: 'before' | 'envelope' | 'data' | 'record' = 'before';
  let copyFrom = 0;
  let hasLineBreaks = false;
  const envelopeSeen = new Set<string>();
  let awaited = '';
  let records = 0;
  let deleted = 0;
  let hasId = false;
  let hasIsDeleted = false;

  function push(chunk: Uint8Array): void {
    if (scan.state === STATE.failed) throw new HardFailure('wire_format', 'the page was refused before');
    feed(scan, Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    copyFrom = 0;
    // JSON has no raw line breaks within strings, so each of them lies between tokens.
    hasLineBreaks = scan.chunk.includes(LINE_FEED) || scan.chunk.includes(CARRIAGE_RETURN);
    try {
      for (let stop = nextStop(scan); stop !== STOP.chunkEnd; stop = nextStop(scan)) atStop(stop);
      copyUpTo(scan.chunk.length);
    } catch (error) {
      scan.state = STATE.failed;
      throw error;
    }
  }

  function finish(): PageSummary {
    if (scan.state === STATE.failed) throw new HardFailure('wire_format', 'the page was refused before');
    if (scan.state === STATE.start) throw failure('the body is empty, where a page of JSON was expected');
    if (scan.state === STATE.top)
      throw failure('the body is nothing but white space, where a page of JSON was expected');
    if (scan.state !== STATE.end) throw failure(`the body broke off ${describeUnfinished(scan.state)}`);
    if (!envelopeSeen.has('data')) throw failure('the page has no "data", which must be an array of records');
    return { records, deleted, ...envelope.read() };
  }

  function atStop(stop: number): void {
    switch (stop) {
      case STOP.name:
        atName();
        break;
      case STOP.value:
        atValue();
        break;
      case STOP.close:
        atClose();
        break;
      case STOP.tooDeep:
        throw failure(`objects and arrays lie more than ${MAX_DEPTH} deep in one another`);
      default:
        throw refusal();
    }
  }

  function copyUpTo(to: number): void {
    if (place === 'record') {
      if (hasLineBreaks) lines.appendUnbroken(scan.chunk, copyFrom, to);
      else lines.append(scan.chunk, copyFrom, to);
    }
    if (place === 'envelope') envelope.append(scan.chunk, copyFrom, to);
  }

  function atName(): void {
    const found = findName(scan.names, scan);
    if (found === undefined) return;
    if (place === 'envelope') {
      if (envelopeSeen.has(found)) throw failure(`"${found}" comes twice in the page`);
      envelopeSeen.add(found);
      if (found !== 'data') return;
    } else if (found === 'id') {
      if (hasId) throw failure('"id" comes twice in one record');
      hasId = true;
    } else if (found === 'isDeleted') {
      if (hasIsDeleted) throw failure('"isDeleted" comes twice in one record');
      hasIsDeleted = true;
    } else {
      throw failure(`a record has a member "${found}", which is the name of one that every line gets`);
    }
    awaited = found;
    scan.watchesValues = true;
  }

  function atValue(): void {
    const kind = describeValue(scan.valueByte);
    if (place === 'before') {
      if (kind !== 'an object') throw failure(`the page must be a JSON object, found ${kind}`);
      enter('envelope', scan.position - 1);
    } else if (place === 'envelope') {
      if (kind !== 'an array') throw failure(`"data" must be an array, found ${kind}`);
      copyUpTo(scan.position);
      enter('data', scan.position);
    } else if (place === 'data') {
      records++;
      if (kind !== 'an object') throw failure(`every record must be an object, found ${kind}`);
      lines.append(prefix, 0, prefix.length);
      hasId = false;
      hasIsDeleted = false;
      enter('record', scan.position);
    } else if (awaited === 'id') {
      const isGood = kind === 'a number' || (kind === 'a string' && !scan.valueIsEmpty);
      const found = scan.valueIsEmpty && kind === 'a string' ? 'an empty string' : kind;
      if (!isGood) throw failure(`"id" must be a number or a string that is not empty, found ${found}`);
      scan.watchesValues = false;
    } else {
      if (kind !== 'a boolean' && kind !== 'null')
        throw failure(`"isDeleted" must be a boolean or null, found ${kind}`);
      if (scan.valueByte === 0x74) deleted++;
      scan.watchesValues = false;
    }
  }

  function atClose(): void {
    if (place === 'record') {
      if (!hasId) throw failure('a record has no "id"');
      copyUpTo(scan.position);
      lines.appendByte(LINE_FEED);
      enter('data', scan.position);
    } else if (place === 'data') {
      enter('envelope', scan.position - 1);
    }
  }

  /** From here on this is where the scan stands, and bytes from `from` on belong to it. */
  function enter(next: 'envelope' | 'data' | 'record', from: number): void {
    place = next;
    copyFrom = from;
    scan.watchedDepth = next === 'envelope' ? 1 : next === 'data' ? 2 : 3;
    scan.watchesValues = next === 'data';
    scan.names = next === 'envelope' ? ENVELOPE_NAMES : next === 'data' ? NO_NAMES : RECORD_NAMES;
  }

  function refusal(): HardFailure {
    const byte = scan.chunk[scan.position] as number;
    if (place === 'before' && byte === 0x3c) return failure('the body is HTML or XML, not JSON');
    return failure(`not JSON: expected ${describeExpected(scan.state)}, found ${describeByte(scan.state, byte)}`);
  }

  function failure(message: string): HardFailure {
    return new HardFailure('wire_format', `${message} (${whereabouts()}byte ${scan.bytesBefore + scan.position})`);
  }

  function whereabouts(): string {
    if (place === 'record') return `record ${records} of the page, `;
    return place === 'data' && records > 0 ? `after record ${records} of the page, ` : '';
  }
  return { push, take: lines.take, finish } satisfies Splitter;
}
