/** Node's file system, with faults before any of its operations and a list of the operations in order. */

import { basename } from 'node:path';
import { type Disk, type DiskFile, nodeDisk } from '../../src/lake/disk.ts';

export type DiskOperation = keyof DiskFile | Exclude<keyof Disk, 'open'> | 'open';

export interface FailingDisk extends Disk {
  /** The operation fails with this code, the given number of times, once unless given. */
  fail(operation: DiskOperation, code: string, times?: number): void;
  /** From so many bytes in all files together on, writing fails with ENOSPC; less is written where only that fits. */
  fillAt(bytes: number): void;
  /** No write ends before {@link FailingDisk.release}. */
  hold(): void;
  release(): void;
  /** At most so many bytes are written at a time; with 0 nothing is, without an error. */
  writeAtMost(bytes: number): void;
  /** Operations in the order they were done, each with the name of its file. */
  readonly done: readonly string[];
}

export function createFailingDisk(): FailingDisk {
  const faults = new Map<DiskOperation, { readonly code: string; times: number }>();
  const done: string[] = [];
  let roomBytes = Number.POSITIVE_INFINITY;
  let maxBytes = Number.POSITIVE_INFINITY;
  let held: Promise<void> | null = null;
  let letGo = () => {};

  function before(operation: DiskOperation, path: string): void {
    const fault = faults.get(operation);
    if (fault && fault.times > 0) {
      fault.times -= 1;
      throw systemError(fault.code);
    }
    done.push(`${operation} ${basename(path)}`);
  }

  function watched(file: DiskFile, path: string): DiskFile {
    return {
      async write(bytes, offset, length, position) {
        if (held) await held;
        before('write', path);
        const fits = Math.min(length, roomBytes, maxBytes);
        if (maxBytes === 0) return { bytesWritten: 0 };
        if (fits === 0) throw systemError('ENOSPC');
        const { bytesWritten } = await file.write(bytes, offset, fits, position);
        roomBytes -= bytesWritten;
        return { bytesWritten };
      },
      async read(bytes, offset, length, position) {
        before('read', path);
        return await file.read(bytes, offset, length, position);
      },
      async truncate(length) {
        before('truncate', path);
        await file.truncate(length);
      },
      async sync() {
        before('sync', path);
        await file.sync();
      },
      async close() {
        // Closed in any case: a failure of close(2) does not leave the file open either.
        await file.close();
        before('close', path);
      },
    };
  }

  return {
    async open(path, flags, mode) {
      before('open', path);
      return watched(await nodeDisk.open(path, flags, mode), path);
    },
    async mkdir(path, options) {
      before('mkdir', path);
      return await nodeDisk.mkdir(path, options);
    },
    async rename(from, to) {
      before('rename', to);
      await nodeDisk.rename(from, to);
    },
    async unlink(path) {
      before('unlink', path);
      await nodeDisk.unlink(path);
    },
    async rmdir(path) {
      before('rmdir', path);
      await nodeDisk.rmdir(path);
    },
    async readdir(path) {
      before('readdir', path);
      return await nodeDisk.readdir(path);
    },
    async stat(path) {
      before('stat', path);
      return await nodeDisk.stat(path);
    },
    fail: (operation, code, times = 1) => void faults.set(operation, { code, times }),
    fillAt(bytes) {
      roomBytes = bytes;
    },
    writeAtMost(bytes) {
      maxBytes = bytes;
    },
    hold() {
      held = new Promise((resolve) => {
        letGo = resolve;
      });
    },
    release() {
      held = null;
      letGo();
    },
    done,
  };
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made-up message`), { code });
}
