/**
 * Manages the folders of local runs: one for each source, so that data of two worlds never mixes in one lake.
 *
 *     .local/
 *       latest                    link to the folder of the last run (a text file where links are refused)
 *       simulator-1-20000/
 *         lake/  state/           what the run writes
 *         simulator.json          how the simulator's world came about
 *         lock                    process that is working here
 */

import {
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { makeFolder } from './make-folder.ts';
import type { SourceChoice } from './options.ts';
import { codeOf, diskProblem, EXIT, nearestExisting, Problem, requireRoom } from './problem.ts';

export interface SourceFolder {
  /** `simulator-1-20000`, `live-test`. */
  readonly name: string;
  readonly path: string;
  readonly lake: string;
  readonly state: string;
  /** File with the history of the simulator's world. */
  readonly world: string;
}

const LATEST = 'latest';
const NAME = /^(simulator-\d+-\d+|live-[\w-]+)$/;

/** @param environment value of `DITIO_ENVIRONMENT`; only a live source depends on it */
export function nameOf(source: SourceChoice, environment: string): string {
  return source.kind === 'live' ? `live-${environment}` : `simulator-${source.seed}-${source.records}`;
}

/** The source that a name stands for. */
export function sourceOf(name: string): SourceChoice {
  const [, seed, records] = /^simulator-(\d+)-(\d+)$/.exec(name) ?? [];
  return seed === undefined ? { kind: 'live' } : { kind: 'simulator', seed: Number(seed), records: Number(records) };
}

/** Ditio's environment in the name of a live source. */
export function environmentOf(name: string): string {
  return name.replace(/^live-/, '');
}

/** Touches nothing. */
export function folderOf(root: string, name: string): SourceFolder {
  const path = join(resolve(root), name);
  return { name, path, lake: join(path, 'lake'), state: join(path, 'state'), world: join(path, 'simulator.json') };
}

/** Whether a path, which need not exist, lies in the folder of a source. */
export function isOfSource(path: string, root: string): boolean {
  if (!existsSync(root)) return false;
  const [name = ''] = relative(realpathSync(root), realpathSync(nearestExisting(path))).split(sep);
  return NAME.test(name);
}

/** Name of the source that was last run in this folder; null when none was. */
export function latestName(root: string): string | null {
  const path = join(resolve(root), LATEST);
  try {
    const text = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'utf8');
    const name = basename(text.trim());
    return NAME.test(name) && existsSync(join(resolve(root), name)) ? name : null;
  } catch {
    return null;
  }
}

/** Makes the folder, and locks it for this process until {@link release}. Throws a `Problem` when that is not possible. */
export function takeFolder(folder: SourceFolder): { readonly release: () => void } {
  try {
    requireRoom(folder.path);
    makeFolder(folder.path);
    const release = lock(folder);
    process.once('exit', release);
    return { release };
  } catch (error) {
    throw diskProblem(folder.path, error);
  }
}

/** Throws a `Problem` where something that is no folder is in the place of lake or state. */
export function requireFolders({ lake, state }: SourceFolder): void {
  for (const path of [state, lake]) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
      throw diskProblem(path, Object.assign(new Error('no folder'), { code: 'ENOTDIR' }));
    }
  }
}

/** Removes what earlier runs of this source left; the folder must be taken. */
export function emptyFolder(folder: SourceFolder): void {
  for (const path of [folder.state, folder.lake, folder.world]) rmSync(path, { recursive: true, force: true });
}

/** Makes `latest` point to this folder. */
export function markLatest(folder: SourceFolder): void {
  const path = join(folder.path, '..', LATEST);
  const beside = `${path}.${process.pid}`;
  try {
    // A junction needs no permission on Windows, but an absolute target.
    symlinkSync(process.platform === 'win32' ? folder.path : folder.name, beside, 'junction');
  } catch {
    writeFileSync(beside, `${folder.name}\n`);
  }
  try {
    renameSync(beside, path);
  } catch {
    // Windows does not rename over a junction.
    rmSync(path, { force: true, recursive: true });
    renameSync(beside, path);
  }
}

/** Whether a process that runs holds the folder. */
export function isTaken(folder: SourceFolder): boolean {
  const holder = readHolder(join(folder.path, 'lock'));
  return holder !== null && isRunning(holder.pid);
}

interface Holder {
  readonly pid: number;
  readonly since: string;
}

/**
 * Writes the lock file, and replaces one of a process that has ended.
 * Where two processes find such a file at the same moment, the embedded database lets only one of them in.
 */
function lock(folder: SourceFolder): () => void {
  const path = join(folder.path, 'lock');
  const mine = `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() } satisfies Holder)}\n`;
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: 'wx' });
      return () => unlock(path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const holder = readHolder(path);
      if (holder && isRunning(holder.pid)) {
        const since = new Date(holder.since).toLocaleTimeString('en-GB');
        throw new Problem(
          `${folder.path} is in use by another local run: process ${holder.pid}, since ${since}. Wait until it has ended, or choose another --folder, --seed or --records. (If that process is another program, remove ${path}.)`,
          EXIT.failed,
        );
      }
      removeLock(path);
    }
  }
}

function removeLock(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Problem(`${path} is a folder where a file is expected. Remove it and run again.`);
  }
  rmSync(path, { force: true });
}

function unlock(path: string): void {
  if (readHolder(path)?.pid !== process.pid) return;
  try {
    unlinkSync(path);
  } catch {
    // The folder is gone, and the lock with it.
  }
}

function readHolder(path: string): Holder | null {
  try {
    const { pid, since } = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, since: String(since) } : null;
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and belongs to another user.
    return codeOf(error) === 'EPERM';
  }
}
