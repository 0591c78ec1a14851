/** Made-up cursors with every field filled, so that nothing can get lost unnoticed. */

import { type Cursor, NEW_CURSOR } from '../../src/core/cursor/cursor.ts';
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
    range: { from: at('2015-01-01T00:00:00.000Z'), to: at('2026-11-23T00:00:00.000Z') },
    position: {
      window: { from: at('2026-11-16T00:00:00.000Z'), to: at('2026-11-23T00:00:00.000Z') },
      continuationToken: 'opaque+/="\\ \u00e6\u00f8\u00e5 \ud83d\ude9c',
      loopGuard: { mark: 'q83vEjRWeJASNFZ4', steps: 3, limit: 4 },
    },
    pages: 5,
    records: 24_813,
    deleted: 12,
    bytes: 8_123_456,
    parts: [
      { version: 41, records: 20_000, bytes: 7_000_001 },
      { version: 42, records: 4813, bytes: 1_123_455 },
    ],
    restarts: 1,
    drainedAt: null,
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
    fullRequested: true,
    backfill: someOpenSync({ mode: 'backfill', modifiedSince: null, syncId: '20261120T000000000Z', parts: [] }),
    queued: [
      { kind: 'dates', from: at('2026-01-01T00:00:00.000Z'), to: at('2026-02-01T00:00:00.000Z') },
      { kind: 'modified', since: at('2026-03-01T00:00:00.000Z'), before: null },
    ],
    lastCompletedAt: at('2026-11-22T08:00:09.000Z'),
    lastFullSyncAt: at('2026-10-01T00:00:00.000Z'),
    lastServedAt: at('2026-11-22T08:15:44.000Z'),
    lastSyncId: '20261122T081503120Z',
    lastExtractedAt: at('2026-11-22T08:15:43.999Z'),
    lastFailure: { kind: 'forbidden', at: at('2026-11-21T08:15:44.000Z'), message: 'status 403', status: 403 },
    ...changes,
  };
}
