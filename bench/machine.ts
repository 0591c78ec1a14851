/** The machine that was measured on, as far as it matters and without telling whose it is. */

import { availableParallelism, cpus, type as kernelType, loadavg, release, totalmem } from 'node:os';
import { pythonVersion } from './python.ts';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly python: string | null;
  /** Processes that wanted a core, on average over the minute before the run: above none, others were at work. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${kernelType()} ${release().split('-')[0]}, ${process.arch}`,
    node: process.version,
    python: pythonVersion(),
    loadBefore: loadavg()[0] ?? 0,
  };
}
