import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeSync } from '../../../src/core/cursor/cursor.ts';
import { type Cursor, NEW_CURSOR } from '../../../src/core/cursor/cursor-shape.ts';
import type { OpenSync } from '../../../src/core/cursor/open-sync.ts';
import { manifestText, needsManifest } from '../../../src/core/lake/manifest.ts';
import { addMs, DAY_MS } from '../../../src/core/time/instant.ts';
import { at } from '../../fakes/at.ts';
import { advanced, DRAINED, opened, openIn, PROGRESS } from '../../fakes/cursors.ts';

const WATERMARK = at('2026-11-22T08:00:00Z');
/** Where no part is in a list. */
const textOf = (stream: string, table: string, open: OpenSync, cursor: Cursor) =>
  manifestText(stream, table, open, open.parts, cursor, 'gzip');

const SETTLED = { ...NEW_CURSOR, watermark: WATERMARK, watermarkSetAt: WATERMARK };

describe('a manifest', () => {
  it('of changes names every field of the contract, each page counted once', () => {
    const fact = { mode: 'incremental', modifiedSince: at('2026-11-22T07:50:00Z') } as const;
    const part = { version: 3, run: '0b0e7c1a', compression: 'gzip' as const, records: 90, bytes: 7 };
    const cursor = advanced(
      opened('own', fact, SETTLED),
      'own',
      {},
      { pages: 2, records: 90, deleted: 0, part },
      DRAINED,
    );
    const text = textOf('work-orders', 'work_orders', openIn(cursor), cursor);

    assert.ok(text.endsWith('}\n') && text.indexOf('\n') === text.length - 1, 'one line');
    assert.deepEqual(JSON.parse(text), {
      stream: 'work-orders',
      table: 'work_orders',
      syncId: '20261122T081503120Z',
      mode: 'incremental',
      startedAt: '2026-11-22T08:15:03.120Z',
      completedAt: '2026-11-22T08:15:06.000Z',
      modifiedSince: '2026-11-22T07:50:00.000Z',
      modifiedBefore: null,
      from: null,
      to: null,
      watermarkBefore: '2026-11-22T08:00:00.000Z',
      watermark: '2026-11-22T08:15:03.000Z',
      pages: 4,
      records: 100,
      deleted: 2,
      bytes: 507,
      compression: 'gzip',
      parts: [
        {
          key: 'work_orders/sync_date=2026-11-22/20261122T081503120Z-00000002-0b0e7c1a.ndjson.gz',
          records: 10,
          bytes: 500,
        },
        {
          key: 'work_orders/sync_date=2026-11-22/20261122T081503120Z-00000003-0b0e7c1a.ndjson.gz',
          records: 90,
          bytes: 7,
        },
      ],
    });
  });

  it('of a first full sync that found nothing says so', () => {
    const cursor = advanced(opened(), 'own', DRAINED);
    const manifest = JSON.parse(textOf('project', 'project', openIn(cursor), cursor)) as Record<string, unknown>;
    assert.deepEqual(
      [manifest.mode, manifest.watermarkBefore, manifest.watermark, manifest.pages, manifest.records, manifest.parts],
      ['full', null, '2026-11-22T08:15:03.000Z', 1, 0, []],
    );
  });

  it('without parts names the compression of the lake, and with parts that of the last one', () => {
    const part = { version: 3, run: '0b0e7c1a', compression: 'gzip' as const, records: 90, bytes: 7 };
    for (const [facts, expected] of [
      [DRAINED, 'zstd'],
      [{ ...DRAINED, records: 90, part }, 'gzip'],
    ] as const) {
      const cursor = advanced(opened(), 'own', facts);
      const open = openIn(cursor);
      const text = manifestText('project', 'project', open, open.parts, cursor, 'zstd');
      assert.equal((JSON.parse(text) as { compression: string }).compression, expected);
    }
  });

  it('tells the watermark that closing then stores', () => {
    for (const watermark of [null, WATERMARK, addMs(PROGRESS.openedAt, DAY_MS)]) {
      const cursor = advanced(opened('own', {}, { ...SETTLED, watermark }), 'own', DRAINED);
      const told = (JSON.parse(textOf('user', 'user', openIn(cursor), cursor)) as { watermark: string }).watermark;
      assert.equal(at(told), closeSync(cursor, 'own').watermark);
    }
  });

  it('of a backfill names its window and moves no watermark', () => {
    const range = { from: at('2026-01-01'), to: at('2026-02-01') };
    const cursor = advanced(opened('backfill', { mode: 'backfill', range }, SETTLED), 'backfill', DRAINED);
    const manifest = JSON.parse(textOf('user', 'user', openIn(cursor, 'backfill'), cursor)) as Record<string, unknown>;
    assert.deepEqual(
      [manifest.mode, manifest.from, manifest.to, manifest.watermarkBefore, manifest.watermark],
      [
        'backfill',
        '2026-01-01T00:00:00.000Z',
        '2026-02-01T00:00:00.000Z',
        '2026-11-22T08:00:00.000Z',
        '2026-11-22T08:00:00.000Z',
      ],
    );
  });

  it('of a backfill is the same to the byte when it is written again after other syncs have moved the watermark', () => {
    // Written, then the run died before it closed: the next run first finishes the stream's own sync.
    const range = { from: at('2026-01-01'), to: at('2026-02-01') };
    const cursor = advanced(opened('backfill', { mode: 'backfill', range }, SETTLED), 'backfill', DRAINED);
    const first = textOf('user', 'user', openIn(cursor, 'backfill'), cursor);
    const later = closeSync(advanced(opened('own', {}, cursor), 'own', DRAINED), 'own');
    assert.notEqual(later.watermark, cursor.watermark);
    assert.equal(textOf('user', 'user', openIn(later, 'backfill'), later), first);
  });

  it('has the same bytes each time that any run writes it', () => {
    const cursor = advanced(opened('own', {}, SETTLED), 'own', {}, DRAINED);
    const stored = JSON.parse(JSON.stringify(cursor)) as typeof cursor;
    const text = textOf('user', 'user', openIn(cursor), cursor);
    assert.equal(textOf('user', 'user', openIn(stored), stored), text);
  });

  it('is owed by every sync but one of changes that found none', () => {
    const ROWS = [
      ['full', false, true],
      ['full', true, true],
      ['incremental', false, false],
      ['incremental', true, true],
      ['backfill', false, true],
      ['backfill', true, true],
    ] as const;
    for (const [mode, found, owed] of ROWS) {
      const cursor = advanced(opened('own', { mode }), 'own', ...(found ? [PROGRESS, DRAINED] : [DRAINED]));
      assert.equal(needsManifest(openIn(cursor)), owed, `${mode}, ${found ? 'with' : 'without'} records`);
    }
  });
});
