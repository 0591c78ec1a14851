/** The streams of a run that wait for a turn, and their order. */

import type { StreamRule } from '../core/cursor/stream-rule.ts';
import type { Instant } from '../core/time/instant.ts';
import type { CursorRecord } from '../ports.ts';
import { isLeftBehind } from './lease.ts';

export interface Waiting {
  readonly rule: StreamRule;
  /** The last run that had the stream died, perhaps because of it. Two of these are never worked on at once. */
  readonly isSuspect: boolean;
  /** Its server asked for a long wait. It waits now, because no other stream needs the time. */
  readonly isPatient: boolean;
}

/** A stream whose server asked for a long wait. */
interface Postponed {
  readonly waiting: Waiting;
  /** When the wait is over, by the monotonic clock, in milliseconds. */
  readonly readyMs: number;
}

export interface Queue {
  /** The next one first. */
  readonly waiting: Waiting[];
  /** Those that come once their wait is over, or nothing else waits. */
  readonly later: Postponed[];
  isSuspectAtWork: boolean;
}

/** Takes the next stream that may be worked on; null when every stream has to wait. */
export function takeNext(queue: Queue, nowMs: number): Waiting | null {
  const next = takeReady(queue, nowMs) ?? takeWaiting(queue) ?? takePatient(queue);
  if (next?.isSuspect) queue.isSuspectAtWork = true;
  return next;
}

/** Whether the long wait of a stream is over. It gave up its turn, and gets it back before others end theirs. */
export function isAnyoneReady({ later }: Queue, nowMs: number): boolean {
  return later.some(({ readyMs }) => readyMs <= nowMs);
}

/** Taken before the streams that wait, because a huge one among them comes again and again. */
function takeReady({ later }: Queue, nowMs: number): Waiting | null {
  const index = later.findIndex(({ readyMs }) => readyMs <= nowMs);
  return index === -1 ? null : (later.splice(index, 1)[0]?.waiting ?? null);
}

function takeWaiting({ waiting, isSuspectAtWork }: Queue): Waiting | null {
  const index = waiting.findIndex(({ isSuspect }) => !isSuspect || !isSuspectAtWork);
  return index === -1 ? null : (waiting.splice(index, 1)[0] ?? null);
}

function takePatient({ later }: Queue): Waiting | null {
  const next = later.shift();
  return next ? { ...next.waiting, isPatient: true } : null;
}

/** The stream has had its turn. `again`: as the next in line, or after so many milliseconds. */
export function putBack(queue: Queue, had: Waiting, again: 'next' | number | null, nowMs: number): void {
  if (had.isSuspect) queue.isSuspectAtWork = false;
  if (again === null) return;
  // The stream's turn ended, so it did not kill the run.
  const waiting = { rule: had.rule, isSuspect: false, isPatient: false };
  if (again === 'next') queue.waiting.push({ ...waiting, isPatient: had.isPatient });
  else queue.later.push({ waiting, readyMs: nowMs + again });
}

/**
 * Least recently served first, then as in the catalogue. Behind all others: streams that brought nothing in their last
 * runs, and those of which a run died, so that a stream which hangs or kills the process keeps no other from its turn.
 */
export function inTurn(
  rules: readonly StreamRule[],
  stored: ReadonlyMap<string, Pick<CursorRecord, 'cursor' | 'leaseUntil'>>,
  now: Instant,
): Waiting[] {
  const placed = rules.map((rule) => {
    const record = stored.get(rule.name);
    const isSuspect = record !== undefined && isLeftBehind(record, now);
    const trouble = (record?.cursor.fruitlessRuns ?? 0) + (isSuspect ? 1 : 0);
    const servedAt = record?.cursor.lastServedAt ?? Number.NEGATIVE_INFINITY;
    return { trouble, servedAt, waiting: { rule, isSuspect, isPatient: false } };
  });
  return placed.sort((a, b) => a.trouble - b.trouble || compare(a.servedAt, b.servedAt)).map(({ waiting }) => waiting);
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
