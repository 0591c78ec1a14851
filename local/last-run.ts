/** Finds what a command that only reads looks at: the source that is named, else that of the last run. */

import { existsSync } from 'node:fs';
import type { Environment } from './environment.ts';
import { folderOf, latestName, nameOf, requireFolders, type SourceFolder, sourceOf } from './folder.ts';
import { commandLine } from './hints.ts';
import type { LocalOptions } from './options.ts';
import { Problem } from './problem.ts';

/** The options with the source that is looked at. */
export function withSource(options: LocalOptions, env: Environment): { options: LocalOptions; folder: SourceFolder } {
  const latest = options.sourceGiven ? null : latestName(options.folder);
  const name = latest ?? nameOf(options.source, env.DITIO_ENVIRONMENT || 'test');
  return {
    options: latest === null ? options : { ...options, source: sourceOf(latest) },
    folder: folderOf(options.folder, name),
  };
}

/** Throws a `Problem` where nothing has been run yet. */
export function requireRun(folder: SourceFolder, options: LocalOptions): void {
  requireFolders(folder);
  if (existsSync(folder.state) && existsSync(folder.lake)) return;
  throw new Problem(`Nothing has been run in ${folder.path} yet. Begin with: ${commandLine(options, '')}`);
}
