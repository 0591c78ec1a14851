import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createGunzip, createGzip, gzipSync } from 'node:zlib';

import { giveBack, oneByOne, readChunks } from '../../../src/core/page/zlib-chunks.ts';
import { randomBytes } from '../../contract/lake.ts';

const CHUNK_BYTES = 64 * 1024;

/** What a stream of zlib makes of these bytes: copies of its chunks, and their memory. */
async function read(stream: ReturnType<typeof createGunzip>, bytes: Uint8Array) {
  const copies: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  stream.end(bytes);
  for await (const chunk of readChunks(stream, CHUNK_BYTES)) {
    copies.push(Buffer.from(chunk));
    memory.add(chunk.buffer);
    // Lets zlib go on meanwhile, as far as it would for a slow reader.
    await new Promise(setImmediate);
  }
  return { bytes: Buffer.concat(copies), chunks: copies.length, memory: [...memory] };
}

describe('chunks of zlib', () => {
  for (const length of [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 20 * CHUNK_BYTES, 1_234_567]) {
    it(`come out as they went in, ${length} bytes, and leave no memory behind`, async () => {
      const sent = randomBytes(length, length);
      const made = await read(createGunzip(oneByOne(CHUNK_BYTES)), gzipSync(sent));
      assert.ok(made.bytes.equals(sent));
      assert.equal(made.chunks, Math.ceil(length / CHUNK_BYTES));
      assert.deepEqual(
        made.memory.map(({ byteLength }) => byteLength),
        made.memory.map(() => 0),
      );
    });
  }

  it('that are small share memory, which is given back behind the last of them', async () => {
    const gzip = createGzip(oneByOne(CHUNK_BYTES));
    const chunks: Buffer[] = [];
    const sizes: number[] = [];
    const reading = (async () => {
      for await (const chunk of readChunks(gzip, CHUNK_BYTES)) {
        sizes.push(chunk.byteLength);
        chunks.push(Buffer.from(chunk));
      }
    })();
    const sent = Array.from({ length: 40 }, (_, index) => randomBytes(index, 5000));
    for (const bytes of sent) {
      await new Promise((resolve) => gzip.write(bytes, resolve));
      await new Promise((resolve) => gzip.flush(() => resolve(null)));
    }
    gzip.end();
    await reading;
    assert.ok(sizes.length > 40);
    const { bytes } = await read(createGunzip(oneByOne(CHUNK_BYTES)), Buffer.concat(chunks));
    assert.ok(bytes.equals(Buffer.concat(sent)));
  });

  it('keep their memory where reading is given up, since zlib may still be writing to it', async () => {
    const stream = createGunzip(oneByOne(CHUNK_BYTES));
    stream.end(gzipSync(randomBytes(1, 1_000_000)));
    let memory: ArrayBufferLike | undefined;
    for await (const chunk of readChunks(stream, CHUNK_BYTES)) {
      memory = chunk.buffer;
      break;
    }
    assert.equal(memory?.byteLength, CHUNK_BYTES);
  });
});

describe('memory', () => {
  it('is not given back when it is shared: bytes of another size lie in it', () => {
    const pooled = Buffer.from('text');
    const size = pooled.buffer.byteLength;
    giveBack(pooled, 4);
    assert.equal(pooled.buffer.byteLength, size);
    const own = Buffer.allocUnsafeSlow(4);
    giveBack(own, 4);
    assert.equal(own.byteLength, 0);
  });
});
