/** Splits whole pages for tests. */

import assert from 'node:assert/strict';

import { HardFailure } from '../../../src/core/failure/errors.ts';
import { createPageSplitter } from '../../../src/core/page/page-splitter.ts';
import { linePrefix, type PageSummary, type Splitter } from '../../../src/core/page/splitter.ts';

export const SYNC_ID = '20261122T081503120Z';
export const EXTRACTED_AT = '2026-11-22T08:15:03.120Z';
export const PREFIX = '{"_sync_id":"20261122T081503120Z","_extracted_at":"2026-11-22T08:15:03.120Z",';

export interface Split {
  readonly lines: string;
  readonly summary: PageSummary;
}

/** Splits a body handed over in chunks of so many bytes. */
export function split(body: string | Uint8Array, chunkBytes = Number.POSITIVE_INFINITY): Split {
  return splitAll(
    createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null),
    inChunks(Buffer.from(body as string), chunkBytes),
  );
}

/** Hands the chunks to a splitter, and uses their memory for something else afterwards. Throws what the splitter throws. */
export function splitAll(splitter: Splitter, chunks: Iterable<Uint8Array>): Split {
  const pieces: Buffer[] = [];
  for (const chunk of chunks) {
    const sent = Buffer.allocUnsafeSlow(chunk.byteLength);
    sent.set(chunk);
    splitter.push(sent);
    sent.fill(0xff);
    pieces.push(Buffer.from(splitter.take()));
  }
  const summary = splitter.finish();
  return { lines: Buffer.concat([...pieces, splitter.take()]).toString(), summary };
}

export function* inChunks(bytes: Uint8Array, chunkBytes: number): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    yield bytes.subarray(from, Math.min(bytes.length, from + chunkBytes));
  }
}

/** The failure that a body is refused with; fails when it is taken. */
export function refusal(body: string | Uint8Array, chunkBytes?: number): HardFailure {
  try {
    split(body, chunkBytes);
  } catch (error) {
    assert.ok(error instanceof HardFailure, String(error));
    assert.equal(error.kind, 'wire_format');
    return error;
  }
  return assert.fail('the body was taken');
}
