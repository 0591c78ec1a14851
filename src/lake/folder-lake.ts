/**
 * Writes a lake into a folder, for runs without AWS and for mounted file systems.
 *
 * A file is durable when its bytes, its name, and the entries of its folders are on the disk, in this order. Parts wait in
 * a hidden folder inside the lake, on the same file system, so that a rename makes the whole file visible.
 */

import { dirname, join } from 'node:path';
import { DeadlineReached } from '../core/failure/errors.ts';
import { codeOf } from '../core/failure/evidence.ts';
import { diskFailure } from '../core/failure/judge.ts';
import type { Clock, Random, Scope } from '../core/scope.ts';
import type { Compression, Lake } from '../ports.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { createSpool, partWriter } from './spool.ts';

export interface FolderLakeDeps {
  /** Absolute path of the lake; the folder is made when it is missing. */
  readonly root: string;
  readonly compression: Compression;
  readonly clock: Clock;
  readonly random: Random;
  /** Replaced in tests only. */
  readonly disk?: Disk;
}

/** Hidden from readers of the lake: no table has this name, and readers skip names that begin with a dot. */
const SPOOL_FOLDER = '.spool';
const KEY = /^[\w=.-]+(\/[\w=.-]+)*$/;

export function createFolderLake(deps: FolderLakeDeps): Lake {
  const { root, clock, random, compression, disk = nodeDisk } = deps;
  const spool = createSpool(
    { disk, clock, random },
    { folder: join(root, SPOOL_FOLDER), nameless: false, mode: 0o666, compression, place: 'folder' },
  );

  return {
    compression,

    async openPart() {
      const part = await spool.openPart();
      return partWriter(part, (key, scope) => publish(key, scope, part.moveTo));
    },

    async writeObject(key, text, scope) {
      if (await isThere(pathOf(key))) return 'exists';
      await publish(key, scope, (path) => spool.writeFile(Buffer.from(text), path));
      return 'written';
    },

    async check(scope) {
      const key = `_checks/${random.uuid()}.txt`;
      await publish(key, scope, (path) => spool.writeFile(Buffer.from('This file may be removed.\n'), path));
      try {
        await disk.unlink(pathOf(key));
        // Another check may be running at the same time.
        await disk.rmdir(dirname(pathOf(key))).catch(() => {});
      } catch (error) {
        throw diskFailure('folder', `removing ${key}`, error);
      }
      return `files can be written to and removed from ${root}`;
    },
  } satisfies Lake;

  function pathOf(key: string): string {
    if (!KEY.test(key) || key.split('/').some((name) => /^\.+$/.test(name))) {
      throw new RangeError(`not a key of the lake: ${key}`);
    }
    return join(root, ...key.split('/'));
  }

  async function isThere(path: string): Promise<boolean> {
    // An error that prevents reading the folder also prevents writing to it, and is reported then.
    return await disk.stat(path).then(
      () => true,
      () => false,
    );
  }

  async function publish(key: string, scope: Scope, move: (path: string) => Promise<void>): Promise<void> {
    const path = pathOf(key);
    if (scope.deadline.limitLeftMs() <= 0) throw new DeadlineReached(`no time is left to write ${key}`);
    const folder = dirname(path);
    try {
      await makeFolder(folder);
      await move(path);
      await syncFolder(folder);
    } catch (error) {
      throw diskFailure('folder', `writing ${key}`, error);
    }
  }

  /** Makes the folder durable too: the parent of every new folder has a new entry. */
  async function makeFolder(folder: string): Promise<void> {
    const topmost = await disk.mkdir(folder, { recursive: true });
    if (topmost === undefined) return;
    for (let made = folder; made.length >= topmost.length; made = dirname(made)) await syncFolder(dirname(made));
  }

  async function syncFolder(folder: string): Promise<void> {
    try {
      const file = await disk.open(folder, 'r');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (!NO_FOLDER_SYNC.test(codeOf(error) ?? '')) throw error;
    }
  }
}

/** Error codes of systems that cannot flush a folder (Windows, some network file systems). */
const NO_FOLDER_SYNC = /^(EPERM|EISDIR|EINVAL|ENOTSUP|EACCES)$/;
