/** A quiet tick: the scheduled run when nothing has changed in any of the 19 streams. It is most of what a month holds. */

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Built } from './build.ts';
import { functionEnvironment } from './environment.ts';
import type { BenchOptions } from './options.ts';
import { type Invoker, type Source, type State, startInvoker, startSource, startState } from './processes.ts';
import type { Progress } from './progress.ts';
import type { Traffic } from './traffic.ts';

export interface Tick {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly ditio: Traffic;
  readonly dynamodb: Traffic;
  /** Streams that were asked for anything. */
  readonly streamsAsked: number;
  /** New files in the lake. */
  readonly objects: number;
  readonly logLines: number;
  /** Log lines and metrics together, as CloudWatch would take them in. */
  readonly logBytes: number;
  /** Names of metrics times streams: what CloudWatch charges for by the month. */
  readonly customMetrics: number;
  readonly rssBytes: number;
}

export interface Ticks {
  readonly streams: number;
  readonly latencyMs: number;
  /** The first of a process, its import not counted, with a token in DynamoDB. */
  readonly cold: readonly Tick[];
  readonly warm: readonly Tick[];
}

const LATENCY_MS = 100;
const ROUNDS = 5;

export async function measureTicks(
  built: Built,
  folder: string,
  options: BenchOptions,
  progress: Progress,
): Promise<Ticks> {
  const lake = join(folder, 'tick');
  rmSync(lake, { recursive: true, force: true });
  mkdirSync(lake, { recursive: true });
  const source = await startSource({ records: 20_000 });
  const state = await startState();
  // The source was last changed a minute before it started: further back there would be something to read.
  const env = { ...functionEnvironment(source, state, lake), LOOKBACK_MINUTES: '1' };
  try {
    progress.say('quiet tick: the first full sync');
    const first = startInvoker(built.invokerFile, env);
    await first.ask({ ask: 'import', file: built.handlerFile });
    const { result } = await first.ask({ ask: 'invoke', event: {} });
    await first.close();
    const streams = result?.streams ?? [];
    const unfinished = streams.filter(({ outcome }) => outcome !== 'complete');
    if (unfinished.length > 0) throw new Error(`not complete: ${unfinished.map(({ stream }) => stream).join(', ')}`);
    await source.setLatency(LATENCY_MS);
    const cold: Tick[] = [];
    const warm: Tick[] = [];
    for (let round = 0; round < (options.quick ? 2 : ROUNDS); round++) {
      progress.say(`quiet tick, round ${round + 1}`);
      const invoker = startInvoker(built.invokerFile, env);
      await invoker.ask({ ask: 'import', file: built.handlerFile });
      cold.push(await takeTick(invoker, source, state, lake));
      warm.push(await takeTick(invoker, source, state, lake));
      await invoker.close();
    }
    return { streams: streams.length, latencyMs: LATENCY_MS, cold, warm };
  } finally {
    await source.close();
    await state.close();
    rmSync(lake, { recursive: true, force: true });
  }
}

async function takeTick(invoker: Invoker, source: Source, state: State, lake: string): Promise<Tick> {
  const before = countFiles(lake);
  invoker.output();
  await Promise.all([source.traffic(), state.traffic()]);
  const { wallSeconds, cpuSeconds, rssBytes, result } = await invoker.ask({ ask: 'invoke', event: {} });
  const streams = result?.streams ?? [];
  const changed = streams.filter(({ records }) => records > 0);
  if (changed.length > 0)
    throw new Error(`not a quiet tick: ${changed.map(({ stream }) => stream).join(', ')} had news`);
  const lines = invoker
    .output()
    .split('\n')
    .filter((line) => line !== '');
  return {
    wallSeconds,
    cpuSeconds,
    rssBytes,
    ditio: await source.traffic(),
    dynamodb: await state.traffic(),
    streamsAsked: streams.filter(({ requests }) => requests > 0).length,
    objects: countFiles(lake) - before,
    logLines: lines.length,
    logBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
    customMetrics: lines.reduce((sum, line) => sum + countMetrics(line), 0),
  };
}

function countFiles(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}

interface EmfLine {
  readonly _aws?: { readonly CloudWatchMetrics: readonly { readonly Metrics: readonly unknown[] }[] };
}

function countMetrics(line: string): number {
  if (!line.includes('"CloudWatchMetrics"')) return 0;
  const { _aws: emf } = JSON.parse(line) as EmfLine;
  return emf?.CloudWatchMetrics.reduce((sum, { Metrics }) => sum + Metrics.length, 0) ?? 0;
}
