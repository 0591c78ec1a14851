/** Speed: every contender on every cell of latency, page size and number of streams, alternating, in one run. */

import { type Contender, type ContenderName, type Place, runContender, STREAMS } from './contender.ts';
import type { Figures } from './contenders/measure.ts';
import { type BenchOptions, HEADLINE } from './options.ts';
import type { Progress } from './progress.ts';
import { createWarmer } from './warm.ts';

export interface Cell {
  readonly latencyMs: number;
  readonly pageSize: number;
  readonly streams: number;
  /** How many of the streams at once. */
  readonly concurrency: number;
}

export interface Measured extends Cell {
  readonly contender: ContenderName;
  /** Of each round; none where it failed. */
  readonly figures: readonly Figures[];
  /** What a contender in Python said when it failed. */
  readonly failure?: string;
}

export async function measureThroughput(
  contenders: readonly Contender[],
  place: Place,
  options: BenchOptions,
  progress: Progress,
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  const warm = createWarmer(place.source);
  for (const cell of cells(options)) {
    await place.source.setLatency(0);
    const taking = contenders.filter(({ name }) => roundsOf(name, cell, options) > 0);
    progress.say(`${describe(cell)}: preparing the pages`);
    const names = taking.map(({ name }) => name);
    const { pageSize, concurrency } = cell;
    const streams = STREAMS.slice(0, cell.streams);
    await warm({ contenders: names, streams, pageSize });
    await place.source.setLatency(cell.latencyMs);
    const figures = new Map<ContenderName, Figures[]>(taking.map(({ name }) => [name, []]));
    const failures = new Map<ContenderName, string>();
    for (let round = 0; round < Math.max(...taking.map(({ name }) => roundsOf(name, cell, options))); round++) {
      for (const contender of taking) {
        if (round >= roundsOf(contender.name, cell, options)) continue;
        progress.say(`${describe(cell)}, round ${round + 1}: ${contender.name}`);
        try {
          figures.get(contender.name)?.push(await runContender(contender, { streams, pageSize, concurrency }, place));
        } catch (error) {
          // Ours and what it is judged by must run; another that does not is told of.
          if (contender.name !== 'dlt' && contender.name !== 'airbyte') throw error;
          failures.set(contender.name, lastLineOf(error));
        }
      }
    }
    for (const [contender, of] of figures) {
      const failure = failures.get(contender);
      measured.push({ ...cell, contender, figures: of, ...(failure !== undefined && { failure }) });
    }
  }
  await place.source.setLatency(0);
  return measured;
}

function cells({ latenciesMs, pageSizes, streams }: BenchOptions): Cell[] {
  const all: Cell[] = [];
  for (const pageSize of pageSizes) {
    for (const latencyMs of latenciesMs) {
      all.push({ latencyMs, pageSize, streams: 1, concurrency: 1 });
      all.push({ latencyMs, pageSize, streams: STREAMS.length, concurrency: STREAMS.length });
      // The same four streams one after another: what side by side is worth, apart from what the streams hold.
      all.push({ latencyMs, pageSize, streams: STREAMS.length, concurrency: 1 });
    }
  }
  return all.filter((cell) => streams === null || cell.streams === streams);
}

/** Most where a goal looks; else one round of what takes long. */
function roundsOf(name: ContenderName, cell: Cell, { rounds, slowRounds }: BenchOptions): number {
  const isOneByOne = cell.streams > cell.concurrency;
  if (name === 'ours') return rounds;
  if (name === 'limit') return isOneByOne ? 1 : rounds;
  if (isOneByOne) return 0;
  if (name === 'naive') return cell.streams > 1 ? 1 : rounds;
  if (cell.streams > 1) return cell.pageSize === HEADLINE.pageSize ? slowRounds.fourStreams : 0;
  const isHeadline = cell.latencyMs === HEADLINE.latencyMs && cell.pageSize === HEADLINE.pageSize;
  return isHeadline ? slowRounds.headline : slowRounds.others;
}

function describe({ latencyMs, pageSize, streams, concurrency }: Cell): string {
  const beside = streams === 1 ? 'one stream' : `${streams} streams, ${concurrency} at once`;
  return `${latencyMs} ms, pages of ${pageSize}, ${beside}`;
}

function lastLineOf(error: unknown): string {
  return String(error).trim().split('\n').at(-1) ?? '';
}
