/** The sections of the report, one for each section of the benchmarks. */

import type { MonthlyCost } from './cost.ts';
import { isSame, mediansOf, ratioOf } from './goals.ts';
import type { GrowthPoint, Measured, Results, Starts, Tick, Ticks } from './results.ts';
import { median } from './statistics.ts';
import type { Cell } from './throughput.ts';

export function throughputSections({ contenders }: Results, throughput: readonly Measured[]): string[] {
  const cells = throughput.filter((one, index) => throughput.findIndex((other) => isSame(one, other)) === index);
  const groups = Map.groupBy(cells, ({ latencyMs, streams, concurrency }) =>
    JSON.stringify([latencyMs, streams, concurrency]),
  );
  return [
    '## Speed',
    '',
    'Medians of alternating rounds. MB are of JSON as the source sends it before compression. CPU is that of all threads,',
    'for a million records; interpreters and imports are not counted in it. *Beside ours* is how many times as fast in MB/s.',
    '',
    ...[...groups.values()].flatMap((group) => [
      `### ${titleOf(group[0] as Cell)}`,
      '',
      ...cellTable(group, throughput, contenders),
      '',
    ]),
  ];
}

/** Of a cell, without its page size. */
export function titleOf({ latencyMs, streams, concurrency }: Cell): string {
  const latency = latencyMs === 0 ? 'No latency' : `${latencyMs} ms latency`;
  if (streams === 1) return `${latency}, one stream`;
  return `${latency}, ${streams === 4 ? 'four' : streams} streams${concurrency === 1 ? ', one after another' : ' side by side'}`;
}

function cellTable(
  cells: readonly Cell[],
  throughput: readonly Measured[],
  contenders: Results['contenders'],
): string[] {
  const rows = cells.flatMap((cell) => {
    // What a record is long is known from the contender that counts bytes.
    const bytesPerRecord = mediansOf(throughput, 'limit', cell)?.jsonBytesPerRecord ?? Number.NaN;
    return contenders.flatMap(({ name, title }) => {
      const medians = mediansOf(throughput, name, cell);
      if (!medians) return [];
      const beside = ratioOf(throughput, [name, cell], ['ours', cell]);
      const { recordsPerSecond, cpuPerMillion, peakRssBytes, rounds } = medians;
      return [
        [
          whole(cell.pageSize),
          title,
          whole(recordsPerSecond),
          ((recordsPerSecond * bytesPerRecord) / 1e6).toFixed(1),
          beside === null ? '–' : `${beside.toFixed(2)} ×`,
          cpuPerMillion.toFixed(1),
          (peakRssBytes / 1e6).toFixed(0),
          String(rounds),
        ],
      ];
    });
  });
  return table(
    ['page size', 'contender', 'records/s', 'MB/s', 'beside ours', 'CPU s per million', 'peak RSS MB', 'rounds'],
    rows,
    2,
  );
}

export function growthSection({ contenders }: Results, growth: readonly GrowthPoint[]): string[] {
  const rows = growth.map(({ size, contender, figures }) => [
    whole(size),
    contenders.find(({ name }) => name === contender)?.title ?? contender,
    ((figures.wallSeconds / figures.records) * 1e6).toFixed(1),
    ((figures.cpuSeconds / figures.records) * 1e6).toFixed(1),
    (figures.peakRssBytes / 1e6).toFixed(0),
  ]);
  return [
    '## Growth',
    '',
    'One stream of absences with ever longer histories, pages of 5,000, no latency, one round.',
    '',
    '![CPU time per record and peak RSS against the length of the history](growth.svg)',
    '',
    ...table(['records', 'contender', 'µs per record', 'CPU µs per record', 'peak RSS MB'], rows, 2),
    '',
  ];
}

export function tickSection({ streams, latencyMs, cold, warm }: Ticks, cost: MonthlyCost | null): string[] {
  const row = (what: string, pick: (tick: Tick) => number, digits = 0) => [
    what,
    median(cold.map(pick)).toFixed(digits),
    median(warm.map(pick)).toFixed(digits),
  ];
  const sum = (requests: Readonly<Record<string, number>>, names: RegExp) =>
    Object.entries(requests).reduce((total, [name, count]) => total + (names.test(name) ? count : 0), 0);
  const operations = [
    ...new Set([...cold, ...warm].flatMap(({ dynamodb }) => Object.keys(dynamodb.requests))),
  ].toSorted();
  return [
    '## A quiet tick',
    '',
    `The scheduled run over all ${streams} streams when nothing has changed, Ditio ${latencyMs} ms away. Cold: the first run of a`,
    'process, less its import. Snapshot streams are read once a day and were not due. Medians.',
    '',
    ...table(
      ['', 'cold', 'warm'],
      [
        row('streams asked', ({ streamsAsked }) => streamsAsked),
        row('requests for pages', ({ ditio }) => sum(ditio.requests, /\/v1\//)),
        row('requests for tokens', ({ ditio }) => sum(ditio.requests, /\/connect\/token/)),
        row('connections to Ditio', ({ ditio }) => ditio.connections),
        row('bytes to Ditio', ({ ditio }) => ditio.receivedBytes),
        row('bytes from Ditio', ({ ditio }) => ditio.sentBytes),
        ...operations.map((name) => row(`DynamoDB ${name}`, ({ dynamodb }) => dynamodb.requests[name] ?? 0)),
        row('bytes to DynamoDB', ({ dynamodb }) => dynamodb.receivedBytes),
        row('bytes from DynamoDB', ({ dynamodb }) => dynamodb.sentBytes),
        row('new objects in the lake', ({ objects }) => objects),
        row('log lines', ({ logLines }) => logLines),
        row('bytes of log lines and metrics', ({ logBytes }) => logBytes),
        row('custom metrics', ({ customMetrics }) => customMetrics),
        row('CPU ms', ({ cpuSeconds }) => cpuSeconds * 1000),
        row('wall ms', ({ wallSeconds }) => wallSeconds * 1000),
        row('RSS MB', ({ rssBytes }) => rssBytes / 1e6),
      ],
      1,
    ),
    '',
    ...(cost ? costSection(cost, streams) : []),
  ];
}

function costSection(cost: MonthlyCost, streams: number): string[] {
  const rows = [...cost.lines, cost.appFlow].map(({ price, units, dollars }) => [
    `${price.what}${price === cost.appFlow.price ? `, the same ${streams} flows` : ''}`,
    `${units < 10 ? units.toFixed(2) : whole(units)} × ${price.unit}`,
    `$${dollars.toFixed(dollars < 0.1 ? 4 : 2)}`,
    `${price.region}, [list](${price.source})`,
  ]);
  return [
    '### A month of them',
    '',
    `Every 15 minutes, ${whole(cost.ticks)} times a month, with ${cost.memoryMegabytes} MB: each billed as`,
    `${(cost.billedSeconds * 1000).toFixed(0)} ms, which counts every one as a cold start and its computing as if nothing overlapped. List prices of 2025 without`,
    'free tiers; each names the page that says what it is today. Data that does change costs its writing on top.',
    '',
    ...table(['', 'units a month', 'a month', 'price'], rows, 1),
    '',
    `Together **$${cost.dollars.toFixed(2)}** a month, or **$${cost.dollarsWithoutMetrics.toFixed(2)}** with \`CustomMetrics\` \`off\`, beside`,
    `**$${cost.appFlow.dollars.toFixed(2)}** for the runs alone of as many AppFlow flows.`,
    '',
  ];
}

export function startSection({ bundle, emptyBundle, ours, empty }: Starts): string[] {
  const ms = (starts: Starts['ours'], pick: (start: Starts['ours'][number]) => number | null) => {
    const values = starts.map(pick).filter((value) => value !== null);
    return values.length === 0 ? '–' : (median(values) * 1000).toFixed(0);
  };
  const range = (starts: Starts['ours']) => {
    const values = starts.map(({ importSeconds }) => importSeconds * 1000);
    return `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
  };
  const both = (what: string, pick: (start: Starts['ours'][number]) => number | null) => [
    what,
    ms(ours, pick),
    ms(empty, pick),
  ];
  return [
    '## Start-up',
    '',
    `Medians of ${ours.length} processes each, alternating. The empty handler has the same three clients and reads one item.`,
    '',
    ...table(
      ['', 'ditio-extract', 'empty handler'],
      [
        ['bundle, KB', (bundle.bytes / 1000).toFixed(0), (emptyBundle.bytes / 1000).toFixed(0)],
        [
          'bundle compressed, KB',
          (bundle.compressedBytes / 1000).toFixed(0),
          (emptyBundle.compressedBytes / 1000).toFixed(0),
        ],
        both('import, ms', ({ importSeconds }) => importSeconds),
        ['import, fastest to slowest, ms', range(ours), range(empty)],
        both('import, CPU ms', ({ importCpuSeconds }) => importCpuSeconds),
        both('import to first request, ms', ({ firstRequestSeconds }) => firstRequestSeconds),
        both('import to first request to Ditio, ms', ({ firstDitioRequestSeconds }) => firstDitioRequestSeconds),
      ],
      1,
    ),
    '',
  ];
}

/** @param left how many columns, from the left, hold text */
function table(head: readonly string[], rows: readonly (readonly string[])[], left: number): string[] {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map((_, index) => (index < left ? '---' : '---:')).join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
