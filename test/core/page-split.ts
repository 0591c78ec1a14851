/** Splits whole pages for tests. */

import assert from 'node:assert/strict';

import { HardFailure } from '../../src/core/errors.ts';
import { createPageSplitter, linePrefix, type PageSummary } from '../../src/core/page-splitter.ts';

export const SYNC_ID = '20261122T081503120Z';
export const EXTRACTED_AT = '2026-11-22T08:15:03.120Z';
export const PREFIX = '{"_sync_id":"20261122T081503120Z","_extracted_at":"2026-11-22T08:15:03.120Z",';

export interface Split {
  readonly lines: string;
  readonly summary: PageSummary;
}

/** Splits a body handed over in chunks of so many bytes. */
export function split(body: string | Uint8Array, chunkBytes = Number.POSITIVE_INFINITY): Split {
  const bytes = Buffer.from(body as string);
  const pieces: Uint8Array[] = [];
  const splitter = createPageSplitter({
    prefix: linePrefix(SYNC_ID, EXTRACTED_AT),
    emit: (piece) => void pieces.push(piece),
  });
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    splitter.push(bytes.subarray(from, Math.min(bytes.length, from + chunkBytes)));
  }
  const summary = splitter.finish();
  return { lines: Buffer.concat(pieces).toString(), summary };
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
