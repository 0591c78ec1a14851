/** Finds what a command that only reads looks at: the source that is named, else that of the last run. */

import { existsSync } from 'node:fs';
import { type Environment, unusedVariables } from './environment.ts';
import { environmentOf, folderOf, latestName, nameOf, requireFolders, type SourceFolder, sourceOf } from './folder.ts';
import { commandLine } from './hints.ts';
import type { LocalOptions } from './options.ts';
import { EXIT, Problem } from './problem.ts';
import { type Screen, tell } from './terminal.ts';

export interface LookedAt {
  /** With the source that is looked at. */
  readonly options: LocalOptions;
  readonly folder: SourceFolder;
  /** With Ditio's environment that the folder is about. */
  readonly env: Environment;
}

export function withSource(options: LocalOptions, env: Environment): LookedAt {
  const latest = options.sourceGiven ? null : latestName(options.folder);
  const name = latest ?? nameOf(options.source, env.DITIO_ENVIRONMENT || 'test');
  const source = latest === null ? options.source : sourceOf(latest);
  return {
    options: { ...options, source },
    folder: folderOf(options.folder, name),
    env: source.kind === 'live' ? { ...env, DITIO_ENVIRONMENT: environmentOf(name) } : env,
  };
}

/** {@link withSource}, after saying which variables are set but not used. */
export function lookAt(given: LocalOptions, env: Environment, screen: Screen): LookedAt {
  const lookedAt = withSource(given, env);
  for (const note of unusedVariables(lookedAt.options.source.kind === 'live', env)) tell(screen.prose, note);
  return lookedAt;
}

/** Throws a `Problem` where the variables are about another environment than the last run: a client belongs to one of them. */
export function requireSameEnvironment({ options, folder, env }: LookedAt, given: Environment): void {
  const [here, there] = [env.DITIO_ENVIRONMENT, given.DITIO_ENVIRONMENT];
  if (options.source.kind !== 'live' || !there || here === there) return;
  throw new Problem(
    `The last run was ${folder.name}, but DITIO_ENVIRONMENT is ${there}. Set DITIO_ENVIRONMENT to ${here}, with the client of that environment, or look at the other one:\n  ${commandLine(options, options.command)}`,
    EXIT.usage,
  );
}

/** Throws a `Problem` where the lake was removed: a run makes the lake before the state. */
export function requireLake(folder: SourceFolder, options: LocalOptions): void {
  if (existsSync(folder.lake) || !existsSync(folder.state)) return;
  throw new Problem(
    `${folder.lake} is missing, but the stored state still refers to its content. Restore it, or start again:\n  ${commandLine(options, '--fresh')}`,
  );
}

/** Throws a `Problem` where nothing has been run yet. */
export function requireRun(folder: SourceFolder, options: LocalOptions): void {
  requireFolders(folder);
  requireLake(folder, options);
  if (existsSync(folder.state) && existsSync(folder.lake)) return;
  throw new Problem(`Nothing has been run in ${folder.path} yet. Begin with:\n  ${commandLine(options, '')}`);
}
