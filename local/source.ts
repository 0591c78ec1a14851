/**
 * The simulator as the source of a local run, the same world from call to call.
 *
 * A world follows from its seed, its size, the moment it began and the changes made to it since. These are remembered in
 * a file and played again, each at its own moment, so that a later call finds the source as the last one left it.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Simulator, startSimulator } from '../simulator/index.ts';
import type { LocalOptions } from './options.ts';
import { formatCount } from './table.ts';

export interface LocalSource
  extends Pick<Simulator, 'identityUrl' | 'reportingUrl' | 'coreUrl' | 'clientId' | 'clientSecret'> {
  /** What it is, in a sentence. */
  describe(): string;
  /** Creates, changes and deletes some records of every stream; says so in a sentence. */
  change(): string;
  /** Records that exist now, by stream. */
  liveCounts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

interface Remembered {
  readonly startedMs: number;
  readonly changesMs: readonly number[];
}

/** Per stream; small next to what is there, large enough to see. */
const CHANGE = { created: 12, changed: 25, deleted: 7 } as const;

export async function startSource(options: LocalOptions, file: string): Promise<LocalSource> {
  const { records, seed } = options;
  let remembered: Remembered = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { startedMs: Date.now(), changesMs: [] };
  let playingMs: number | null = remembered.startedMs;
  const simulator = await startSimulator({ records, seed, now: () => playingMs ?? Date.now() });
  for (const atMs of remembered.changesMs) {
    playingMs = atMs;
    simulator.change(CHANGE);
  }
  playingMs = null;
  remember();

  function remember(): void {
    writeFileSync(file, `${JSON.stringify(remembered)}\n`);
  }

  const { identityUrl, reportingUrl, coreUrl, clientId, clientSecret } = simulator;
  return {
    identityUrl,
    reportingUrl,
    coreUrl,
    clientId,
    clientSecret,
    describe() {
      const live = Object.values(simulator.counts()).reduce((sum, count) => sum + count.live, 0);
      return `The simulator of Ditio holds ${formatCount(live)} records of a made-up contractor (seed ${seed}).`;
    },
    change() {
      const atMs = Date.now();
      playingMs = atMs;
      simulator.change(CHANGE);
      playingMs = null;
      remembered = { ...remembered, changesMs: [...remembered.changesMs, atMs] };
      remember();
      const { created, changed, deleted } = CHANGE;
      return `changes at the source: in every stream ${created} records created, ${changed} changed, ${deleted} deleted`;
    },
    liveCounts() {
      return Object.fromEntries(Object.entries(simulator.counts()).map(([stream, { live }]) => [stream, live]));
    },
    close: () => simulator.close(),
  };
}
