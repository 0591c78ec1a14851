/**
 * Keeps the present state of one stream: its history, and a sparse log of all changes since.
 *
 * Memory grows with the number of changes, not of records, except for one array of 8 bytes per record, made when the first
 * incremental request needs it.
 */

import { firstOfId, type History, ticksOfSecond, UNDATED } from './history.ts';
import { insertSorted, lowerBound } from './sorted.ts';
import type { StreamSpec } from './streams.ts';
import { TICKS_PER_DAY, TICKS_PER_SECOND, type Ticks } from './ticks.ts';

/** No time: the record is not deleted. */
export const NEVER: Ticks = -1e17;
/** Stands for a missing date: last in the order, and in no window. */
export const NO_DATE: Ticks = UNDATED * TICKS_PER_SECOND;

export interface StreamState {
  readonly spec: StreamSpec;
  /** Of the stream. */
  readonly seed: number;
  /** How many records were ever created; indices are below it. */
  total(): number;
  id(index: number): string;
  /** The index that an id names, the first where several share it, or -1. */
  indexOf(id: string): number;
  /** How many times the record was changed since the simulator started; its deletion changes nothing in it. */
  revision(index: number): number;
  madeAt(index: number): Ticks;
  /** By what a full sync orders and a window filters: midnight of its date, its instant, its making, or {@link NO_DATE}. */
  date(index: number): Ticks;
  /** The same for records of history, as it was when the simulator started; never falls as the index grows. */
  baseDate(index: number): Ticks;
  /** Whether a record of history has another date now; {@link laterInOrder} then contains it. */
  isMoved(index: number): boolean;
  modified(index: number): Ticks;
  /** {@link NEVER} while it lives. */
  deleted(index: number): Ticks;
  counts(): { readonly live: number; readonly deleted: number };
  /** Indices of records that were created or given another date, in the order of a full sync. */
  readonly laterInOrder: readonly number[];
  readonly baseCount: number;
  /** Everything in the order of change, from the first at or after `from`; stale entries are left out. */
  changesFrom(from: Ticks): Iterable<{ readonly at: Ticks; readonly index: number }>;
  create(at: Ticks, date: Ticks): number;
  /** @param onDate another date for it; unchanged unless given */
  touch(index: number, at: Ticks, onDate?: Ticks): void;
  /** Deletes the record, and every other record with its id. */
  remove(index: number, at: Ticks): void;
}

interface Entry {
  readonly revision: number;
  readonly modified: Ticks;
  readonly deleted: Ticks;
}

const INDEX_BITS = 24;
const INDICES = 2 ** INDEX_BITS;
/** The rest is for records that are created while it runs. */
const MAX_RECORDS = 0.75 * INDICES;
/** 2015-01-01 as seconds since 1970, for ids that begin as a MongoDB object id does. */
const EPOCH_SECONDS = Date.UTC(2015, 0, 1) / 1000;

export function createStreamState(spec: StreamSpec, seed: number, history: History): StreamState {
  const baseCount = history.count;
  if (baseCount > MAX_RECORDS) throw new RangeError(`${spec.name}: at most ${MAX_RECORDS} records`);
  const machinePart = seed.toString(16).padStart(8, '0').slice(0, 8);
  const streamPart = (spec.path.length + spec.name.charCodeAt(0)).toString(16).padStart(2, '0').slice(-2);
  const entries = new Map<number, Entry>();
  const made: Ticks[] = [];
  const dates: Ticks[] = [];
  const moved = new Map<number, Ticks>();
  const laterInOrder: number[] = [];
  /** The log of changes since the start, ordered by time: each record and its new state. */
  const logAt: Ticks[] = [];
  const logIndex: number[] = [];
  const logEntry: Entry[] = [];
  let baseOrder: Float64Array | null = null;
  let firstSecond = 0;
  let baseDeleted = -1;
  let deletedSince = 0;

  const madeAt = (index: number) =>
    index < baseCount ? history.madeAt(index) * TICKS_PER_SECOND : (made[index - baseCount] as Ticks);
  const baseDate = (index: number) => {
    const at = history.datedAt(index) * TICKS_PER_SECOND;
    return spec.order === 'date' ? Math.floor(at / TICKS_PER_DAY) * TICKS_PER_DAY : at;
  };
  const date = (index: number) => {
    if (index >= baseCount) return dates[index - baseCount] as Ticks;
    return (moved.size === 0 ? undefined : moved.get(index)) ?? baseDate(index);
  };
  const modified = (index: number) => entries.get(index)?.modified ?? ticksOfSecond(seed, history.modifiedAt(index));
  const baseDeletion = (index: number) => {
    const seconds = history.deletedAt(index);
    return seconds === 0 ? NEVER : ticksOfSecond(seed, seconds);
  };
  const deleted = (index: number) => {
    const entry = entries.size === 0 ? undefined : entries.get(index);
    return entry ? entry.deleted : baseDeletion(index);
  };

  /** Keys of second and index, sorted as numbers: 29 bits of seconds (17 years) and 24 of index fit below 2^53. */
  function order(): Float64Array {
    if (baseOrder) return baseOrder;
    const keys = new Float64Array(baseCount);
    firstSecond = baseCount === 0 ? 0 : history.madeAt(0);
    for (let index = 0; index < baseCount; index += 1) {
      const second = history.deletedAt(index) || history.modifiedAt(index);
      keys[index] = (second - firstSecond) * INDICES + index;
    }
    baseOrder = keys.sort();
    return keys;
  }

  function set(index: number, revision: number, modifiedAt: Ticks, deletedAt: Ticks): void {
    const entry = { revision, modified: modifiedAt, deleted: deletedAt };
    entries.set(index, entry);
    const place = insertSorted(logAt, deletedAt === NEVER ? modifiedAt : deletedAt);
    logIndex.splice(place, 0, index);
    logEntry.splice(place, 0, entry);
  }

  function putInOrder(index: number, onDate: Ticks): void {
    const place =
      spec.order === 'id'
        ? laterInOrder.length
        : lowerBound(laterInOrder.length, (nth) => date(laterInOrder[nth] as number) > onDate);
    laterInOrder.splice(place, 0, index);
  }

  function move(index: number, onDate: Ticks): void {
    const at = laterInOrder.indexOf(index);
    if (at >= 0) laterInOrder.splice(at, 1);
    if (index >= baseCount) dates[index - baseCount] = onDate;
    else moved.set(index, onDate);
    putInOrder(index, onDate);
  }

  /** The record and every other of its id. */
  function sharers(index: number): readonly number[] {
    if (!spec.sharesIds) return [index];
    const first = firstOfId(index);
    return [first, first + 1].filter((one) => one < baseCount + made.length && firstOfId(one) === first);
  }

  function* changesFrom(from: Ticks) {
    const keys = order();
    const secondOf = (key: number) => Math.floor(key / INDICES) + firstSecond;
    const tickOf = (key: number) => ticksOfSecond(seed, secondOf(key));
    let base = lowerBound(keys.length, (at) => tickOf(keys[at] as number) >= from);
    let since = lowerBound(logAt.length, (at) => (logAt[at] as Ticks) >= from);
    const change = { at: 0, index: 0 };
    for (;;) {
      const baseAt = base < keys.length ? tickOf(keys[base] as number) : Number.POSITIVE_INFINITY;
      const sinceAt = since < logAt.length ? (logAt[since] as Ticks) : Number.POSITIVE_INFINITY;
      if (baseAt === Number.POSITIVE_INFINITY && sinceAt === Number.POSITIVE_INFINITY) return;
      if (baseAt <= sinceAt) {
        change.at = baseAt;
        change.index = (keys[base] as number) % INDICES;
        base += 1;
        if (entries.has(change.index)) continue;
      } else {
        change.at = sinceAt;
        change.index = logIndex[since] as number;
        if (entries.get(change.index) !== logEntry[since]) {
          since += 1;
          continue;
        }
        since += 1;
      }
      yield change;
    }
  }

  return {
    spec,
    seed,
    baseCount,
    laterInOrder,
    total: () => baseCount + made.length,
    id(row) {
      const index = spec.sharesIds ? firstOfId(row) : row;
      const second = EPOCH_SECONDS + Math.floor(madeAt(index) / TICKS_PER_SECOND);
      return second.toString(16).padStart(8, '0') + machinePart + streamPart + index.toString(16).padStart(6, '0');
    },
    indexOf(id) {
      const index = /^[0-9a-f]{24}$/.test(id) ? Number.parseInt(id.slice(18), 16) : -1;
      return index >= 0 && index < baseCount + made.length && this.id(index) === id ? index : -1;
    },
    revision: (index) => entries.get(index)?.revision ?? 0,
    madeAt,
    date,
    baseDate,
    isMoved: (index) => moved.has(index),
    modified,
    deleted,
    counts() {
      if (baseDeleted < 0) {
        baseDeleted = 0;
        for (let index = 0; index < baseCount; index += 1) if (history.deletedAt(index) !== 0) baseDeleted += 1;
      }
      const gone = baseDeleted + deletedSince;
      return { live: baseCount + made.length - gone, deleted: gone };
    },
    changesFrom,
    create(at, onDate) {
      const index = baseCount + made.length;
      if (index >= INDICES) throw new RangeError(`${spec.name}: at most ${INDICES} records`);
      made.push(at);
      dates.push(onDate);
      set(index, 0, at, NEVER);
      putInOrder(index, onDate);
      return index;
    },
    touch(index, at, onDate) {
      if (deleted(index) !== NEVER) throw new Error(`${spec.name} ${index} is deleted`);
      if (onDate !== undefined) move(index, onDate);
      set(index, (entries.get(index)?.revision ?? 0) + 1, at, NEVER);
    },
    remove(index, at) {
      if (deleted(index) !== NEVER) throw new Error(`${spec.name} ${index} is deleted already`);
      for (const one of sharers(index)) {
        if (deleted(one) !== NEVER) continue;
        set(one, entries.get(one)?.revision ?? 0, modified(one), at);
        deletedSince += 1;
      }
    },
  };
}
