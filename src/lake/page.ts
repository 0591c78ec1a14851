/**
 * A page on its way into a part: compressed as a gzip member of its own, off the main thread, into the part's file.
 *
 *     write ─▶ copied into pieces ─▶ zlib (thread pool) ─▶ file, at a known position
 *         ◀── waits for a piece that has been compressed ◀── one write at a time
 *
 * Decides how much may be in memory: {@link MOST_PIECES} pieces that go round, whatever the page's size. A page that is
 * dropped leaves the file as it was.
 */

import { crc32, createGzip } from 'node:zlib';
import { type DiskPlace, diskFailure } from '../core/failure/judge.ts';
import { giveBack, oneByOne, readChunks } from '../core/page/zlib-chunks.ts';
import type { PageWriter } from '../ports.ts';
import type { DiskFile } from './disk.ts';

/** Where the finished pages of a part end. */
export interface PartEnd {
  /** Length of the file up to there, in bytes. */
  readonly bytes: number;
  /** CRC-32 of the file up to there. */
  readonly crc: number;
}

export interface PageOptions {
  /** 1 (fast) to 9 (small). */
  readonly gzipLevel: number;
  readonly place: DiskPlace;
}

/**
 * What is compressed at a time. Each piece costs a trip to the thread pool and back, about as much as compressing 2 KB:
 * pieces of 4 KB halve the throughput, from 64 KB on it no longer matters.
 */
const PIECE_BYTES = 256 * 1024;
/** Enough that the thread pool never waits for the main thread: one is compressed, one is next, one is filled. */
const MOST_PIECES = 3;
/** Compressed bytes handed over at a time. */
const CHUNK_BYTES = 64 * 1024;

/**
 * @param from where the page begins; everything after it in the file is overwritten
 * @param onEnd called once: with the part's new end when the page is finished, with null when it is dropped
 */
export function createPage(
  file: DiskFile,
  from: PartEnd,
  options: PageOptions,
  onEnd: (end: PartEnd | null) => void,
): PageWriter {
  const gzip = createGzip({ level: options.gzipLevel, ...oneByOne(CHUNK_BYTES) });
  let state: 'open' | 'finishing' | 'ended' = 'open';
  let failure: Error | null = null;
  let end = from;
  /** Memory of pieces that are not being compressed. */
  const idle: Buffer[] = [];
  let pieces = 0;
  /** The piece being filled. */
  let piece: Buffer | null = null;
  let filledBytes = 0;
  let wake = () => {};

  gzip.on('error', (error) => fail(error));
  const pumped = pump();

  /** Never rejects: what went wrong is in `failure`. */
  async function pump(): Promise<void> {
    try {
      for await (const chunk of readChunks(gzip, CHUNK_BYTES)) {
        await writeAll(file, chunk, end.bytes);
        end = { bytes: end.bytes + chunk.byteLength, crc: crc32(chunk, end.crc) };
      }
    } catch (error) {
      // A page that is dropped breaks the stream off on purpose.
      if (state !== 'ended') fail(error);
    }
  }

  function fail(error: unknown): void {
    failure ??= diskFailure(options.place, 'writing a page', error);
    gzip.destroy();
    wake();
  }

  /** Memory for the next piece, once there is some: the bound on what is queued. */
  async function takePiece(): Promise<Buffer> {
    while (idle.length === 0 && pieces === MOST_PIECES) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (failure !== null) throw failure;
      if (gzip.destroyed) throw new Error('the page was dropped while it was written');
    }
    const known = idle.pop();
    if (known) return known;
    pieces += 1;
    return Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  function compress(): void {
    if (piece === null) return;
    const memory = piece;
    gzip.write(memory.subarray(0, filledBytes), () => {
      idle.push(memory);
      wake();
    });
    piece = null;
    filledBytes = 0;
  }

  return {
    async write(bytes) {
      if (failure !== null) throw failure;
      if (state !== 'open') throw new Error('a page that has ended cannot be written to');
      for (let from = 0; from < bytes.byteLength; ) {
        piece ??= await takePiece();
        const copied = bytes.subarray(from, from + PIECE_BYTES - filledBytes);
        piece.set(copied, filledBytes);
        from += copied.byteLength;
        filledBytes += copied.byteLength;
        if (filledBytes === PIECE_BYTES) compress();
      }
    },

    async finish() {
      if (failure !== null) throw failure;
      if (state !== 'open') throw new Error('a page that has ended cannot be finished');
      state = 'finishing';
      compress();
      gzip.end();
      await pumped;
      for (const memory of idle) giveBack(memory, PIECE_BYTES);
      if (failure !== null) throw failure;
      if (state !== 'finishing') throw new Error('the page was dropped while it was finished');
      state = 'ended';
      onEnd(end);
    },

    async discard() {
      if (state === 'ended') return;
      state = 'ended';
      gzip.destroy();
      wake();
      await pumped;
      onEnd(null);
    },
  } satisfies PageWriter;
}

/** Writes all of it, also where the system writes less at a time. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    // Disks that are full may answer so before they say it.
    if (bytesWritten === 0) throw Object.assign(new Error('nothing could be written'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}
