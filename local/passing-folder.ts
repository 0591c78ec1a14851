/** Makes folders for temporary files that are gone when the process ends, also where it ends early (`| head`, Ctrl-C). */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskProblem } from './problem.ts';

export interface PassingFolder {
  readonly path: string;
  remove(): void;
}

/** @param prefix beginning of its name */
export function makePassingFolder(prefix: string): PassingFolder {
  const path = inTemporary(() => mkdtempSync(join(tmpdir(), prefix)));
  const remove = () => {
    process.off('exit', remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.on('exit', remove);
  return { path, remove };
}

/** Does what needs the disk of temporary files. Throws a `Problem` where that disk is full or cannot be written. */
export function inTemporary<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw diskProblem(tmpdir(), error, 'Set TMPDIR to a folder that can be written.');
  }
}
