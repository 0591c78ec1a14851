/** Wraps the few operations of the file system that the lake needs, so that a test can make any of them fail. */

import { mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';

export interface DiskFile {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  read(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  truncate(length: number): Promise<void>;
  /** Returns when all written bytes are on the disk itself. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** `wx+`: a new file, for writing and reading; `r`: an existing file, for reading. */
  open(path: string, flags: 'wx+' | 'r', mode?: number): Promise<DiskFile>;
  /** Makes the folder and its parents. Returns the topmost folder that it made, undefined when all existed. */
  mkdir(path: string, options: { readonly recursive: true }): Promise<string | undefined>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<{ readonly mtimeMs: number }>;
}

export const nodeDisk: Disk = { mkdir, open, readdir, rename, rmdir, stat, unlink };
