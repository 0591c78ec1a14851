import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HardFailure } from '../../../src/core/failure/errors.ts';
import { addMs, MINUTE_MS } from '../../../src/core/time/instant.ts';
import { resetStreams } from '../../../src/sync/actions/reset.ts';
import type { SyncDeps } from '../../../src/sync/deps.ts';
import { acquireLease, type Lease } from '../../../src/sync/lease.ts';
import { someCursor } from '../../fakes/full-cursor.ts';
import { createMemoryCursorStore, type MemoryCursorStore } from '../../fakes/memory-cursor-store.ts';
import { testScope } from '../../fakes/scope.ts';
import { HOURS, PROJECTS } from '../../fakes/stream-rules.ts';
import { createVirtualClock, type VirtualClock } from '../../fakes/virtual-clock.ts';

let owners = 0;

/** A process with a clock of its own before a store that others share. */
function machine(cursors: MemoryCursorStore, startText = '2026-11-22T08:00:00.000Z') {
  const clock = createVirtualClock(startText);
  const random = { next: () => 0, uuid: () => `owner-${owners++}` };
  const deps = { clock, random, cursors } as unknown as SyncDeps;
  return { clock, deps };
}

function resetOn({ clock, deps }: { clock: VirtualClock; deps: SyncDeps }, rules = [HOURS, PROJECTS]) {
  return resetStreams(deps, rules, addMs(clock.now(), MINUTE_MS), testScope());
}

async function leaseOn({ clock, deps }: { clock: VirtualClock; deps: SyncDeps }, stream: string): Promise<Lease> {
  const acquired = await acquireLease(deps, stream, addMs(clock.now(), MINUTE_MS), testScope());
  if (!('lease' in acquired)) throw new Error('the lease is held by another');
  return acquired.lease;
}

describe('a reset', () => {
  it('forgets the watermark of each stream named, and keeps its newest sync id', async () => {
    const here = machine(createMemoryCursorStore());
    const { lastSyncId } = someCursor();
    const lease = await leaseOn(here, HOURS.name);
    await lease.save(someCursor(), 'release', testScope());
    await resetOn(here);
    const stored = await here.deps.cursors.read(HOURS.name, testScope());
    assert.equal(stored?.cursor.watermark, null);
    assert.equal(stored?.cursor.lastSyncId, lastSyncId);
    assert.equal(stored?.leaseUntil, null);
  });

  it('is refused while a run works on one of the streams, and touches none of them', async () => {
    const cursors = createMemoryCursorStore();
    const here = machine(cursors);
    const lease = await leaseOn(here, HOURS.name);
    await lease.save(someCursor(), 'release', testScope());
    await leaseOn(here, PROJECTS.name);
    await assert.rejects(
      resetOn(here),
      (error) => error instanceof HardFailure && error.kind === 'config' && /^projects: /.test(error.message),
    );
    const stored = await cursors.read(HOURS.name, testScope());
    assert.deepEqual(stored?.cursor.watermark, someCursor().watermark);
  });

  it('stores how far stamps may have come: the next owner stamps later than one that died before the reset', async () => {
    const cursors = createMemoryCursorStore();
    const fast = machine(cursors, '2026-11-22T08:20:00.000Z');
    const dead = await leaseOn(fast, HOURS.name);
    fast.clock.advance(MINUTE_MS);
    const lastOfDead = dead.stamps.next(fast.clock.now());
    fast.clock.advance(MINUTE_MS);
    await resetOn(fast);
    const slow = machine(cursors, '2026-11-22T08:00:00.000Z');
    const next = await leaseOn(slow, HOURS.name);
    assert.ok(next.stamps.next(slow.clock.now()) > lastOfDead);
  });
});
