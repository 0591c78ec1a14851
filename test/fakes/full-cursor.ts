/** Made-up cursors with every field filled, so that a test finds a lost field. */

import { type Cursor, NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import type { OpenSync } from '../../src/core/cursor/open-sync.ts';
import { at } from './at.ts';

export function someOpenSync(changes: Partial<OpenSync> = {}): OpenSync {
  return {
    syncId: '20261122T081503120Z',
    mode: 'incremental',
    startedAt: at('2026-11-22T08:15:03.120Z'),
    openedAt: at('2026-11-22T08:15:03.000Z'),
    openedAtHere: at('2026-11-22T08:15:03.119Z'),
    watermarkBefore: at('2026-11-22T08:00:03.000Z'),
    modifiedSince: at('2026-11-22T07:50:03.000Z'),
    modifiedBefore: null,
    pageSize: 5000,
    sourceKey: 'test|company=',
    windowDays: 7,
    endsWithChanges: true,
    range: { from: at('2015-01-01T00:00:00.000Z'), to: at('2026-11-23T00:00:00.000Z') },
    position: {
      window: { from: at('2026-11-16T00:00:00.000Z'), to: at('2026-11-23T00:00:00.000Z') },
      changesSince: at('2026-11-19T14:15:03.000Z'),
      continuationToken: 'opaque+/="\\ \u00e6\u00f8\u00e5 \ud83d\ude9c',
      loopGuard: { mark: 'q83vEjRWeJASNFZ4', steps: 3, limit: 4 },
    },
    pages: 5,
    records: 24_813,
    deleted: 12,
    bytes: 8_123_456,
    parts: [
      { version: 41, run: '0b0e7c1a', compression: 'gzip', records: 20_000, bytes: 7_000_001 },
      { version: 42, run: '0b0e7c1a', compression: 'zstd', records: 4813, bytes: 1_123_455 },
    ],
    lists: [{ id: '20261122T081503120Z-40-0b0e7c1a', parts: 1000 }],
    restarts: 1,
    tokenFailures: 1,
    drainedAt: null,
    unknown: { ofANewerVersion: 1 },
    ...changes,
  };
}

export function someCursor(changes: Partial<Cursor> = {}): Cursor {
  return {
    ...NEW_CURSOR,
    watermark: at('2026-11-22T08:00:03.000Z'),
    watermarkSetAt: at('2026-11-22T08:00:02.871Z'),
    sourceKey: 'test|company=',
    own: someOpenSync(),
    fullOwed: 'requested',
    backfill: someOpenSync({ mode: 'backfill', modifiedSince: null, syncId: '20261120T000000000Z', parts: [] }),
    queued: [
      { kind: 'dates', from: at('2026-01-01T00:00:00.000Z'), to: at('2026-02-01T00:00:00.000Z') },
      { kind: 'modified', since: at('2026-03-01T00:00:00.000Z'), before: null },
    ],
    lastCompletedAt: at('2026-11-22T08:00:09.000Z'),
    lastFullSyncAt: at('2026-10-01T00:00:00.000Z'),
    lastFullRecords: 81_000,
    fruitlessRuns: 2,
    windowed: true,
    told: { counts: true, mode: true, links: false },
    lastServedAt: at('2026-11-22T08:15:44.000Z'),
    lastSyncId: '20261122T081503120Z',
    lastExtractedAt: at('2026-11-22T08:15:43.999Z'),
    lastFailure: { kind: 'forbidden', at: at('2026-11-21T08:15:44.000Z'), message: 'status 403', status: 403 },
    lastEarlyEnd: { at: at('2026-11-21T08:15:44.000Z'), status: 429, code: null, waitMs: 3_600_000 },
    unknown: { ofANewerVersion: { any: ['thing'] } },
    ...changes,
  };
}
