/**
 * The contract of the port `CursorStore`, as a suite that runs on every implementation.
 *
 * Two owners, one item: who may take a lease, who may move a cursor, and what is seen by whom, also when an answer is
 * lost on the way.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import { addMs, type Instant } from '../../src/core/time/instant.ts';
import type { CursorRecord, CursorStore } from '../../src/ports.ts';
import { at } from '../fakes/at.ts';
import { someCursor, someOpenSync } from '../fakes/full-cursor.ts';
import { testScope } from '../fakes/scope.ts';
import { followsTheModel } from './cursor-store-model.ts';

/** A store with handles on the world behind it. Streams of earlier tests may still be stored in it. */
export interface CursorStoreWorld {
  readonly store: CursorStore;
  /** The same store where nothing can be reached: its table is missing. */
  readonly broken: CursorStore;
  /** In the same table, for another lake. */
  readonly ofAnotherLake: CursorStore;
  /** The next write succeeds, but its answer is lost. */
  loseNextAnswer(): void;
  /** Makes the stored state of a stream unreadable. */
  corrupt(stream: string): Promise<void>;
  close(): Promise<void>;
}

const NOW = at('2026-11-22T08:15:00.000Z');
const UNTIL = at('2026-11-22T08:30:05.000Z');

/** @param open called once; every test uses a stream name of its own */
export function cursorStoreSuite(name: string, open: () => Promise<CursorStoreWorld>): void {
  describe(`cursor store: ${name}`, () => {
    let world: CursorStoreWorld;
    let store: CursorStore;
    let stream = '';
    let count = 0;

    before(async () => {
      world = await open();
      store = world.store;
    });
    after(() => world?.close());
    beforeEach(() => {
      count += 1;
      stream = `stream-${count}`;
    });

    async function acquired(owner: string, now: Instant = NOW, until: Instant = UNTIL): Promise<CursorRecord> {
      const answer = await store.acquire({ stream, owner, now, until }, testScope());
      assert.ok(answer.acquired, `${owner} should get the lease`);
      return answer.record;
    }
    const read = () => store.read(stream, testScope());
    const save = (owner: string, version: number, more: { watermark?: Instant; leaseUntil?: Instant | null } = {}) => {
      const { watermark = NOW, leaseUntil = UNTIL } = more;
      return store.save({ stream, owner, version, cursor: someCursor({ watermark }), leaseUntil }, testScope());
    };

    describe('a stream that was never stored', () => {
      it('is read as nothing', async () => {
        assert.equal(await read(), undefined);
      });

      it('is not listed', async () => {
        assert.ok(!(await store.list(testScope())).some((record) => record.stream === stream));
      });

      it('begins with a new cursor at version 1', async () => {
        assert.deepEqual(await acquired('a'), {
          stream,
          version: 1,
          owner: 'a',
          leaseUntil: UNTIL,
          cursor: NEW_CURSOR,
        });
      });

      it('cannot be saved without a lease', async () => {
        assert.equal(await save('a', 0), 'refused');
        assert.equal(await read(), undefined);
      });
    });

    describe('a lease', () => {
      it('is refused to a second owner, with the end of the lease', async () => {
        await acquired('a');
        const answer = await store.acquire({ stream, owner: 'b', now: NOW, until: addMs(UNTIL, 60_000) }, testScope());
        assert.deepEqual(answer, { acquired: false, heldUntil: UNTIL });
        assert.equal((await read())?.owner, 'a');
      });

      it('is held at the instant it ends', async () => {
        await acquired('a');
        const answer = await store.acquire({ stream, owner: 'b', now: UNTIL, until: UNTIL }, testScope());
        assert.equal(answer.acquired, false);
      });

      it('is free a millisecond later, with the cursor as it was', async () => {
        const { version } = await acquired('a');
        await save('a', version);
        const late = addMs(UNTIL, 1);
        const record = await acquired('b', late, addMs(late, 60_000));
        const leaseUntil = addMs(late, 60_000);
        const cursor = someCursor({ watermark: NOW });
        assert.deepEqual(record, { stream, version: 3, owner: 'b', leaseUntil, cursor });
      });

      it('that was given back is free immediately', async () => {
        const { version } = await acquired('a');
        assert.equal(await save('a', version, { leaseUntil: null }), 'saved');
        assert.equal((await read())?.leaseUntil, null);
        assert.equal((await acquired('b')).version, 3);
      });

      it('that is not believed may be taken over by its very end, and by no other instant', async () => {
        await acquired('a');
        const ask = (implausibleUntil: Instant) =>
          store.acquire({ stream, owner: 'b', now: NOW, until: UNTIL, implausibleUntil }, testScope());
        assert.deepEqual(await ask(addMs(UNTIL, 1)), { acquired: false, heldUntil: UNTIL });
        assert.equal((await ask(UNTIL)).acquired, true);
      });

      it('is given again to the owner who has it', async () => {
        await acquired('a');
        assert.equal((await acquired('a')).version, 2);
      });

      it('goes to exactly one of several owners that ask at the same time', async () => {
        const owners = ['a', 'b', 'c', 'd', 'e'];
        const answers = await Promise.all(
          owners.map((owner) => store.acquire({ stream, owner, now: NOW, until: UNTIL }, testScope())),
        );
        const winners = answers.filter((answer) => answer.acquired);
        assert.equal(winners.length, 1);
        assert.deepEqual(await read(), winners[0]?.acquired && winners[0].record);
      });

      it('whose answer was lost is there when it is asked for again', async () => {
        world.loseNextAnswer();
        const record = await acquired('a');
        assert.deepEqual(record, await read());
        assert.equal(await save('a', record.version), 'saved');
      });
    });

    describe('a checkpoint', () => {
      it('is read back word for word', async () => {
        const { version } = await acquired('a');
        const cursor = someCursor();
        await store.save({ stream, owner: 'a', version, cursor, leaseUntil: UNTIL }, testScope());
        const record = { stream, version: version + 1, owner: 'a', leaseUntil: UNTIL, cursor };
        assert.deepEqual(await read(), record);
        assert.deepEqual(
          (await store.list(testScope())).find((listed) => listed.stream === stream),
          record,
        );
      });

      it('is not changed by acquiring', async () => {
        const { version } = await acquired('a');
        const cursor = someCursor({ lastFailure: null });
        await store.save({ stream, owner: 'a', version, cursor, leaseUntil: null }, testScope());
        assert.deepEqual((await acquired('b')).cursor, cursor);
        assert.deepEqual((await read())?.cursor, cursor);
      });

      const refusals: ReadonlyArray<readonly [string, string, number]> = [
        ['another owner', 'b', 0],
        ['an older version', 'a', -1],
        ['a version yet to come', 'a', 1],
      ];
      for (const [why, owner, versionShift] of refusals) {
        it(`is refused to ${why}, and changes nothing`, async () => {
          await acquired('a');
          const { version } = await acquired('a');
          const stored = await read();
          assert.equal(await save(owner, version + versionShift), 'refused');
          assert.deepEqual(await read(), stored);
        });
      }

      it('of a late owner is refused after a takeover', async () => {
        const first = await acquired('a');
        const second = await acquired('b', addMs(UNTIL, 1), addMs(UNTIL, 60_000));
        assert.equal(await save('a', first.version, { leaseUntil: null }), 'refused');
        assert.equal(await save('a', second.version, { leaseUntil: null }), 'refused');
        assert.deepEqual(await read(), second);
      });

      it('is saved by exactly one of several who know the same version', async () => {
        const { version } = await acquired('a');
        const answers = await Promise.all([1, 2, 3, 4].map((ms) => save('a', version, { watermark: addMs(NOW, ms) })));
        assert.deepEqual(answers.toSorted(), ['refused', 'refused', 'refused', 'saved']);
        const winner = answers.indexOf('saved') + 1;
        const stored = await read();
        assert.equal(stored?.version, version + 1);
        assert.equal(stored?.cursor.watermark, addMs(NOW, winner));
      });

      it('whose answer was lost can be told by owner and version', async () => {
        const { version } = await acquired('a');
        world.loseNextAnswer();
        // Either is right: refused when it was sent again.
        assert.ok(['saved', 'refused'].includes(await save('a', version)));
        const stored = await read();
        assert.equal(stored?.owner, 'a');
        assert.equal(stored?.version, version + 1);
        assert.deepEqual(stored?.cursor, someCursor({ watermark: NOW }));
      });

      it('that is too large for one item fails, and the stored one stays', async () => {
        const { version } = await acquired('a');
        const parts = Array.from({ length: 30_000 }, (_, index) => ({
          version: index + 1,
          run: '0b0e7c1a',
          compression: 'gzip' as const,
          records: 5000,
          bytes: 8e6,
        }));
        const cursor = someCursor({ own: someOpenSync({ parts }) });
        const saving = store.save({ stream, owner: 'a', version, cursor, leaseUntil: UNTIL }, testScope());
        await assert.rejects(saving, isFailure('ItemTooLarge'));
        assert.equal((await read())?.version, version);
      });

      it('that could not be read again fails, and the stored one stays', async () => {
        const { version } = await acquired('a');
        const cursor = someCursor({ own: someOpenSync({ records: Number.NaN }) });
        await assert.rejects(store.save({ stream, owner: 'a', version, cursor, leaseUntil: UNTIL }, testScope()));
        assert.equal((await read())?.version, version);
      });
    });

    it('does what its model does, for any requests in any order', async () => {
      await followsTheModel(store, `model-${count}`);
    });

    it('lists every stream, however large their states are together', async () => {
      const parts = Array.from({ length: 6000 }, (_, index) => ({
        version: index + 1,
        run: '0b0e7c1a',
        compression: 'gzip' as const,
        records: 5000,
        bytes: 8e6,
      }));
      const cursor = someCursor({ own: someOpenSync({ parts }) });
      const streams = Array.from({ length: 12 }, (_, index) => `${stream}-large-${index}`);
      for (const each of streams) {
        await store.acquire({ stream: each, owner: 'a', now: NOW, until: UNTIL }, testScope());
        await store.save({ stream: each, owner: 'a', version: 1, cursor, leaseUntil: null }, testScope());
      }
      const listed = (await store.list(testScope())).filter((record) => streams.includes(record.stream));
      assert.deepEqual(listed.map((record) => record.stream).toSorted(), streams.toSorted());
      assert.ok(listed.every((record) => record.cursor.own?.parts.length === 6000));
    });

    describe('a store that cannot be reached', () => {
      const asks: ReadonlyArray<readonly [string, (broken: CursorStore) => Promise<unknown>]> = [
        ['list', (broken) => broken.list(testScope())],
        ['read', (broken) => broken.read(stream, testScope())],
        ['acquire', (broken) => broken.acquire({ stream, owner: 'a', now: NOW, until: UNTIL }, testScope())],
        [
          'save',
          (broken) =>
            broken.save({ stream, owner: 'a', version: 1, cursor: NEW_CURSOR, leaseUntil: null }, testScope()),
        ],
        ['check', (broken) => broken.check(testScope())],
      ];
      for (const [what, ask] of asks) {
        it(`fails to ${what}`, async () => {
          await assert.rejects(ask(world.broken), isFailure());
        });
      }
    });

    describe('when time is up', () => {
      const workIsOver = () => testScope({ workMs: 0, limitMs: 5000 });
      const allIsOver = () => testScope({ workMs: -5000, limitMs: 0 });

      it('nothing is asked for after the limit', async () => {
        const { version } = await acquired('a');
        const cursor = NEW_CURSOR;
        const asks = [
          store.list(allIsOver()),
          store.read(stream, allIsOver()),
          store.acquire({ stream, owner: 'a', now: NOW, until: UNTIL }, allIsOver()),
          store.save({ stream, owner: 'a', version, cursor, leaseUntil: null }, allIsOver()),
          store.check(allIsOver()),
        ];
        for (const ask of await Promise.allSettled(asks)) {
          assert.equal(ask.status, 'rejected');
          assert.ok(ask.reason instanceof DeadlineReached, String(ask.reason));
        }
        assert.equal((await read())?.version, version);
      });

      it('the last checkpoint is still saved and read back, and nothing new is begun', async () => {
        const { version } = await acquired('a');
        const write = { stream, owner: 'a', version, cursor: NEW_CURSOR, leaseUntil: null };
        assert.equal(await store.save(write, workIsOver()), 'saved');
        assert.equal((await store.read(stream, workIsOver()))?.version, version + 1);
        const asking = store.acquire({ stream, owner: 'b', now: NOW, until: UNTIL }, workIsOver());
        await assert.rejects(asking, DeadlineReached);
      });
    });

    it('proves access without changing anything', async () => {
      const stored = await store.list(testScope());
      assert.match(await store.check(testScope()), /read and written/);
      assert.deepEqual(await store.list(testScope()), stored);
    });

    describe('a list of parts', () => {
      const PARTS = [
        { version: 3, run: '0b0e7c1a', compression: 'gzip', records: 10, bytes: 500 },
        { version: 4, run: 'ffffffff', compression: 'zstd', records: 1, bytes: 7 },
      ] as const;

      it('is read back as it was, also when it was written twice', async () => {
        const list = { stream, id: '20261122T081503120Z-4-ffffffff' };
        await store.writeParts(list, PARTS, testScope());
        await store.writeParts(list, PARTS, testScope());
        assert.deepEqual(await store.readParts(list, testScope()), PARTS);
      });

      it('is not listed with the cursors', async () => {
        await store.writeParts({ stream, id: 'a' }, PARTS, testScope());
        assert.ok((await store.list(testScope())).every((record) => record.stream !== stream));
        assert.equal(await read(), undefined);
      });

      it('that is not there is a failure, never an empty one', async () => {
        await assert.rejects(store.readParts({ stream, id: 'missing' }, testScope()), (error) => {
          assert.ok(error instanceof HardFailure);
          assert.equal(error.kind, 'state');
          return true;
        });
      });
    });

    it('does not show state that belongs to another lake', async () => {
      await acquired('a');
      const { ofAnotherLake } = world;
      assert.equal(await ofAnotherLake.read(stream, testScope()), undefined);
      assert.deepEqual(await ofAnotherLake.list(testScope()), []);
      const answer = await ofAnotherLake.acquire({ stream, owner: 'b', now: NOW, until: UNTIL }, testScope());
      assert.ok(answer.acquired && answer.record.version === 1);
      assert.equal((await read())?.owner, 'a');
    });

    // Last, because nothing can be listed afterwards.
    it('fails on what it cannot read, naming the stream: it is never one that was not synced yet', async () => {
      const { version } = await acquired('a');
      await save('a', version, { leaseUntil: null });
      await world.corrupt(stream);
      await assert.rejects(read(), isFailure('StateUnreadable', stream));
      await assert.rejects(store.list(testScope()), isFailure('StateUnreadable', stream));
      await assert.rejects(acquired('b'), isFailure('StateUnreadable', stream));
    });
  });
}

/** A hard failure of kind `state` that says what to do. */
function isFailure(code?: string, stream?: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof HardFailure, String(error));
    assert.equal(error.kind, 'state');
    if (code !== undefined) assert.equal(error.facts.code, code);
    if (stream !== undefined) assert.ok(error.message.includes(stream) && error.facts.hint?.includes(stream));
    return true;
  };
}
