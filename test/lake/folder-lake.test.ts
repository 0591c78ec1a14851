/** Tests a lake in a folder; `test/contract/lake.ts` has the tests for every lake. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { HardFailure } from '../../src/core/failure/errors.ts';
import { type Disk, nodeDisk } from '../../src/lake/disk.ts';
import { createFolderLake } from '../../src/lake/folder-lake.ts';
import type { Lake, PartWriter } from '../../src/ports.ts';
import { breaking, linesOf, randomBytes, withheld } from '../contract/lake.ts';
import { visibleFiles } from '../contract/lake-worlds.ts';
import { createFailingDisk, type FailingDisk } from '../fakes/failing-disk.ts';
import { createHurriedClock } from '../fakes/hurried-clock.ts';
import { createSeededRandom } from '../fakes/random.ts';
import { testScope } from '../fakes/scope.ts';

const KEY = 'project/sync_date=2026-11-22/20261122T081503120Z-00000001-0b0e7c1a.ndjson.gz';

describe('a lake that is a folder', () => {
  let root: string;
  let disk: FailingDisk;
  let lake: Lake;

  beforeEach(async () => {
    root = join(await mkdtemp(join(tmpdir(), 'ditio-lake-')), 'lake');
    disk = createFailingDisk();
    lake = createFolderLake({
      root,
      disk,
      compression: 'gzip',
      clock: createHurriedClock(),
      random: createSeededRandom(),
    });
  });
  afterEach(() => rm(join(root, '..'), { recursive: true }));

  const spooled = (): Promise<string[]> => readdir(join(root, '.spool')).catch(() => []);

  async function writePage(part: PartWriter, bytes: Uint8Array): Promise<void> {
    await part.addPage(linesOf(bytes));
  }

  async function partOf(...pages: Uint8Array[]): Promise<PartWriter> {
    const part = await lake.openPart();
    for (const page of pages) await writePage(part, page);
    return part;
  }

  it('keeps a part out of sight until it is committed, and nothing but the part afterwards', async () => {
    const part = await partOf(Buffer.from('text'));
    assert.equal((await spooled()).length, 1);
    assert.deepEqual(await visibleFiles(root), []);
    await part.commit(KEY, testScope());
    assert.deepEqual(await spooled(), []);
    assert.deepEqual(await visibleFiles(root), [KEY]);
  });

  it('has the bytes on the disk before the name, and the name before it says so', async () => {
    const part = await partOf(Buffer.from('text'));
    const before = disk.done.length;
    await part.commit(KEY, testScope());
    const name = '20261122T081503120Z-00000001-0b0e7c1a.ndjson.gz';
    const steps = disk.done.slice(before).map((step) => step.replace(/[0-9a-f-]{36}\.part/, 'spooled'));
    const order = ['sync spooled', 'close spooled', `rename ${name}`, 'sync sync_date=2026-11-22'].map((step) =>
      steps.lastIndexOf(step),
    );
    assert.ok(!order.includes(-1), steps.join(', '));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    // The folders are new, so that each of them is a new entry in the one above.
    assert.ok(steps.includes('sync project') && steps.includes('sync lake'), steps.join(', '));
  });

  it('takes nothing more into a part that was dropped while a page was written', async () => {
    const part = await lake.openPart();
    const page = withheld(randomBytes(1, 200_000));
    const adding = assert.rejects(part.addPage(page.lines), HardFailure);
    disk.hold();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await part.discard();
    assert.deepEqual(await spooled(), []);
    disk.release();
    page.release();
    await adding;
    assert.deepEqual(await spooled(), []);
  });

  it('leaves the files of a killed run out of sight, and removes them when they are old', async () => {
    const part = await partOf(Buffer.from('text'));
    const killed = (await spooled())[0] as string;
    const spool = join(root, '.spool');
    const young = '00000000-0000-0000-0000-000000000001.part';
    await writeFile(join(spool, young), 'text');
    await writeFile(join(spool, 'note.txt'), 'text');
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [killed, 'note.txt']) await utimes(join(spool, name), longAgo, longAgo);
    assert.deepEqual(await visibleFiles(root), []);

    const next = createFolderLake({
      root,
      compression: 'gzip',
      clock: createHurriedClock(),
      random: createSeededRandom(2),
    });
    const other = await next.openPart();
    const left = await spooled();
    assert.ok(!left.includes(killed));
    assert.ok(left.includes(young) && left.includes('note.txt'));
    await other.discard();
    await part.discard();
  });

  // Found by the crash suite: of streams that began together, one had its file taken away by the cleaning of another.
  it('never takes a file of its own for a leftover, however far its clock is from that of the disk', async () => {
    const slowToList: Disk = {
      ...nodeDisk,
      async readdir(folder) {
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        return nodeDisk.readdir(folder);
      },
      async stat(path) {
        const { mtimeMs } = await nodeDisk.stat(path);
        return { mtimeMs: mtimeMs - 3 * 3_600_000 };
      },
    };
    const ahead = createFolderLake({
      root,
      disk: slowToList,
      compression: 'gzip',
      clock: createHurriedClock(),
      random: createSeededRandom(),
    });
    const parts = await Promise.all([ahead.openPart(), ahead.openPart()]);
    for (const part of parts) await writePage(part, Buffer.from('text'));
    for (const [index, part] of parts.entries())
      await part.commit(KEY.replace('00000001', `0000000${index}`), testScope());
    assert.equal((await visibleFiles(root)).length, 2);
  });

  it('does not mind files it cannot remove', async () => {
    await mkdir(join(root, '.spool'), { recursive: true });
    disk.fail('readdir', 'EACCES');
    await (await partOf(Buffer.from('text'))).commit(KEY, testScope());
    assert.deepEqual(await visibleFiles(root), [KEY]);
  });

  describe('on a disk that is full', () => {
    it('fails the page, and keeps the pages before it', async () => {
      const first = randomBytes(1, 100_000);
      const part = await partOf(first);
      disk.fillAt(150_000);
      const pieces = Array.from({ length: 100 }, (_, piece) => randomBytes(piece, 100_000));
      await assert.rejects(part.addPage(linesOf(...pieces)), isFull);
      disk.fillAt(Number.POSITIVE_INFINITY);
      await writePage(part, Buffer.from('after'));
      await part.commit(KEY, testScope());
      const content = gunzipSync(await readFile(join(root, KEY)));
      assert.ok(content.equals(Buffer.concat([first, Buffer.from('after')])));
    });

    it('makes room again as soon as the page is dropped', async () => {
      const part = await partOf(randomBytes(1, 10_000));
      disk.fillAt(200_000);
      await assert.rejects(part.addPage(linesOf(randomBytes(2, 1_000_000))), isFull);
      assert.ok(disk.done.some((step) => step.startsWith('write')));
      const [name] = await spooled();
      const file = join(root, '.spool', name as string);
      assert.equal((await readFile(file)).byteLength, part.bytes);
      await part.discard();
      assert.deepEqual(await spooled(), []);
    });

    it('shows no small object that is not whole', async () => {
      disk.fillAt(3);
      const writing = lake.writeObject('manifests/project/full/2026-11/a.json', 'text', testScope());
      await assert.rejects(writing, isFull);
      await assert.rejects(readFile(join(root, 'manifests/project/full/2026-11/a.json')));
      assert.deepEqual(await spooled(), []);
    });
  });

  const steps = [
    ['sync', 'EIO'],
    ['close', 'EIO'],
    ['rename', 'EXDEV'],
    ['mkdir', 'EROFS'],
  ] as const;
  for (const [operation, code] of steps) {
    it(`shows nothing of a part when ${operation} fails while it is committed`, async () => {
      const part = await partOf(Buffer.from('text'));
      disk.fail(operation, code);
      await assert.rejects(part.commit(KEY, testScope()), (error) => {
        assert.ok(error instanceof HardFailure, String(error));
        assert.equal(error.kind, 'lake');
        assert.equal(error.facts.code, code);
        assert.ok(error.facts.hint);
        return true;
      });
      await part.discard();
      assert.deepEqual(await visibleFiles(root), []);
      assert.deepEqual(await spooled(), []);
    });
  }

  it('says that a part is not durable when its folder could not be written out', async () => {
    const first = await partOf(Buffer.from('text'));
    await first.commit(KEY, testScope());
    const part = await partOf(Buffer.from('text'));
    disk.fail('open', 'EIO');
    await assert.rejects(part.commit(KEY.replace('01.nd', '02.nd'), testScope()), HardFailure);
    await part.discard();
  });

  it('does without writing folders out where the system cannot', async () => {
    const part = await partOf(Buffer.from('text'));
    disk.fail('open', 'EISDIR', 10);
    await part.commit(KEY, testScope());
    assert.deepEqual(await visibleFiles(root), [KEY]);
  });

  it('cuts off what could not be cut off when its page was dropped', async () => {
    const part = await partOf(Buffer.from('kept'));
    disk.fail('truncate', 'EIO');
    await assert.rejects(part.addPage(breaking(randomBytes(1, 500_000))), /broke/);
    await writePage(part, Buffer.from(' too'));
    await part.commit(KEY, testScope());
    const bytes = await readFile(join(root, KEY));
    assert.equal(bytes.byteLength, part.bytes);
    assert.equal(gunzipSync(bytes).toString(), 'kept too');
  });

  it('goes on where the system writes less at a time', async () => {
    disk.writeAtMost(1000);
    const bytes = randomBytes(1, 300_000);
    const part = await partOf(bytes);
    await part.commit(KEY, testScope());
    assert.ok(gunzipSync(await readFile(join(root, KEY))).equals(bytes));
  });

  it('leaves no file behind by its check', async () => {
    await lake.check(testScope());
    assert.deepEqual(await readdir(root), ['.spool']);
    assert.deepEqual(await spooled(), []);
  });

  for (const key of ['../outside', 'a/../../outside', '/absolute', 'a//b', '', 'a/.', 'a\\..\\b', 'a\u0000b']) {
    it(`does not take «${key.replace('\u0000', '␀')}» for a key`, async () => {
      await assert.rejects(lake.writeObject(key, 'text', testScope()), RangeError);
      assert.deepEqual(await visibleFiles(join(root, '..')), []);
    });
  }
});

function isFull(error: unknown): boolean {
  assert.ok(error instanceof HardFailure, String(error));
  assert.equal(error.kind, 'lake');
  assert.equal(error.facts.code, 'ENOSPC');
  assert.match(error.facts.hint ?? '', /LAKE_URL/);
  return true;
}
