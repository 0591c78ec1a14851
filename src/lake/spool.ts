/**
 * Where parts wait until they are whole: one file for each, so that memory grows with neither page nor part.
 *
 * Decides what a file holds at any moment: its finished pages, then perhaps the beginning of one more. What becomes of
 * a whole part is decided by the sink. Files of runs that were killed are removed at the first use.
 */

import { join } from 'node:path';
import { diskFailure } from '../core/failure/judge.ts';
import { HOUR_MS } from '../core/time/instant.ts';
import type { Clock, PageWriter, PartWriter, Random } from '../ports.ts';
import type { Disk, DiskFile } from './disk.ts';
import { createPage, type PageOptions, type PartEnd, writeAll } from './page.ts';

export interface SpoolDeps {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
}

export interface SpoolOptions extends PageOptions {
  readonly folder: string;
  /** Files have no name while they are filled, so that a killed process leaves nothing; they cannot be renamed then. */
  readonly nameless: boolean;
  /** Permissions of a file, before the umask. */
  readonly mode: number;
}

/** A part in a file. Everything but `bytes` throws `HardFailure('lake')` when the disk does. */
export interface SpooledPart extends Omit<PartWriter, 'commit'> {
  /** CRC-32 of the finished pages. */
  readonly crc: number;
  /** To be called before the part is committed: it must be whole, and a file without a byte is no gzip file. */
  seal(): Promise<void>;
  /** The finished pages of a sealed part, in pieces; may be read several times. */
  content(): AsyncGenerator<Uint8Array, void, void>;
  /** Puts the file of a sealed part in the place of `path`, durably but for the folder's own entry. Spends the part. */
  moveTo(path: string): Promise<void>;
}

export interface Spool {
  openPart(): Promise<SpooledPart>;
  /** Puts a file with this content in the place of `path`, as {@link SpooledPart.moveTo} does. */
  place(bytes: Uint8Array, path: string): Promise<void>;
}

const NAME = /^[0-9a-f-]{36}\.part$/;
/** A part is written to every few minutes at least and no Lambda lives this long: nobody fills an older file. */
const LEFTOVER_MS = HOUR_MS;
const READ_BYTES = 256 * 1024;
const EMPTY: PartEnd = { bytes: 0, crc: 0 };

export function createSpool(deps: SpoolDeps, options: SpoolOptions): Spool {
  const { disk, clock, random } = deps;
  const { folder, place } = options;
  let cleaning: Promise<void> | null = null;

  return {
    async openPart() {
      return createPart(await newFile());
    },
    async place(bytes, path) {
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
      // Nobody has a file of its own before the cleaning is over: by a clock that disagrees with the disk's, a new file
      // could look old.
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

  /** What cannot be removed stays: it only takes room. */
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
    let page: ReturnType<typeof createPage> | null = null;
    let spent = false;
    /** A dropped page could not be cut off, so that the file may be longer than its finished pages. */
    let hasTail = false;

    function mustBeWhole(): void {
      if (spent) throw new Error('the part is spent');
      if (page) throw new Error('a page of the part has not ended');
    }

    return {
      get bytes() {
        return end.bytes;
      },
      get crc() {
        return end.crc;
      },
      startPage,

      async seal() {
        mustBeWhole();
        if (end.bytes === 0) await (await startPage()).finish();
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
        await page?.discard();
        await drop(file, name);
      },
    };

    async function startPage(): Promise<PageWriter> {
      mustBeWhole();
      const begun = createPage(file, end, options, (newEnd) => {
        page = null;
        end = newEnd ?? end;
      });
      page = begun;
      return {
        write: begun.write,
        finish: begun.finish,
        async discard() {
          await begun.discard();
          if (page || spent) return;
          // Makes room at once; where that fails, the tail is cut when the part is committed.
          await file.truncate(end.bytes).catch(() => {
            hasTail = true;
          });
        },
      };
    }
  }
}
