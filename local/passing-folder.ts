/** Makes folders for temporary files that are gone when the process ends, also where it ends early (`| head`, Ctrl-C). */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PassingFolder {
  readonly path: string;
  remove(): void;
}

/** @param prefix beginning of its name */
export function makePassingFolder(prefix: string): PassingFolder {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const remove = () => {
    process.off('exit', remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.on('exit', remove);
  return { path, remove };
}
