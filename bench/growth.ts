/** Growth: the same stream with ever longer histories; what a record costs and how much memory it takes. */

import { type Contender, type ContenderName, type Place, runContender, type Stream } from './contender.ts';
import type { Figures } from './contenders/measure.ts';
import type { BenchOptions } from './options.ts';
import { startSource } from './processes.ts';
import type { Progress } from './progress.ts';
import { createWarmer } from './warm.ts';

export interface GrowthPoint {
  readonly size: number;
  readonly contender: ContenderName;
  readonly figures: Figures;
}

/**
 * Small records, so that ten million of them can be kept ready by the source. Payroll lines would be smaller, but dlt
 * refuses a column that holds both fractions and integers beyond 64 bits, as their rates do here.
 */
const STREAM: Stream = { name: 'absence-registrations', path: 'v1/absence-registrations' };
const PAGE_SIZE = 5000;
const PAGE_CACHE_BYTES = 3 * 2 ** 30;

export async function measureGrowth(
  contenders: readonly Contender[],
  place: Omit<Place, 'source'>,
  options: BenchOptions,
  progress: Progress,
): Promise<readonly GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  for (const size of options.growthSizes) {
    const taking = contenders.filter(({ name }) => name === 'ours' || size <= options.growthMost[name]);
    progress.say(`growth, ${size} records: preparing the pages`);
    const source = await startSource({
      records: 20_000,
      counts: { [STREAM.name]: size },
      historyYears: 10,
      wholeDays: false,
      pageCacheBytes: PAGE_CACHE_BYTES,
    });
    try {
      const names = taking.map(({ name }) => name);
      await createWarmer(source)({ contenders: names, streams: [STREAM], pageSize: PAGE_SIZE });
      for (const contender of taking) {
        progress.say(`growth, ${size} records: ${contender.name}`);
        const task = { streams: [STREAM], pageSize: PAGE_SIZE, concurrency: 1 };
        points.push({
          size,
          contender: contender.name,
          figures: await runContender(contender, task, { ...place, source }),
        });
      }
    } finally {
      await source.close();
    }
  }
  return points;
}
