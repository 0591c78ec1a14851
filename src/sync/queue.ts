/** The streams of a run that wait for a turn, and their order. */

import type { StreamRule } from '../core/cursor/stream-rule.ts';
import type { Instant } from '../core/time/instant.ts';
import type { CursorRecord } from '../ports.ts';
import { isLeftBehind } from './lease.ts';

export interface Waiting {
  readonly rule: StreamRule;
  /** The last run that had the stream died: it may be what killed it. Two of these are never worked on at once. */
  readonly isSuspect: boolean;
  /** Its server asked for a long wait: it sits that out now, since no other stream waits any more. */
  readonly isPatient: boolean;
}

export interface Queue {
  /** The next one first. */
  readonly waiting: Waiting[];
  /** Those that come once nothing else waits. */
  readonly later: Waiting[];
  isSuspectAtWork: boolean;
}

/** Takes the next stream that may be worked on; null when every stream has to wait. */
export function takeNext(queue: Queue): Waiting | null {
  const index = queue.waiting.findIndex(({ isSuspect }) => !isSuspect || !queue.isSuspectAtWork);
  const next = index === -1 ? queue.later.shift() : queue.waiting.splice(index, 1)[0];
  if (next?.isSuspect) queue.isSuspectAtWork = true;
  return next ?? null;
}

/** The stream has had its turn. */
export function putBack(queue: Queue, had: Waiting, again: 'next' | 'later' | null): void {
  if (had.isSuspect) queue.isSuspectAtWork = false;
  // A stream whose turn came to an end has killed nothing.
  if (again === 'next') queue.waiting.push({ ...had, isSuspect: false });
  if (again === 'later') queue.later.push({ rule: had.rule, isSuspect: false, isPatient: true });
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
