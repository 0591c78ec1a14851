/** Ends a turn that did not complete: records what happened and releases the lease. */

import {
  abandonSync,
  afterFailure,
  afterFruitlessRun,
  afterServing,
  afterTokenFailure,
  begunAnew,
} from '../../core/cursor/cursor.ts';
import type { Cursor } from '../../core/cursor/cursor-shape.ts';
import { type DeadlineReached, HardFailure, type RefusedWait } from '../../core/failure/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { SyncDeps } from '../deps.ts';
import { type Ending, endAt, failedWith, reasonOf } from '../ending.ts';
import { type Lease, LeaseLost } from '../lease.ts';
import type { StreamTurn } from './turn.ts';
import type { Work } from './work.ts';

/** Consecutive runs without a page that make a hard failure. */
export const MAX_FRUITLESS_RUNS = 3;

/** Never throws: the failure itself is what the run reports, and a lease that is not given back runs out by itself. */
export async function recordFailure(deps: SyncDeps, work: Work, failure: HardFailure): Promise<void> {
  // The state store has just failed; another write would only spend the time of other streams.
  const { code = null } = failure.facts;
  if (failure.kind === 'state' && !STORABLE.has(code)) return;
  const { lease, scope } = work;
  const now = deps.clock.now();
  const before = isAnsweredByDitio(failure) ? withTokenFailure(work, standing(work)) : standing(work);
  const noted = afterFailure(keptAfter(work, failure, before), {
    kind: failure.kind,
    at: now,
    message: failure.message.slice(0, MAX_MESSAGE),
    status: failure.facts.status ?? null,
  });
  try {
    await lease.save(afterServing(noted, now, lease.stamps.last()), 'release', scope);
  } catch (error) {
    scope.log.warn('checkpoint_failed', { reason: error instanceof Error ? error.name : 'unknown' });
  }
}

/** What stays of the sync in the slot. */
function keptAfter(work: Work, failure: HardFailure, before: Cursor): Cursor {
  if (failure.facts.code === RESTORED) return begunAnew(before, work.slot);
  return isHopeless(work, failure) ? abandonSync(before, work.slot) : before;
}

const RESTORED = 'StateRestored';
/** Failures of the state that another, smaller write may get past. */
const STORABLE: ReadonlySet<string | null> = new Set(['ItemTooLarge', RESTORED]);

/** Longer messages are in the log. */
const MAX_MESSAGE = 500;

/** Ends a turn that reached the deadline, or had to wait too long, before a page was counted. */
export async function endAtDeadline(
  deps: SyncDeps,
  turn: StreamTurn,
  work: Work,
  cause: DeadlineReached,
): Promise<Ending> {
  const { lease, scope } = work;
  const ending = endAt(cause);
  const now = deps.clock.now();
  const noted = noteEarlyEnd(deps, work, waiting(work), cause.wait);
  // What comes back in this run keeps its place until then.
  if (ending.kind !== 'deadline') return giveBack(work, afterServing(noted, null, lease.stamps.last()), ending);
  // A turn that began too late to bring a page, or asked for nothing, says nothing about the stream.
  if (!turn.isLongEnough || !scope.tally.hasStartedRequest) {
    return giveBack(work, afterServing(noted, null, lease.stamps.last()), ending);
  }
  const fruitless = afterFruitlessRun(withTokenFailure(work, noted));
  if (fruitless.fruitlessRuns < MAX_FRUITLESS_RUNS) {
    return giveBack(work, afterServing(fruitless, now, lease.stamps.last()), ending);
  }
  lease.stage(fruitless);
  work.undo = null;
  work.resumedAt = null;
  const failed = failedWith(noAnswerFailure(work, fruitless.fruitlessRuns, ending.wait), scope);
  await recordFailure(deps, work, failed.failure);
  return failed;
}

/** Says that a wait ended the turn, and keeps it for `status`. */
export function noteEarlyEnd(deps: SyncDeps, work: Work, cursor: Cursor, wait: RefusedWait | null): Cursor {
  if (wait === null) return cursor;
  const { status, code, waitMs } = wait;
  work.scope.log.warn('turn_ended_early', { status, code, wait_ms: Math.round(waitMs), reason: reasonOf(wait) });
  return { ...cursor, lastEarlyEnd: { at: deps.clock.now(), status, code, waitMs: Math.round(waitMs) } };
}

/** A failure that came from what Ditio answered, or from its silence, and not from our own side. */
export function isAnsweredByDitio({ kind, facts }: HardFailure): boolean {
  // A status that no row knows is `unexpected`, as a defect of ours is.
  return !OWN_KINDS.has(kind) || (kind === 'unexpected' && facts.status !== undefined);
}

const OWN_KINDS: ReadonlySet<string> = new Set(['config', 'credentials', 'lake', 'state', 'unexpected']);

/** Failures after which a backfill would only fail again: it is given up, and a person may ask for it anew. */
const HOPELESS: ReadonlySet<string> = new Set([
  'bad_request',
  'invalid_window',
  'forbidden',
  'not_found',
  'wire_format',
  'pagination_loop',
]);

/** A backfill that fails with a continuation token is not hopeless: it goes on in the next run, or begins anew. */
function isHopeless({ slot, lease, undo }: Work, failure: HardFailure): boolean {
  const hasToken = lease.cursor()[slot]?.position.continuationToken != null;
  return slot === 'backfill' && HOPELESS.has(failure.kind) && !hasToken && undo === null;
}

/** The cursor to go on from: as it was before a sync was begun anew of which nothing could be read. */
function standing(work: Work): Cursor {
  const cursor = work.lease.cursor();
  if (work.undo === null || cursor[work.slot]?.openedAt != null) return cursor;
  return { ...work.undo, lastSyncId: cursor.lastSyncId };
}

/** The cursor of a turn that only waits. What the server said of windows stays known, so that the next turn does not ask for the same 400. */
function waiting(work: Work): Cursor {
  return { ...standing(work), windowed: work.lease.cursor().windowed };
}

function withTokenFailure({ slot, counts, resumedAt, undo }: Work, cursor: Cursor): Cursor {
  const failed = counts.pages === 0 && (resumedAt !== null || undo !== null) && cursor[slot] !== null;
  return failed ? afterTokenFailure(cursor, slot) : cursor;
}

async function giveBack(work: Work, cursor: Cursor, ending: Ending): Promise<Ending> {
  try {
    await work.lease.save(cursor, 'release', work.scope);
  } catch (error) {
    if (error instanceof LeaseLost) return { kind: 'leased' };
    // A lease that is not given back runs out shortly after this invocation.
  }
  return ending;
}

/** The failure of a stream whose runs die one after the other. */
export function runsDiedFailure(stream: string): HardFailure {
  const message = `the last ${MAX_FRUITLESS_RUNS} runs ended while they held the lease of ${stream}, and none had saved a page of it`;
  return new HardFailure('retries_exhausted', message, {
    code: 'RunsDied',
    hint: `Check the REPORT lines of these runs for a timeout or for too little memory, and lower PAGE_SIZE; the next run tries ${stream} again, after the other streams.`,
  });
}

/** Notes a failure that ended the turn before its work, and gives the lease back. */
export async function giveUp(deps: SyncDeps, lease: Lease, cursor: Cursor, failure: HardFailure, scope: Scope) {
  const now = deps.clock.now();
  const noted = afterFailure(cursor, { kind: failure.kind, at: now, message: failure.message, status: null });
  await lease.save(afterServing(noted, now, lease.stamps.last()), 'release', scope);
}

function noAnswerFailure({ rule, scope }: Work, runs: number, wait: RefusedWait | null): HardFailure {
  // No page was requested, so it was the token that could not be obtained.
  if (scope.tally.requests === 0) return noTokenFailure(runs, wait);
  const message = `no page of ${rule.name} arrived in ${runs} consecutive runs; the last one stopped because of ${reasonOf(wait)}`;
  return new HardFailure('retries_exhausted', message, {
    ...answerOf(wait),
    hint: 'Ask Ditio why the endpoint does not answer; each run tries the stream again, after the others.',
  });
}

/** The failure of a sync that was begun anew because its token brought no answer, and whose next token brings none either. */
export function noLaterPageFailure(stream: string): HardFailure {
  const message = `after the first pages of ${stream} no other page arrived, not even after its sync had begun anew`;
  return new HardFailure('retries_exhausted', message, {
    code: 'NoLaterPage',
    hint: 'Ask Ditio why the endpoint does not answer requests with a continuation token; the next run begins the sync anew.',
  });
}

function noTokenFailure(runs: number, wait: RefusedWait | null): HardFailure {
  const message = `no access token was obtained in ${runs} consecutive runs; the last one stopped because of ${reasonOf(wait)}`;
  return new HardFailure('retries_exhausted', message, {
    ...answerOf(wait),
    concerns: 'run',
    hint: 'Check that the function can reach DITIO_IDENTITY_URL, and ask Ditio whether its identity server is in trouble; each run asks again.',
  });
}

function answerOf(wait: RefusedWait | null) {
  return {
    ...(wait?.status != null && { status: wait.status }),
    ...(wait?.code != null && { code: wait.code }),
  };
}
