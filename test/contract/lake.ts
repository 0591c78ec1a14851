/**
 * The contract of the port `Lake`, as a suite that runs on every implementation: what is visible, when, and that it is
 * exactly what was written.
 */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import type { Lake, PartWriter } from '../../src/ports.ts';
import { testScope } from '../fakes/scope.ts';

/** A lake with eyes for what is in it. Objects of earlier tests may still be there. */
export interface LakeWorld {
  readonly lake: Lake;
  /** The same lake where nothing can be written. */
  readonly broken: Lake;
  /** Keys of every visible object. */
  keys(): Promise<string[]>;
  /** What an object holds, a part decompressed. */
  content(key: string): Promise<Buffer>;
  /** Bytes of an object as it is stored. */
  size(key: string): Promise<number>;
  close(): Promise<void>;
}

/** @param open called once; every test uses keys of its own */
export function lakeSuite(name: string, open: () => Promise<LakeWorld>): void {
  describe(`lake: ${name}`, () => {
    let world: LakeWorld;
    let lake: Lake;
    let table = '';
    let key = '';
    let count = 0;

    before(async () => {
      world = await open();
      lake = world.lake;
    });
    after(() => world?.close());
    beforeEach(() => {
      count += 1;
      table = `table_${count}`;
      key = keyOf(1);
    });

    const keyOf = (version: number) =>
      `${table}/sync_date=2026-11-22/20261122T081503120Z-${`${version}`.padStart(8, '0')}-0b0e7c1a.ndjson.gz`;
    const keys = async () => (await world.keys()).filter((each) => each.startsWith(`${table}/`)).toSorted();

    const writePage = (part: PartWriter, ...texts: (string | Buffer)[]) => part.addPage(linesOf(...texts));

    describe('a part', () => {
      it('is not visible before it is committed, and then whole', async () => {
        const part = await lake.openPart();
        await writePage(part, '{"id":"1"}\n', '{"id":"2"}\n');
        assert.deepEqual(await keys(), []);
        await writePage(part, '{"id":"3"}\n');
        const committing = part.commit(key, testScope());
        await committing;
        assert.deepEqual(await keys(), [key]);
        assert.equal((await world.content(key)).toString(), '{"id":"1"}\n{"id":"2"}\n{"id":"3"}\n');
      });

      it('has done with a piece of lines before it asks for the second one after it', async () => {
        const part = await lake.openPart();
        const pieces = [randomBytes(1, 300_000), randomBytes(2, 7), randomBytes(3, 70_000)];
        await part.addPage(linesOf(...pieces));
        await part.commit(key, testScope());
        // Without a difference printed: that of random bytes takes minutes.
        assert.ok((await world.content(key)).equals(Buffer.concat(pieces)));
      });

      it('knows how many bytes its finished pages take', async () => {
        const part = await lake.openPart();
        assert.equal(part.bytes, 0);
        await writePage(part, randomBytes(1, 100_000));
        const { bytes } = part;
        assert.ok(bytes > 50_000, `${bytes}`);
        await assert.rejects(part.addPage(breaking(randomBytes(2, 300_000))), /broke/);
        assert.equal(part.bytes, bytes);
        await writePage(part, randomBytes(3, 100_000));
        assert.ok(part.bytes > bytes);
        const committed = part.bytes;
        await part.commit(key, testScope());
        assert.equal(await world.size(key), committed);
      });

      it('that is dropped leaves nothing, and may be dropped twice', async () => {
        const part = await lake.openPart();
        await writePage(part, 'text');
        await part.discard();
        await part.discard();
        assert.deepEqual(await keys(), []);
      });

      it('that is dropped while a page is being written leaves nothing', async () => {
        const part = await lake.openPart();
        const pages = withheld(randomBytes(1, 200_000));
        const adding = part.addPage(pages.lines).catch(() => {});
        await part.discard();
        pages.release();
        await adding;
        assert.deepEqual(await keys(), []);
      });

      it('stays when it is dropped after it was committed', async () => {
        const part = await lake.openPart();
        await writePage(part, 'text');
        await part.commit(key, testScope());
        await part.discard();
        assert.equal((await world.content(key)).toString(), 'text');
      });

      it('takes the place of one with the same key', async () => {
        for (const text of ['first, and longer than the second', 'second']) {
          const part = await lake.openPart();
          await writePage(part, text);
          await part.commit(key, testScope());
        }
        assert.equal((await world.content(key)).toString(), 'second');
      });

      it('takes nothing from a page without lines, and cannot be committed without any', async () => {
        const part = await lake.openPart();
        await writePage(part);
        assert.equal(part.bytes, 0);
        await assert.rejects(part.commit(key, testScope()), /without lines/);
        await writePage(part, 'text');
        const { bytes } = part;
        await writePage(part);
        assert.equal(part.bytes, bytes);
        await part.commit(key, testScope());
        assert.equal((await world.content(key)).toString(), 'text');
      });

      it('has one page at a time', async () => {
        const part = await lake.openPart();
        const pages = withheld(Buffer.from('text'));
        const adding = part.addPage(pages.lines);
        await assert.rejects(writePage(part, 'another'), /has not ended/);
        await assert.rejects(part.commit(key, testScope()), /has not ended/);
        pages.release();
        await adding;
        await part.commit(key, testScope());
        assert.equal((await world.content(key)).toString(), 'text');
      });

      it('is spent once it is committed', async () => {
        const part = await lake.openPart();
        await writePage(part, 'text');
        await part.commit(key, testScope());
        await assert.rejects(writePage(part, 'more'), /spent/);
        await assert.rejects(part.commit(keyOf(2), testScope()), /spent/);
        assert.deepEqual(await keys(), [key]);
      });
    });

    describe('a page', () => {
      it('that breaks throws what broke it, and leaves the pages around it as they are', async () => {
        const part = await lake.openPart();
        await writePage(part, 'one\n');
        for (const bytes of [10, 100_000, 2_000_000]) {
          await assert.rejects(part.addPage(breaking(randomBytes(bytes, bytes))), (error) => error === BROKEN);
          await writePage(part, `after ${bytes}\n`);
        }
        await part.commit(key, testScope());
        assert.equal((await world.content(key)).toString(), 'one\nafter 10\nafter 100000\nafter 2000000\n');
      });

      it('may be much larger than anything that is kept in memory', async () => {
        const pieces = [1, 31, 32_767, 32_768, 1_000_000, 131_072, 5, 700_000, 4096].map((bytes, index) =>
          randomBytes(index + 1, bytes),
        );
        const part = await lake.openPart();
        await writePage(part, ...pieces, ...pieces);
        await part.commit(key, testScope());
        assert.ok((await world.content(key)).equals(Buffer.concat([...pieces, ...pieces])));
      });

      const piece = fc.oneof(
        { weight: 3, arbitrary: fc.nat(300) },
        { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 150_000 }) },
      );
      const page = fc.record({ pieces: fc.array(piece, { maxLength: 8 }), kept: fc.boolean() });

      it('is in the object if and only if it did not break, for any sizes', async () => {
        let version = 0;
        const property = fc.asyncProperty(fc.array(page, { maxLength: 6 }), async (pages) => {
          version += 1;
          const part = await lake.openPart();
          const expected: Buffer[] = [];
          for (const { pieces, kept } of pages) {
            const contents = pieces.map((bytes, index) => randomBytes(bytes + index, bytes));
            if (kept) expected.push(...contents);
            await (kept
              ? part.addPage(linesOf(...contents))
              : assert.rejects(part.addPage(breaking(...contents)), /broke/));
          }
          if (part.bytes === 0) return part.discard();
          await part.commit(keyOf(version), testScope());
          assert.ok((await world.content(keyOf(version))).equals(Buffer.concat(expected)));
          assert.equal(await world.size(keyOf(version)), part.bytes);
        });
        await fc.assert(property, { numRuns: 20 });
      });
    });

    it('keeps parts that are filled at the same time apart', async () => {
      const fill = async (version: number) => {
        const part = await lake.openPart();
        const expected: Buffer[] = [];
        for (let page = 0; page < 4; page++) {
          const content = randomBytes(version * 10 + page, 60_000 + version);
          await writePage(part, content.subarray(0, 20_000), content.subarray(20_000));
          expected.push(content);
        }
        await part.commit(keyOf(version), testScope());
        return Buffer.concat(expected);
      };
      const versions = [1, 2, 3, 4, 5, 6];
      const expected = await Promise.all(versions.map(fill));
      for (const [index, version] of versions.entries()) {
        assert.ok((await world.content(keyOf(version))).equals(expected[index] as Buffer), `part ${version}`);
      }
    });

    it('writes a small object whole, and never replaces one', async () => {
      const manifest = `manifests/${table}/full/2026-11/20261122T081503120Z.json`;
      const text = '{"a":"æøå 🚜"}\n';
      assert.equal(await lake.writeObject(manifest, text, testScope()), 'written');
      assert.equal(await lake.writeObject(manifest, '{"a":"another"}\n', testScope()), 'exists');
      assert.equal((await world.content(manifest)).toString(), text);
    });

    it('proves that it can be written to, and leaves no part and no manifest', async () => {
      const before = await world.keys();
      assert.match(await lake.check(testScope()), /written to/);
      const added = (await world.keys()).filter((each) => !before.includes(each));
      assert.deepEqual(
        added.filter((each) => !each.startsWith('_checks/')),
        [],
      );
    });

    describe('that cannot be written to', () => {
      const asks: ReadonlyArray<readonly [string, (broken: Lake) => Promise<unknown>]> = [
        [
          'keep a part',
          async (broken) => {
            const part = await broken.openPart();
            await writePage(part, 'text');
            try {
              await part.commit(key, testScope());
            } finally {
              await part.discard();
            }
          },
        ],
        [
          'write a small object',
          (broken) => broken.writeObject(`manifests/${table}/full/2026-11/a.json`, '{}', testScope()),
        ],
        ['pass its check', (broken) => broken.check(testScope())],
      ];
      for (const [what, ask] of asks) {
        it(`fails to ${what}, and says what to do`, async () => {
          await assert.rejects(ask(world.broken), (error) => {
            assert.ok(error instanceof HardFailure, String(error));
            assert.equal(error.kind, 'lake');
            assert.ok(error.facts.hint, 'a hint');
            assert.ok(error.facts.code, 'a code');
            return true;
          });
          assert.deepEqual(await keys(), []);
        });
      }
    });

    describe('when time is up', () => {
      it('the last part and the manifest may still be written until the limit', async () => {
        const scope = testScope({ workMs: 0, limitMs: 30_000 });
        const part = await lake.openPart();
        await writePage(part, 'text');
        await part.commit(key, scope);
        await lake.writeObject(`${table}/note.json`, '{}', scope);
        assert.deepEqual(await keys(), [`${table}/note.json`, key]);
      });

      it('nothing is written after the limit', async () => {
        const scope = testScope({ workMs: -1000, limitMs: 0 });
        const part = await lake.openPart();
        await writePage(part, 'text');
        await assert.rejects(part.commit(key, scope), DeadlineReached);
        await part.discard();
        await assert.rejects(lake.writeObject(`${table}/note.json`, '{}', scope), DeadlineReached);
        assert.deepEqual(await keys(), []);
      });
    });
  });
}

/** The lines of a page, each piece spoilt once the second one after it is asked for, as a splitter uses its memory again. */
export async function* linesOf(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  const pieces: Buffer[] = [];
  for (const text of texts) {
    pieces.push(Buffer.from(text as string));
    yield pieces.at(-1) as Buffer;
    pieces.at(-2)?.fill(0xff);
  }
}

const BROKEN = new Error('the page broke off');

/** The lines of a page that breaks off. */
export async function* breaking(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  yield* linesOf(...texts);
  throw BROKEN;
}

/** The lines of a page that does not end before it is released. */
export function withheld(text: Uint8Array): { readonly lines: AsyncIterable<Uint8Array>; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const lines = (async function* () {
    yield text;
    await promise;
  })();
  return { lines, release: resolve };
}

/** Bytes that do not compress, the same for the same seed. */
export function randomBytes(seed: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
