/**
 * Selects the records of a page and finds where the next page begins, in the two orders of a sync.
 *
 * A full sync goes by date or id and leaves out deleted records; an incremental one goes by time of change, oldest
 * first, and by the time of deletion. Neither splits records with the same timestamp, so a page may exceed its limit.
 */

import type { Position } from './continuation.ts';
import type { Filter } from './filters.ts';
import type { Query } from './query.ts';
import { lowerBound } from './sorted.ts';
import { NEVER, NO_DATE, type StreamState } from './stream-state.ts';
import type { Ticks } from './ticks.ts';

export interface Selection {
  readonly indices: readonly number[];
  /** How many of them are deleted. */
  readonly deleted: number;
  /** Where the page ends; null when it holds nothing. */
  readonly end: Position | null;
  /** Whether more records follow. */
  readonly hasMore: boolean;
}

export interface SelectionRules {
  /** Pages of a full sync never split a date; otherwise only date and id together are unique. */
  readonly wholeDays: boolean;
  /** A window leaves tombstones out, because their dates are empty. */
  readonly windowHidesTombstones: boolean;
}

/** @param newest the latest visible modification time, inclusive: later changes have not happened yet */
export function selectPage(
  stream: StreamState,
  query: Query,
  filter: Filter | null,
  rules: SelectionRules,
  newest: Ticks,
): Selection {
  return query.mode === 'full'
    ? selectFull(stream, query, filter, rules)
    : selectChanges(stream, query, filter, rules, newest);
}

/** Every record of the selection, without pages. */
export function selectAll(
  stream: StreamState,
  query: Query,
  filter: Filter | null,
  rules: SelectionRules,
): readonly number[] {
  return selectFull(stream, { ...query, limit: Number.POSITIVE_INFINITY }, filter, rules).indices;
}

function selectFull(stream: StreamState, query: Query, filter: Filter | null, rules: SelectionRules): Selection {
  const { baseCount, laterInOrder, spec } = stream;
  const { position, limit } = query;
  const from = query.window?.from ?? Number.NEGATIVE_INFINITY;
  const to = query.window?.to ?? Number.POSITIVE_INFINITY;
  const keyOf = spec.order === 'id' ? (index: number) => index : stream.date;
  const whole = rules.wholeDays || spec.order === 'instant';
  const isAfter = (key: number, index: number) => {
    if (position?.mode !== 'full') return true;
    return key > position.key || (key === position.key && position.index !== null && index > position.index);
  };
  const baseKeyOf = spec.order === 'id' ? keyOf : stream.baseDate;
  let base = lowerBound(baseCount, (index) => isAfter(baseKeyOf(index), index) && stream.baseDate(index) >= from);
  let later = lowerBound(laterInOrder.length, (nth) => {
    const index = laterInOrder[nth] as number;
    return isAfter(keyOf(index), index);
  });
  const indices: number[] = [];
  let lastKey = Number.NaN;
  for (;;) {
    while (base < baseCount && stream.isMoved(base)) base += 1;
    const nextLater = laterInOrder[later];
    const baseIsNext = base < baseCount && (nextLater === undefined || keyOf(base) <= keyOf(nextLater));
    const index = baseIsNext ? base : nextLater;
    if (index === undefined) return { indices, deleted: 0, end: endOf(), hasMore: false };
    const date = stream.date(index);
    // The dates of history never fall with the index, so no later record of it can be in the window.
    if (baseIsNext && date > to) {
      base = baseCount;
      continue;
    }
    if (baseIsNext) base += 1;
    else later += 1;
    if (query.window && !isWithin(date, query.window)) continue;
    if (stream.deleted(index) !== NEVER || (filter && !filter(index))) continue;
    const key = keyOf(index);
    const isFull = indices.length >= limit && !(whole && key === lastKey);
    if (isFull) return { indices, deleted: 0, end: endOf(), hasMore: true };
    indices.push(index);
    lastKey = key;
  }

  function endOf(): Position | null {
    const last = indices.at(-1);
    return last === undefined ? null : { mode: 'full', key: lastKey, index: whole ? null : last };
  }
}

function selectChanges(
  stream: StreamState,
  query: Query,
  filter: Filter | null,
  rules: SelectionRules,
  newest: Ticks,
): Selection {
  const { position, limit, window } = query;
  const before = Math.min(query.modifiedBefore ?? Number.POSITIVE_INFINITY, newest + 1);
  const since = query.modifiedSince ?? Number.NEGATIVE_INFINITY;
  const start = position?.mode === 'incremental' ? Math.max(since, position.at + 1) : since;
  const indices: number[] = [];
  let deleted = 0;
  let lastAt = Number.NaN;
  for (const { at, index } of stream.changesFrom(start)) {
    if (at >= before) break;
    const isDeleted = stream.deleted(index) !== NEVER;
    const hidden = isDeleted && stream.spec.tombstone === 'empty' && rules.windowHidesTombstones;
    if (window && (hidden || !isWithin(stream.date(index), window))) continue;
    if (filter && !filter(index)) continue;
    if (indices.length >= limit && at !== lastAt) {
      return { indices, deleted, end: { mode: 'incremental', at: lastAt }, hasMore: true };
    }
    indices.push(index);
    if (isDeleted) deleted += 1;
    lastAt = at;
  }
  const end: Position | null = indices.length === 0 ? null : { mode: 'incremental', at: lastAt };
  return { indices, deleted, end, hasMore: false };
}

function isWithin(at: Ticks, { from, to }: NonNullable<Query['window']>): boolean {
  return at !== NO_DATE && (from === null || at >= from) && (to === null || at <= to);
}
