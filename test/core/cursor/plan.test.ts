import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackfillWindow } from '../../../src/core/cursor/backfill-window.ts';
import { openSync, requestFullSync } from '../../../src/core/cursor/cursor.ts';
import { type Cursor, NEW_CURSOR } from '../../../src/core/cursor/cursor-shape.ts';
import { newLoopGuard } from '../../../src/core/cursor/loop-guard.ts';
import type { OpenSync } from '../../../src/core/cursor/open-sync.ts';
import {
  type Opening,
  type PlanSettings,
  planBackfill,
  planOpenBackfill,
  planSync,
  refuseBackfill,
} from '../../../src/core/cursor/plan.ts';
import type { StreamRule } from '../../../src/core/cursor/stream-rule.ts';
import { AHEAD_MS, EARLIEST_DATE, FALLBACK_BEGIN, LATEST_DATE, wholeDays } from '../../../src/core/cursor/windows.ts';
import { addMs, DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../../../src/core/time/instant.ts';
import { CATALOGUE } from '../../../src/ditio/catalogue.ts';
import { at } from '../../fakes/at.ts';
import { CREWS, HOURS, ITEM_ROWS, MACHINES, PLACES, PROJECTS } from '../../fakes/stream-rules.ts';

const NOW = at('2026-11-22T08:15:00Z');
const HISTORY = at('2015-01-01');
const SOURCE = 'test, company 1';

const SETTINGS: PlanSettings = {
  lookbackMs: 10 * MINUTE_MS,
  maxWatermarkAgeMs: 30 * DAY_MS,
  fullSyncEveryMs: 0,
  snapshotIntervalMs: 24 * HOUR_MS,
  historyStart: HISTORY,
  sourceKey: SOURCE,
};

const ago = (ms: number): Instant => addMs(NOW, -ms);
const DAYS = wholeDays({ from: HISTORY, to: addMs(NOW, AHEAD_MS) });

/** An idle cursor whose newest sync opened at an instant that both clocks agreed on. */
function synced(watermark: Instant, more: Partial<Cursor> = {}): Cursor {
  const known = { watermark, watermarkSetAt: watermark, lastFullSyncAt: watermark, sourceKey: SOURCE };
  return { ...NEW_CURSOR, ...known, ...more };
}

const NO_WINDOWS = { windowDays: null, endsWithChanges: false } as const;
/** As a server of the older kind is asked for machines. */
const WEEKS = {
  range: { from: FALLBACK_BEGIN, to: addMs(NOW, AHEAD_MS) },
  windowDays: 7,
  endsWithChanges: true,
} as const;
const WINDOWED: Cursor = { ...NEW_CURSOR, windowed: true };

/** A cursor with an open sync of which a page has been read. */
function reading(mode: 'full' | 'incremental', openedAt: Instant, differs: Partial<OpenSync> = {}): Cursor {
  const modifiedSince = mode === 'full' ? null : openedAt;
  const asked = { modifiedSince, modifiedBefore: null, range: null, window: null, ...NO_WINDOWS } as const;
  const fixed = { pageSize: 5000, sourceKey: SOURCE, restarts: 0 } as const;
  const cursor = openSync(synced(ago(HOUR_MS)), 'own', {
    syncId: '20261122T070000000Z',
    mode,
    at: openedAt,
    ...asked,
    ...fixed,
  });
  const own = { ...(cursor.own as OpenSync), openedAt, openedAtHere: openedAt, pages: 1, ...differs };
  return { ...cursor, own };
}

interface Row {
  readonly name: string;
  readonly rule?: StreamRule;
  readonly cursor: Cursor;
  readonly settings?: Partial<PlanSettings>;
  readonly now?: Instant;
}

function plan({ rule = HOURS, cursor, settings = {}, now = NOW }: Omit<Row, 'name'>) {
  return planSync(rule, cursor, { ...SETTINGS, ...settings }, now);
}

const full = (reason: string, windows: Partial<Opening> = {}) => ({
  kind: 'open',
  opening: { mode: 'full', reason, modifiedSince: null, modifiedBefore: null, range: null, ...NO_WINDOWS, ...windows },
});
const changes = (modifiedSince: Instant, windows: Partial<Opening> = {}, reason = 'changes') => ({
  kind: 'open',
  opening: { mode: 'incremental', reason, modifiedSince, modifiedBefore: null, range: null, ...NO_WINDOWS, ...windows },
});

describe('the next sync of an idle stream', () => {
  const ROWS: ReadonlyArray<Row & { readonly expected: unknown }> = [
    { name: 'is full at first', cursor: NEW_CURSOR, expected: full('first') },
    {
      name: 'is full at first, without windows where the server is not known to want them',
      rule: MACHINES,
      cursor: NEW_CURSOR,
      expected: full('first'),
    },
    {
      name: 'is full at first, by windows and then by changes, where the server wants windows',
      rule: MACHINES,
      cursor: WINDOWED,
      expected: full('first', WEEKS),
    },
    {
      name: 'is full at first, over every date there is where a window of any length is needed',
      rule: CREWS,
      cursor: NEW_CURSOR,
      expected: full('first', { range: { from: EARLIEST_DATE, to: LATEST_DATE } }),
    },
    {
      name: 'asks for changes from the watermark less the lookback',
      cursor: synced(ago(15 * MINUTE_MS)),
      expected: changes(ago(25 * MINUTE_MS)),
    },
    {
      name: 'asks from the very watermark without a lookback',
      cursor: synced(ago(HOUR_MS)),
      settings: { lookbackMs: 0 },
      expected: changes(ago(HOUR_MS)),
    },
    {
      name: 'asks for changes without a window where only full syncs need one',
      rule: CREWS,
      cursor: synced(ago(HOUR_MS)),
      expected: changes(ago(HOUR_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'asks for changes without a window where the server wants one with old ones only',
      rule: MACHINES,
      cursor: synced(ago(HOUR_MS), { windowed: true }),
      expected: changes(ago(HOUR_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'asks for changes where the watermark is exactly as old as may be',
      cursor: synced(ago(30 * DAY_MS)),
      expected: changes(ago(30 * DAY_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'is full where the watermark is a millisecond too old',
      cursor: synced(ago(30 * DAY_MS + 1)),
      expected: full('watermark_too_old'),
    },
    {
      name: 'asks for changes after a full sync that took longer than a watermark may be old',
      cursor: synced(ago(40 * DAY_MS), { lastFullSyncAt: ago(40 * DAY_MS), lastCompletedAt: ago(15 * MINUTE_MS) }),
      expected: changes(ago(40 * DAY_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'is full when that was requested, and goes on being requested until one is complete',
      cursor: requestFullSync(synced(ago(HOUR_MS))),
      expected: full('requested'),
    },
    {
      name: 'asks for changes of machines by windows when ModifiedSince would lie more than two days back, lookback counted',
      rule: MACHINES,
      cursor: synced(ago(2 * DAY_MS - 10 * MINUTE_MS + 1), { windowed: true }),
      expected: changes(ago(2 * DAY_MS + 1), WEEKS),
    },
    {
      name: 'asks for changes of machines without windows where ModifiedSince lies exactly two days back',
      rule: MACHINES,
      cursor: synced(ago(2 * DAY_MS - 10 * MINUTE_MS), { windowed: true }),
      expected: changes(ago(2 * DAY_MS)),
    },
    {
      name: 'asks for changes of machines without windows however old, where the server is not known to want them',
      rule: MACHINES,
      cursor: synced(ago(20 * DAY_MS)),
      expected: changes(ago(20 * DAY_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'is full where the newest full sync is too old',
      cursor: synced(ago(HOUR_MS), { lastFullSyncAt: ago(7 * DAY_MS + 1) }),
      settings: { fullSyncEveryMs: 7 * DAY_MS },
      expected: full('full_sync_due'),
    },
    {
      name: 'asks for changes after a full sync that took longer than the interval',
      cursor: synced(ago(8 * DAY_MS), { lastCompletedAt: ago(HOUR_MS) }),
      settings: { fullSyncEveryMs: 7 * DAY_MS },
      expected: changes(ago(8 * DAY_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'is full again once changes were read after it',
      cursor: synced(ago(HOUR_MS), { lastFullSyncAt: ago(8 * DAY_MS), lastCompletedAt: ago(HOUR_MS) }),
      settings: { fullSyncEveryMs: 7 * DAY_MS },
      expected: full('full_sync_due'),
    },
    {
      name: 'is full where the newest full sync was opened by a clock that was far ahead',
      cursor: synced(ago(HOUR_MS), { lastFullSyncAt: addMs(NOW, 700 * DAY_MS) }),
      settings: { fullSyncEveryMs: 7 * DAY_MS },
      expected: full('full_sync_due'),
    },
    {
      name: 'asks for changes however old the newest full sync is, where windows cannot show all that exists',
      rule: MACHINES,
      cursor: synced(ago(HOUR_MS), { lastFullSyncAt: ago(70 * DAY_MS), windowed: true }),
      settings: { fullSyncEveryMs: 7 * DAY_MS },
      expected: changes(ago(HOUR_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'asks for changes where the newest full sync is younger than half of that',
      cursor: synced(ago(HOUR_MS), { lastFullSyncAt: ago(3.5 * DAY_MS) }),
      settings: { fullSyncEveryMs: 7 * DAY_MS },
      expected: changes(ago(HOUR_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'asks for changes however old the newest full sync is, where none is wished for',
      cursor: synced(ago(HOUR_MS), { lastFullSyncAt: ago(4000 * DAY_MS) }),
      expected: changes(ago(HOUR_MS + 10 * MINUTE_MS)),
    },
    {
      name: 'is full where source or filters changed: the watermark says nothing of what they show',
      cursor: synced(ago(HOUR_MS), { sourceKey: 'production' }),
      expected: full('source_changed'),
    },
    {
      name: 'reaches below HISTORY_START where windows are only what the server fell back to',
      rule: MACHINES,
      cursor: WINDOWED,
      settings: { historyStart: addMs(NOW, 9 * DAY_MS) },
      expected: full('first', WEEKS),
    },
    {
      name: 'reaches back to an early HISTORY_START',
      rule: MACHINES,
      cursor: WINDOWED,
      settings: { historyStart: at('1990-01-01') },
      expected: full('first', { ...WEEKS, range: { from: at('1990-01-01'), to: addMs(NOW, AHEAD_MS) } }),
    },
    {
      name: 'begins history today where HISTORY_START lies in the future',
      rule: ITEM_ROWS,
      cursor: NEW_CURSOR,
      settings: { historyStart: addMs(NOW, 9 * DAY_MS) },
      expected: full('first', { windowDays: 366, range: wholeDays({ from: NOW, to: addMs(NOW, AHEAD_MS) }) }),
    },
  ];
  for (const { name, expected, ...row } of ROWS) it(name, () => assert.deepEqual(plan(row), expected));
});

describe('the age of a watermark', () => {
  const MONTHS = 180 * DAY_MS;
  it('is taken on the clock of Ditio: ours behind by months makes no full sync', () => {
    const cursor = synced(NOW, { watermarkSetAt: ago(MONTHS) });
    const now = addMs(ago(MONTHS), 15 * MINUTE_MS);
    assert.deepEqual(plan({ cursor, now }), changes(ago(10 * MINUTE_MS)));
  });

  it('is taken on the clock of Ditio: ours ahead by months makes no full sync', () => {
    const cursor = synced(NOW, { watermarkSetAt: addMs(NOW, MONTHS) });
    const now = addMs(NOW, MONTHS + 15 * MINUTE_MS);
    assert.deepEqual(plan({ cursor, now }), changes(ago(10 * MINUTE_MS)));
  });

  it('still makes a full sync when it is too old there, though ours is behind by months', () => {
    const cursor = synced(NOW, { watermarkSetAt: ago(MONTHS) });
    const now = addMs(ago(MONTHS), 30 * DAY_MS + 1);
    assert.deepEqual(plan({ cursor, now }), full('watermark_too_old'));
  });

  it('counts for the two days of machines as well, and the windows are counted from the present over there', () => {
    const cursor = synced(NOW, { watermarkSetAt: ago(MONTHS), windowed: true });
    const now = addMs(ago(MONTHS), 2 * DAY_MS);
    const range = { from: FALLBACK_BEGIN, to: addMs(NOW, 2 * DAY_MS + AHEAD_MS) };
    assert.deepEqual(plan({ rule: MACHINES, cursor, now }), changes(ago(10 * MINUTE_MS), { ...WEEKS, range }));
  });

  for (const years of [-3, 3]) {
    it(`and windows hold everything where one of the clocks was ${years} years off when the watermark was stored`, () => {
      const cursor = synced(ago(HOUR_MS), { watermarkSetAt: addMs(NOW, years * 365 * DAY_MS), windowed: true });
      const owed = requestFullSync(cursor);
      const { opening } = plan({ rule: MACHINES, cursor: owed }) as {
        opening: { range: { from: Instant; to: Instant } };
      };
      assert.ok(opening.range.from <= FALLBACK_BEGIN);
      assert.ok(opening.range.to >= addMs(NOW, AHEAD_MS), 'the present is not in the windows');
    });
  }

  it('is taken on our own clock where the skew was never measured', () => {
    const cursor = synced(ago(31 * DAY_MS), { watermarkSetAt: null });
    assert.deepEqual(plan({ cursor }), full('watermark_too_old'));
    const young = synced(ago(HOUR_MS), { watermarkSetAt: null });
    assert.deepEqual(plan({ cursor: young }), changes(ago(HOUR_MS + 10 * MINUTE_MS)));
  });

  it('is nothing where our clock was set back: changes are requested as usual', () => {
    const cursor = synced(NOW);
    assert.deepEqual(plan({ cursor, now: ago(400 * DAY_MS) }), changes(ago(10 * MINUTE_MS)));
  });
});

describe('a snapshot stream', () => {
  const last = (lastFullSyncAt: Instant | null) => ({ ...synced(ago(90 * DAY_MS)), lastFullSyncAt });
  const ROWS: ReadonlyArray<Row & { readonly expected: unknown }> = [
    { name: 'is read at first', rule: PLACES, cursor: NEW_CURSOR, expected: full('first') },
    {
      name: 'is read in windows where it needs them',
      rule: ITEM_ROWS,
      cursor: NEW_CURSOR,
      expected: full('first', { range: DAYS, windowDays: 366 }),
    },
    {
      name: 'is not due a millisecond before nine tenths of its interval are over',
      rule: PLACES,
      cursor: last(ago(0.9 * 24 * HOUR_MS - 1)),
      expected: { kind: 'not_due' },
    },
    {
      name: 'is due when nine tenths of its interval are over: a tick may come early',
      rule: PLACES,
      cursor: last(ago(0.9 * 24 * HOUR_MS)),
      expected: full('snapshot_due'),
    },
    {
      name: 'is not due while our clock is set back by less than the interval',
      rule: PLACES,
      cursor: last(addMs(NOW, 0.9 * 24 * HOUR_MS - 1)),
      expected: { kind: 'not_due' },
    },
    {
      name: 'is due where the newest sync lies further ahead than the interval: that clock was wrong',
      rule: PLACES,
      cursor: last(addMs(NOW, 24 * HOUR_MS)),
      expected: full('snapshot_due'),
    },
    {
      name: 'is always due with an interval of nothing',
      rule: PLACES,
      cursor: last(NOW),
      settings: { snapshotIntervalMs: 0 },
      expected: full('snapshot_due'),
    },
    {
      name: 'is read when it is requested, due or not',
      rule: PLACES,
      cursor: requestFullSync(last(NOW)),
      expected: full('requested'),
    },
    {
      name: 'is read where source or filters changed, due or not',
      rule: PLACES,
      cursor: { ...last(NOW), sourceKey: 'production' },
      expected: full('source_changed'),
    },
    {
      name: 'never asks for changes, however young its watermark',
      rule: PLACES,
      cursor: last(ago(25 * HOUR_MS)),
      settings: { fullSyncEveryMs: 1 },
      expected: full('snapshot_due'),
    },
  ];
  for (const { name, expected, ...row } of ROWS) it(name, () => assert.deepEqual(plan(row), expected));
});

describe('a stream with an open sync', () => {
  it('goes on with it', () => {
    const cursor = reading('incremental', ago(HOUR_MS));
    assert.deepEqual(plan({ cursor }), { kind: 'resume', open: cursor.own });
  });

  it('goes on with a full one however old it is: its watermark is of the day it opened', () => {
    const cursor = reading('full', ago(400 * DAY_MS));
    assert.deepEqual(plan({ rule: MACHINES, cursor }), { kind: 'resume', open: cursor.own });
  });

  it('goes on with one of a snapshot stream that would not be due', () => {
    const cursor = reading('full', ago(MINUTE_MS));
    assert.deepEqual(plan({ rule: PLACES, cursor }), { kind: 'resume', open: cursor.own });
  });

  it('opens a new full one on request, even where another sync is open', () => {
    for (const cursor of [reading('full', ago(HOUR_MS)), reading('incremental', ago(HOUR_MS), { drainedAt: NOW })]) {
      assert.deepEqual(plan({ cursor: requestFullSync(cursor) }), full('requested'));
    }
  });

  it('requests again, by windows, changes of machines that were opened too long ago for a request without windows', () => {
    const cursor = { ...reading('incremental', ago(2 * DAY_MS + 1)), windowed: true };
    const expected = changes(ago(2 * DAY_MS + 1), WEEKS, 'modified_since_too_old');
    assert.deepEqual(plan({ rule: MACHINES, cursor }), expected);
  });

  it('goes on with changes by windows however old they are', () => {
    const cursor = { ...reading('incremental', ago(20 * DAY_MS), { range: WEEKS.range }), windowed: true };
    assert.deepEqual(plan({ rule: MACHINES, cursor }), { kind: 'resume', open: cursor.own });
  });

  const LAST = { window: null, continuationToken: 't', loopGuard: newLoopGuard() };
  const lastWindow = { from: addMs(WEEKS.range.to, -7 * DAY_MS), to: WEEKS.range.to };

  it('goes back to the last window where the request after it waited for hours, since the server would refuse it', () => {
    const position = { ...LAST, changesSince: ago(3 * DAY_MS - 3 * HOUR_MS) };
    const cursor = { ...reading('full', ago(5 * DAY_MS), { ...WEEKS, position }), windowed: true };
    const expected = { window: lastWindow, changesSince: null, continuationToken: null, loopGuard: newLoopGuard() };
    assert.deepEqual(plan({ rule: MACHINES, cursor }), {
      kind: 'resume',
      open: { ...cursor.own, position: expected },
    });
  });

  it('goes on with the request after the last window for hours', () => {
    const position = { ...LAST, changesSince: ago(3 * DAY_MS - 3 * HOUR_MS - 1) };
    const cursor = { ...reading('full', ago(5 * DAY_MS), { ...WEEKS, position }), windowed: true };
    assert.deepEqual(plan({ rule: MACHINES, cursor }), { kind: 'resume', open: cursor.own });
  });

  it('goes on with a drained one whose last request is of any age', () => {
    const position = { ...LAST, changesSince: ago(40 * DAY_MS) };
    const cursor = reading('full', ago(50 * DAY_MS), { ...WEEKS, position, drainedAt: ago(30 * DAY_MS) });
    assert.deepEqual(plan({ rule: MACHINES, cursor }), { kind: 'resume', open: cursor.own });
  });

  it('goes on with a drained one of any age: Ditio gets no more requests', () => {
    const cursor = reading('incremental', ago(300 * DAY_MS), { drainedAt: ago(300 * DAY_MS) });
    assert.deepEqual(plan({ rule: MACHINES, cursor }), { kind: 'resume', open: cursor.own });
  });

  it('goes on with a requested full one once it is open', () => {
    const cursor = { ...reading('full', ago(HOUR_MS)), fullOwed: 'requested' } as const;
    assert.deepEqual(plan({ cursor }), { kind: 'resume', open: cursor.own });
  });

  it('never goes on with it under another source or other filters, drained or not', () => {
    for (const drainedAt of [null, NOW]) {
      const cursor = { ...reading('incremental', ago(HOUR_MS), { drainedAt }), sourceKey: SOURCE };
      assert.deepEqual(plan({ cursor, settings: { sourceKey: 'production' } }), full('source_changed'));
    }
  });

  it('begins at the beginning where the source changed before the first sync was complete', () => {
    const cursor = { ...reading('full', ago(HOUR_MS)), watermark: null, watermarkSetAt: null };
    assert.deepEqual(plan({ cursor, settings: { sourceKey: 'production' } }), full('source_changed'));
  });

  it('reads everything again where the open sync is of another source than the cursor', () => {
    const cursor = reading('full', ago(HOUR_MS), { sourceKey: 'production' });
    assert.deepEqual(plan({ cursor }), full('source_changed'));
  });
});

describe('a backfill', () => {
  const dates: BackfillWindow = { kind: 'dates', from: at('2026-01-01'), to: at('2026-02-01') };
  const range = { from: at('2026-01-01'), to: at('2026-02-01') };
  const since = (modified: Instant, before: Instant | null = null): BackfillWindow => ({
    kind: 'modified',
    since: modified,
    before,
  });
  const ROWS: ReadonlyArray<{
    name: string;
    rule: StreamRule;
    cursor?: Cursor;
    window: BackfillWindow;
    expected: Partial<Opening>;
  }> = [
    { name: 'over dates asks for just those dates', rule: HOURS, window: dates, expected: { range } },
    { name: 'over dates asks for them where a window is needed', rule: MACHINES, window: dates, expected: { range } },
    {
      name: 'over modifications asks without a window',
      rule: HOURS,
      window: since(ago(90 * DAY_MS)),
      expected: { modifiedSince: ago(90 * DAY_MS) },
    },
    {
      name: 'over modifications passes the upper bound on',
      rule: PROJECTS,
      window: since(ago(9 * DAY_MS), ago(DAY_MS)),
      expected: { modifiedSince: ago(9 * DAY_MS), modifiedBefore: ago(DAY_MS) },
    },
    {
      name: 'over modifications of machines needs no window',
      rule: MACHINES,
      window: since(ago(20 * DAY_MS)),
      expected: { modifiedSince: ago(20 * DAY_MS) },
    },
    {
      name: 'over modifications of machines needs no window for two days where the server wants windows',
      rule: MACHINES,
      cursor: WINDOWED,
      window: since(ago(2 * DAY_MS)),
      expected: { modifiedSince: ago(2 * DAY_MS) },
    },
    {
      name: 'over modifications of machines goes by windows beyond two days where the server wants them',
      rule: MACHINES,
      cursor: WINDOWED,
      window: since(ago(2 * DAY_MS + 1)),
      expected: { modifiedSince: ago(2 * DAY_MS + 1), ...WEEKS },
    },
    {
      name: 'over dates of machines goes by weeks where the server wants windows',
      rule: MACHINES,
      cursor: WINDOWED,
      window: dates,
      expected: { range, windowDays: 7 },
    },
  ];
  for (const { name, rule, cursor = NEW_CURSOR, window, expected } of ROWS) {
    it(name, () => {
      assert.deepEqual(planBackfill(rule, cursor, window, SETTINGS, NOW), {
        mode: 'backfill',
        reason: 'backfill',
        modifiedSince: null,
        modifiedBefore: null,
        range: null,
        ...NO_WINDOWS,
        ...expected,
      });
    });
  }

  it('judges the two days of machines by the later of both clocks, since the server would refuse what it calls too old', () => {
    const hours = 3 * HOUR_MS;
    const behind = synced(ago(33 * HOUR_MS), { watermarkSetAt: NOW, windowed: true });
    const from = (cursor: Cursor, now: Instant) =>
      planBackfill(MACHINES, cursor, since(ago(2 * DAY_MS - hours)), SETTINGS, now);
    // A `Date` that was 33 hours behind makes two days look like one.
    assert.equal(from(behind, NOW).range, null);
    assert.notEqual(from(behind, addMs(NOW, hours + 1)).range, null);
    const ahead = synced(NOW, { watermarkSetAt: ago(33 * HOUR_MS), windowed: true });
    assert.equal(from(ahead, ago(33 * HOUR_MS)).range, null);
    assert.notEqual(from(ahead, addMs(ago(33 * HOUR_MS), hours + 1)).range, null);
  });

  describe('in progress', () => {
    const open = (asked: Instant, differs: Partial<OpenSync> = {}): OpenSync => ({
      ...(reading('incremental', asked).own as OpenSync),
      mode: 'backfill',
      ...differs,
    });
    const onward = (backfill: OpenSync) =>
      planOpenBackfill(MACHINES, { ...WINDOWED, backfill }, backfill, SETTINGS, NOW);

    it('goes on', () => {
      const backfill = open(ago(2 * DAY_MS));
      assert.deepEqual(onward(backfill), { kind: 'resume', open: backfill });
    });

    it('begins anew by windows where the server no longer takes its request without', () => {
      const asked = ago(2 * DAY_MS + 1);
      const opening = { ...planBackfill(MACHINES, WINDOWED, since(asked), SETTINGS, NOW) };
      assert.deepEqual(opening.range, WEEKS.range);
      const expected = { ...opening, reason: 'modified_since_too_old' };
      assert.deepEqual(onward(open(asked)), { kind: 'open', opening: expected });
    });

    it('goes on once it is drained, however old it is', () => {
      const backfill = open(ago(20 * DAY_MS), { drainedAt: ago(19 * DAY_MS) });
      assert.deepEqual(onward(backfill), { kind: 'resume', open: backfill });
    });
  });

  const REFUSALS: ReadonlyArray<readonly [rule: StreamRule, kind: BackfillWindow['kind'], refused: boolean]> = [
    [HOURS, 'dates', false],
    [HOURS, 'modified', false],
    [MACHINES, 'dates', false],
    [MACHINES, 'modified', false],
    [CREWS, 'dates', false],
    [PROJECTS, 'dates', true],
    [PROJECTS, 'modified', false],
    [PLACES, 'dates', true],
    [PLACES, 'modified', true],
    [ITEM_ROWS, 'dates', true],
    [ITEM_ROWS, 'modified', true],
  ];
  for (const [rule, kind, refused] of REFUSALS) {
    it(`of ${rule.name} over ${kind} is ${refused ? 'refused, by the name of the stream' : 'taken'}`, () => {
      const refusal = refuseBackfill(rule, kind);
      if (refused) assert.ok(refusal?.startsWith(`${rule.name} `), String(refusal));
      else assert.equal(refusal, null);
    });
  }
});

describe('full syncs that come by themselves', () => {
  it('come at a time of their own for each stream, from half of the interval to the whole', () => {
    const days = new Map<number, number>();
    for (const { name } of CATALOGUE) {
      const rule: StreamRule = { ...HOURS, name };
      const first = Array.from({ length: 31 }, (_, day) => day).find((day) => {
        const cursor = synced(ago(HOUR_MS), { lastFullSyncAt: ago(day * DAY_MS + 1) });
        const found = plan({ rule, cursor, settings: { fullSyncEveryMs: 30 * DAY_MS } });
        return found.kind === 'open' && found.opening.reason === 'full_sync_due';
      });
      assert.ok(first !== undefined && first >= 15 && first <= 30, `${name} on day ${first}`);
      days.set(first, (days.get(first) ?? 0) + 1);
    }
    assert.ok(Math.max(...days.values()) <= 4, 'too many on one day');
    assert.ok(days.size >= 9, `only ${days.size} days`);
  });
});
