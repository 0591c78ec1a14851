import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { statusTable } from '../../scripts/status.ts';

const NOW_MS = Date.parse('2026-11-22T12:00:00Z');
const NOTHING = {
  watermark: null,
  open: null,
  lease: null,
  lastCompletedAt: null,
  lastFullSyncAt: null,
  lastFailure: null,
};

describe('the table of the status', () => {
  it('shows the longest without a completed sync first, with ages and the kind of the last failure', () => {
    const table = statusTable(
      {
        version: '0.1.0',
        streams: [
          {
            ...NOTHING,
            stream: 'project',
            watermark: '2026-11-22T11:48:00.000Z',
            lastCompletedAt: '2026-11-22T11:49:00.000Z',
            lastFullSyncAt: '2026-11-19T12:00:00.000Z',
            lease: { until: '2026-11-22T12:10:00.000Z' },
          },
          { ...NOTHING, stream: 'images', lastFailure: { kind: 'forbidden', at: '2026-11-22T09:00:00.000Z' } },
        ],
      },
      NOW_MS,
    );
    assert.deepEqual(table.split('\n'), [
      'ditio-extract 0.1.0',
      'stream   completed   watermark   full sync   now      last failure',
      'images   never       never       never       idle     forbidden, 3 h ago',
      'project  11 min ago  12 min ago  3 days ago  running',
    ]);
  });
});
