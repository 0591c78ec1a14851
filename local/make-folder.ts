/** Makes folders, one level after the other. */

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { diskProblem, requireWritable } from './problem.ts';

/**
 * Makes a folder that can be written, and those above it that are missing. Throws a `Problem` where that is not possible.
 *
 * Node's own recursive way never ends where a system refuses a folder with ENOENT, as Linux does below /proc.
 *
 * @param elsewhere how another folder is chosen
 */
export function makeFolder(path: string, elsewhere?: string): void {
  if (!existsSync(path)) {
    const above = dirname(path);
    if (above !== path) makeFolder(above, elsewhere);
    try {
      mkdirSync(path);
    } catch (error) {
      throw diskProblem(path, error, elsewhere);
    }
  }
  requireWritable(path, elsewhere);
}
