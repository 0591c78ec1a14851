/**
 * The claim of `core/stamps.ts`, checked by model: no stamp of a lease is earlier than any of an earlier lease,
 * although the earlier owner may have died before it stored anything, wakes late and stamps on, and has another clock.
 *
 * The leases are those of `sync/lease.ts` over a store that keeps the conditions of the port.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterPart, afterServing, openSync } from '../../src/core/cursor/cursor.ts';
import { NEW_CURSOR, NOTHING_SEEN } from '../../src/core/cursor/cursor-shape.ts';
import { newLoopGuard } from '../../src/core/cursor/loop-guard.ts';
import { DeadlineReached } from '../../src/core/failure/errors.ts';
import { formatSyncId } from '../../src/core/lake/lake-keys.ts';
import type { Clock } from '../../src/core/scope.ts';
import { addMs, type Instant, MINUTE_MS } from '../../src/core/time/instant.ts';
import type { LeaseRequest } from '../../src/ports.ts';
import type { SyncDeps } from '../../src/sync/deps.ts';
import { acquireLease, LEASE_AFTER_LIMIT_MS, type Lease, LeaseLost } from '../../src/sync/lease.ts';
import { at } from '../fakes/at.ts';
import { createMemoryCursorStore } from '../fakes/memory-cursor-store.ts';
import { testScope } from '../fakes/scope.ts';
import { replayable } from './replay.ts';

const START = at('2026-11-22T08:15:00Z');
const PROCESSES = 4;

type Act =
  | { readonly do: 'pass'; readonly ms: number }
  /** An operator or NTP sets the clock of one machine. */
  | { readonly do: 'jump'; readonly who: number; readonly ms: number }
  | { readonly do: 'acquire'; readonly who: number; readonly remainingMs: number }
  | { readonly do: 'stamp'; readonly who: number; readonly pages: number }
  /** Opens a sync, or stores what was read so far. */
  | { readonly do: 'checkpoint'; readonly who: number }
  | { readonly do: 'serve'; readonly who: number; readonly after: 'keep' | 'release' }
  | { readonly do: 'die'; readonly who: number };

const who = fc.nat({ max: PROCESSES - 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.oneof(fc.nat({ max: 5_000 }), fc.nat({ max: 40 * MINUTE_MS })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      who,
      ms: fc.integer({ min: -120 * MINUTE_MS, max: 120 * MINUTE_MS }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      who,
      remainingMs: fc.constantFrom(1_000, 30_000, 900_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('stamp' as const), who, pages: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('checkpoint' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('serve' as const),
      who,
      after: fc.constantFrom('keep' as const, 'release' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), who }) },
);

interface Owner {
  readonly lease: Lease;
  /** Place in the order in which leases were won. */
  readonly order: number;
}

async function play(
  offsetsMs: readonly number[],
  acts: readonly Act[],
): Promise<{ leases: number; stamps: number; booked: number }> {
  const store = createMemoryCursorStore();
  const scope = testScope();
  const skewMs = [...offsetsMs];
  let passedMs = 0;
  const uuids: unknown[] = [];
  let leases = 0;
  let stamps = 0;
  let booked = 0;
  const owners: (Owner | null)[] = Array.from({ length: PROCESSES }, () => null);
  /** Earliest and latest stamp of each lease. */
  const spans: { least: Instant; most: Instant }[] = [];

  const nowOf = (process: number) => addMs(START, passedMs + (skewMs[process] ?? 0));

  function note(order: number, stamp: Instant): void {
    stamps += 1;
    for (const [other, span] of spans.entries()) {
      if (!span) continue;
      if (other < order)
        assert.ok(stamp > span.most, `lease ${order} stamps ${span.most - stamp} ms before lease ${other}`);
      if (other > order)
        assert.ok(stamp < span.least, `lease ${order} woke and stamps ${stamp - span.least} ms after lease ${other}`);
    }
    const own = spans[order];
    if (own) assert.ok(stamp > own.most, 'stamps of one lease rise');
    spans[order] = { least: own?.least ?? stamp, most: stamp };
  }

  /** A stamp, where the lease still has one. */
  function stampOf({ lease, order }: Owner, process: number): Instant | null {
    try {
      const stamp = lease.stamps.next(nowOf(process));
      note(order, stamp);
      return stamp;
    } catch (error) {
      if (error instanceof DeadlineReached) return null;
      throw error;
    }
  }

  async function acquire(process: number, remainingMs: number): Promise<void> {
    let asked: LeaseRequest | undefined;
    const deps = {
      clock: { now: () => nowOf(process) } as Clock,
      random: { next: () => 0.5, uuid: () => `owner-${uuids.push(0)}` },
      cursors: {
        ...store,
        acquire: (request: LeaseRequest, within: typeof scope) => {
          asked = request;
          return store.acquire(request, within);
        },
      },
    } as unknown as SyncDeps;
    const acquired = await acquireLease(deps, 'user', addMs(nowOf(process), remainingMs), scope);
    if (!('lease' in acquired)) return;
    owners[process] = { lease: acquired.lease, order: leases };
    leases += 1;
    const stored = (await store.read('user', scope))?.cursor ?? NEW_CURSOR;
    if (asked && (stored.lastExtractedAt ?? 0) > asked.until) booked += 1;
  }

  async function checkpoint(owner: Owner, process: number): Promise<void> {
    const { lease } = owner;
    const cursor = lease.cursor();
    if (!cursor.own) {
      const stamp = stampOf(owner, process);
      if (stamp === null) return;
      const windows = { range: null, window: null, windowDays: null, endsWithChanges: false };
      const asked = { modifiedSince: null, modifiedBefore: null, ...windows, pageSize: 1 };
      const fact = {
        syncId: formatSyncId(stamp),
        mode: 'full',
        at: stamp,
        ...asked,
        sourceKey: 's',
        restarts: 0,
      } as const;
      lease.stage(openSync(cursor, 'own', fact));
      return;
    }
    await lease.save(
      afterPart(cursor, 'own', {
        pages: 1,
        records: 1,
        deleted: 0,
        part: { version: lease.version() + 1, run: '0b0e7c1a', compression: 'gzip' as const, records: 1, bytes: 1 },
        position: { window: null, changesSince: null, continuationToken: 't', loopGuard: newLoopGuard() },
        openedAt: START,
        openedAtHere: START,
        lastExtractedAt: lease.stamps.last(),
        drainedAt: null,
        told: NOTHING_SEEN,
      }),
      'keep',
      scope,
    );
  }

  for (const next of acts) {
    if (next.do === 'pass') passedMs += next.ms;
    else if (next.do === 'jump') skewMs[next.who] = (skewMs[next.who] ?? 0) + next.ms;
    else if (next.do === 'acquire') await acquire(next.who, next.remainingMs);
    else {
      const owner = owners[next.who];
      if (!owner) continue;
      try {
        if (next.do === 'stamp') for (let page = 0; page < next.pages; page++) stampOf(owner, next.who);
        else if (next.do === 'checkpoint') await checkpoint(owner, next.who);
        else if (next.do === 'die') owners[next.who] = null;
        else {
          const { lease } = owner;
          await lease.save(afterServing(lease.cursor(), nowOf(next.who), lease.stamps.last()), next.after, scope);
          if (next.after === 'release') owners[next.who] = null;
        }
      } catch (error) {
        if (!(error instanceof LeaseLost)) throw error;
        owners[next.who] = null;
      }
    }
  }
  return { leases, stamps, booked };
}

test('no stamp of a lease is earlier than any of an earlier one, whatever the clocks do and whoever dies', async () => {
  const total = { leases: 0, stamps: 0, booked: 0 };
  const offsets = fc.array(fc.integer({ min: -10 * MINUTE_MS, max: 10 * MINUTE_MS }), {
    minLength: PROCESSES,
    maxLength: PROCESSES,
  });
  await fc.assert(
    fc.asyncProperty(offsets, fc.array(act, { maxLength: 80, size: 'max' }), async (offsetsMs, acts) => {
      const played = await play(offsetsMs, acts);
      total.leases += played.leases;
      total.stamps += played.stamps;
      total.booked += played.booked;
    }),
    replayable(1_500),
  );
  if (process.env.PROPERTY_PATH) return;
  assert.ok(total.booked > 100 && total.stamps > 5_000, `the model met too little: ${JSON.stringify(total)}`);
});

test('an owner that booked stamps ahead of its clock, stored a part and died is followed by later stamps', async () => {
  const acts: Act[] = [
    // The first owner runs an hour ahead and gives the stream back.
    { do: 'acquire', who: 0, remainingMs: 900_000 },
    { do: 'checkpoint', who: 0 },
    { do: 'stamp', who: 0, pages: 1 },
    { do: 'checkpoint', who: 0 },
    { do: 'serve', who: 0, after: 'release' },
    // The second has the right time: its lease ends before those stamps. It dies after a part that nothing counts.
    { do: 'acquire', who: 1, remainingMs: 30_000 },
    { do: 'stamp', who: 1, pages: 1 },
    { do: 'checkpoint', who: 1 },
    { do: 'stamp', who: 1, pages: 3 },
    { do: 'die', who: 1 },
    { do: 'pass', ms: 30_000 + LEASE_AFTER_LIMIT_MS + 1 },
    { do: 'acquire', who: 2, remainingMs: 30_000 },
    { do: 'stamp', who: 2, pages: 1 },
  ];
  const { leases, booked } = await play([60 * MINUTE_MS, 0, 0, 0], acts);
  assert.deepEqual({ leases, booked }, { leases: 3, booked: 2 });
});
