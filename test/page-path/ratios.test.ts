/**
 * What a page costs, as ratios and counts: time beside other work on the same bytes in the same process, what is left on
 * the heap, and memory while megabytes go through. `npm run bench` measures the whole; these fail when the path of a page gets worse.
 */

import assert from 'node:assert/strict';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';

import { createPageSplitter, linePrefix } from '../../src/core/page/splitter.ts';
import { PAGE_LIMITS, readBody } from '../../src/ditio/http/body.ts';
import { createPage } from '../../src/lake/page.ts';

const PREFIX = linePrefix('20261122T081503120Z', '2026-11-22T08:15:03.120Z');
const SPLIT_BYTES = 64 * 1024;

/** A page of records of some 1.2 kB, as time registrations have them; all made up. */
function pageOf(records: number): Buffer {
  const data = Array.from({ length: records }, (_, index) => ({
    id: (index * 7919).toString(16).padStart(24, '0'),
    ...Object.fromEntries(Array.from({ length: 44 }, (_unused, at) => [`member${at}`, memberOf(index, at)])),
    isDeleted: index % 97 === 0,
  }));
  return Buffer.from(JSON.stringify({ data, continuationToken: null, recordCount: records }));
}

function memberOf(index: number, at: number): unknown {
  const values = ['Grøft, akse 3', ((index * at) % 1000) / 4, index % 2 === 0, null, index * at, 'Riggområde sør'];
  return values[(index * 31 + at * 17) % values.length];
}

function splitAll(body: Buffer): number {
  const splitter = createPageSplitter(PREFIX);
  let lineBytes = 0;
  for (let from = 0; from < body.length; from += SPLIT_BYTES) {
    splitter.push(body.subarray(from, from + SPLIT_BYTES));
    lineBytes += splitter.take().byteLength;
  }
  assert.ok(splitter.finish().records > 0);
  return lineBytes;
}

/** What it would be without a splitter. */
function parseAll(body: Buffer): number {
  const { data } = JSON.parse(body.toString()) as { data: readonly object[] };
  return Buffer.from(data.map((record) => `${JSON.stringify({ _sync_id: '', ...record })}\n`).join('')).length;
}

function millisecondsOf(work: () => number): number {
  const before = performance.now();
  assert.ok(work() > 0);
  return performance.now() - before;
}

/** What `work` leaves on the heap for garbage collection; less than nothing where that came in between. */
function heapBytesOf(work: () => number): number {
  const before = process.memoryUsage().heapUsed;
  assert.ok(work() > 0);
  return process.memoryUsage().heapUsed - before;
}

describe('the path of a page', () => {
  // First, as memory that the others leave behind would be given back while it measures.
  it('holds a few megabytes of a page, however long it is', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ditio-page-path-'));
    const file = await open(join(folder, 'part'), 'wx+');
    try {
      const body = pageOf(4000);
      const sent = gzipSync(body);
      const before = process.memoryUsage().arrayBuffers;
      let mostBytes = 0;
      let end = { bytes: 0, crc: 0 };
      // Some 150 MB in all, which is more than would be left lying about before garbage is collected.
      for (let page = 0; page < 30; page++) {
        const writer = createPage(file, end, { gzipLevel: 1, place: 'spool' }, (newEnd) => {
          end = newEnd ?? end;
        });
        const splitter = createPageSplitter(PREFIX);
        const answer = { status: 200, headers: { 'content-encoding': 'gzip' }, body: inReads(sent) };
        for await (const chunk of readBody(answer, PAGE_LIMITS, () => ({}))) {
          for (let from = 0; from < chunk.byteLength; from += SPLIT_BYTES) {
            splitter.push(chunk.subarray(from, from + SPLIT_BYTES));
            await writer.write(splitter.take());
          }
          mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
        }
        assert.equal(splitter.finish().records, 4000);
        await writer.finish();
      }
      t.diagnostic(`${(mostBytes / 1e6).toFixed(1)} MB at most, of ${((30 * body.length) / 1e6).toFixed(0)} MB`);
      assert.ok(mostBytes < 16e6, `${(mostBytes / 1e6).toFixed(1)} MB`);
    } finally {
      await file.close();
      await rm(folder, { recursive: true });
    }
  });

  it('splits for less than half the time that parsing and writing the same records takes', (t) => {
    const body = pageOf(2000);
    let [split, parse, rounds] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
    // The least of many rounds: what else the machine does, and the compiler, only ever adds to it. By the clock on the
    // wall, as the system may count CPU time in steps that are half as long as a round.
    do {
      split = Math.min(
        split,
        millisecondsOf(() => splitAll(body)),
      );
      parse = Math.min(
        parse,
        millisecondsOf(() => parseAll(body)),
      );
    } while (++rounds < 25 || (split >= parse / 2 && rounds < 200));
    const ratio = split / parse;
    t.diagnostic(`${ratio.toFixed(2)} of the time, in ${rounds} rounds`);
    assert.ok(ratio < 0.5, `${ratio.toFixed(2)} of the time`);
  });

  it('leaves nothing of a record on the heap', (t) => {
    const records = 4000;
    const body = pageOf(records);
    for (let round = 0; round < 20; round++) splitAll(body);
    const rounds = Array.from({ length: 15 }, () => heapBytesOf(() => splitAll(body))).toSorted((a, b) => a - b);
    const bytes = rounds[7] as number;
    t.diagnostic(`${bytes} bytes for a page of ${records} records`);
    // The smallest object there is takes 16; some hundreds are made for each read of the body.
    assert.ok(bytes < 12 * records, `${bytes} bytes for ${records} records`);
  });
});

/** As a socket hands them out. */
async function* inReads(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.byteLength; from += SPLIT_BYTES) yield bytes.subarray(from, from + SPLIT_BYTES);
}
