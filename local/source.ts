/**
 * Runs the simulator as the source of a local run, with the same world from call to call.
 *
 * A world follows from its seed, its size, the time of its start and the changes made since. These are stored in a file
 * and repeated, each at its own time, so that a later call finds the source in the state of the last call.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Simulator, startSimulator } from '../simulator/index.ts';
import { Problem } from './problem.ts';
import { formatCount } from './table.ts';

export interface LocalSource
  extends Pick<Simulator, 'identityUrl' | 'reportingUrl' | 'coreUrl' | 'clientId' | 'clientSecret'> {
  /** A sentence about the source. */
  describe(): string;
  /** Creates, changes and deletes some records of every stream; returns what it did, in words. */
  change(): string;
  /** Records that exist now, by stream. */
  liveCounts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

interface Remembered {
  /** Milliseconds since 1970, as are the others. */
  readonly startedMs: number;
  readonly changesMs: readonly number[];
}

/** Changes per stream: few compared with the number of records, but enough to see. */
const CHANGE = { created: 12, changed: 25, deleted: 7 } as const;

/**
 * @param file that stores the world; written only where `remembers`
 * @param afresh command that starts again where the file cannot be read
 */
export async function startSource(
  world: { readonly records: number; readonly seed: number },
  file: string,
  remembers: boolean,
  afresh: string,
): Promise<LocalSource> {
  const { records, seed } = world;
  let remembered = readWorld(file, afresh);
  let playingMs: number | null = remembered.startedMs;
  const simulator = await startSimulator({ records, seed, now: () => playingMs ?? Date.now() });
  for (const atMs of remembered.changesMs) {
    playingMs = atMs;
    simulator.change(CHANGE);
  }
  playingMs = null;
  if (remembers) writeWorld(file, remembered);

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
      remembered = { ...remembered, changesMs: [...remembered.changesMs, atMs] };
      // Stored first, then done: a call that ends in between must not leave changes in the lake that the source does not have.
      if (remembers) writeWorld(file, remembered);
      playingMs = atMs;
      simulator.change(CHANGE);
      playingMs = null;
      const { created, changed, deleted } = CHANGE;
      return `changes at the source: in every stream ${created} records created, ${changed} changed, ${deleted} deleted`;
    },
    liveCounts() {
      return Object.fromEntries(Object.entries(simulator.counts()).map(([stream, { live }]) => [stream, live]));
    },
    close: () => simulator.close(),
  };
}

function readWorld(file: string, afresh: string): Remembered {
  if (!existsSync(file)) return { startedMs: Date.now(), changesMs: [] };
  try {
    const { startedMs, changesMs } = JSON.parse(readFileSync(file, 'utf8'));
    if (Number.isFinite(startedMs) && Array.isArray(changesMs) && changesMs.every(Number.isFinite)) {
      return { startedMs, changesMs };
    }
  } catch {
    // Told below.
  }
  throw new Problem(`${file} cannot be read, so the simulator's world cannot be restored. Start again:\n  ${afresh}`);
}

function writeWorld(file: string, remembered: Remembered): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(remembered)}\n`);
  renameSync(`${file}.new`, file);
}
