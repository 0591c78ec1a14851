/**
 * The lease of a stream: the exclusive right to move its cursor, until an instant.
 *
 * Every write raises the version and requires owner and version, so a former owner that wakes late can move nothing:
 *
 *     A acquires v1 ── checkpoint v2 ── sleeps ─────────────── save needs v2, finds v3: refused, lease lost
 *     B                                  acquires v3 (A's lease has run out) ── checkpoint v4 ── …
 */

import { isDeepStrictEqual } from 'node:util';
import type { Cursor } from '../core/cursor/cursor-shape.ts';
import { syncIdInstant } from '../core/lake/lake-keys.ts';
import type { Scope } from '../core/scope.ts';
import { addMs, type Instant, later, MINUTE_MS } from '../core/time/instant.ts';
import { createStamps, type Stamps } from '../core/time/stamps.ts';
import type { CursorRecord, CursorWrite } from '../ports.ts';
import type { SyncDeps } from './deps.ts';

/** How long after the invocation's own limit the lease ends: by then its process has certainly ended. Milliseconds. */
export const LEASE_AFTER_LIMIT_MS = 5000;

/**
 * A lease that ends later than this from now is ignored: Lambda's longest invocation, what a lease lasts beyond it, and a
 * quarter of an hour for clocks that differ. A longer one was written by a clock far ahead, and would block its stream until
 * then. Milliseconds.
 */
export const MAX_LEASE_MS = 15 * MINUTE_MS + LEASE_AFTER_LIMIT_MS + 15 * MINUTE_MS;

/** Whether another run has the stream at this moment. */
export function isHeld(record: Pick<CursorRecord, 'leaseUntil'>, now: Instant): boolean {
  return record.leaseUntil !== null && record.leaseUntil >= now && !isImplausible(record.leaseUntil, now);
}

/** Whether the last run that had the stream ended without giving it back. */
export function isLeftBehind(record: Pick<CursorRecord, 'leaseUntil'>, now: Instant): boolean {
  return record.leaseUntil !== null && !isHeld(record, now);
}

function isImplausible(until: Instant, now: Instant): boolean {
  return until - now > MAX_LEASE_MS;
}

/** Another owner has the stream now. Thrown by {@link Lease.save}; becomes the outcome `leased`. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export interface Lease {
  /** Sync ids and `_extracted_at` of this lease. */
  readonly stamps: Stamps;
  /** The cursor as this owner sees it: as stored, with what has been staged since. */
  cursor(): Cursor;
  /** Changes the cursor in memory only; the next save carries it along. An opening costs no write of its own. */
  stage(cursor: Cursor): void;
  /** The version as stored; the next save stores one more. */
  version(): number;
  /**
   * Stores the next cursor, and gives the lease back when told to.
   * Throws `LeaseLost`, or `HardFailure('state')` when the store does not answer.
   */
  save(cursor: Cursor, after: 'keep' | 'release', scope: Scope): Promise<void>;
}

export type Acquired = { readonly lease: Lease } | { readonly heldUntil: Instant | null };

/**
 * Asks for the lease of a stream until the invocation's limit plus {@link LEASE_AFTER_LIMIT_MS}.
 *
 * @param invocationEndsAt end of the invocation by our clock
 */
export async function acquireLease(
  deps: SyncDeps,
  stream: string,
  invocationEndsAt: Instant,
  scope: Scope,
): Promise<Acquired> {
  const owner = deps.random.uuid();
  const now = deps.clock.now();
  const until = addMs(invocationEndsAt, LEASE_AFTER_LIMIT_MS);
  const request = { stream, owner, now, until, implausibleUntil: null };
  let answer = await deps.cursors.acquire(request, scope);
  let implausibleUntil: Instant | null = null;
  if (!answer.acquired && answer.heldUntil !== null && isImplausible(answer.heldUntil, now)) {
    implausibleUntil = answer.heldUntil;
    answer = await deps.cursors.acquire({ ...request, implausibleUntil }, scope);
  }
  if (!answer.acquired) return { heldUntil: answer.heldUntil };
  // The owner of an implausible lease may have stamped pages up to its end.
  const floor = stampFloor(answer.record.cursor, implausibleUntil ?? now);
  if (until - floor >= LEASE_AFTER_LIMIT_MS / 2)
    return { lease: createLease(deps, answer.record, owner, floor, until, until) };
  // Our clock was set back, or another machine's is far ahead: stored stamps lie beyond this lease, so that its end
  // no longer bounds ours. Book stamps beforehand instead, so that the next owner begins after them even if we die.
  const booked = addMs(floor, BOOKED_STAMPS);
  const lease = createLease(deps, answer.record, owner, floor, booked, until);
  try {
    await lease.save({ ...answer.record.cursor, lastExtractedAt: booked }, 'keep', scope);
    return { lease };
  } catch (error) {
    // Another run took the lease over between the two writes.
    if (error instanceof LeaseLost) return { heldUntil: null };
    throw error;
  }
}

/** Pages that a run may read when it stamps by counting, not by the clock. Milliseconds, one a page. */
const BOOKED_STAMPS = 60_000;

function createLease(
  deps: SyncDeps,
  record: CursorRecord,
  owner: string,
  floor: Instant,
  lastStamp: Instant,
  until: Instant,
): Lease {
  let { cursor, version } = record;
  return {
    stamps: createStamps(floor, lastStamp),
    cursor: () => cursor,
    stage: (next) => {
      cursor = next;
    },
    version: () => version,
    async save(next, after, scope) {
      const write = {
        stream: record.stream,
        owner,
        version,
        cursor: next,
        leaseUntil: after === 'keep' ? until : null,
      };
      if ((await deps.cursors.save(write, scope)) === 'refused' && !(await wasWritten(write, scope))) {
        throw new LeaseLost(`another run has changed the cursor of ${record.stream}`);
      }
      cursor = next;
      version += 1;
    },
  };

  /**
   * A write whose answer was lost is refused when it is sent again. What is stored then tells whether it was this one:
   * owner and version alone would be the same for another write of ours that came late.
   */
  async function wasWritten(write: CursorWrite, scope: Scope): Promise<boolean> {
    const stored = await deps.cursors.read(record.stream, scope);
    return (
      stored !== undefined &&
      stored.owner === write.owner &&
      stored.version === write.version + 1 &&
      stored.leaseUntil === write.leaseUntil &&
      isDeepStrictEqual(stored.cursor, write.cursor)
    );
  }
}

function stampFloor(cursor: Cursor, acquiredAt: Instant): Instant {
  const lastSync = cursor.lastSyncId === null ? acquiredAt : syncIdInstant(cursor.lastSyncId);
  return later(later(acquiredAt, lastSync), cursor.lastExtractedAt ?? acquiredAt);
}
