/**
 * What gzip's levels take and give on the lines of a lake: `npm run local -- --records 150000`, then
 * `node bench/levels.ts [folder of the lake]`.
 *
 * All levels take turns on the same bytes; time is CPU time of the process, figures are medians.
 */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { median } from './statistics.ts';

const LEVELS = [1, 3, 4, 5, 6, 9] as const;
const ROUNDS = 5;
const MOST_BYTES = 32 * 2 ** 20;

const lake = process.argv[2] ?? '.local/latest/lake';
const parts = globSync(join(lake, 'time_registrations/*/*.ndjson.gz')).sort();
const lines = Buffer.concat(parts.map((part) => gunzipSync(readFileSync(part)))).subarray(0, MOST_BYTES);
if (lines.length === 0) {
  console.error(`There are no time registrations in ${lake}: run \`npm run local -- --records 150000\` first.`);
  process.exit(2);
}

const rates = new Map<number, number[]>(LEVELS.map((level) => [level, []]));
const bytes = new Map<number, number>();
for (let round = 0; round < ROUNDS; round++) {
  for (const level of LEVELS) {
    const before = process.cpuUsage();
    bytes.set(level, gzipSync(lines, { level }).length);
    const { user, system } = process.cpuUsage(before);
    rates.get(level)?.push(lines.length / (user + system));
  }
}
const usual = { rate: median(rates.get(6) ?? []), bytes: bytes.get(6) ?? 1 };
for (const [level, values] of rates) {
  const rate = median(values);
  const size = bytes.get(level) ?? 0;
  process.stdout.write(
    `level ${level}  ${rate.toFixed(0).padStart(4)} MB/s, ${(rate / usual.rate).toFixed(2)} × level 6` +
      `   ${((100 * size) / lines.length).toFixed(1).padStart(5)} % of the lines, ${(size / usual.bytes).toFixed(2)} × level 6\n`,
  );
}
