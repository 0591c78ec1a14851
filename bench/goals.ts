/** The goals, and how what was measured compares with each of them. */

import { HEADLINE } from './options.ts';
import type { Measured, Results } from './results.ts';
import { median, slope } from './statistics.ts';
import type { Cell } from './throughput.ts';

export interface Verdict {
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean | null;
  /** What stands in the way, as far as the same run shows it; where a goal was missed. */
  readonly why?: string;
}

const MOST_RSS_BYTES = 130e6;
/** What counts as none: less than a page of memory for each thousand records, times ten. */
const MOST_SLOPE_BYTES_PER_MILLION = 1e6;

export function judge(results: Results): readonly Verdict[] {
  return [...judgeThroughput(results), ...judgeMemory(results), ...judgeTick(results), ...judgeStart(results)];
}

/** The medians of a contender in a cell, or null where it was not measured. */
export function mediansOf(throughput: readonly Measured[], contender: string, cell: Cell) {
  const found = throughput.find((one) => one.contender === contender && isSame(one, cell));
  if (!found || found.figures.length === 0) return null;
  const of = (pick: (figures: Measured['figures'][number]) => number) => median(found.figures.map(pick));
  return {
    recordsPerSecond: of(({ records, wallSeconds }) => records / wallSeconds),
    cpuPerMillion: of(({ records, cpuSeconds }) => (cpuSeconds / records) * 1e6),
    peakRssBytes: of(({ peakRssBytes }) => peakRssBytes),
    /** Cores in use, on average over the time that was measured. */
    busyCores: of(({ cpuSeconds, wallSeconds }) => cpuSeconds / wallSeconds),
    jsonBytesPerRecord: of(({ records, jsonBytes }) => (jsonBytes ?? Number.NaN) / records),
    rounds: found.figures.length,
  };
}

/**
 * How many times faster one is than another: the median over rounds of what the two did in the same round, since what
 * else goes on in the machine changes from round to round.
 */
export function ratioOf(
  throughput: readonly Measured[],
  over: readonly [string, Cell],
  under: readonly [string, Cell],
): number | null {
  const [a, b] = [over, under].map(([name, cell]) =>
    throughput.find((one) => one.contender === name && isSame(one, cell)),
  );
  const rounds = Math.min(a?.figures.length ?? 0, b?.figures.length ?? 0);
  if (!a || !b || rounds === 0) return null;
  const speed = ({ figures }: Measured, round: number) => {
    const { records = 0, wallSeconds = 1 } = figures[round] ?? {};
    return records / wallSeconds;
  };
  return median(Array.from({ length: rounds }, (_, round) => speed(a, round) / speed(b, round)));
}

export function isSame(a: Cell, b: Cell): boolean {
  return (
    a.latencyMs === b.latencyMs &&
    a.pageSize === b.pageSize &&
    a.streams === b.streams &&
    a.concurrency === b.concurrency
  );
}

function judgeThroughput({ throughput, machine }: Results): Verdict[] {
  if (!throughput) return [];
  const cell: Cell = { ...HEADLINE, concurrency: 1 };
  const verdicts: Verdict[] = [];
  const add = (goal: string, value: number | null, least: number, unit: string, why?: string) => {
    if (value === null) return;
    const measured = unit === '%' ? `${(value * 100).toFixed(0)} %` : `${value.toFixed(1)} ×`;
    const met = value >= least;
    verdicts.push({ goal, measured, met, ...(!met && why !== undefined && { why }) });
  };
  add('at least 80 % of *limit* in MB/s, no latency', ratioOf(throughput, ['ours', cell], ['limit', cell]), 0.8, '%');
  add('at least 3 × *naive* in MB/s, no latency', ratioOf(throughput, ['ours', cell], ['naive', cell]), 3, '×');
  const ours = mediansOf(throughput, 'ours', cell);
  const limit = mediansOf(throughput, 'limit', cell);
  for (const [name, title] of [
    ['dlt', 'dlt'],
    ['airbyte', 'Airbyte CDK'],
  ] as const) {
    const theirs = mediansOf(throughput, name, cell);
    if (!ours || !theirs) continue;
    const bound = limit && (theirs.cpuPerMillion / limit.cpuPerMillion).toFixed(1);
    const goal = `at least 20 × ${title} in CPU seconds per record`;
    const why =
      bound === null ? undefined : `*limit*, which looks at no record, is at ${bound} ×: most of it is compressing`;
    add(goal, theirs.cpuPerMillion / ours.cpuPerMillion, 20, '×', why);
  }
  const sizes = [...new Set(throughput.map(({ pageSize }) => pageSize))];
  const beside = sizes.flatMap((pageSize) => {
    const four = { latencyMs: 100, pageSize, streams: 4, concurrency: 4 };
    const oneByOne = { ...four, concurrency: 1 };
    const ratio = ratioOf(throughput, ['ours', four], ['ours', oneByOne]);
    const busy = mediansOf(throughput, 'ours', four)?.busyCores ?? Number.NaN;
    const bound = ratioOf(throughput, ['limit', four], ['limit', oneByOne]);
    return ratio === null ? [] : [{ pageSize, ratio, busy, bound }];
  });
  if (beside.length > 0) {
    const missed = beside.filter(({ ratio }) => ratio < 3.5);
    verdicts.push({
      goal: 'four streams at 100 ms at least 3.5 × one at a time',
      measured: beside.map(({ pageSize, ratio }) => `${ratio.toFixed(1)} × (pages of ${pageSize})`).join(', '),
      met: missed.length === 0,
      ...(missed.length > 0 && {
        why: missed
          .map(({ pageSize, busy, bound }) => {
            const limit = bound === null ? '' : `*limit* comes to ${bound.toFixed(1)} ×, and `;
            return `in pages of ${pageSize} ${limit}the extractor alone keeps ${busy.toFixed(1)} of the ${machine.cores} cores busy`;
          })
          .join('; '),
      }),
    });
  }
  return verdicts;
}

function judgeMemory({ throughput, growth }: Results): Verdict[] {
  const peaks = [
    ...(throughput ?? []).filter(({ contender }) => contender === 'ours').flatMap(({ figures }) => figures),
    ...(growth ?? []).filter(({ contender }) => contender === 'ours').map(({ figures }) => figures),
  ].map(({ peakRssBytes }) => peakRssBytes);
  if (peaks.length === 0) return [];
  const most = Math.max(...peaks);
  const verdicts: Verdict[] = [
    {
      goal: 'peak RSS at most 130 MB at any page size and history',
      measured: `${(Math.min(...peaks) / 1e6).toFixed(0)} to ${(most / 1e6).toFixed(0)} MB`,
      met: most <= MOST_RSS_BYTES,
    },
  ];
  const points = (growth ?? [])
    .filter(({ contender, size }) => contender === 'ours' && size >= 100_000)
    .map(({ size, figures }) => [size / 1e6, figures.peakRssBytes] as const);
  if (points.length >= 2) {
    const perMillion = slope(points);
    verdicts.push({
      goal: 'no slope of peak RSS from 100 thousand records on',
      measured: `${(perMillion / 1e6).toFixed(2)} MB for each million records`,
      met: perMillion <= MOST_SLOPE_BYTES_PER_MILLION,
    });
  }
  return verdicts;
}

function judgeTick({ tick }: Results): Verdict[] {
  if (!tick) return [];
  const all = [...tick.cold, ...tick.warm];
  const most = (pick: (one: (typeof all)[number]) => number) => Math.max(...all.map(pick));
  const sum = (requests: Readonly<Record<string, number>>, names: RegExp) =>
    Object.entries(requests).reduce((total, [name, count]) => total + (names.test(name) ? count : 0), 0);
  const asked = most(({ streamsAsked }) => streamsAsked);
  const requests = most(({ ditio }) => sum(ditio.requests, /\/v1\//));
  const writes = most(({ dynamodb }) =>
    sum(dynamodb.requests, /^(UpdateItem|PutItem|TransactWriteItems|BatchWriteItem)$/),
  );
  const reads = most(({ dynamodb }) => sum(dynamodb.requests, /^(GetItem|Query|Scan|BatchGetItem|TransactGetItems)$/));
  const objects = most((one) => one.objects);
  return [
    {
      goal: 'quiet tick: one request per stream',
      measured: `${requests} requests for the ${asked} streams that are due (${tick.streams} in all)`,
      met: requests <= asked,
    },
    {
      goal: 'quiet tick: two state writes per stream',
      measured: `${writes} writes for ${asked} streams`,
      met: writes <= 2 * asked,
    },
    { goal: 'quiet tick: at most three reads of the state', measured: `${reads}`, met: reads <= 3 },
    { goal: 'quiet tick: no objects', measured: `${objects}`, met: objects === 0 },
  ];
}

function judgeStart({ start }: Results): Verdict[] {
  if (!start) return [];
  const ours = median(start.ours.map(({ importSeconds }) => importSeconds));
  const empty = median(start.empty.map(({ importSeconds }) => importSeconds));
  return [
    { goal: 'import under 150 ms here', measured: `${(ours * 1000).toFixed(0)} ms`, met: ours < 0.15 },
    {
      goal: 'import at most 1.5 × that of the empty handler with the same clients',
      measured: `${(ours / empty).toFixed(2)} × (${(empty * 1000).toFixed(0)} ms)`,
      met: ours <= 1.5 * empty,
    },
  ];
}
