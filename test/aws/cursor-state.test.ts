import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeState, encodeState, STATE_SCHEMA } from '../../src/aws/cursor-state.ts';
import { type Cursor, NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import type { OpenSync, UnknownFields } from '../../src/core/cursor/open-sync.ts';
import { FAILURE_KINDS } from '../../src/core/failure/errors.ts';
import { formatSyncId } from '../../src/core/lake/lake-keys.ts';
import { instant } from '../../src/core/time/instant.ts';
import { someCursor, someOpenSync } from '../fakes/full-cursor.ts';

/** What the text holds; fails when it is not understood. */
function decoded(text: string): Cursor {
  const state = decodeState(text);
  assert.ok(state.ok, state.ok ? '' : state.problem);
  return state.cursor;
}

describe('a stored cursor', () => {
  it('is text that a person can read', () => {
    const text = encodeState(someCursor());
    assert.match(text, /"schema":1,"watermark":"2026-11-22T08:00:03\.000Z",/);
    assert.match(text, /"parts":"0b0e7c1a 41\/20000\/7000001 0b0e7c1a\+zstd 42\/4813\/1123455"/);
  });

  it('is read back as it was', () => {
    for (const cursor of [NEW_CURSOR, someCursor(), someCursor({ own: null, lastFailure: null, queued: [] })]) {
      assert.deepEqual(decoded(encodeState(cursor)), cursor);
    }
  });

  it('is read back unchanged, for any content', () => {
    const at = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }).map(instant);
    const maybe = fc.option(at);
    const count = fc.maxSafeNat();
    const window = fc.record({ from: at, to: at });
    const syncId = at.map(formatSyncId);
    const part = fc.record({
      version: fc.nat(99_999_999),
      run: fc.nat(2 ** 31 - 1).map((digits) => digits.toString(16).padStart(8, '0')),
      compression: fc.constantFrom('gzip', 'zstd'),
      records: fc.nat(),
      bytes: fc.nat(),
    });
    const unknown = fc.constantFrom<UnknownFields>({}, { ofANewerVersion: [1, null] });
    const parts = fc.array(part, { maxLength: 5 });
    const open: fc.Arbitrary<OpenSync> = fc.record({
      syncId,
      mode: fc.constantFrom('full', 'incremental', 'backfill'),
      startedAt: at,
      openedAt: maybe,
      openedAtHere: maybe,
      watermarkBefore: maybe,
      modifiedSince: maybe,
      modifiedBefore: maybe,
      pageSize: fc.integer({ min: 1, max: 10_000 }),
      sourceKey: fc.string(),
      range: fc.option(window),
      windowDays: fc.option(count),
      endsWithChanges: fc.boolean(),
      position: fc.record({
        window: fc.option(window),
        changesSince: maybe,
        continuationToken: fc.option(fc.string({ unit: 'binary', maxLength: 30 })),
        loopGuard: fc.record({ mark: fc.option(fc.string()), steps: count, limit: count }),
      }),
      pages: count,
      records: count,
      deleted: count,
      bytes: count,
      lists: fc.array(fc.record({ id: fc.string(), parts: count }), { maxLength: 2 }),
      parts,
      restarts: fc.constantFrom(0, 1),
      tokenFailures: count,
      drainedAt: maybe,
      unknown,
    });
    const cursor: fc.Arbitrary<Cursor> = fc.record({
      watermark: maybe,
      watermarkSetAt: maybe,
      sourceKey: fc.option(fc.string()),
      own: fc.option(open),
      fullOwed: fc.constantFrom(null, 'requested', 'source_changed'),
      backfill: fc.option(open),
      queued: fc.array(
        fc.oneof(
          fc.record({ kind: fc.constant('dates' as const), from: at, to: at }),
          fc.record({ kind: fc.constant('modified' as const), since: at, before: maybe }),
        ),
      ),
      lastCompletedAt: maybe,
      lastFullSyncAt: maybe,
      lastFullRecords: fc.option(count),
      lastServedAt: maybe,
      fruitlessRuns: count,
      windowed: fc.boolean(),
      told: fc.record({ counts: fc.boolean(), mode: fc.boolean(), links: fc.boolean() }),
      lastSyncId: fc.option(syncId),
      lastExtractedAt: maybe,
      lastFailure: fc.option(
        fc.record({ kind: fc.constantFrom(...FAILURE_KINDS), at, message: fc.string(), status: fc.option(fc.nat()) }),
      ),
      lastEarlyEnd: fc.option(
        fc.record({ at, status: fc.option(fc.nat()), code: fc.option(fc.string()), waitMs: fc.nat() }),
      ),
      unknown,
    });
    // fast-check makes objects without a prototype; a clone has one.
    fc.assert(
      fc.property(cursor, (each) => assert.deepEqual(decoded(encodeState(each)), structuredClone(each))),
      { numRuns: 50 },
    );
  });

  it('keeps fields that a newer version stored, so that a rollback loses nothing', () => {
    const stored = JSON.parse(encodeState(someCursor()));
    const { position } = stored.own;
    const newer = {
      ...stored,
      later: { any: 1 },
      told: { ...stored.told, later: 3 },
      lastFailure: { ...stored.lastFailure, later: 4 },
      lastEarlyEnd: { at: stored.lastFailure.at, status: 429, code: null, waitMs: 1, later: 5 },
      own: {
        ...stored.own,
        later: [2],
        range: { ...stored.own.range, later: 9 },
        position: {
          ...position,
          later: 6,
          window: { ...position.window, later: 10 },
          loopGuard: { ...position.loopGuard, later: 7 },
        },
        lists: [{ id: 'a', parts: 1, later: 8 }],
      },
      queued: stored.queued.map((window: object) => ({ ...window, later: 11 })),
    };
    assert.deepEqual(JSON.parse(encodeState(decoded(JSON.stringify(newer)))), newer);
  });

  it('has a kind of failure that only a newer version knows as unexpected', () => {
    const stored = JSON.parse(encodeState(someCursor()));
    const newer = { ...stored, lastFailure: { ...stored.lastFailure, kind: 'of a newer version' } };
    assert.equal(decoded(JSON.stringify(newer)).lastFailure?.kind, 'unexpected');
  });

  it('of release 0.1.0 is read by every later one, so that an upgrade needs no step', () => {
    const ofThen = JSON.parse(readFileSync(new URL('state-of-0.1.0.json', import.meta.url), 'utf8'));
    const again = JSON.parse(encodeState(decoded(JSON.stringify(ofThen))));
    assert.partialDeepStrictEqual(again, ofThen);
  });

  it('takes about 20 bytes for each part of a long sync', () => {
    const parts = Array.from({ length: 10_000 }, (_, index) => ({
      version: index + 1,
      run: '0b0e7c1a',
      compression: 'gzip' as const,
      records: 45_000,
      bytes: 8_388_608,
    }));
    const added = encodeState(someCursor({ own: someOpenSync({ parts }) })).length - encodeState(someCursor()).length;
    assert.ok(added / parts.length < 21, `${added / parts.length} bytes`);
  });

  const impossible: ReadonlyArray<readonly [string, Cursor]> = [
    ['a count that is not a number', someCursor({ own: someOpenSync({ pages: Number.NaN }) })],
    ['a count that is too large', someCursor({ own: someOpenSync({ bytes: 2 ** 60 }) })],
    ['half a record', someCursor({ own: someOpenSync({ records: 0.5 }) })],
    ['an invalid sync id', someCursor({ lastSyncId: 'yesterday' })],
    ['an instant of no year that can be read', someCursor({ watermark: instant(Date.UTC(10_000, 1)) })],
    [
      'a part of no version',
      someCursor({
        own: someOpenSync({ parts: [{ version: -1, run: '0b0e7c1a', compression: 'gzip', records: 1, bytes: 1 }] }),
      }),
    ],
  ];
  for (const [what, cursor] of impossible) {
    it(`is not made of ${what}`, () => {
      assert.throws(() => encodeState(cursor), RangeError);
    });
  }
});

describe('a stored text that is not understood', () => {
  const good = JSON.parse(encodeState(someCursor()));
  const open = good.own;
  const texts: ReadonlyArray<readonly [string, string, RegExp]> = [
    ['no text', '', /not JSON/],
    ['half a text', JSON.stringify(good).slice(0, -10), /not JSON/],
    ['null', 'null', /not understood/],
    ['a list', '[]', /not understood/],
    ['no schema', JSON.stringify({ ...good, schema: undefined }), /schema/],
    ['schema 0', JSON.stringify({ ...good, schema: 0 }), /schema/],
    ['a newer schema', JSON.stringify({ ...good, schema: STATE_SCHEMA + 1 }), /newer version/],
    ['a missing field', JSON.stringify({ ...good, watermark: undefined }), /watermark/],
    ['an instant as a number', JSON.stringify({ ...good, watermark: 1_795_334_403_000 }), /watermark/],
    ['an instant without an offset', JSON.stringify({ ...good, watermark: '2026-11-22T08:00:03.000' }), /watermark/],
    ['an instant in other words', JSON.stringify({ ...good, watermark: '2026-11-22T09:00:03.000+01:00' }), /watermark/],
    [
      'an instant on a day that does not exist',
      JSON.stringify({ ...good, watermark: '2026-02-30T08:00:03.000Z' }),
      /watermark/,
    ],
    ['an unknown mode', JSON.stringify({ ...good, own: { ...open, mode: 'partial' } }), /own\.mode/],
    ['a count as text', JSON.stringify({ ...good, own: { ...open, pages: '5' } }), /own\.pages/],
    ['a negative count', JSON.stringify({ ...good, own: { ...open, pages: -5 } }), /own\.pages/],
    ['a third restart', JSON.stringify({ ...good, own: { ...open, restarts: 2 } }), /own\.restarts/],
    [
      'parts that are cut off',
      JSON.stringify({ ...good, own: { ...open, parts: '0b0e7c1a 41/20000/7000001 42/48' } }),
      /own\.parts/,
    ],
    ['parts of no run', JSON.stringify({ ...good, own: { ...open, parts: '41/20000/7000001' } }), /own\.parts/],
    ['parts as a list', JSON.stringify({ ...good, own: { ...open, parts: [] } }), /own\.parts/],
    ['a half window', JSON.stringify({ ...good, own: { ...open, range: { from: open.range.from } } }), /own\.range/],
    ['a backfill of no kind', JSON.stringify({ ...good, queued: [{ kind: 'all' }] }), /queued/],
    ['a failure without a message', JSON.stringify({ ...good, lastFailure: { kind: 'lake' } }), /lastFailure/],
  ];
  for (const [what, text, problem] of texts) {
    it(`is refused: ${what}`, () => {
      const state = decodeState(text);
      assert.ok(!state.ok);
      assert.match(state.problem, problem);
    });
  }

  it('is never quoted', () => {
    const state = decodeState(
      JSON.stringify({
        ...good,
        own: { ...open, position: { ...open.position, continuationToken: { hidden: 'made-up' } } },
      }),
    );
    assert.ok(!state.ok);
    assert.match(state.problem, /own\.position\.continuationToken/);
    assert.ok(!state.problem.includes('made-up') && !state.problem.includes('hidden'));
  });
});
