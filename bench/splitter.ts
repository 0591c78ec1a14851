/**
 * Measures how fast pages become lines, compared with other work on the same bytes: `node bench/splitter.ts`.
 *
 * All contenders take turns on the same data, so that a busy machine slows every one of them; megabytes are those of the
 * input, time is CPU time of this thread, figures are medians.
 */

import { createItemSplitter } from '../src/core/page/item-text.ts';
import { createPageSplitter } from '../src/core/page/page-splitter.ts';
import { linePrefix, type Splitter } from '../src/core/page/splitter.ts';
import { median } from './statistics.ts';

const ROUNDS = 15;
const CHUNK_BYTES = 64 * 1024;
const PREFIX = linePrefix('20261122T081503120Z', '2026-11-22T08:15:03.120Z');
const WORDS = ['Grøft', 'Tunnel sør', 'Asfalt E6', 'Masseflytting', 'Sprengning', 'Fundament akse 3', 'Riggområde'];
const NAMES = [
  'projectNumber',
  'taskName',
  'qty',
  'approved',
  'lockedByName',
  'resourceTypeName',
  'unitPrice',
  'userId',
];

/** Fifty short members, 1.2 kB in compact form, like those of a time registration; all made up. */
function record(index: number): Record<string, unknown> {
  const members: Record<string, unknown> = {
    id: (index * 7919).toString(16).padStart(24, '0'),
    modifiedDateTime: `2026-11-${10 + (index % 20)}T08:15:03.1234567Z`,
    isDeleted: index % 97 === 0,
    deletedDateTime: null,
  };
  for (let at = 0; at < 46; at++) {
    const values = [
      WORDS[(index + at) % WORDS.length],
      ((index * at) % 1000) / 4,
      index % 2 === 0,
      null,
      index * at,
      'ab12cd',
    ];
    members[`${NAMES[at % NAMES.length]}${Math.floor(at / NAMES.length)}`] =
      values[(index * 31 + at * 17) % values.length];
  }
  return members;
}

function page(records: number, indent: number): Buffer {
  const data = Array.from({ length: records }, (_, index) => record(index));
  return Buffer.from(JSON.stringify({ data, continuationToken: null, recordCount: records }, null, indent));
}

/** Rows of item transactions; every third one has a semicolon within quotes. */
function itemText(rows: number): Buffer {
  const row = (index: number) => {
    const task = index % 3 === 0 ? '"Grøft; sør"' : 'Grøft sør';
    return `Pukk 8/16;E6 Kvål–Melhus;${index};${task};Forbruk;;20.11.2026 06:30:00;;${index % 100},50;;;;;;;\r\n`;
  };
  return Buffer.from(Array.from({ length: rows }, (_, index) => row(index)).join(''));
}

function splitWith(create: (prefix: Uint8Array) => Splitter, body: Buffer): number {
  let lineBytes = 0;
  const splitter = create(PREFIX);
  for (let from = 0; from < body.length; from += CHUNK_BYTES) {
    splitter.push(body.subarray(from, from + CHUNK_BYTES));
    lineBytes += splitter.take().byteLength;
  }
  splitter.finish();
  return lineBytes;
}

/** The simplest extractor. */
function parseAndStringify(body: Buffer): number {
  const { data } = JSON.parse(body.toString()) as { data: readonly object[] };
  const added = { _sync_id: '20261122T081503120Z', _extracted_at: '2026-11-22T08:15:03.120Z' };
  return Buffer.from(data.map((one) => `${JSON.stringify({ ...added, ...one })}\n`).join('')).length;
}

/** The cheapest loop over the bytes. */
function addBytes(body: Buffer): number {
  const end = body.length;
  let sum = 0;
  for (let at = 0; at < end; at++) sum = (sum + (body[at] as number)) | 0;
  return sum;
}

const pageSplitter = (prefix: Uint8Array) => createPageSplitter(prefix, null);
const compact = page(8_000, 0);
const pretty = page(5_000, 2);
const items = itemText(60_000);
const contenders: readonly (readonly [name: string, bytes: number, run: () => number])[] = [
  ['page splitter, compact', compact.length, () => splitWith(pageSplitter, compact)],
  ['page splitter, pretty-printed', pretty.length, () => splitWith(pageSplitter, pretty)],
  ['item splitter', items.length, () => splitWith(createItemSplitter, items)],
  ['JSON.parse and JSON.stringify, compact', compact.length, () => parseAndStringify(compact)],
  ['adding up bytes in a loop', compact.length, () => addBytes(compact)],
];

const rates = new Map<string, number[]>(contenders.map(([name]) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, bytes, run] of contenders) {
    const before = process.threadCpuUsage();
    run();
    const used = process.threadCpuUsage(before);
    rates.get(name)?.push(bytes / Math.max(1, used.user + used.system));
  }
}
for (const [name, values] of rates) {
  process.stdout.write(`${name.padEnd(40)} ${median(values).toFixed(0).padStart(6)} MB/s\n`);
}
