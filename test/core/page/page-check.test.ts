import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newLoopGuard, seeToken } from '../../../src/core/cursor/loop-guard.ts';
import { HardFailure } from '../../../src/core/failure/errors.ts';
import { checkPage, checkToken, MAX_EMPTY_PAGES, type TokenTrail } from '../../../src/core/page/page-check.ts';
import type { PageSummary } from '../../../src/core/page/splitter.ts';

const PAGE: PageSummary = {
  records: 3,
  deleted: 1,
  continuationToken: null,
  syncTypeName: null,
  recordCount: null,
  deletedRecordCount: null,
  hasLinks: false,
  nextPageSign: null,
};

const ofKind = (kind: string) => (error: unknown) => error instanceof HardFailure && error.kind === kind;

describe('a page', () => {
  const GOOD: ReadonlyArray<readonly [name: string, page: Partial<PageSummary>, asked: 'full' | 'incremental']> = [
    ['passes where an older answer has no counts and no mode', {}, 'incremental'],
    [
      'passes where its counts agree, deleted records among all',
      { recordCount: 3, deletedRecordCount: 1 },
      'incremental',
    ],
    ['passes with counts of nothing', { records: 0, deleted: 0, recordCount: 0, deletedRecordCount: 0 }, 'full'],
    ['passes where its mode is the one asked for', { syncTypeName: 'full' }, 'full'],
    ['passes with its mode in any case', { syncTypeName: 'Incremental' }, 'incremental'],
  ];
  for (const [name, page, asked] of GOOD) it(name, () => checkPage({ ...PAGE, ...page }, asked));

  const BAD: ReadonlyArray<readonly [name: string, page: Partial<PageSummary>, asked: 'full' | 'incremental']> = [
    ['with more records than it says', { recordCount: 2 }, 'full'],
    ['with fewer records than it says', { recordCount: 4 }, 'full'],
    ['that says it has none and holds some', { recordCount: 0 }, 'full'],
    ['whose count leaves the deleted ones out', { recordCount: 2, deletedRecordCount: 1 }, 'incremental'],
    ['with more deleted records than it says', { deletedRecordCount: 0 }, 'incremental'],
    ['with fewer deleted records than it says', { deletedRecordCount: 2 }, 'incremental'],
    ['of a full sync where changes were asked for', { syncTypeName: 'full' }, 'incremental'],
    ['of changes where a full sync was asked for', { syncTypeName: 'incremental' }, 'full'],
    ['of an unknown mode', { syncTypeName: 'delta' }, 'full'],
    ['of an empty mode', { syncTypeName: '' }, 'full'],
  ];
  for (const [name, page, asked] of BAD) {
    it(`is refused as wire_format ${name}`, () => {
      assert.throws(() => checkPage({ ...PAGE, ...page }, asked), ofKind('wire_format'));
    });
  }

  it('cannot fill the failure with its own text', () => {
    const syncTypeName = `full${'x'.repeat(100_000)}`;
    assert.throws(
      () => checkPage({ ...PAGE, syncTypeName }, 'full'),
      (error: unknown) => error instanceof HardFailure && error.message.length < 200,
    );
  });
});

describe('a continuation token', () => {
  const trail = (differs: Partial<TokenTrail> = {}): TokenTrail => ({
    guard: newLoopGuard(),
    seen: new Set(),
    emptyPages: 0,
    ...differs,
  });

  it('moves the guard on', () => {
    assert.deepEqual(checkToken(trail(), 'a'), seeToken(newLoopGuard(), 'a'));
  });

  it('is refused where this run has seen it, even when the guard of the cursor has not', () => {
    assert.throws(() => checkToken(trail({ seen: new Set(['a', 'b']) }), 'a'), ofKind('pagination_loop'));
  });

  it('is refused where only the guard of the cursor has seen it, in an earlier run', () => {
    const guard = seeToken(newLoopGuard(), 'a');
    assert.ok(guard !== 'loop');
    assert.throws(() => checkToken(trail({ guard }), 'a'), ofKind('pagination_loop'));
  });

  it('is refused after more empty pages in a row than any honest server sends', () => {
    checkToken(trail({ emptyPages: MAX_EMPTY_PAGES }), 'a');
    assert.throws(() => checkToken(trail({ emptyPages: MAX_EMPTY_PAGES + 1 }), 'a'), ofKind('pagination_loop'));
  });

  it('changes nothing it was given', () => {
    const given = trail({ seen: new Set(['b']) });
    checkToken(given, 'a');
    assert.deepEqual(given, trail({ seen: new Set(['b']) }));
  });
});
