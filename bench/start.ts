/** Start-up: what the bundle costs before it does anything, beside an empty handler with the same three clients. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Built, type BundleSize, sizeOf } from './build.ts';
import { functionEnvironment } from './environment.ts';
import type { BenchOptions } from './options.ts';
import { startInvoker, startSource, startState } from './processes.ts';
import type { Progress } from './progress.ts';

export interface Start {
  readonly importSeconds: number;
  readonly importCpuSeconds: number;
  readonly firstRequestSeconds: number;
  /** Null for the handler that does not know Ditio. */
  readonly firstDitioRequestSeconds: number | null;
  readonly rssBytes: number;
}

export interface Starts {
  readonly bundle: BundleSize;
  readonly emptyBundle: BundleSize;
  readonly ours: readonly Start[];
  readonly empty: readonly Start[];
}

export async function measureStarts(
  built: Built,
  folder: string,
  options: BenchOptions,
  progress: Progress,
): Promise<Starts> {
  const lake = join(folder, 'start');
  rmSync(lake, { recursive: true, force: true });
  mkdirSync(lake, { recursive: true });
  const source = await startSource({ records: 1000 });
  const state = await startState();
  const env = functionEnvironment(source, state, lake);
  const ours: Start[] = [];
  const empty: Start[] = [];
  try {
    for (let round = 0; round < options.starts; round++) {
      progress.say(`start-up, round ${round + 1}`);
      empty.push(await start(built.invokerFile, built.emptyHandlerFile, env));
      ours.push(await start(built.invokerFile, built.handlerFile, env));
    }
  } finally {
    await source.close();
    await state.close();
    rmSync(lake, { recursive: true, force: true });
  }
  return { bundle: sizeOf(built.handlerFile), emptyBundle: sizeOf(built.emptyHandlerFile), ours, empty };
}

async function start(invokerFile: string, file: string, env: Record<string, string>): Promise<Start> {
  const invoker = startInvoker(invokerFile, env);
  try {
    const imported = await invoker.ask({ ask: 'import', file });
    const invoked = await invoker.ask({ ask: 'invoke', event: {} });
    if (invoked.firstRequestSeconds === null) throw new Error(`${file} sent no request`);
    return {
      importSeconds: imported.wallSeconds,
      importCpuSeconds: imported.cpuSeconds,
      firstRequestSeconds: invoked.firstRequestSeconds,
      firstDitioRequestSeconds: invoked.firstDitioRequestSeconds,
      rssBytes: imported.rssBytes,
    };
  } finally {
    await invoker.close();
  }
}
