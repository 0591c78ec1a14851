/**
 * Cuts the bytes of a page into lines, one per record, and keeps at most one record and one chunk in memory.
 *
 * A chunk may end anywhere. The bytes after the last whole record are copied to the front of the buffer, so that
 * `page-splitter.ts` and `item-text.ts` always read a whole record from one buffer.
 */

import { isUtf8 } from 'node:buffer';
import { HardFailure } from '../failure/errors.ts';
import type { EnvelopeFacts } from './envelope.ts';
import type { ItemDays } from './item-days.ts';
import { createLines, type Lines } from './lines.ts';

/** What a page contained and said about itself; `null` for a missing member. */
export interface PageSummary extends EnvelopeFacts {
  /** Records in the page, deleted ones included. */
  readonly records: number;
  /** Records with `isDeleted: true`. */
  readonly deleted: number;
  /** The days of item rows; missing in pages of JSON. */
  readonly items?: ItemDays;
}

export interface Splitter {
  /**
   * Takes the next bytes of the decompressed body, which may end anywhere, and does not keep them. Throws
   * `HardFailure('wire_format')`; after that the splitter takes nothing more.
   */
  push(chunk: Uint8Array): void;
  /** The lines made since they were last taken. They stay as they are until other lines were taken and the splitter goes on. */
  take(): Uint8Array;
  /** Ends the body: checks that it was whole. May leave lines to take. Throws `HardFailure('wire_format')`. */
  finish(): PageSummary;
}

/** The bytes that a cutter reads. */
export interface Text {
  /** The text, with a byte 0 at `end`. */
  readonly bytes: Buffer;
  readonly end: number;
  /** Bytes of the body before the first of these. */
  readonly bytesBefore: number;
  /** Whether the body ends at `end`. */
  readonly isLast: boolean;
  /** Also `false` where the text ends within a character. */
  readonly isUtf8: boolean;
}

/** Cuts one format. */
export interface Cutter {
  /** Longest record, in bytes. */
  readonly maxRecordBytes: number;
  /**
   * Appends a line for each whole record and returns how many bytes were used. The other bytes are passed again, followed
   * by more. Throws `HardFailure('wire_format')`.
   */
  cut(text: Text, lines: Lines): number;
  /** Called once, when the whole body was cut. Throws `HardFailure('wire_format')`. */
  finish(bodyBytes: number): PageSummary;
}

/** The start of each line, before the members of its record. `extractedAt` is in the form of `formatInstant`. */
export function linePrefix(syncId: string, extractedAt: string): Uint8Array {
  return Buffer.from(`{"_sync_id":${JSON.stringify(syncId)},"_extracted_at":${JSON.stringify(extractedAt)},`);
}

/** How many bytes are copied and cut in one step: few enough to stay in the processor's cache. */
const SLICE_BYTES = 64 * 1024;

export function createSplitter(cutter: Cutter): Splitter {
  const lines = createLines();
  let bytes = Buffer.allocUnsafeSlow(2 * SLICE_BYTES);
  let end = 0;
  let bytesBefore = 0;
  /** A record that is larger than a slice is read again when twice as much of it has arrived, not at each slice. */
  let cutAtBytes = 0;
  let hasFailed = false;

  function push(chunk: Uint8Array): void {
    refuseAfterFailure();
    for (let from = 0; from < chunk.byteLength; from += SLICE_BYTES) {
      append(chunk.subarray(from, from + SLICE_BYTES));
      if (end >= cutAtBytes || end > cutter.maxRecordBytes) cut(false);
    }
  }

  function append(slice: Uint8Array): void {
    if (end + slice.byteLength >= bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * bytes.length);
      bytes.copy(larger, 0, 0, end);
      bytes = larger;
    }
    bytes.set(slice, end);
    end += slice.byteLength;
    bytes[end] = 0;
  }

  function cut(isLast: boolean): void {
    hasFailed = true;
    const usedBytes = cutter.cut({ bytes, end, bytesBefore, isLast, isUtf8: isUtf8(bytes.subarray(0, end)) }, lines);
    hasFailed = false;
    // The byte 0 after the text is copied too.
    bytes.copyWithin(0, usedBytes, end + 1);
    end -= usedBytes;
    bytesBefore += usedBytes;
    cutAtBytes = 2 * end;
  }

  function finish(): PageSummary {
    refuseAfterFailure();
    bytes[end] = 0;
    cut(true);
    return cutter.finish(bytesBefore + end);
  }

  function refuseAfterFailure(): void {
    if (hasFailed) throw new HardFailure('wire_format', 'the page was refused before');
  }

  return { push, take: lines.take, finish } satisfies Splitter;
}
