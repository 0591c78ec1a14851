/**
 * Measures size, time and cost of the levels of gzip and zstd on the lines of a lake: `node bench/levels.ts`.
 *
 * All take turns on the same bytes, the simulator's time registrations; time is CPU time of the process, figures are
 * medians. Costs are of a gigabyte of lines, written once by Lambda, kept in S3 for a year and scanned by Athena once a
 * day.
 */

import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { createDitioModel } from '../simulator/index.ts';
import { median } from './statistics.ts';

const GZIP_LEVELS = [1, 3, 4, 5, 6, 9] as const;
const ZSTD_LEVELS = [1, 3, 6] as const;
const ROUNDS = 5;
const RECORDS = 15_000;
const STREAM = 'time-registrations';
/** Lambda gives a function a processor of its own for each 1,769 MB of memory. */
/** Lambda on arm64 in eu-north-1, list price. */
const DOLLARS_PER_GB_SECOND = 0.0000133334;
const GB_PER_PROCESSOR = 1769 / 1024;
/** US dollars for a gigabyte and month, S3 Standard in eu-north-1: https://aws.amazon.com/s3/pricing/ */
const STORAGE = 0.023;
/** US dollars for a gigabyte scanned: https://aws.amazon.com/athena/pricing/ */
const SCAN = 0.005;

const model = createDitioModel({ records: 0, counts: { [STREAM]: RECORDS }, seed: 11, historyYears: 2 });
const prefix = '{"_sync_id":"20261122T081503120Z","_extracted_at":"2026-11-22T08:15:03.120Z",';
const lines = Buffer.from(
  [...model.liveIds(STREAM)].map((id) => `${prefix}${model.record(STREAM, id)?.json.slice(1)}\n`).join(''),
);

const contenders = [
  ...GZIP_LEVELS.map((level) => ({ name: `gzip ${level}`, compress: () => gzipSync(lines, { level }) })),
  ...ZSTD_LEVELS.map((level) => ({
    name: `zstd ${level}`,
    compress: () => zstdCompressSync(lines, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
  })),
].map((contender) => ({ ...contender, rates: [] as number[], bytes: 0 }));

for (let round = 0; round < ROUNDS; round++) {
  for (const contender of contenders) {
    const before = process.cpuUsage();
    contender.bytes = contender.compress().length;
    const { user, system } = process.cpuUsage(before);
    contender.rates.push(lines.length / (user + system));
  }
}
process.stdout.write(`${(lines.length / 1e6).toFixed(0)} MB of lines; dollars for a gigabyte of them\n`);
for (const { name, rates, bytes } of contenders) {
  const rate = median(rates);
  const share = bytes / lines.length;
  const lambda = (1000 / rate) * GB_PER_PROCESSOR * DOLLARS_PER_GB_SECOND;
  const storage = share * 12 * STORAGE;
  const scans = share * 365 * SCAN;
  process.stdout.write(
    `${name}  ${rate.toFixed(0).padStart(4)} MB/s  ${(100 * share).toFixed(1).padStart(5)} %` +
      `  Lambda ${lambda.toFixed(5)}  storage ${storage.toFixed(4)}  scans ${scans.toFixed(4)}` +
      `  in all ${(lambda + storage + scans).toFixed(4)}\n`,
  );
}
