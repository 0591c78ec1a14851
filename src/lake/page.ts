/**
 * Compresses the lines of one page, off the main thread, into the file of a part.
 *
 *     lines ─▶ compressor (thread pool) ─▶ file, at a known position
 *
 * A page is a gzip member or a zstd frame of its own, so that a page which fails can be cut off.
 */

import { pipeline } from 'node:stream/promises';
import { constants, crc32, createGzip, createZstdCompress, type Gzip, type ZstdCompress } from 'node:zlib';
import { type DiskPlace, diskFailure } from '../core/failure/judge.ts';
import type { Compression } from '../ports.ts';
import type { DiskFile } from './disk.ts';

/** The end of the finished pages of a part. */
export interface PartEnd {
  /** Length of the file up to the end of these pages, in bytes. */
  readonly bytes: number;
  /** CRC-32 of the file up to the end of these pages. */
  readonly crc: number;
}

export interface PageOptions {
  readonly compression: Compression;
  readonly place: DiskPlace;
}

/** Level 6 was chosen by the figures of `bench/levels.ts`; see docs/decisions.md. */
const GZIP_LEVEL = 6;
const ZSTD_LEVEL = 3;
/** Compressed bytes per piece; each piece costs a round trip to the thread pool. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Writes a page and returns where it ends. A page without lines ends where it begins.
 *
 * Throws the errors of `lines`, and `HardFailure('lake')` when the disk fails. The bytes of the file after `from` are then
 * not part of it.
 *
 * @param from where the page begins; everything after it in the file is overwritten
 */
export async function writePage(
  lines: AsyncIterable<Uint8Array>,
  file: DiskFile,
  from: PartEnd,
  options: PageOptions,
): Promise<PartEnd> {
  const compressor =
    options.compression === 'zstd' ? createZstd() : createGzip({ level: GZIP_LEVEL, chunkSize: CHUNK_BYTES });
  let end = from;
  const compressing = compress(lines, compressor);
  const writing = pipeline(compressor, async (compressed: AsyncIterable<Buffer>) => {
    for await (const chunk of compressed) {
      await writeAll(file, chunk, end.bytes).catch((error) => {
        throw diskFailure(options.place, 'writing a page', error);
      });
      end = { bytes: end.bytes + chunk.byteLength, crc: crc32(chunk, end.crc) };
    }
  });
  await writing.finally(() => compressing);
  return compressor.bytesWritten === 0 ? from : end;
}

/**
 * Hands the lines to the compressor. The next piece is made while one is compressed, and given when that is done.
 * Never throws: an error of `lines` becomes that of the compressor.
 *
 * The waiting also keeps the stream from ending while a write is under way, for which Node appends an empty zstd frame
 * (nodejs/node#66078).
 */
async function compress(lines: AsyncIterable<Uint8Array>, compressor: Gzip | ZstdCompress): Promise<void> {
  // A compressor that is destroyed may never call back.
  const closed = new Promise<unknown>((resolve) => compressor.once('close', resolve));
  let compressing: Promise<unknown> = Promise.resolve();
  try {
    for await (const piece of lines) {
      await compressing;
      if (compressor.destroyed) return;
      compressing = Promise.race([closed, new Promise((resolve) => compressor.write(piece, resolve))]);
    }
    await compressing;
    compressor.end();
  } catch (error) {
    compressor.destroy(error as Error);
  }
}

/** With a checksum in each frame, like gzip in each member. */
function createZstd(): ZstdCompress {
  const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = constants;
  return createZstdCompress({ chunkSize: CHUNK_BYTES, params: { [level]: ZSTD_LEVEL, [checksum]: 1 } });
}

/** Writes all bytes, also where the system writes fewer at a time. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    // A full disk may write 0 bytes before it reports ENOSPC.
    if (bytesWritten === 0) throw Object.assign(new Error('nothing could be written'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}
