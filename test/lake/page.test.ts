import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { crc32, gunzipSync } from 'node:zlib';
import { HardFailure } from '../../src/core/failure/errors.ts';
import type { DiskFile } from '../../src/lake/disk.ts';
import { createPage, type PartEnd } from '../../src/lake/page.ts';
import { randomBytes } from '../contract/lake.ts';
import { createFailingDisk, type FailingDisk } from '../fakes/failing-disk.ts';

const OPTIONS = { gzipLevel: 6, place: 'spool' } as const;

describe('a page', () => {
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

  it('is a gzip member of its own, and tells where it ends and the checksum up to there', async () => {
    let end: PartEnd | null = { bytes: 0, crc: 0 };
    const ends: PartEnd[] = [];
    for (const text of ['first\n', 'second\n']) {
      const page = createPage(file, end, OPTIONS, (newEnd) => {
        end = newEnd;
      });
      await page.write(Buffer.from(text));
      await page.finish();
      assert.ok(end);
      ends.push(end);
    }
    const bytes = await readFile(path);
    const [first, second] = ends as [PartEnd, PartEnd];
    assert.equal(gunzipSync(bytes.subarray(0, first.bytes)).toString(), 'first\n');
    assert.equal(gunzipSync(bytes.subarray(first.bytes, second.bytes)).toString(), 'second\n');
    assert.equal(first.crc, crc32(bytes.subarray(0, first.bytes)));
    assert.equal(second.crc, crc32(bytes));
    assert.equal(second.bytes, bytes.byteLength);
  });

  it('takes no more than a megabyte ahead of a disk that does not move', async () => {
    disk.hold();
    const page = createPage(file, { bytes: 0, crc: 0 }, OPTIONS, () => {});
    const pieceBytes = 64 * 1024;
    let taken = 0;
    const writing = (async () => {
      for (let piece = 0; piece < 64; piece++) {
        await page.write(randomBytes(piece, pieceBytes));
        taken += pieceBytes;
      }
    })();
    // The thread pool is real: wait until nothing is taken any more.
    for (let last = -1; taken !== last; ) {
      last = taken;
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(taken > 0 && taken <= 1024 * 1024, `${taken} bytes`);
    disk.release();
    await writing;
    await page.finish();
    assert.equal(gunzipSync(await readFile(path)).byteLength, 64 * pieceBytes);
  });

  it('that is dropped while a write waits ends that write', async () => {
    disk.hold();
    const page = createPage(file, { bytes: 0, crc: 0 }, OPTIONS, () => {});
    const writing = page.write(randomBytes(1, 4_000_000));
    const dropping = page.discard();
    const rejected = assert.rejects(writing, /dropped/);
    disk.release();
    await dropping;
    await rejected;
  });

  it('that is dropped while it is finished does not count', async () => {
    disk.hold();
    const ends: (PartEnd | null)[] = [];
    const page = createPage(file, { bytes: 0, crc: 0 }, OPTIONS, (end) => ends.push(end));
    await page.write(randomBytes(1, 200_000));
    const finishing = page.finish();
    const dropping = page.discard();
    const rejected = assert.rejects(finishing, /dropped/);
    disk.release();
    await dropping;
    await rejected;
    assert.deepEqual(ends, [null]);
  });

  it('fails where the disk takes nothing and says nothing', async () => {
    disk.writeAtMost(0);
    const page = createPage(file, { bytes: 0, crc: 0 }, OPTIONS, () => {});
    await page.write(randomBytes(1, 100_000));
    await assert.rejects(page.finish(), (error) => error instanceof HardFailure && error.facts.code === 'ENOSPC');
  });

  it('copies what it is given, so that the giver may use its memory again', async () => {
    const page = createPage(file, { bytes: 0, crc: 0 }, OPTIONS, () => {});
    const pieces: Buffer[] = [];
    for (let index = 0; index < 400; index++) {
      const piece = Buffer.from(`${index}:`.repeat(index % 7 === 0 ? 20_000 : 30));
      pieces.push(Buffer.from(piece));
      await page.write(piece);
      piece.fill(0xff);
    }
    await page.finish();
    assert.ok(gunzipSync(await readFile(path)).equals(Buffer.concat(pieces)));
  });
});
