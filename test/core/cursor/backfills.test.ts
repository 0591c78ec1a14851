import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackfillWindow } from '../../../src/core/cursor/backfill-window.ts';
import { backfillWindowOf } from '../../../src/core/cursor/backfill-window.ts';
import { queueBackfill, takeBackfill } from '../../../src/core/cursor/backfills.ts';
import { NEW_CURSOR } from '../../../src/core/cursor/cursor-shape.ts';
import { at } from '../../fakes/at.ts';
import { advanced, opened, openIn } from '../../fakes/cursors.ts';

const JANUARY: BackfillWindow = { kind: 'dates', from: at('2026-01-01'), to: at('2026-02-01') };
const FEBRUARY: BackfillWindow = { kind: 'dates', from: at('2026-02-01'), to: at('2026-03-01') };
const SINCE: BackfillWindow = { kind: 'modified', since: at('2026-01-01'), before: null };
const BETWEEN: BackfillWindow = { kind: 'modified', since: at('2026-01-01'), before: at('2026-02-01') };

const queue = (...windows: readonly BackfillWindow[]) => windows.reduce(queueBackfill, NEW_CURSOR);

describe('the queue of backfills', () => {
  it('is worked off oldest first, and empties', () => {
    let cursor = queue(JANUARY, SINCE, FEBRUARY);
    const taken: BackfillWindow[] = [];
    for (let next = takeBackfill(cursor); next; next = takeBackfill(cursor)) {
      taken.push(next.window);
      cursor = next.cursor;
    }
    assert.deepEqual(taken, [JANUARY, SINCE, FEBRUARY]);
    assert.deepEqual(cursor, NEW_CURSOR);
  });

  const SAME: ReadonlyArray<readonly [name: string, window: BackfillWindow]> = [
    ['the same dates', { ...JANUARY }],
    [
      'the same dates whose members were stored in another order',
      { to: JANUARY.to, kind: 'dates', from: JANUARY.from },
    ],
  ];
  for (const [name, window] of SAME) {
    it(`does not take ${name} twice`, () => {
      const cursor = queue(JANUARY);
      assert.equal(queueBackfill(cursor, window), cursor, 'the same cursor: nothing has to be stored');
    });
  }

  it('does not take the same modification window twice, in any order of its members', () => {
    const cursor = queue(BETWEEN, SINCE);
    assert.equal(
      queueBackfill(cursor, { before: at('2026-02-01'), since: at('2026-01-01'), kind: 'modified' }),
      cursor,
    );
    assert.equal(queueBackfill(cursor, { before: null, since: at('2026-01-01'), kind: 'modified' }), cursor);
  });

  it('does not take what is going on already', () => {
    const dates = opened('backfill', { mode: 'backfill', range: { from: JANUARY.from, to: JANUARY.to } });
    assert.equal(queueBackfill(dates, JANUARY), dates);
    const modified = advanced(opened('backfill', { mode: 'backfill', modifiedSince: SINCE.since }), 'backfill', {});
    assert.equal(queueBackfill(modified, SINCE), modified);
    assert.deepEqual(queueBackfill(modified, BETWEEN).queued, [BETWEEN]);
  });

  const OTHERS: ReadonlyArray<readonly [BackfillWindow, BackfillWindow]> = [
    [JANUARY, FEBRUARY],
    [JANUARY, { ...JANUARY, to: at('2026-02-02') }],
    [JANUARY, { ...JANUARY, from: at('2026-01-02') }],
    [SINCE, BETWEEN],
    [SINCE, { ...SINCE, since: at('2026-01-02') }],
    [JANUARY, BETWEEN],
    [BETWEEN, JANUARY],
  ];
  for (const [one, other] of OTHERS) {
    it(`takes ${JSON.stringify(other)} in addition to ${JSON.stringify(one)}`, () => {
      assert.deepEqual(queue(one, other).queued, [one, other]);
    });
  }
});

describe('what a backfill in progress was asked for', () => {
  it('is its date window, also when the window is cut into pieces', () => {
    const range = { from: JANUARY.from, to: JANUARY.to };
    const window = { from: JANUARY.from, to: at('2026-01-08') };
    assert.deepEqual(backfillWindowOf(openIn(opened('backfill', { range, window }), 'backfill')), JANUARY);
  });

  it('is its modification window, also where the endpoint needs dates as well', () => {
    const range = { from: at('2015-01-01'), to: at('2026-11-23') };
    const asked = { modifiedSince: BETWEEN.since, modifiedBefore: BETWEEN.before, range };
    assert.deepEqual(backfillWindowOf(openIn(opened('backfill', asked), 'backfill')), BETWEEN);
  });

  it('cannot be neither', () => {
    assert.throws(() => backfillWindowOf(openIn(opened('backfill'), 'backfill')), /neither/);
  });
});
