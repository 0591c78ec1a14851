/**
 * Holds all streams and plays changes to them while they are read.
 *
 * It chooses the records that are created, changed and deleted, and the server time of each change.
 */

import { createCalendar } from './calendar.ts';
import { createDice, seedOf } from './hash.ts';
import { createHistory, isSpare } from './history.ts';
import { createMembers, type Members } from './members.ts';
import type { FilledModelOptions } from './options.ts';
import { createStreamState, NEVER, NO_DATE, type StreamState } from './stream-state.ts';
import { baseCounts, STREAM_NAMES, STREAMS, type StreamName } from './streams.ts';
import { SECONDS_PER_DAY, TICKS_PER_DAY, TICKS_PER_MS, TICKS_PER_SECOND, type Ticks, ticksFromMs } from './ticks.ts';
import { createWorld, type States, type World } from './world.ts';

export interface Change {
  /** This many of each, in each of the streams. */
  readonly created?: number;
  readonly changed?: number;
  readonly deleted?: number;
  /** Default: all. */
  readonly streams?: readonly string[];
  /** All changes get one timestamp, like a batch approval; otherwise neighbours sometimes share one. */
  readonly bulk?: boolean;
  /** Stamped this many milliseconds in the past, like late writes. Default 0. */
  readonly lateMs?: number;
}

/** Ids of the records, by stream. Fewer than requested where no more records may be changed or deleted. */
export type Changes = Readonly<
  Record<string, { readonly created: string[]; readonly changed: string[]; readonly deleted: string[] }>
>;

export interface Source {
  readonly states: States;
  readonly world: World;
  readonly members: Members;
  /** Raised by every change. */
  version(): number;
  /** The server's clock. */
  now(): Ticks;
  /** The latest modification time that can be seen, inclusive. */
  newest(): Ticks;
  change(change: Change): Changes;
  /** Changes or deletes one record, at the server's present time. */
  touch(stream: StreamState, index: number): void;
  remove(stream: StreamState, index: number): void;
  /** Whether nothing refers to the record. */
  isDeletable(stream: StreamState, index: number): boolean;
  stream(name: string): StreamState;
}

/** Nothing was modified in this many seconds before the start. */
const QUIET_SECONDS = 60;
const DAYS_PER_YEAR = 365.25;

export function createSource(options: FilledModelOptions): Source {
  const startedAt = ticksFromMs(options.now());
  const end = Math.floor(startedAt / TICKS_PER_SECOND) - QUIET_SECONDS;
  const start = end - Math.floor(options.historyYears * DAYS_PER_YEAR * SECONDS_PER_DAY);
  const calendar = createCalendar(start, end);
  const counts = baseCounts(options.records, options.counts);
  const states = Object.fromEntries(
    STREAMS.map((spec) => {
      const seed = seedOf(options.seed, spec.name);
      const history = createHistory({
        spec,
        seed,
        count: counts[spec.name],
        calendar,
        end,
        oddDates: options.oddDates,
      });
      return [spec.name, createStreamState(spec, seed, history)];
    }),
  ) as unknown as States;
  const world = createWorld(states);
  const members = createMembers(world, () => `${options.baseUrl()}/core`, options);
  const dice = createDice(seedOf(options.seed, 'changes'));
  const now = () => ticksFromMs(options.now());
  let version = 0;
  let lastStamp = Number.NEGATIVE_INFINITY;
  let lastLate = Number.NEGATIVE_INFINITY;

  /** The present time, or a little later when the clock has not moved since the last stamp, so that no two stamps are equal. */
  function stamp(lateMs: number): Ticks {
    const present = now() - Math.floor(lateMs * TICKS_PER_MS);
    const last = lateMs === 0 ? lastStamp : lastLate;
    const standsStill = last >= present && last - present < TICKS_PER_SECOND;
    const step = last - present < TICKS_PER_SECOND / 2 ? 1 + dice.below(8) : 1;
    const at = standsStill ? last + step : present;
    if (lateMs === 0) lastStamp = at;
    else lastLate = at;
    return at;
  }

  function newest(): Ticks {
    const present = now() + TICKS_PER_MS - 1;
    return lastStamp - present < TICKS_PER_SECOND ? Math.max(present, lastStamp) : present;
  }

  /** The next change of a running machine stops it. */
  function touch(of: StreamState, index: number, at: Ticks): void {
    const stops = of.date(index) === NO_DATE;
    of.touch(index, at, stops ? Math.floor(at / TICKS_PER_SECOND) * TICKS_PER_SECOND : undefined);
  }

  function isDeletable(stream: StreamState, index: number): boolean {
    return !stream.spec.referredTo || isSpare(index) || index >= stream.baseCount;
  }

  function dateOfNew(name: StreamName, at: Ticks): Ticks {
    const { order, windowField } = states[name].spec;
    if (windowField === null || name === 'images') return at;
    if (options.oddDates && name === 'machine-registrations') {
      const odd = dice.below(24);
      if (odd < 3) return NO_DATE;
      if (odd < 5) return Math.floor(at / TICKS_PER_DAY + (odd === 3 ? 60 : -5_000)) * TICKS_PER_DAY;
    }
    if (order !== 'date') return Math.floor(at / TICKS_PER_SECOND - dice.below(8 * 3600)) * TICKS_PER_SECOND;
    const kind = dice.below(20);
    // Holidays are registered in advance, forgotten hours long afterwards.
    const days = name === 'absence-registrations' && kind < 2 ? -dice.below(60) : dice.below(kind === 19 ? 200 : 14);
    return (Math.floor(at / TICKS_PER_DAY) - days) * TICKS_PER_DAY;
  }

  /** The index of a living record that passes, or -1. */
  function anyLiving(stream: StreamState, passes: (index: number) => boolean): number {
    const total = stream.total();
    const isGood = (index: number) => stream.deleted(index) === NEVER && passes(index);
    for (let tries = 0; tries < 64 && total > 0; tries += 1) {
      const index = dice.below(total);
      if (isGood(index)) return index;
    }
    const first = total === 0 ? 0 : dice.below(total);
    for (let step = 0; step < total; step += 1) if (isGood((first + step) % total)) return (first + step) % total;
    return -1;
  }

  function stream(name: string): StreamState {
    const known = STREAM_NAMES.find((one) => one === name);
    if (known === undefined) throw new RangeError(`no such stream: ${name}`);
    return states[known];
  }

  return {
    states,
    world,
    members,
    version: () => version,
    now,
    newest,
    isDeletable,
    stream,
    touch(of, index) {
      version += 1;
      touch(of, index, stamp(0));
    },
    remove(of, index) {
      version += 1;
      of.remove(index, stamp(0));
    },
    change({ created = 0, changed = 0, deleted = 0, streams = STREAM_NAMES, bulk = false, lateMs = 0 }) {
      version += 1;
      const shared = bulk ? stamp(lateMs) : null;
      const done: Record<string, { created: string[]; changed: string[]; deleted: string[] }> = {};
      for (const name of streams) {
        const of = stream(name);
        const ids = { created: [] as string[], changed: [] as string[], deleted: [] as string[] };
        done[name] = ids;
        let at = shared ?? stamp(lateMs);
        const nextStamp = () => {
          if (shared === null && dice.below(4) > 0) at = stamp(lateMs);
          return at;
        };
        for (let nth = 0; nth < created; nth += 1) {
          const when = nextStamp();
          ids.created.push(of.id(of.create(when, dateOfNew(of.spec.name, when))));
        }
        const touched = new Set<number>();
        for (let nth = 0; nth < changed; nth += 1) {
          const index = anyLiving(of, (one) => !touched.has(one));
          if (index < 0) break;
          touched.add(index);
          touch(of, index, nextStamp());
          ids.changed.push(of.id(index));
        }
        for (let nth = 0; nth < deleted; nth += 1) {
          const when = nextStamp();
          const index = anyLiving(of, (one) => isDeletable(of, one) && of.modified(one) < when);
          if (index < 0) break;
          of.remove(index, when);
          ids.deleted.push(of.id(index));
        }
      }
      return done;
    },
  };
}
