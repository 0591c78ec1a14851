/**
 * Decompresses the body of an answer and checks its limits. Reading throws unless the body is whole.
 *
 *     socket ─▶ decoder (thread pool) ─▶ reader
 */

import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { classify } from '../../core/failure/classify.ts';
import { ANSWER_ROWS } from '../../core/failure/ditio-rows.ts';
import { type FailureFacts, HardFailure, TransferBroken } from '../../core/failure/errors.ts';
import { codeOf } from '../../core/failure/evidence.ts';
import { failureFrom } from '../../core/failure/judge.ts';
import { isProgrammingError } from '../../core/retry/retry.ts';
import type { HttpAnswer } from '../../ports.ts';
import { MAX_BODY_BYTES } from './transport.ts';

export interface BodyLimits {
  /** Most bytes of a body as sent. */
  readonly compressedBytes: number;
  /** Most bytes of a body after decompression. */
  readonly expandedBytes: number;
  /**
   * Largest expansion factor, checked after `ratioFromBytes` expanded bytes. Ditio's JSON compresses about tenfold, a
   * decompression bomb about a thousandfold.
   */
  readonly ratio: number;
  readonly ratioFromBytes: number;
}

/** A page of 10,000 records is some 30 MB of JSON and 4 MB as sent; these limits are far above that. */
export const PAGE_LIMITS: BodyLimits = {
  compressedBytes: MAX_BODY_BYTES,
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

/** Bytes that zlib returns at a time; each piece costs a round trip to its thread. */
const CHUNK_BYTES = 256 * 2 ** 10;

type Decoder = ReturnType<typeof createGunzip>;

const DECODERS: Readonly<Record<string, () => Decoder>> = {
  gzip: () => createGunzip({ chunkSize: CHUNK_BYTES }),
  'x-gzip': () => createGunzip({ chunkSize: CHUNK_BYTES }),
  deflate: () => createInflate({ chunkSize: CHUNK_BYTES }),
  br: () => createBrotliDecompress({ chunkSize: CHUNK_BYTES }),
};

/**
 * The expanded body. Reading throws `TransferBroken` when it did not arrive whole, and `HardFailure('wire_format')` when
 * its encoding is unknown, its bytes do not match its encoding, or it exceeds the limits.
 *
 * @param facts what is known of the request, for the failure
 */
export async function* readBody(
  answer: HttpAnswer,
  limits: BodyLimits,
  facts: () => FailureFacts,
): AsyncGenerator<Uint8Array> {
  try {
    const decoder = createDecoder(answer.headers['content-encoding'], facts);
    // The decoder passes the error on to the reader.
    const expandedBody: Readable = decoder ? pipeline(answer.body, decoder, () => {}) : answer.body;
    let expanded = 0;
    const sent = () => decoder?.bytesWritten ?? expanded;
    for await (const chunk of expandedBody) {
      expanded += chunk.byteLength;
      const exceeded = exceededLimit(sent(), expanded, limits);
      if (exceeded !== null) throw refused(exceeded, facts);
      yield chunk;
    }
    checkLength(answer, sent());
  } catch (error) {
    throw toBodyError(error, facts());
  } finally {
    answer.body.destroy();
  }
}

/** The whole of a small body. Throws like {@link readBody}. */
export async function readSmallBody(answer: HttpAnswer, facts: () => FailureFacts): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(answer, SMALL_LIMITS, facts)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The decoder for a `Content-Encoding`; `null` where the body is not encoded. Throws `HardFailure` for an unknown one. */
function createDecoder(contentEncoding: string | undefined, facts: () => FailureFacts): Decoder | null {
  const encoding = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return null;
  const create = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (create) return create();
  throw refused(`a body in the unknown Content-Encoding ${JSON.stringify(encoding.slice(0, 40))}`, facts);
}

/** Which limit the body exceeds, in words for a message; `null` for none. */
function exceededLimit(sent: number, expanded: number, limits: BodyLimits): string | null {
  if (sent > limits.compressedBytes) return `a body of more than ${limits.compressedBytes} bytes`;
  if (expanded > limits.expandedBytes) return `a body that expands to more than ${limits.expandedBytes} bytes`;
  if (expanded > limits.ratioFromBytes && expanded > limits.ratio * sent) {
    return `a body that expands to more than ${limits.ratio} times its size`;
  }
  return null;
}

function refused(what: string, facts: () => FailureFacts): HardFailure {
  return failureFrom(ANSWER_ROWS.body, `Ditio answered with ${what}`, facts());
}

/** The transport checks this too. A second check finds a short page even if the first one fails. */
function checkLength(answer: HttpAnswer, sent: number): void {
  const length = answer.headers['content-length'];
  if (length === undefined || answer.headers['transfer-encoding'] !== undefined || !/^\d+$/.test(length)) return;
  if (sent !== Number(length)) throw new TransferBroken(`the body has ${sent} bytes, not the ${length} announced`);
}

/** The error to throw for whatever ended the reading of a body. */
function toBodyError(error: unknown, facts: FailureFacts): unknown {
  if (error instanceof HardFailure || error instanceof TransferBroken || isProgrammingError(error)) return error;
  const row = classify('ditio', error);
  const code = codeOf(error);
  if (row.kind === 'wire_format') {
    const known = { ...facts, ...(code !== undefined && { code }) };
    return failureFrom(row, 'Ditio answered with a body that cannot be read', known, error);
  }
  return new TransferBroken(`the body did not arrive whole${code ? ` (${code})` : ''}`, { cause: error });
}
