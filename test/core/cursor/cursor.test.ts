import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backfillWindowOf } from '../../../src/core/cursor/backfill-window.ts';
import {
  abandonSync,
  afterFailure,
  afterServing,
  begunAnew,
  changeSource,
  closeSync,
  requestFullSync,
  resetCursor,
  watermarkAfter,
} from '../../../src/core/cursor/cursor.ts';
import { type Cursor, NEW_CURSOR, NOTHING_SEEN, type StoredFailure } from '../../../src/core/cursor/cursor-shape.ts';
import { newLoopGuard } from '../../../src/core/cursor/loop-guard.ts';
import type { OpenSync } from '../../../src/core/cursor/open-sync.ts';
import { addMs, DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../../../src/core/time/instant.ts';
import { at } from '../../fakes/at.ts';
import { advanced, DRAINED, OPENED, opened, openIn, PROGRESS } from '../../fakes/cursors.ts';

const WATERMARK = at('2026-11-22T08:00:00Z');
const FAILURE: StoredFailure = { kind: 'forbidden', at: WATERMARK, message: 'no', status: 403 };

/** A stream that has everything to remember. */
const SETTLED: Cursor = {
  ...NEW_CURSOR,
  watermark: WATERMARK,
  watermarkSetAt: addMs(WATERMARK, 2 * MINUTE_MS),
  sourceKey: 'test',
  lastCompletedAt: addMs(WATERMARK, MINUTE_MS),
  lastFullSyncAt: addMs(WATERMARK, -DAY_MS),
  lastServedAt: addMs(WATERMARK, MINUTE_MS),
  lastSyncId: '20261122T080000000Z',
  lastExtractedAt: addMs(WATERMARK, MINUTE_MS),
  lastFailure: FAILURE,
};

/** A cursor that throws where a reducer writes into it. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

describe('opening a sync', () => {
  it('begins with nothing read, the watermark of the day, and its id as the newest', () => {
    const modifiedSince = addMs(WATERMARK, -10 * MINUTE_MS);
    const cursor = opened('own', { mode: 'incremental', modifiedSince }, frozen(SETTLED));
    const { at: startedAt, window, ...asked } = OPENED;
    const expected: OpenSync = {
      ...asked,
      mode: 'incremental',
      modifiedSince,
      startedAt,
      openedAt: null,
      openedAtHere: null,
      watermarkBefore: WATERMARK,
      position: { window, changesSince: null, continuationToken: null, loopGuard: newLoopGuard() },
      pages: 0,
      records: 0,
      deleted: 0,
      bytes: 0,
      lists: [],
      parts: [],
      tokenFailures: 0,
      drainedAt: null,
      unknown: {},
    };
    assert.deepEqual(cursor, { ...SETTLED, own: expected, lastSyncId: OPENED.syncId });
  });

  it('replaces what is open in its slot, and leaves the other slot alone', () => {
    const both = opened('backfill', { mode: 'backfill' }, advanced(opened(), 'own', {}));
    const again = opened('own', { syncId: '20261122T090000000Z' }, frozen(both));
    assert.equal(openIn(again).pages, 0);
    assert.equal(again.backfill, both.backfill);
  });
});

describe('a checkpoint', () => {
  it('adds pages, records, deletions and bytes up, and lists each part once', () => {
    const cursor = advanced(
      frozen(opened()),
      'own',
      {},
      {
        pages: 3,
        records: 70,
        deleted: 0,
        part: { version: 3, run: '0b0e7c1a', compression: 'gzip' as const, records: 70, bytes: 1 },
      },
      { pages: 5, records: 0, deleted: 0, part: null },
    );
    const { pages, records, deleted, bytes, parts } = openIn(cursor);
    assert.deepEqual({ pages, records, deleted, bytes }, { pages: 9, records: 80, deleted: 2, bytes: 501 });
    assert.deepEqual(
      parts.map(({ version }) => version),
      [2, 3],
    );
  });

  it('keeps the opening instant of the first answer, although later runs measure another one', () => {
    const later = { openedAt: addMs(PROGRESS.openedAt, DAY_MS), openedAtHere: addMs(PROGRESS.openedAtHere, DAY_MS) };
    const { openedAt, openedAtHere } = openIn(advanced(opened(), 'own', {}, later));
    assert.deepEqual([openedAt, openedAtHere], [PROGRESS.openedAt, PROGRESS.openedAtHere]);
  });

  it('keeps what a newer version stored with the members that pages have had', () => {
    const told = { ...NOTHING_SEEN, later: 1 };
    const { told: seen } = advanced({ ...opened(), told }, 'own', { told: { ...NOTHING_SEEN, counts: true } });
    assert.deepEqual(seen, { ...told, counts: true });
  });

  it('moves to where the next page begins', () => {
    const position = { ...PROGRESS.position, window: { from: WATERMARK, to: addMs(WATERMARK, 7 * DAY_MS) } };
    assert.deepEqual(openIn(advanced(opened(), 'own', { position })).position, position);
  });

  it('says that the sync is drained, and leaves the watermark where it is until it is closed', () => {
    const cursor = advanced(opened('own', {}, SETTLED), 'own', {}, DRAINED);
    assert.equal(openIn(cursor).drainedAt, DRAINED.drainedAt);
    assert.equal(cursor.watermark, WATERMARK);
  });

  it('never lowers the newest stamp: stamps booked beforehand lie ahead of those given out', () => {
    const booked = addMs(PROGRESS.lastExtractedAt, HOUR_MS);
    assert.equal(advanced({ ...opened(), lastExtractedAt: booked }, 'own', {}).lastExtractedAt, booked);
    assert.equal(advanced(opened(), 'own', {}).lastExtractedAt, PROGRESS.lastExtractedAt);
  });

  it('touches the slot it is about and no other', () => {
    const both = opened('backfill', { mode: 'backfill', syncId: 'b' }, opened());
    assert.equal(advanced(both, 'backfill', {}).own, both.own);
    assert.equal(advanced(both, 'own', {}).backfill, both.backfill);
  });

  it('throws where nothing is open: somebody counts pages of a sync that is not there', () => {
    assert.throws(() => advanced(NEW_CURSOR, 'own', {}), /no own sync/);
    assert.throws(() => advanced(opened(), 'backfill', {}), /no backfill sync/);
  });
});

describe('closing a sync', () => {
  it('moves the watermark to its opening on the clock of Ditio, and remembers ours', () => {
    const cursor = closeSync(frozen(advanced(opened('own', {}, SETTLED), 'own', {}, DRAINED)), 'own');
    assert.deepEqual(cursor, {
      ...SETTLED,
      own: null,
      watermark: PROGRESS.openedAt,
      watermarkSetAt: PROGRESS.openedAtHere,
      lastCompletedAt: DRAINED.drainedAt,
      lastFullSyncAt: OPENED.at,
      lastFullRecords: 8,
      lastSyncId: OPENED.syncId,
      lastExtractedAt: DRAINED.lastExtractedAt,
      lastFailure: null,
    });
  });

  it('gives a stream its first watermark', () => {
    assert.equal(closeSync(advanced(opened(), 'own', DRAINED), 'own').watermark, PROGRESS.openedAt);
  });

  it('never moves the watermark back, and keeps the pair of clocks that it was set with', () => {
    const ahead = { ...SETTLED, watermark: addMs(PROGRESS.openedAt, 1) };
    const cursor = closeSync(advanced(opened('own', {}, ahead), 'own', DRAINED), 'own');
    assert.equal(cursor.watermark, ahead.watermark);
    assert.equal(cursor.watermarkSetAt, ahead.watermarkSetAt);
  });

  it('notes the newest skew where the watermark stays where it is to the millisecond', () => {
    const same = { ...SETTLED, watermark: PROGRESS.openedAt };
    const cursor = closeSync(advanced(opened('own', {}, same), 'own', DRAINED), 'own');
    assert.equal(cursor.watermarkSetAt, PROGRESS.openedAtHere);
  });

  it('of changes leaves the newest full sync as it is, and notes what they were read through', () => {
    const changed = opened('own', { mode: 'incremental', modifiedSince: WATERMARK, sourceKey: 'other' }, SETTLED);
    const cursor = closeSync(advanced(changed, 'own', DRAINED), 'own');
    assert.equal(cursor.lastFullSyncAt, SETTLED.lastFullSyncAt);
    assert.equal(cursor.sourceKey, 'other');
  });

  it('fulfils a request for a full sync by a full one only', () => {
    const asked = { ...SETTLED, fullOwed: 'requested' } as const;
    const closed = (mode: 'full' | 'incremental') =>
      closeSync(advanced(opened('own', { mode }, asked), 'own', DRAINED), 'own').fullOwed;
    assert.deepEqual([closed('full'), closed('incremental')], [null, 'requested']);
  });

  it('of a backfill moves nothing at all', () => {
    const before = opened('own', {}, { ...SETTLED, queued: [{ kind: 'modified', since: WATERMARK, before: null }] });
    const drained = advanced(opened('backfill', { mode: 'backfill', syncId: 'b' }, before), 'backfill', DRAINED);
    assert.deepEqual(closeSync(frozen(drained), 'backfill'), {
      ...before,
      lastSyncId: 'b',
      lastExtractedAt: DRAINED.lastExtractedAt,
    });
  });

  const REFUSED: ReadonlyArray<readonly [name: string, cursor: Cursor]> = [
    ['that is not open', NEW_CURSOR],
    ['of which nothing was read', opened()],
    ['of which a page is still to be read', advanced(opened(), 'own', {})],
    ['whose opening was not measured', { ...opened(), own: { ...openIn(opened()), drainedAt: WATERMARK } }],
  ];
  for (const [name, cursor] of REFUSED)
    it(`throws for one ${name}`, () => assert.throws(() => closeSync(cursor, 'own')));

  it('tells the watermark it will come to before it is done', () => {
    const open = openIn(advanced(opened(), 'own', DRAINED));
    const ROWS: ReadonlyArray<readonly [open: OpenSync, watermark: Instant | null, after: Instant | null]> = [
      [open, null, PROGRESS.openedAt],
      [open, WATERMARK, PROGRESS.openedAt],
      [open, addMs(PROGRESS.openedAt, 1), addMs(PROGRESS.openedAt, 1)],
      [{ ...open, mode: 'backfill', watermarkBefore: null }, WATERMARK, null],
      [{ ...open, mode: 'backfill', watermarkBefore: WATERMARK }, addMs(WATERMARK, 1), WATERMARK],
      [{ ...open, openedAt: null }, WATERMARK, WATERMARK],
    ];
    for (const [sync, watermark, after] of ROWS)
      assert.equal(watermarkAfter(sync, { ...NEW_CURSOR, watermark }), after);
  });
});

describe('a run that worked on a stream', () => {
  const served = (cursor: Cursor) => afterServing(frozen(cursor), addMs(WATERMARK, DAY_MS), addMs(WATERMARK, HOUR_MS));

  it('leaves the time of its turn and its last stamp', () => {
    assert.deepEqual(served(SETTLED), {
      ...SETTLED,
      lastServedAt: addMs(WATERMARK, DAY_MS),
      lastExtractedAt: addMs(WATERMARK, HOUR_MS),
    });
  });

  it('leaves a sync open of which a page was counted', () => {
    for (const mode of ['full', 'incremental'] as const) {
      const cursor = advanced(opened('own', { mode }), 'own', {});
      assert.equal(served(cursor).own, cursor.own);
    }
  });

  it('leaves no sync open of which no page was counted: its dates and its opening would be of another day', () => {
    // A full sync over windows, opened and then refused for days, would else go on with a range that ends the day
    // after it was opened, and get a watermark later than that from its first answer: what lies between was lost.
    for (const mode of ['full', 'incremental'] as const) {
      const cursor = served(opened('own', { mode }, SETTLED));
      assert.equal(cursor.own, null);
      assert.equal(cursor.lastSyncId, OPENED.syncId, 'its id is not given out again');
    }
  });

  it('leaves a request for a full sync standing when its sync was not begun', () => {
    assert.equal(served(opened('own', {}, requestFullSync(SETTLED))).fullOwed, 'requested');
  });

  it('leaves a backfill open of which nothing was read: nobody would ask for it again', () => {
    const cursor = opened('backfill', { mode: 'backfill' }, SETTLED);
    assert.equal(served(cursor).backfill, cursor.backfill);
  });

  it('never lowers the newest stamp', () => {
    const booked = { ...SETTLED, lastExtractedAt: addMs(WATERMARK, 2 * HOUR_MS) };
    assert.equal(served(booked).lastExtractedAt, booked.lastExtractedAt);
    assert.equal(served(NEW_CURSOR).lastExtractedAt, addMs(WATERMARK, HOUR_MS));
  });
});

describe('other facts', () => {
  it('a request for a full sync drops what is open, and nothing but that', () => {
    const cursor = opened('backfill', { mode: 'backfill' }, advanced(opened('own', {}, SETTLED), 'own', {}));
    assert.deepEqual(requestFullSync(frozen(cursor)), { ...cursor, own: null, fullOwed: 'requested' });
  });

  it('a full sync that is begun anew is owed from now on, also when no person had asked for it', () => {
    assert.equal(begunAnew(opened('own', { mode: 'full' }, SETTLED), 'own').fullOwed, 'requested');
    const asked = { ...SETTLED, fullOwed: 'source_changed' } as const;
    assert.equal(begunAnew(opened('own', { mode: 'full' }, asked), 'own').fullOwed, 'source_changed');
    assert.equal(begunAnew(opened('own', { mode: 'incremental' }, SETTLED), 'own').fullOwed, null);
  });

  it('giving a sync up forgets it, keeps its id as the newest, and moves no watermark', () => {
    const cursor = advanced(opened('own', {}, SETTLED), 'own', DRAINED);
    assert.deepEqual(abandonSync(frozen(cursor), 'own'), { ...cursor, own: null });
    const other = opened('backfill', { mode: 'backfill' }, cursor);
    assert.deepEqual(abandonSync(other, 'backfill'), { ...other, backfill: null });
  });

  it('a failure is remembered and moves nothing', () => {
    const cursor = advanced(opened(), 'own', {});
    assert.deepEqual(afterFailure(frozen(cursor), FAILURE), { ...cursor, lastFailure: FAILURE });
  });

  it('a reset forgets everything but how many records there were, and what keeps sync ids and stamps rising', () => {
    const queued = [{ kind: 'modified', since: WATERMARK, before: null } as const];
    const cursor = opened(
      'backfill',
      {},
      requestFullSync(advanced(opened('own', {}, { ...SETTLED, queued, lastFullRecords: 81_000 }), 'own', {})),
    );
    assert.deepEqual(resetCursor(frozen(cursor)), {
      ...NEW_CURSOR,
      lastSyncId: OPENED.syncId,
      lastExtractedAt: PROGRESS.lastExtractedAt,
      lastFullRecords: 81_000,
    });
  });

  it('another source owes what was begun under the former one; only what its pages told stays known', () => {
    const told = { counts: true, mode: true, links: true };
    const before: Cursor = { ...SETTLED, told, windowed: true, lastFullRecords: 9 };
    const cursor = opened('backfill', { modifiedSince: WATERMARK }, opened('own', {}, before));
    const { backfill } = cursor;
    assert.deepEqual(changeSource(frozen(cursor), 'other'), {
      ...cursor,
      sourceKey: 'other',
      fullOwed: 'source_changed',
      own: null,
      backfill: null,
      queued: [backfillWindowOf(backfill ?? assert.fail())],
      lastFullRecords: null,
      windowed: false,
    });
  });
});
