/**
 * Keeps each part in a temporary file until it is whole, so that memory does not grow with the page or the part.
 *
 * A file holds the finished pages of its part, and possibly the beginning of another page. The lake moves or uploads the
 * whole part. Files of killed runs are removed at the first use.
 */

import { join } from 'node:path';
import { diskFailure } from '../core/failure/judge.ts';
import type { Clock, Random } from '../core/scope.ts';
import { HOUR_MS } from '../core/time/instant.ts';
import type { PartWriter } from '../ports.ts';
import type { Disk, DiskFile } from './disk.ts';
import { type PageOptions, type PartEnd, writeAll, writePage } from './page.ts';

export interface SpoolDeps {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
}

export interface SpoolOptions extends PageOptions {
  readonly folder: string;
  /** Files have no name while they are filled, so that a killed process leaves nothing. They cannot be renamed then. */
  readonly nameless: boolean;
  /** Permissions of a file, before the umask. */
  readonly mode: number;
}

/** A part in a file. Its functions throw `HardFailure('lake')` when the disk fails. */
export interface SpooledPart extends Omit<PartWriter, 'commit'> {
  /** CRC-32 of the finished pages. */
  readonly crc: number;
  /** Throws when the part cannot be committed: it is spent, empty, or has an unfinished page. */
  mustBeWhole(): void;
  /** The finished pages of a whole part, in pieces; may be read several times. */
  content(): AsyncGenerator<Uint8Array, void, void>;
  /** Moves the file of a whole part to `path`. All but the folder's own entry is durable then. Spends the part. */
  moveTo(path: string): Promise<void>;
}

export interface Spool {
  openPart(): Promise<SpooledPart>;
  /** Writes a file with this content to `path`, like {@link SpooledPart.moveTo}. */
  writeFile(bytes: Uint8Array, path: string): Promise<void>;
}

const NAME = /^[0-9a-f-]{36}\.part$/;
/** A run writes to a part every few minutes, and no Lambda runs this long: an older file belongs to no run. */
const LEFTOVER_MS = HOUR_MS;
const READ_BYTES = 256 * 1024;
const EMPTY: PartEnd = { bytes: 0, crc: 0 };

/** The part as the lakes return it; `commit` is called with a whole part. */
export function partWriter(part: SpooledPart, commit: PartWriter['commit']): PartWriter {
  return {
    compression: part.compression,
    addPage: part.addPage,
    discard: part.discard,
    get bytes() {
      return part.bytes;
    },
    async commit(key, scope) {
      part.mustBeWhole();
      await commit(key, scope);
    },
  };
}

export function createSpool(deps: SpoolDeps, options: SpoolOptions): Spool {
  const { disk, clock, random } = deps;
  const { folder, place } = options;
  let cleaning: Promise<void> | null = null;

  return {
    async openPart() {
      return createPart(await newFile());
    },
    async writeFile(bytes, path) {
      const { file, name } = await newFile();
      try {
        await writeAll(file, bytes, 0);
        await file.sync();
        await file.close();
        await disk.rename(name, path);
      } catch (error) {
        await drop(file, name);
        throw diskFailure(place, `writing ${path}`, error);
      }
    },
  };

  async function newFile(): Promise<{ readonly file: DiskFile; readonly name: string }> {
    try {
      await disk.mkdir(folder, { recursive: true });
      // No file is opened before the cleaning has ended: where our clock disagrees with the disk's, a new file could look old.
      cleaning ??= removeLeftovers();
      await cleaning;
      const name = join(folder, `${random.uuid()}.part`);
      const file = await disk.open(name, 'wx+', options.mode);
      if (options.nameless) await disk.unlink(name);
      return { file, name };
    } catch (error) {
      throw diskFailure(place, `opening a file in ${folder}`, error);
    }
  }

  /** A file that cannot be removed stays: it only uses disk space. */
  async function removeLeftovers(): Promise<void> {
    const names = (await disk.readdir(folder).catch(() => [])).filter((name) => NAME.test(name));
    for (const name of names) {
      const path = join(folder, name);
      try {
        const { mtimeMs } = await disk.stat(path);
        if (clock.now() - mtimeMs > LEFTOVER_MS) await disk.unlink(path);
      } catch {}
    }
  }

  async function drop(file: DiskFile, name: string): Promise<void> {
    await file.close().catch(() => {});
    if (!options.nameless) await disk.unlink(name).catch(() => {});
  }

  function createPart({ file, name }: { readonly file: DiskFile; readonly name: string }): SpooledPart {
    let end = EMPTY;
    let isWriting = false;
    let spent = false;
    /** The beginning of a failed page could not be cut off, so the file may be longer than its finished pages. */
    let hasTail = false;

    function mustBeFree(): void {
      if (spent) throw new Error('the part is spent');
      if (isWriting) throw new Error('a page of the part has not ended');
    }

    return {
      get bytes() {
        return end.bytes;
      },
      get crc() {
        return end.crc;
      },
      compression: options.compression,

      async addPage(lines) {
        mustBeFree();
        isWriting = true;
        const begin = end;
        try {
          end = await writePage(lines, file, begin, options);
        } finally {
          isWriting = false;
          if (end === begin && !spent) await cutTail();
        }
      },

      mustBeWhole() {
        mustBeFree();
        if (end.bytes === 0) throw new Error('a part without lines cannot be committed');
      },

      async *content() {
        for (let position = 0; position < end.bytes; ) {
          const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end.bytes - position));
          const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, position);
          if (bytesRead === 0) throw Object.assign(new Error('the file has become shorter'), { code: 'EIO' });
          yield buffer.subarray(0, bytesRead);
          position += bytesRead;
        }
      },

      async moveTo(path) {
        try {
          if (hasTail) await file.truncate(end.bytes);
          await file.sync();
          await file.close();
          await disk.rename(name, path);
          spent = true;
        } catch (error) {
          throw diskFailure(place, `writing ${path}`, error);
        }
      },

      async discard() {
        if (spent) return;
        spent = true;
        await drop(file, name);
      },
    };

    /** Cuts off a failed page to free disk space. Where that fails, the rest is cut off when the part is moved. */
    async function cutTail(): Promise<void> {
      hasTail = await file.truncate(end.bytes).then(
        () => false,
        () => true,
      );
    }
  }
}
