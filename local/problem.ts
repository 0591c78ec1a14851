/** Defines problems that a person can solve: each is one sentence without a stack. */

import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Exit codes of every command: done, failed, wrong usage, interrupted (128 + SIGINT, as shells count). */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with its message, which says what happened and what to do. `cause` holds the original error, if any. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** Every mistake in the command line, one on each line. */
export function usageProblem(problems: readonly string[]): Problem {
  return new Problem(problems.join('\n'), EXIT.usage);
}

interface DiskSentence {
  readonly says: string;
  /** Whether another folder helps. */
  readonly isOfFolder: boolean;
}

const ofFolder = (says: string): DiskSentence => ({ says, isOfFolder: true });
const ofSystem = (says: string): DiskSentence => ({ says, isOfFolder: false });

/** Error codes of files as sentences that begin with the path. Source: errno(3). */
const DISK_SENTENCES: Readonly<Record<string, DiskSentence>> = {
  ENOSPC: ofSystem('cannot be written: the disk is full. Make room and run again.'),
  EDQUOT: ofSystem('cannot be written: your quota on this disk is used up. Make room and run again.'),
  EROFS: ofFolder('cannot be written: its disk is read-only.'),
  EACCES: ofFolder('cannot be written: you do not have the permission.'),
  EPERM: ofFolder('cannot be written: you do not have the permission.'),
  ENOTDIR: ofFolder('is not a folder: a file is in its place.'),
  EEXIST: ofFolder('is not a folder: a file is in its place.'),
  EISDIR: ofFolder('is a folder where a file is expected.'),
  ENOENT: ofFolder('cannot be made.'),
  EMFILE: ofSystem('cannot be opened: too many files are open. Raise the limit (ulimit -n) and run again.'),
};

/**
 * The error of a file operation on `path` as a problem; any other error unchanged.
 *
 * @param elsewhere how another folder is chosen
 */
export function diskProblem(path: string, error: unknown, elsewhere = 'Choose another folder with --folder.'): unknown {
  const sentence = DISK_SENTENCES[codeOf(error)];
  if (sentence === undefined) return error;
  const { says, isOfFolder } = sentence;
  return new Problem(`${path} ${says}${isOfFolder ? ` ${elsewhere}` : ''}`, EXIT.failed, error);
}

/** An error with which the embedded database ends when it cannot open or write its files, as a problem; any other error unchanged. */
export function stateProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !/^(Database is closed$|IO error: )/.test(error.message)) return error;
  return new Problem(
    'The state cannot be opened or written: its disk is full, its files are damaged, or another process holds them.',
    EXIT.failed,
    error,
  );
}

/** An error of DuckDB as a problem in its own words, which say what it could not read and often what was meant; any other error unchanged. */
export function duckdbProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !/^[A-Z][A-Za-z ]* Error: /.test(error.message)) return error;
  return new Problem(error.message.trimEnd(), EXIT.failed, error);
}

/** Least free bytes for starting a run: the state's log alone takes megabytes. */
const MIN_FREE_BYTES = 16_000_000;

/** Throws a problem when `path`, or the nearest folder above it that exists, is no folder that can be written. */
export function requireWritable(path: string, elsewhere?: string): void {
  const above = dirname(path);
  try {
    if (!statSync(path).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' });
    accessSync(path, constants.W_OK);
  } catch (error) {
    const isMissing = codeOf(error) === 'ENOENT' || (codeOf(error) === 'ENOTDIR' && !existsSync(path));
    if (!isMissing || above === path) throw diskProblem(path, error, elsewhere);
    requireWritable(above, elsewhere);
  }
}

/** Throws a problem when the disk of `path`, or of the nearest folder above it that exists, is full. */
export function requireRoom(path: string): void {
  const free = freeBytes(path);
  if (free !== null && free < MIN_FREE_BYTES) throw diskProblem(path, Object.assign(new Error(), { code: 'ENOSPC' }));
}

/** Null where the system does not report it, as for /proc. */
function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize, blocks } = statfsSync(nearestExisting(path));
    return blocks === 0 ? null : bavail * bsize;
  } catch {
    return null;
  }
}

/** The path, or the nearest one above it that exists. */
export function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
