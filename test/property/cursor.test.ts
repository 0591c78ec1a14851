import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BackfillWindow } from '../../src/core/cursor/backfill-window.ts';
import { queueBackfill, takeBackfill } from '../../src/core/cursor/backfills.ts';
import {
  abandonSync,
  afterFailure,
  afterPart,
  afterServing,
  closeSync,
  openSync,
  requestFullSync,
  resetCursor,
} from '../../src/core/cursor/cursor.ts';
import { type Cursor, NEW_CURSOR, NOTHING_SEEN, type Slot } from '../../src/core/cursor/cursor-shape.ts';
import { newLoopGuard } from '../../src/core/cursor/loop-guard.ts';
import type { OpenSync } from '../../src/core/cursor/open-sync.ts';
import { formatSyncId } from '../../src/core/lake/lake-keys.ts';
import { addMs, DAY_MS, type Instant, MINUTE_MS } from '../../src/core/time/instant.ts';
import { at } from '../fakes/at.ts';
import { replayable } from './replay.ts';

const START = at('2026-11-22T08:15:00Z');

type Step =
  | { readonly do: 'open'; readonly slot: Slot; readonly full: boolean; readonly stampMs: number }
  /** `ditioMs` is where the clock of Ditio stands, wherever ours is: it may be set back as well. */
  | {
      readonly do: 'part';
      readonly slot: Slot;
      readonly pages: number;
      readonly records: number;
      readonly ditioMs: number;
      readonly stampMs: number;
    }
  | { readonly do: 'drain'; readonly slot: Slot; readonly ditioMs: number }
  | { readonly do: 'close' | 'abandon'; readonly slot: Slot }
  | { readonly do: 'serve' | 'fail' | 'request' | 'reset' | 'take' | 'book' }
  | { readonly do: 'queue'; readonly days: number };

const slot = fc.constantFrom<Slot>('own', 'backfill');
const stampMs = fc.integer({ min: 1, max: 5 * MINUTE_MS });
const ditioMs = fc.integer({ min: -30 * DAY_MS, max: 30 * DAY_MS });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), slot, full: fc.boolean(), stampMs }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('part' as const),
      slot,
      pages: fc.integer({ min: 1, max: 9 }),
      records: fc.nat({ max: 99 }),
      ditioMs,
      stampMs,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('drain' as const), slot, ditioMs }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('close' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const), slot }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('serve' as const, 'fail' as const, 'request' as const, 'take' as const, 'book' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('queue' as const), days: fc.integer({ min: 0, max: 3 }) }) },
);

/** The sums of the facts about an open sync, counted independently of the reducer. */
interface Sum {
  pages: number;
  records: number;
  bytes: number;
  versions: number[];
}

/** A stream's history: facts in an order that its one owner could tell them in. */
function createHistory() {
  let cursor: Cursor = NEW_CURSOR;
  let stamp: Instant = START;
  let version = 1;
  const sums = new Map<string, Sum>();

  /** Stamps rise; where some were booked beforehand, they lie below what is stored. */
  const nextStamp = (ms: number) => {
    stamp = addMs(stamp, ms);
    return stamp;
  };

  function part(to: Slot, pages: number, records: number, ditioMsNow: number, drained: boolean): Cursor {
    const open = cursor[to] as OpenSync;
    version += 1;
    const sum = sums.get(open.syncId) as Sum;
    const bytes = records * 11;
    sum.pages += pages;
    sum.records += records;
    sum.bytes += bytes;
    if (records > 0) sum.versions.push(version);
    return afterPart(cursor, to, {
      pages,
      records,
      deleted: 0,
      part: records > 0 ? { version, run: '0b0e7c1a', compression: 'gzip' as const, records, bytes } : null,
      position: {
        window: null,
        changesSince: null,
        continuationToken: drained ? null : `t${version}`,
        loopGuard: newLoopGuard(),
      },
      openedAt: addMs(START, ditioMsNow),
      openedAtHere: stamp,
      lastExtractedAt: stamp,
      drainedAt: drained ? stamp : null,
      told: NOTHING_SEEN,
    });
  }

  function tell(fact: Step): Cursor {
    switch (fact.do) {
      case 'open': {
        const opened = nextStamp(fact.stampMs);
        const syncId = formatSyncId(opened);
        sums.set(syncId, { pages: 0, records: 0, bytes: 0, versions: [] });
        const mode = fact.slot === 'backfill' ? 'backfill' : fact.full ? 'full' : 'incremental';
        const modifiedSince = fact.full ? null : START;
        const range = fact.slot === 'backfill' ? { from: START, to: START } : null;
        const windows = { range, window: range, windowDays: null, endsWithChanges: false };
        const asked = { modifiedSince, modifiedBefore: null, ...windows };
        return openSync(cursor, fact.slot, {
          syncId,
          mode,
          at: opened,
          ...asked,
          pageSize: 1,
          sourceKey: 's',
          restarts: 0,
        });
      }
      case 'part': {
        if (!cursor[fact.slot] || cursor[fact.slot]?.drainedAt !== null) return cursor;
        nextStamp(fact.stampMs);
        return part(fact.slot, fact.pages, fact.records, fact.ditioMs, false);
      }
      case 'drain':
        if (!cursor[fact.slot] || cursor[fact.slot]?.drainedAt !== null) return cursor;
        nextStamp(1);
        return part(fact.slot, 1, 0, fact.ditioMs, true);
      case 'close':
        return cursor[fact.slot]?.drainedAt == null ? cursor : closeSync(cursor, fact.slot);
      case 'abandon':
        return abandonSync(cursor, fact.slot);
      case 'serve':
        return afterServing(cursor, stamp, stamp);
      case 'fail':
        return afterFailure(cursor, { kind: 'lake', at: stamp, message: 'x', status: null });
      case 'request':
        return requestFullSync(cursor);
      case 'reset':
        return resetCursor(cursor);
      case 'take':
        return takeBackfill(cursor)?.cursor ?? cursor;
      case 'book':
        // As `sync/lease.ts` does where the clock was set back: stamps are stored before they are given out.
        return { ...cursor, lastExtractedAt: addMs((cursor.lastExtractedAt ?? stamp) as Instant, MINUTE_MS) };
      case 'queue': {
        const window: BackfillWindow = { kind: 'dates', from: START, to: addMs(START, fact.days * DAY_MS) };
        return queueBackfill(cursor, window);
      }
    }
  }

  return {
    sums,
    tell(fact: Step): { before: Cursor; after: Cursor } {
      const before = cursor;
      cursor = tell(fact);
      return { before, after: cursor };
    },
  };
}

test('whatever happens to a stream, watermark and floors never fall, and every page and part is counted once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const history = createHistory();
      for (const fact of steps) {
        const { before, after } = history.tell(fact);
        floorsNeverFall(before, after, fact);
        watermarkMovesOnlyByClosing(before, after, fact);
        for (const open of [after.own, after.backfill])
          if (open) countsAgree(open, history.sums.get(open.syncId) as Sum);
        queueHoldsNothingTwice(after);
      }
    }),
    replayable(1_500),
  );
});

function floorsNeverFall(before: Cursor, after: Cursor, fact: Step): void {
  assert.ok((after.lastSyncId ?? '') >= (before.lastSyncId ?? ''), `${fact.do}: lastSyncId fell`);
  assert.ok((after.lastExtractedAt ?? 0) >= (before.lastExtractedAt ?? 0), `${fact.do}: lastExtractedAt fell`);
  if (fact.do === 'open')
    assert.ok((after.lastSyncId ?? '') > (before.lastSyncId ?? ''), 'a sync id was given out twice');
}

function watermarkMovesOnlyByClosing(before: Cursor, after: Cursor, fact: Step): void {
  if (fact.do === 'reset') {
    assert.equal(after.watermark, null);
    return;
  }
  if (before.watermark !== null) {
    assert.ok(after.watermark !== null && after.watermark >= before.watermark, `${fact.do}: the watermark fell`);
  }
  const moved = after.watermark !== before.watermark;
  if (moved) {
    assert.ok(fact.do === 'close' && fact.slot === 'own', `${fact.do} moved the watermark`);
    assert.equal(after.watermark, before.own?.openedAt, 'to the opening of the sync that was closed');
    assert.notEqual(before.own?.drainedAt, null, 'and only once it was drained');
  }
}

function countsAgree(open: OpenSync, sum: Sum): void {
  const { pages, records, bytes } = open;
  assert.deepEqual({ pages, records, bytes, versions: open.parts.map(({ version }) => version) }, sum);
  assert.equal(
    open.parts.reduce((total, part) => total + part.records, 0),
    records,
  );
  assert.equal(new Set(open.parts.map(({ version }) => version)).size, open.parts.length, 'a part is listed twice');
}

function queueHoldsNothingTwice(cursor: Cursor): void {
  const texts = cursor.queued.map((window) => JSON.stringify(window));
  assert.equal(new Set(texts).size, texts.length);
}
