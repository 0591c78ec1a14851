/**
 * Computes what happened to the records before the simulator started: when each was last modified, which were deleted.
 *
 * It is a function of (seed, stream, index). Approvals in bulk give a whole batch of records one timestamp; corrections
 * follow days to a year later, one at a time. All of it lies before the end of history.
 */

import type { Calendar } from './calendar.ts';
import { hash } from './hash.ts';
import type { StreamSpec } from './streams.ts';
import { SECONDS_PER_DAY, TICKS_PER_SECOND, type Ticks } from './ticks.ts';

export interface History {
  readonly count: number;
  /** When the record was created, in seconds since 2015; never falls as the index grows. */
  madeAt(index: number): number;
  modifiedAt(index: number): number;
  /** By what a full sync orders and a window filters, in seconds since 2015; {@link UNDATED} for no date. Never falls either. */
  datedAt(index: number): number;
  /** 0 where the record is not deleted; later than its modification otherwise. */
  deletedAt(index: number): number;
}

/** Records that a batch approval touches at once: many small batches, a few large ones. */
const BATCHES = [
  { size: 200, oneIn: 25, salt: 31, withinDays: 14 },
  { size: 24, oneIn: 3, salt: 32, withinDays: 9 },
] as const;
const DELETED_ONE_IN = 61;
const SALT = { own: 33, delay: 34, deleted: 35, fraction: 36 } as const;
/** Later than every date, and in no window: a machine that still runs has no stop time. Seconds since 2015. */
export const UNDATED = 800_000_000;
/** Mistyped dates, in days from the end of history: long before 2015, and in the future. */
const MISTYPED = { before: [-4_900, -4_400], ahead: [45, 420] } as const;
const STILL_RUNNING = 5;
/** A stream with fewer records than this has only correct dates. */
const ENOUGH_FOR_ODD_DATES = 60;

/** Crew check-ins of the very last day, so that "today only" has something to say. */
const TODAY = 12;

export interface HistoryOptions {
  readonly spec: StreamSpec;
  /** Of the stream. */
  readonly seed: number;
  readonly count: number;
  readonly calendar: Calendar;
  /** Seconds since 2015; everything is before it. */
  readonly end: number;
  /** Whether some records have mistyped dates, or none. */
  readonly oddDates: boolean;
}

export function createHistory({ spec, seed, count, calendar, end, oddDates }: HistoryOptions): History {
  const dayBegan = Math.floor(end / SECONDS_PER_DAY) * SECONDS_PER_DAY;
  const firstOfToday = spec.name === 'crew-list-registrations' ? Math.max(0, count - TODAY) : count;

  function madeAt(index: number): number {
    if (index < firstOfToday) return calendar.secondsAt(index, count);
    const fraction = (index - firstOfToday + 1) / (TODAY + 2);
    return dayBegan + Math.floor((end - dayBegan) * fraction);
  }

  const isOdd = oddDates && count >= ENOUGH_FOR_ODD_DATES;
  const running = isOdd && spec.name === 'machine-registrations' ? STILL_RUNNING : 0;
  const ahead = isOdd && spec.name === 'machine-registrations' ? MISTYPED.ahead : [];
  const beginsTooEarly = isOdd && (spec.name === 'machine-registrations' || spec.name === 'crew-list-registrations');

  function datedAt(index: number): number {
    if (index >= count - running) return UNDATED;
    const offDays =
      ahead[index - (count - running - ahead.length)] ?? (beginsTooEarly ? MISTYPED.before[index] : undefined);
    return offDays === undefined ? madeAt(index) : end + offDays * SECONDS_PER_DAY;
  }

  function modifiedAt(index: number): number {
    for (const { size, oneIn, salt, withinDays } of BATCHES) {
      const batch = Math.floor(index / size);
      if (hash(seed, batch, salt) % oneIn !== 0) continue;
      const last = Math.min(count, (batch + 1) * size) - 1;
      return after(madeAt(last), hash(seed, batch, salt + 100), withinDays);
    }
    const own = hash(seed, index, SALT.own) % 100;
    return after(madeAt(index), hash(seed, index, SALT.delay), own < 50 ? 2 : own < 85 ? 30 : 400);
  }

  /** A time up to this many days after `from`, and always before the end. */
  function after(from: number, dice: number, days: number): number {
    const at = from + (dice % (days * SECONDS_PER_DAY));
    return at < end ? at : from + Math.floor((Math.max(0, end - 1 - from) * dice) / 4294967296);
  }

  function deletedAt(row: number): number {
    // A tombstone names an id, so all that share it are deleted together.
    const index = spec.sharesIds ? firstOfId(row) : row;
    if (spec.tombstone === 'gone' || (spec.referredTo && !isSpare(index))) return 0;
    const dice = hash(seed, index, SALT.deleted);
    if (dice % (spec.referredTo ? 3 : DELETED_ONE_IN) !== 0) return 0;
    const modified = modifiedAt(index);
    const at = after(modified + 1, dice, 90);
    return at > modified && at < end ? at : 0;
  }

  return { count, madeAt, datedAt, modifiedAt, deletedAt };
}

/**
 * The fraction of a second, the same for everything in that second, so that batches share one timestamp to the tick.
 * Most have milliseconds, some all seven digits, a few none.
 */
export function ticksOfSecond(seed: number, seconds: number): Ticks {
  const dice = hash(seed, seconds, SALT.fraction);
  const kind = dice & 15;
  const fraction = kind === 0 ? 0 : kind < 5 ? dice % TICKS_PER_SECOND : (dice % 1000) * 10_000;
  return seconds * TICKS_PER_SECOND + fraction;
}

/** The first record of an id that several may share: every sixth record shares that of the one before it. */
export function firstOfId(index: number): number {
  return index % 6 === 5 ? index - 1 : index;
}

/** Of the records that others may refer to, every eighth has no references and may be deleted. */
export function isSpare(index: number): boolean {
  return (index & 7) === 7;
}

/** How many of these records others may refer to. */
export function referableCount(count: number): number {
  return count - (count >> 3);
}

/** The index of the n-th record that others may refer to. */
export function referable(nth: number): number {
  return nth + Math.floor(nth / 7);
}
