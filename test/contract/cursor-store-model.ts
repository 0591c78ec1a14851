/**
 * A model of one stored stream, and sequences of requests that store and model must answer alike.
 *
 * The model is the contract in its shortest form; the sequences are found by fast-check, which prints the seed and the
 * shortest sequence where the two part.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import { addMs, instant } from '../../src/core/time/instant.ts';
import type { CursorRecord, CursorStore } from '../../src/ports.ts';
import { testScope } from '../fakes/scope.ts';

const START_MS = Date.UTC(2026, 10, 22);

type Ask =
  | { readonly kind: 'acquire'; readonly owner: string; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'save'; readonly owner: string; readonly behind: number; readonly keepMs: number | null };

const owner = fc.constantFrom('a', 'b', 'c');
const ask: fc.Arbitrary<Ask> = fc.oneof(
  fc.record({ kind: fc.constant('acquire' as const), owner, atMs: fc.nat(20), forMs: fc.integer({ min: 0, max: 8 }) }),
  fc.record({
    kind: fc.constant('save' as const),
    owner,
    // How far the version it knows is behind the stored one; mostly not at all.
    behind: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -1, max: 2 }) },
    ),
    keepMs: fc.option(fc.nat(20)),
  }),
);

/** @param prefix begins the name of every stream that is used */
export async function followsTheModel(store: CursorStore, prefix: string): Promise<void> {
  let count = 0;
  const property = fc.asyncProperty(fc.array(ask, { minLength: 1, maxLength: 14 }), async (asks) => {
    count += 1;
    await runBeside(store, `${prefix}-${count}`, asks);
  });
  await fc.assert(property, { numRuns: 40 });
}

async function runBeside(store: CursorStore, stream: string, asks: readonly Ask[]): Promise<void> {
  let model: CursorRecord | undefined;
  for (const [index, each] of asks.entries()) {
    const version = model?.version ?? 0;
    if (each.kind === 'acquire') {
      const now = instant(START_MS + each.atMs);
      const until = addMs(now, each.forMs);
      const held = model && model.leaseUntil !== null && model.leaseUntil >= now && model.owner !== each.owner;
      const answer = await store.acquire({ stream, owner: each.owner, now, until }, testScope());
      if (held) {
        assert.deepEqual(answer, { acquired: false, heldUntil: model?.leaseUntil });
      } else {
        model = {
          stream,
          version: version + 1,
          owner: each.owner,
          leaseUntil: until,
          cursor: model?.cursor ?? NEW_CURSOR,
        };
        assert.deepEqual(answer, { acquired: true, record: model });
      }
    } else {
      const known = version - each.behind;
      const cursor = { ...NEW_CURSOR, watermark: instant(START_MS + index) };
      const leaseUntil = each.keepMs === null ? null : instant(START_MS + each.keepMs);
      const write = { stream, owner: each.owner, version: known, cursor, leaseUntil };
      const passes = model !== undefined && model.owner === each.owner && known === version;
      assert.equal(await store.save(write, testScope()), passes ? 'saved' : 'refused');
      if (passes) model = { stream, version: version + 1, owner: each.owner, leaseUntil, cursor };
    }
    assert.deepEqual(await store.read(stream, testScope()), model);
    assert.ok((model?.version ?? 0) >= version, 'the version never falls');
  }
}
