import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Item, toRecord, toState } from '../../src/aws/cursor-item.ts';
import { encodeState, STATE_SCHEMA } from '../../src/aws/cursor-state.ts';
import { NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import { newLoopGuard } from '../../src/core/cursor/loop-guard.ts';
import { HardFailure } from '../../src/core/failure/errors.ts';
import { at } from '../fakes/at.ts';
import { someCursor, someOpenSync } from '../fakes/full-cursor.ts';

const GOOD: Item = {
  pk: { S: 'cursor' },
  sk: { S: 'project' },
  version: { N: '42' },
  owner: { S: 'a' },
  leaseUntil: { N: String(at('2026-11-22T08:30:05.000Z')) },
  state: { S: encodeState(someCursor()) },
};

function without(...names: string[]): Item {
  return Object.fromEntries(Object.entries(GOOD).filter(([name]) => !names.includes(name)));
}

describe('an item of the table', () => {
  it('is a record', () => {
    const leaseUntil = at('2026-11-22T08:30:05.000Z');
    assert.deepEqual(toRecord(GOOD), { stream: 'project', version: 42, owner: 'a', leaseUntil, cursor: someCursor() });
  });

  it('without a lease was given back', () => {
    assert.equal(toRecord(without('leaseUntil')).leaseUntil, null);
  });

  it('without a state was leased and never saved', () => {
    assert.deepEqual(toRecord(without('state')).cursor, NEW_CURSOR);
  });

  const unreadable: ReadonlyArray<readonly [string, Item]> = [
    ['no version', without('version')],
    ['a version as text', { ...GOOD, version: { S: '42' } }],
    ['version 0', { ...GOOD, version: { N: '0' } }],
    ['half a version', { ...GOOD, version: { N: '1.5' } }],
    ['a negative version', { ...GOOD, version: { N: '-1' } }],
    ['a version that is too large', { ...GOOD, version: { N: '9999999999999999' } }],
    ['an owner that is a number', { ...GOOD, owner: { N: '1' } }],
    ['a lease as text', { ...GOOD, leaseUntil: { S: '2026-11-22T08:30:05.000Z' } }],
    ['a lease that is null', { ...GOOD, leaseUntil: { NULL: true } }],
    ['a lease beyond all time', { ...GOOD, leaseUntil: { N: '9000000000000000' } }],
    ['a state that is binary', { ...GOOD, state: { B: new Uint8Array(2) } }],
    ['an empty state', { ...GOOD, state: { S: '' } }],
    ['a state that is not understood', { ...GOOD, state: { S: '{}' } }],
  ];
  for (const [what, item] of unreadable) {
    it(`cannot be read with ${what}, and says which stream and what to do`, () => {
      assert.throws(
        () => toRecord(item),
        (error) => {
          assert.ok(error instanceof HardFailure);
          assert.equal(error.kind, 'state');
          assert.match(error.message, /project/);
          assert.match(error.facts.hint ?? '', /sort key "project"/);
          return true;
        },
      );
    });
  }

  it('of a newer schema is refused, in words that say why and what to do', () => {
    const newer = { ...JSON.parse(encodeState(someCursor())), schema: STATE_SCHEMA + 1 };
    assert.throws(
      () => toRecord({ ...GOOD, state: { S: JSON.stringify(newer) } }),
      (error: unknown) => {
        assert.ok(error instanceof HardFailure);
        assert.deepEqual([error.kind, error.facts.code], ['state', 'StateUnreadable']);
        assert.match(error.message, /state of project cannot be read: .*newer version of ditio-extract wrote it/);
        assert.match(String(error.facts.hint), /deploy the version that wrote it/);
        return true;
      },
    );
  });

  it('without a stream cannot be read', () => {
    assert.throws(() => toRecord(without('sk')), HardFailure);
  });
});

describe('the state of an item', () => {
  const ofParts = (count: number) =>
    someCursor({
      own: someOpenSync({
        parts: Array.from({ length: count }, (_, index) => ({
          version: index + 1,
          run: '0b0e7c1a',
          compression: 'gzip' as const,
          records: 45_000,
          bytes: 8_388_608,
        })),
      }),
    });

  it('has room for 18,000 parts, and warns long before that', () => {
    assert.equal(toState('project', ofParts(14_000)).warnBytes, null);
    assert.ok((toState('project', ofParts(18_000)).warnBytes ?? 0) > 300 * 1024);
  });

  it('that is too large is a failure that says so, before it is sent', () => {
    assert.throws(
      () => toState('project', ofParts(21_000)),
      (error) => {
        assert.ok(error instanceof HardFailure);
        assert.equal(error.kind, 'state');
        assert.equal(error.facts.code, 'ItemTooLarge');
        assert.match(error.message, /project has grown to \d+ KB/);
        return true;
      },
    );
  });

  it('always has room for the note of a failure: what fits without one fits with the longest one', () => {
    let count = 21_000;
    const bare = (parts: number) => ({
      ...ofParts(parts),
      lastFailure: null,
      lastServedAt: null,
      lastExtractedAt: null,
    });
    const fits = (cursor: ReturnType<typeof bare>) => {
      try {
        return toState('project', cursor).text.length > 0;
      } catch {
        return false;
      }
    };
    for (let step = 8192; step >= 1; step /= 2) {
      if (!fits(bare(count))) count -= step;
      else if (fits(bare(count + step))) count += step;
    }
    const { lastServedAt, lastExtractedAt } = someCursor();
    const lastFailure = {
      kind: 'state',
      at: at('2026-11-22T08:00:00Z'),
      message: '\u0001'.repeat(500),
      status: null,
    } as const;
    const noted = { ...bare(count), lastServedAt, lastExtractedAt, lastFailure };
    assert.ok(fits(bare(count)) && !fits(bare(count + 1)), `the limit lies at ${count} parts`);
    assert.ok(Buffer.byteLength(toState('project', noted as never).text) < 396 * 1024);
  });

  it('counts bytes, not characters', () => {
    const continuationToken = 'æ'.repeat(250_000);
    const position = { window: null, changesSince: null, continuationToken, loopGuard: newLoopGuard() };
    assert.throws(() => toState('project', someCursor({ own: someOpenSync({ position }) })), HardFailure);
  });
});
