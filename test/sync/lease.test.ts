import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import { addMs, MINUTE_MS } from '../../src/core/time/instant.ts';
import type { SyncDeps } from '../../src/sync/deps.ts';
import { acquireLease, LEASE_AFTER_LIMIT_MS, type Lease, LeaseLost } from '../../src/sync/lease.ts';
import { createMemoryCursorStore, type MemoryCursorStore } from '../fakes/memory-cursor-store.ts';
import { testScope } from '../fakes/scope.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/virtual-clock.ts';

const STREAM = 'time-registrations';

interface Machine {
  readonly clock: VirtualClock;
  acquire(remainingMs?: number): Promise<Lease | 'held'>;
}

let owners = 0;

/** A process with a clock of its own before a store that others share. */
function machine(cursors: MemoryCursorStore, startText?: string): Machine {
  const clock = createVirtualClock(startText);
  const random = { next: () => 0, uuid: () => `owner-${owners++}` };
  const deps = { clock, random, cursors } as unknown as SyncDeps;
  return {
    clock,
    async acquire(remainingMs = MINUTE_MS) {
      const answer = await acquireLease(deps, STREAM, addMs(clock.now(), remainingMs), testScope());
      return 'lease' in answer ? answer.lease : 'held';
    },
  };
}

async function lease(of: Promise<Lease | 'held'>): Promise<Lease> {
  const answer = await of;
  if (answer === 'held') throw new Error('the lease is held by another');
  return answer;
}

describe('a lease', () => {
  it('is not given to a second owner before the first one has given it back', async () => {
    const cursors = createMemoryCursorStore();
    const here = machine(cursors);
    const first = await lease(here.acquire());
    assert.equal(await here.acquire(), 'held');
    await first.save(first.cursor(), 'release', testScope());
    assert.notEqual(await here.acquire(), 'held');
  });

  it('of a killed owner runs out five seconds after the limit of its invocation, and no later', async () => {
    const here = machine(createMemoryCursorStore());
    await lease(here.acquire(MINUTE_MS));
    here.clock.advance(MINUTE_MS + LEASE_AFTER_LIMIT_MS);
    assert.equal(await here.acquire(), 'held');
    here.clock.advance(1);
    assert.notEqual(await here.acquire(), 'held');
  });

  it('that was taken over lets its former owner save nothing', async () => {
    const cursors = createMemoryCursorStore();
    const here = machine(cursors);
    const former = await lease(here.acquire());
    here.clock.advance(2 * MINUTE_MS);
    const present = await lease(here.acquire());
    await assert.rejects(
      former.save({ ...NEW_CURSOR, lastSyncId: '20261122T081600000Z' }, 'release', testScope()),
      LeaseLost,
    );
    await present.save(present.cursor(), 'keep', testScope());
    assert.equal((await cursors.read(STREAM, testScope()))?.cursor.lastSyncId, null);
  });

  it('survives a save whose answer was lost: it is read back, not called a lost race', async () => {
    const cursors = createMemoryCursorStore();
    const here = machine(cursors);
    const mine = await lease(here.acquire());
    cursors.loseNextAnswer();
    await mine.save({ ...NEW_CURSOR, lastSyncId: '20261122T081500000Z' }, 'keep', testScope());
    assert.equal(mine.version(), (await cursors.read(STREAM, testScope()))?.version);
    await mine.save(mine.cursor(), 'release', testScope());
    assert.equal((await cursors.read(STREAM, testScope()))?.leaseUntil, null);
  });

  it('stamps later than every owner before it, even one that died with a fast clock and stored nothing', async () => {
    const cursors = createMemoryCursorStore();
    const fast = machine(cursors, '2026-11-22T08:20:00.000Z');
    const dead = await lease(fast.acquire());
    const lastOfDead = dead.stamps.next(fast.clock.now());
    const slow = machine(cursors, '2026-11-22T08:15:00.000Z');
    while ((await slow.acquire()) === 'held') slow.clock.advance(10_000);
    slow.clock.advance(2 * MINUTE_MS);
    const next = await lease(slow.acquire());
    assert.ok(next.stamps.next(slow.clock.now()) > lastOfDead);
  });

  it('stamps later than the instant that won the lease, also when the clock is set back after that', async () => {
    const cursors = createMemoryCursorStore();
    const here = machine(cursors);
    const dead = await lease(here.acquire());
    here.clock.advance(MINUTE_MS);
    const lastOfDead = dead.stamps.next(here.clock.now());
    here.clock.advance(MINUTE_MS);
    const next = await lease(here.acquire());
    here.clock.jump(-5 * MINUTE_MS);
    assert.ok(next.stamps.next(here.clock.now()) > lastOfDead);
  });

  it('books stamps beforehand where stored ones lie beyond it, so that the next owner begins after them', async () => {
    const cursors = createMemoryCursorStore();
    const fast = machine(cursors, '2026-11-22T12:00:00.000Z');
    const first = await lease(fast.acquire());
    const far = first.stamps.next(fast.clock.now());
    await first.save({ ...first.cursor(), lastExtractedAt: far }, 'release', testScope());

    const slow = machine(cursors, '2026-11-22T08:00:00.000Z');
    const second = await lease(slow.acquire());
    const orphan = second.stamps.next(slow.clock.now());
    assert.ok(orphan > far);
    // The second owner dies here; nothing it stamped was stored.
    slow.clock.advance(2 * MINUTE_MS);
    const third = await lease(slow.acquire());
    assert.ok(third.stamps.next(slow.clock.now()) > orphan);
  });

  it('is held by another who takes it over while stamps are booked beforehand', async () => {
    const cursors = createMemoryCursorStore();
    const fast = machine(cursors, '2026-11-22T12:00:00.000Z');
    const first = await lease(fast.acquire());
    const far = first.stamps.next(fast.clock.now());
    await first.save({ ...first.cursor(), lastExtractedAt: far }, 'release', testScope());

    const takenOver: MemoryCursorStore = {
      ...cursors,
      async save(write, scope) {
        await lease(fast.acquire());
        return cursors.save(write, scope);
      },
    };
    assert.equal(await machine(takenOver, '2026-11-22T08:00:00.000Z').acquire(), 'held');
  });

  it('that claims more than any invocation can last is taken over, with stamps after all of its own', async () => {
    const cursors = createMemoryCursorStore();
    const farAhead = machine(cursors, '2031-11-22T08:00:00.000Z');
    const dead = await lease(farAhead.acquire());
    const lastOfDead = dead.stamps.next(farAhead.clock.now());
    const here = machine(cursors, '2026-11-22T08:00:00.000Z');
    const next = await lease(here.acquire());
    assert.ok(next.stamps.next(here.clock.now()) > lastOfDead);
    await next.save(next.cursor(), 'release', testScope());
    await assert.rejects(dead.save(dead.cursor(), 'release', testScope()), LeaseLost);
  });

  it('of a clock that is a little ahead is believed', async () => {
    const cursors = createMemoryCursorStore();
    await lease(machine(cursors, '2026-11-22T08:14:00.000Z').acquire(15 * MINUTE_MS));
    assert.equal(await machine(cursors, '2026-11-22T08:00:00.000Z').acquire(), 'held');
  });

  const LATE = { ...NEW_CURSOR, lastSyncId: '20261122T081500000Z' };
  for (const [what, leaseUntil, next] of [
    ['cursor', 'kept', { ...NEW_CURSOR, lastSyncId: '20261122T081600000Z' }],
    ['lease', null, LATE],
  ] as const) {
    it(`does not take another write of its own for the one that was refused: another ${what}`, async () => {
      const cursors = createMemoryCursorStore();
      const here = machine(cursors);
      const mine = await lease(here.acquire());
      const stored = await cursors.read(STREAM, testScope());
      if (!stored?.owner) throw new Error('the lease is stored');
      // The first write reaches the table late, after its answer was given up: the next one is refused.
      const { owner, version } = stored;
      const until = leaseUntil === null ? null : stored.leaseUntil;
      await cursors.save({ stream: STREAM, owner, version, cursor: LATE, leaseUntil: until }, testScope());
      await assert.rejects(mine.save(next, 'keep', testScope()), LeaseLost);
      assert.deepEqual((await cursors.read(STREAM, testScope()))?.cursor, LATE);
    });
  }
});
