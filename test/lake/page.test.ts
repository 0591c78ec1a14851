import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { HardFailure } from '../../src/core/failure/errors.ts';
import type { DiskFile } from '../../src/lake/disk.ts';
import { type PartEnd, writePage } from '../../src/lake/page.ts';
import { linesOf, randomBytes } from '../contract/lake.ts';
import { createFailingDisk, type FailingDisk } from '../fakes/failing-disk.ts';
import { readPart, zstdFrames } from '../fakes/read-part.ts';

const BEGIN: PartEnd = { bytes: 0, crc: 0 };

for (const compression of ['gzip', 'zstd'] as const) {
  describe(`a page in ${compression}`, () => {
    const options = { compression, place: 'spool' } as const;
    let folder: string;
    let path: string;
    let disk: FailingDisk;
    let file: DiskFile;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ditio-page-'));
      path = join(folder, 'part');
      disk = createFailingDisk();
      file = await disk.open(path, 'wx+');
    });
    afterEach(async () => {
      disk.release();
      await file.close();
      await rm(folder, { recursive: true });
    });

    it('can be read by itself, and tells where it ends and the checksum up to there', async () => {
      const first = await writePage(linesOf('first\n'), file, BEGIN, options);
      const second = await writePage(linesOf('second\n'), file, first, options);
      const bytes = await readFile(path);
      assert.equal(readPart(bytes.subarray(0, first.bytes)).toString(), 'first\n');
      assert.equal(readPart(bytes.subarray(first.bytes, second.bytes)).toString(), 'second\n');
      assert.equal(first.crc, crc32(bytes.subarray(0, first.bytes)));
      assert.equal(second.crc, crc32(bytes));
      assert.equal(second.bytes, bytes.byteLength);
    });

    it('shows damage to any byte of its content', async () => {
      const end = await writePage(linesOf(randomBytes(1, 3_000)), file, BEGIN, options);
      const bytes = await readFile(path);
      for (let at = 20; at < end.bytes - 8; at += 97) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ 0x10;
        assert.throws(() => readPart(damaged), `byte ${at}`);
      }
    });

    it('without lines ends where it begins', async () => {
      const first = await writePage(linesOf('first\n'), file, BEGIN, options);
      assert.deepEqual(await writePage(linesOf(), file, first, options), first);
      assert.deepEqual(await writePage(linesOf(''), file, first, options), first);
    });

    it('takes no more than two megabytes ahead of a disk that does not move', async () => {
      disk.hold();
      const pieceBytes = 64 * 1024;
      let taken = 0;
      async function* lines(): AsyncGenerator<Uint8Array> {
        for (let piece = 0; piece < 128; piece++) {
          taken += pieceBytes;
          yield randomBytes(piece, pieceBytes);
        }
      }
      const writing = writePage(lines(), file, BEGIN, options);
      // The thread pool is real: wait until nothing is taken any more.
      for (let last = -1; taken !== last; ) {
        last = taken;
        for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.ok(taken > 0 && taken <= 2 * 2 ** 20, `${taken} bytes`);
      disk.release();
      await writing;
      assert.equal(readPart(await readFile(path)).byteLength, 128 * pieceBytes);
    });

    it('fails where the disk takes nothing and says nothing', async () => {
      disk.writeAtMost(0);
      await assert.rejects(
        writePage(linesOf(randomBytes(1, 100_000)), file, BEGIN, options),
        (error) => error instanceof HardFailure && error.facts.code === 'ENOSPC',
      );
    });
  });
}

describe('a page in zstd', () => {
  // Node appends an empty frame where a stream is ended while a write waits (nodejs/node#66078).
  for (const pieces of [1, 2, 3, 50]) {
    it(`is one frame, of ${pieces} pieces of lines`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'ditio-page-'));
      const path = join(folder, 'part');
      const file = await createFailingDisk().open(path, 'wx+');
      const options = { compression: 'zstd', place: 'spool' } as const;
      await writePage(linesOf(...Array(pieces).fill('{"id":"1"}\n')), file, BEGIN, options);
      await file.close();
      assert.equal(zstdFrames(await readFile(path)).length, 1);
      await rm(folder, { recursive: true });
    });
  }
});
