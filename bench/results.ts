/** Everything that a run of the benchmarks has measured, as it is kept for the report. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { GrowthPoint } from './growth.ts';
import type { Machine } from './machine.ts';
import type { Section } from './options.ts';
import type { Start, Starts } from './start.ts';
import type { Measured } from './throughput.ts';
import type { Tick, Ticks } from './tick.ts';

export interface Results {
  readonly quick: boolean;
  readonly machine: Machine;
  /** When each section was measured, as an ISO date and time. */
  readonly measuredAt: Readonly<Partial<Record<Section, string>>>;
  /** Of each section: short hash of the commit, with a plus when the tree had changes; null outside a repository. */
  readonly commits: Readonly<Partial<Record<Section, string | null>>>;
  readonly contenders: readonly { readonly name: string; readonly title: string }[];
  /** Contenders that could not be run. */
  readonly missing: readonly { readonly title: string; readonly why: string }[];
  readonly throughput: readonly Measured[] | null;
  readonly growth: readonly GrowthPoint[] | null;
  readonly tick: Ticks | null;
  readonly start: Starts | null;
}

export type { GrowthPoint, Machine, Measured, Start, Starts, Tick, Ticks };

export function readResults(file: string): Results | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : null;
}

export function writeResults(file: string, results: Results): void {
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
}
