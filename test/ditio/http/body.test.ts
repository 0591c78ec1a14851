import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { HardFailure, TransferBroken } from '../../../src/core/failure/errors.ts';
import { type BodyLimits, PAGE_LIMITS, readBody, readSmallBody } from '../../../src/ditio/http/body.ts';
import type { HttpAnswer } from '../../../src/ports.ts';
import { networkError, rejection } from '../fakes.ts';

const TEXT = Buffer.from(JSON.stringify({ data: Array.from({ length: 2_000 }, (_, id) => ({ id: `æøå-${id}` })) }));

interface Given {
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunks: readonly Uint8Array[];
  /** Thrown after the chunks. */
  readonly fails?: Error;
}

function answerOf({ headers = {}, chunks, fails }: Given): HttpAnswer {
  const body = Readable.from(
    (async function* () {
      yield* chunks;
      if (fails) throw fails;
    })(),
  );
  return { status: 200, headers, body };
}

async function read(given: Given, limits: BodyLimits = PAGE_LIMITS): Promise<Buffer> {
  const answer = answerOf(given);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(answer, limits, () => ({ request: 'GET x' }))) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const encodings: ReadonlyArray<readonly [encoding: string | undefined, bytes: Uint8Array]> = [
  [undefined, TEXT],
  ['identity', TEXT],
  ['', TEXT],
  ['gzip', gzipSync(TEXT)],
  ['GZIP', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
];
for (const [encoding, bytes] of encodings) {
  test(`a body in the encoding ${JSON.stringify(encoding)} is read`, async () => {
    const headers = encoding === undefined ? {} : { 'content-encoding': encoding };
    const length = { ...headers, 'content-length': String(bytes.byteLength) };
    assert.deepEqual(await read({ headers: length, chunks: [bytes] }), TEXT);
    assert.deepEqual(
      await read({
        headers,
        chunks: [...bytes]
          .slice(0, 50)
          .map((byte) => Buffer.of(byte))
          .concat(Buffer.from(bytes.subarray(50))),
      }),
      TEXT,
    );
  });
}

test('gzip of several members is read to its end', async () => {
  const chunks = [gzipSync(TEXT), gzipSync(TEXT)];
  assert.deepEqual(await read({ headers: { 'content-encoding': 'gzip' }, chunks }), Buffer.concat([TEXT, TEXT]));
});

test('any bytes in any chunking come out as they went in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), fc.integer({ min: 1, max: 700 }), async (bytes, size) => {
      const packed = gzipSync(bytes);
      const chunks: Uint8Array[] = [];
      for (let from = 0; from < packed.length; from += size) chunks.push(packed.subarray(from, from + size));
      assert.deepEqual(await read({ headers: { 'content-encoding': 'gzip' }, chunks }), Buffer.from(bytes));
    }),
    { numRuns: 60 },
  );
});

const GZIP = { 'content-encoding': 'gzip' };
const packed = gzipSync(TEXT);
const damaged = Buffer.from(packed);
damaged[packed.length - 6] = (damaged[packed.length - 6] ?? 0) ^ 0xff;
const small: BodyLimits = { compressedBytes: 5_000, expandedBytes: 100_000, ratio: 20, ratioFromBytes: 20_000 };

const broken: ReadonlyArray<{
  readonly name: string;
  readonly given: Given;
  readonly limits?: BodyLimits;
  readonly ends: string;
}> = [
  { name: 'truncated gzip', given: { headers: GZIP, chunks: [packed.subarray(0, -100)] }, ends: 'broken' },
  { name: 'gzip without its last byte', given: { headers: GZIP, chunks: [packed.subarray(0, -1)] }, ends: 'broken' },
  {
    name: 'fewer bytes than Content-Length',
    given: { headers: { 'content-length': String(TEXT.length + 1) }, chunks: [TEXT] },
    ends: 'broken',
  },
  {
    name: 'fewer compressed bytes than Content-Length',
    given: { headers: { ...GZIP, 'content-length': String(packed.length + 1) }, chunks: [packed] },
    ends: 'broken',
  },
  {
    name: 'a connection that breaks',
    given: { chunks: [TEXT], fails: networkError('ECONNRESET') },
    ends: 'broken',
  },
  {
    name: 'a connection that breaks within gzip',
    given: { headers: GZIP, chunks: [packed.subarray(0, 200)], fails: networkError('UND_ERR_SOCKET') },
    ends: 'broken',
  },
  { name: 'an unknown error', given: { chunks: [TEXT], fails: new Error('?') }, ends: 'broken' },
  { name: 'a defect', given: { chunks: [TEXT], fails: new TypeError('?') }, ends: 'TypeError' },
  { name: 'a body that is called gzip and is not', given: { headers: GZIP, chunks: [TEXT] }, ends: 'wire_format' },
  { name: 'gzip with a wrong checksum', given: { headers: GZIP, chunks: [damaged] }, ends: 'broken' },
  {
    name: 'an unknown encoding',
    given: { headers: { 'content-encoding': 'zstd' }, chunks: [TEXT] },
    ends: 'wire_format',
  },
  {
    name: 'two encodings',
    given: { headers: { 'content-encoding': 'gzip, gzip' }, chunks: [TEXT] },
    ends: 'wire_format',
  },
  {
    name: 'an encoding named like a member of every object',
    given: { headers: { 'content-encoding': 'constructor' }, chunks: [TEXT] },
    ends: 'wire_format',
  },
  { name: 'too many bytes', given: { chunks: [Buffer.alloc(5_001)] }, limits: small, ends: 'wire_format' },
  {
    name: 'too many compressed bytes',
    given: { headers: GZIP, chunks: [gzipSync(randomBytes(6_000))] },
    limits: small,
    ends: 'wire_format',
  },
  {
    name: 'a compression bomb, by its ratio',
    given: { headers: GZIP, chunks: [gzipSync(Buffer.alloc(50_000))] },
    limits: small,
    ends: 'wire_format',
  },
  {
    name: 'a compression bomb, by its size',
    given: { headers: GZIP, chunks: [gzipSync(Buffer.alloc(200_000))] },
    limits: { ...small, ratio: Number.POSITIVE_INFINITY },
    ends: 'wire_format',
  },
];
for (const { name, given, limits, ends } of broken) {
  test(`a body that must not count: ${name}`, async () => {
    const error = await rejection(read(given, limits));
    if (ends === 'broken') assert.ok(error instanceof TransferBroken, String(error));
    else if (ends === 'TypeError') assert.ok(error instanceof TypeError, String(error));
    else {
      assert.ok(error instanceof HardFailure && error.kind === ends, String(error));
      assert.equal(error.facts.request, 'GET x');
      assert.ok(error.facts.hint);
    }
  });
}

test('a small ratio is fine until much has been expanded', async () => {
  const bytes = Buffer.alloc(19_000);
  assert.deepEqual(await read({ headers: GZIP, chunks: [gzipSync(bytes)] }, small), bytes);
});

for (const [name, headers, bytes] of [
  ['plain', {}, TEXT],
  ['gzip', GZIP, packed],
] as const) {
  test(`a reader that stops early gives the exchange back: ${name}`, async () => {
    const answer = answerOf({ headers, chunks: [bytes.subarray(0, 3_000), bytes.subarray(3_000)] });
    for await (const _chunk of readBody(answer, PAGE_LIMITS, () => ({}))) break;
    assert.equal(answer.body.destroyed, true);
  });
}

test('a reader that stops early gives back even a body that never goes on', async () => {
  const body = new Readable({ read() {} });
  body.push(packed.subarray(0, packed.length - 20));
  for await (const _chunk of readBody({ status: 200, headers: GZIP, body }, PAGE_LIMITS, () => ({}))) break;
  assert.equal(body.destroyed, true);
});

test('a reader that falls behind holds the body back', async () => {
  const chunks = 400;
  const bytes = gzipSync(randomBytes(chunks * 65_536));
  let asked = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += 65_536) {
      asked += 1;
      yield bytes.subarray(from, from + 65_536);
    }
  }
  const answer = { status: 200, headers: GZIP, body: Readable.from(body()) };
  const reader = readBody(answer, PAGE_LIMITS, () => ({}));
  await reader.next();
  for (let turns = 0, last = -1; turns < 200; turns = last === asked ? turns + 1 : 0) {
    last = asked;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(asked < 50, `${asked} of ${chunks} chunks were taken without a reader`);
  await reader.return(undefined);
});

test('a small body is bounded', async () => {
  const answer = answerOf({ chunks: [Buffer.alloc(64 * 1024), Buffer.alloc(1)] });
  const error = await rejection(readSmallBody(answer, () => ({})));
  assert.ok(error instanceof HardFailure && error.kind === 'wire_format');
});
