/**
 * The file system as the sinks use it: the few operations they need, so that a test can make any of them fail.
 *
 * Decides nothing; Node's own functions are the only implementation outside tests.
 */

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
  /** Returns once everything written is on the disk itself. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** `wx+`: a new file, for writing and reading; `r`: what is there, for reading. */
  open(path: string, flags: 'wx+' | 'r', mode?: number): Promise<DiskFile>;
  /** Makes the folder and those above it; returns the topmost one that was not there, undefined when all were. */
  mkdir(path: string, options: { readonly recursive: true }): Promise<string | undefined>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<{ readonly mtimeMs: number }>;
}

export const nodeDisk: Disk = { mkdir, open, readdir, rename, rmdir, stat, unlink };
