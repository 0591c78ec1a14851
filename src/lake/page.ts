/**
 * A page on its way into a part: compressed as a gzip member of its own, off the main thread, into the part's file.
 *
 *     write ─▶ gather small pieces ─▶ zlib (thread pool) ─▶ file, at a known position
 *          ◀── waits while too much is queued             ◀── one write at a time
 *
 * Decides how much may be in memory: never more than {@link MOST_QUEUED_BYTES} uncompressed beside the piece that is
 * being handed over, whatever the page's size. A page that is dropped leaves the file as it was.
 */

import { crc32, createGzip } from 'node:zlib';
import { type DiskPlace, diskFailure } from '../core/aws-failures.ts';
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
 * Each piece costs a trip to the thread pool and back, about as much as compressing 2 KB: pieces of 4 KB halve the
 * throughput, from 64 KB on it no longer matters. So small pieces are copied together; large ones are not copied.
 */
const SMALL_PIECE_BYTES = 32 * 1024;
const GATHER_BYTES = 128 * 1024;
/** Enough that the thread pool never waits for the main thread. */
const MOST_QUEUED_BYTES = 256 * 1024;
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
  const gzip = createGzip({ level: options.gzipLevel, chunkSize: CHUNK_BYTES });
  let state: 'open' | 'finishing' | 'ended' = 'open';
  let failure: Error | null = null;
  let end = from;
  let queuedBytes = 0;
  let wake = () => {};
  let gathered: Buffer | null = null;
  let gatheredBytes = 0;

  gzip.on('error', (error) => fail(error));
  const pumped = pump();

  /** Never rejects: what went wrong is in `failure`. */
  async function pump(): Promise<void> {
    try {
      for await (const chunk of gzip as AsyncIterable<Buffer>) {
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

  async function send(bytes: Uint8Array): Promise<void> {
    queuedBytes += bytes.byteLength;
    gzip.write(bytes, () => {
      queuedBytes -= bytes.byteLength;
      wake();
    });
    while (queuedBytes > MOST_QUEUED_BYTES && failure === null && !gzip.destroyed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure !== null) throw failure;
    if (gzip.destroyed) throw new Error('the page was dropped while it was written');
  }

  async function flush(): Promise<void> {
    if (gathered === null) return;
    const full = gathered.subarray(0, gatheredBytes);
    gathered = null;
    gatheredBytes = 0;
    await send(full);
  }

  return {
    async write(bytes) {
      if (failure !== null) throw failure;
      if (state !== 'open') throw new Error('a page that has ended cannot be written to');
      if (bytes.byteLength >= SMALL_PIECE_BYTES) {
        await flush();
        return await send(bytes);
      }
      if (gatheredBytes + bytes.byteLength > GATHER_BYTES) await flush();
      gathered ??= Buffer.allocUnsafe(GATHER_BYTES);
      gathered.set(bytes, gatheredBytes);
      gatheredBytes += bytes.byteLength;
    },

    async finish() {
      if (failure !== null) throw failure;
      if (state !== 'open') throw new Error('a page that has ended cannot be finished');
      state = 'finishing';
      await flush();
      gzip.end();
      await pumped;
      if (failure !== null) throw failure;
      if (state !== 'finishing') throw new Error('the page was dropped while it was finished');
      state = 'ended';
      onEnd(end);
    },

    async discard() {
      if (state === 'ended') return;
      state = 'ended';
      gathered = null;
      gzip.destroy();
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
