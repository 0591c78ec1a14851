/**
 * Bodies of answers: decompressed, bounded, and whole or broken.
 *
 * Decides what a body may be. Bytes are passed on as they come out of zlib, in large pieces and without a copy; the
 * cutting into records is not done here.
 *
 *     socket ─▶ compressed bytes counted ─▶ zlib (its own thread) ─▶ expanded bytes counted ─▶ reader
 *                                     bounds: size, size, and how much one may become of the other
 */

import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { classify } from '../../core/failure/classify.ts';
import { ANSWER_ROWS } from '../../core/failure/ditio-rows.ts';
import { type FailureFacts, HardFailure, TransferBroken } from '../../core/failure/errors.ts';
import { codeOf } from '../../core/failure/evidence.ts';
import { failureFrom } from '../../core/failure/judge.ts';
import { oneByOne, readChunks } from '../../core/page/zlib-chunks.ts';
import { isProgrammingError } from '../../core/retry/retry.ts';
import type { HttpAnswer } from '../../ports.ts';

export interface BodyLimits {
  /** Most bytes of a body as sent. */
  readonly compressedBytes: number;
  /** Most bytes of a body once it is expanded. */
  readonly expandedBytes: number;
  /**
   * How many times larger than sent a body may become, once it is past `ratioFromBytes` expanded bytes. Ditio's JSON
   * shrinks to a tenth; a body made to exhaust a reader shrinks to a thousandth.
   */
  readonly ratio: number;
  readonly ratioFromBytes: number;
}

/** A page of 10,000 records is some 30 MB of JSON; these bounds are far from it and still end. */
export const PAGE_LIMITS: BodyLimits = {
  compressedBytes: 256 * 2 ** 20,
  expandedBytes: 2 ** 30,
  ratio: 400,
  ratioFromBytes: 64 * 2 ** 20,
};

/** Bodies that are kept whole in memory: refusals and tokens. */
export const SMALL_LIMITS: BodyLimits = {
  compressedBytes: 64 * 2 ** 10,
  expandedBytes: 256 * 2 ** 10,
  ratio: Number.POSITIVE_INFINITY,
  ratioFromBytes: 0,
};

/**
 * Bytes that zlib hands out at once. Each piece is a trip to its thread and back: measured over loopback, 512 kB gives
 * nearly twice the throughput of 128 kB, and more gives nothing.
 */
const ZLIB_CHUNK_BYTES = 512 * 2 ** 10;

type Decoder = ReturnType<typeof createGunzip>;

const DECODERS: Readonly<Record<string, () => Decoder>> = {
  gzip: () => createGunzip(oneByOne(ZLIB_CHUNK_BYTES)),
  'x-gzip': () => createGunzip(oneByOne(ZLIB_CHUNK_BYTES)),
  deflate: () => createInflate(oneByOne(ZLIB_CHUNK_BYTES)),
  br: () => createBrotliDecompress(oneByOne(ZLIB_CHUNK_BYTES)),
};

/**
 * The expanded body; each piece is good until the next one is asked for. Reading throws `TransferBroken` when it did not arrive whole, and `HardFailure('wire_format')`
 * when its encoding is unknown, it is not what its encoding says, or it is past the bounds.
 *
 * @param facts what is known of the request, for the failure
 */
export async function* readBody(
  answer: HttpAnswer,
  limits: BodyLimits,
  facts: () => FailureFacts,
): AsyncGenerator<Uint8Array> {
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const counts: Counts = { sent: 0, expanded: 0 };
  try {
    if (encoding === 'identity' || encoding === '') {
      for await (const chunk of answer.body) {
        checkSent(counts, chunk, limits);
        yield chunk;
      }
      checkLength(answer, counts);
      return;
    }
    const createDecoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
    if (!createDecoder) {
      throw new BodyRefused(`a body in the unknown Content-Encoding ${JSON.stringify(encoding.slice(0, 40))}`);
    }
    yield* expand(answer.body, createDecoder(), counts, limits);
    checkLength(answer, counts);
  } catch (error) {
    throw judgeBroken(error, facts());
  }
}

/** The whole of a small body. Throws as {@link readBody} does. */
export async function readSmallBody(answer: HttpAnswer, facts: () => FailureFacts): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(answer, SMALL_LIMITS, facts)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

interface Counts {
  sent: number;
  expanded: number;
}

/** A body that is refused for what it is, whatever comes after. */
class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
}

async function* expand(
  body: AsyncIterable<Uint8Array>,
  decoder: Decoder,
  counts: Counts,
  limits: BodyLimits,
): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]();
  // The reader learns of a broken transfer from the decoder, which is destroyed with the error.
  feed(source, decoder, counts, limits).catch((error: unknown) => void decoder.destroy(error as Error));
  try {
    for await (const chunk of readChunks(decoder, ZLIB_CHUNK_BYTES)) {
      counts.expanded += chunk.byteLength;
      checkExpanded(counts, limits);
      yield chunk;
    }
  } finally {
    decoder.destroy();
    await source.return?.();
  }
}

async function feed(
  source: AsyncIterator<Uint8Array>,
  decoder: Decoder,
  counts: Counts,
  limits: BodyLimits,
): Promise<void> {
  for (;;) {
    const next = await source.next();
    if (decoder.destroyed) return;
    if (next.done) break;
    checkSent(counts, next.value, limits);
    if (!decoder.write(next.value)) await drained(decoder);
  }
  decoder.end();
}

function checkSent(counts: Counts, chunk: Uint8Array, limits: BodyLimits): void {
  counts.sent += chunk.byteLength;
  if (counts.sent > limits.compressedBytes)
    throw new BodyRefused(`a body of more than ${limits.compressedBytes} bytes`);
}

function checkExpanded({ sent, expanded }: Counts, limits: BodyLimits): void {
  if (expanded > limits.expandedBytes) {
    throw new BodyRefused(`a body that expands to more than ${limits.expandedBytes} bytes`);
  }
  if (expanded > limits.ratioFromBytes && expanded > limits.ratio * sent) {
    throw new BodyRefused(`a body that expands to more than ${limits.ratio} times its size`);
  }
}

/** The transport checks this too; a page that is short by a few bytes must not depend on one check. */
function checkLength(answer: HttpAnswer, { sent }: Counts): void {
  const length = answer.headers['content-length'];
  if (length === undefined || answer.headers['transfer-encoding'] !== undefined || !/^\d+$/.test(length)) return;
  if (sent !== Number(length)) throw new TransferBroken(`the body has ${sent} bytes, not the ${length} announced`);
}

/** Resolves when the decoder takes more, or will never take any. */
function drained(decoder: Decoder): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      decoder.off('drain', done);
      decoder.off('close', done);
      resolve();
    };
    decoder.on('drain', done);
    decoder.on('close', done);
    if (decoder.destroyed) done();
  });
}

function judgeBroken(error: unknown, facts: FailureFacts): unknown {
  if (error instanceof HardFailure || error instanceof TransferBroken || isProgrammingError(error)) return error;
  if (error instanceof BodyRefused) return failureFrom(ANSWER_ROWS.body, `Ditio answered with ${error.message}`, facts);
  const row = classify('ditio', error);
  const code = codeOf(error);
  if (row.kind === 'wire_format') {
    const known = { ...facts, ...(code !== undefined && { code }) };
    return failureFrom(row, 'Ditio answered with a body that cannot be read', known, error);
  }
  return new TransferBroken(`the body did not arrive whole${code ? ` (${code})` : ''}`, { cause: error });
}
