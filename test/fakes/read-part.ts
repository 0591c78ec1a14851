/** Reads objects of a lake back: gzip, zstd or plain. */

import { gunzipSync, zstdDecompressSync } from 'node:zlib';

const GZIP = Buffer.of(0x1f, 0x8b);
const ZSTD = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);

/** What an object holds, told by its first bytes: a part decompressed, anything else as it is. */
export function readPart(bytes: Buffer): Buffer {
  if (bytes.subarray(0, 2).equals(GZIP)) return gunzipSync(bytes);
  if (!bytes.subarray(0, 4).equals(ZSTD)) return bytes;
  return Buffer.concat(zstdFrames(bytes).map((frame) => zstdDecompressSync(frame)));
}

/**
 * The frames of a zstd file (RFC 8878, section 3.1.1). Node reads the first one only and says nothing of the others;
 * the command line, DuckDB and Athena read all of them.
 */
export function zstdFrames(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    if (!bytes.subarray(from, from + 4).equals(ZSTD)) throw new Error(`no zstd frame begins at byte ${from}`);
    const descriptor = bytes[from + 4] ?? 0;
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const hasChecksum = (descriptor & 0x04) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
    const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    let at = from + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
    for (let isLast = false; !isLast; ) {
      const header = bytes.readUIntLE(at, 3);
      isLast = (header & 1) === 1;
      const isRepeatedByte = ((header >> 1) & 0x03) === 1;
      at += 3 + (isRepeatedByte ? 1 : header >> 3);
    }
    at += hasChecksum ? 4 : 0;
    frames.push(bytes.subarray(from, at));
    from = at;
  }
  return frames;
}
