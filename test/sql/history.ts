/** Random histories of a table: what a lake holds after every step of syncs that complete, stop, begin again and overlap. */

import type { Column, ColumnType, StreamSpec } from '../../sql/catalogue/spec.ts';
import { type LakeFile, lineOf, type Mode, manifestFile, partFile, syncIdAt } from './lake-builder.ts';

export type Random = () => number;

/** A generator of its own, so that a seed gives the same lake everywhere. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

/** Raw texts of values, those that are of the type and those that are not. */
const VALUES: Readonly<Record<ColumnType, readonly string[]>> = {
  text: [
    '"æøå 😀"',
    '"quoted \\" \\\\ {}"',
    '""',
    '"x\\ud800y"',
    '"\\udc00 \\\\ud800 \\ud83d\\ude00"',
    '"a\\nb\\tc"',
    '12345678901234567890',
    'true',
    'null',
    '{"a":1}',
    '[]',
    '"O\'Brien"',
    '"null"',
  ],
  boolean: ['true', 'false', 'null', '"true"', '"FALSE"', '1', '"yes"', '{}'],
  number: [
    '7.5',
    '0',
    '-0',
    '1e3',
    '1.0',
    '0.1',
    '"7.5"',
    '"seven"',
    'null',
    '{}',
    '[1]',
    'true',
    '1e400',
    '1e-400',
    '"1e-400"',
    '2.5E-3',
    '12345678901234567890',
    '"1e5"',
    '" 7"',
    '"0x10"',
    '"007"',
    '"NaN"',
    '"Infinity"',
    '-12.25',
  ],
  integer: [
    '3',
    '-7',
    '1.0',
    '1e3',
    '1.5',
    '9007199254740993',
    '9223372036854775807',
    '9223372036854775808',
    '"12"',
    '"12.0"',
    '"x"',
    'null',
    '1e20',
    '1e18',
    '"-1e17"',
    '9007199254740991.0',
    '9007199254740993.0',
    '-0',
    '2.5e1',
    '25e-1',
    '{}',
    '" 1"',
  ],
  timestamp: [
    '"2026-11-22T08:15:03Z"',
    '"2026-11-22T08:15:03.1239999Z"',
    '"2026-11-22T08:15:03.5+01:00"',
    '"2026-11-22T08:15:03-02:30"',
    '"2026-11-22T08:15:03"',
    '"2026-11-22T08:15Z"',
    '"0001-01-01T00:00:00"',
    '"0001-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59.9999999"',
    '"9999-12-31T23:59:59-02:00"',
    '"2026-02-30T00:00:00Z"',
    '"2026-11-22"',
    '"2026-11-22 08:15:03"',
    '"yesterday"',
    '1764000000',
    'null',
    '"2026-11-22T24:00:00Z"',
    '"2026-11-22T08:15:03+0100"',
    '"2026-11-22T08:15:03+15:00"',
    '"1883-11-18T00:00:00Z"',
    '"0002-01-01T00:00:00Z"',
    '{}',
    '"2026-W01"',
  ],
  date: [
    '"2026-11-22T00:00:00Z"',
    '"2026-11-22"',
    '"2026-11-22T23:30:00+01:00"',
    '"0001-01-01T00:00:00"',
    '"9999-12-31T00:00:00Z"',
    '"2026-02-30T00:00:00Z"',
    '"22.11.2026"',
    'null',
    '20261122',
    '{}',
  ],
  json: [
    '[{"qty":1e3,"deep":{"a":1.10}}]',
    '[]',
    '{}',
    'null',
    '"text"',
    '5',
    'true',
    '[12345678901234567890,"x\\ud800"]',
    '{"a":1,"a":2}',
    '[null]',
  ],
  'decimal-text': ['"1,5"', '"1.5"', '"\u2212 2"', '"\u22122,25"', '"-3"', '""', '"x"', '"1.234,5"', '"0,10"'],
  'local-datetime-text': [
    '"02.11.2026 08:09:10"',
    '"31.02.2026 08:09:10"',
    '"01.01.0001 00:00:00"',
    '"2026-11-02T08:09:10Z"',
    '""',
    '"02.11.2026 24:00:00"',
  ],
};

/** A record with the key's fields chosen from few, so that they meet again. */
function recordText(
  random: Random,
  { columns, key }: Pick<StreamSpec, 'columns' | 'key'>,
  mayBeDeleted: boolean,
): string {
  const members = columns.filter(() => random() < 0.7).map((column) => memberOf(random, column, key, mayBeDeleted));
  const id =
    key.includes('id') && random() < 0.97
      ? [`"id":${pick(random, ['"a"', '"b"', '"c"', '"d"', '"e"', '6', '"6"'])}`]
      : [];
  const twice = random() < 0.05 ? ['"name":"first","name":"second"'] : [];
  const unknown = random() < 0.2 ? ['"brandNew":{"deep":[1]}'] : [];
  const all = [...id, ...twice, ...members, ...unknown].filter((each) => each !== '');
  return `{${all.length === 0 ? '"nothing":null' : all.join(',')}}`;
}

function memberOf(random: Random, { name, type }: Column, key: readonly string[], mayBeDeleted: boolean): string {
  if (name === 'id') return random() < 0.03 ? '"id":null' : '';
  if (name === 'isDeleted')
    return mayBeDeleted
      ? `"isDeleted":${pick(random, ['true', 'false', 'false', '"true"', 'null'])}`
      : '"isDeleted":false';
  if (key.includes(name)) return `"${name}":${pick(random, KEY_VALUES[type] ?? ['"p"', '"q"', 'null'])}`;
  return `"${name}":${pick(random, VALUES[type])}`;
}

/** One moment, written in two ways. */
const KEY_VALUES: Partial<Record<ColumnType, readonly string[]>> = {
  timestamp: ['"2026-11-22T08:15:03Z"', '"2026-11-22T09:15:03.000+01:00"', 'null'],
};

interface OpenSync {
  readonly mode: Mode;
  readonly syncId: string;
  readonly parts: string[];
}

export interface HistoryOptions {
  /** The first sync is opened here. */
  readonly startMs: number;
  readonly steps: number;
  /** Longest time between two pages. */
  readonly maxGapMs: number;
  readonly zstd?: boolean;
}

/** What is written at each step, in order. */
export function history(
  random: Random,
  source: Pick<StreamSpec, 'table' | 'columns' | 'key'>,
  options: HistoryOptions,
): LakeFile[][] {
  let nowMs = options.startMs;
  let version = 0;
  const open: { own: OpenSync | null; backfill: OpenSync | null } = { own: null, backfill: null };
  const withoutIds = source.key.length === 0;

  function begin(slot: 'own' | 'backfill'): OpenSync {
    const mode =
      slot === 'backfill' ? 'backfill' : withoutIds || version === 0 || random() < 0.2 ? 'full' : 'incremental';
    return { mode, syncId: syncIdAt(nowMs), parts: [] };
  }

  return Array.from({ length: options.steps }, () => {
    nowMs += 1000 + Math.floor(random() * options.maxGapMs);
    const slot = random() < 0.25 ? 'backfill' : 'own';
    const sync = open[slot] ?? begin(slot);
    open[slot] = sync;
    const files: LakeFile[] = [];
    if (random() < 0.85) {
      version += 1;
      const texts = Array.from({ length: 1 + Math.floor(random() * 2) }, () => {
        nowMs += 1;
        const count = 1 + Math.floor(random() * 4);
        const records = Array.from({ length: count }, () => recordText(random, source, sync.mode !== 'full'));
        return records.map((record) => lineOf(sync.syncId, nowMs, record)).join('');
      });
      const zstd = options.zstd ?? random() < 0.3;
      const part = partFile(source.table, sync.syncId, texts, { version, zstd });
      files.push(part);
      // An orphan: the process died between part and checkpoint, and the page is read again.
      if (random() > 0.1) sync.parts.push(part.key);
    }
    const fate = random();
    if (fate < 0.4) files.push(manifestFile(source.table, sync.mode, sync.syncId, sync.parts));
    // Complete, or given up: another begins.
    if (fate < 0.5) open[slot] = null;
    return files;
  });
}
