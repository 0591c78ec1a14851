/** Turns a refusal into an error. Pages and tokens share it. */

import { AnswerRefused, HardFailure, PageSaysFailed } from '../../core/failure/errors.ts';
import { type Asked, type Attempted, factsOfRequest } from '../../core/failure/judge.ts';
import { parseRetryAfter } from '../../core/retry/retry-after.ts';
import type { Clock } from '../../core/scope.ts';
import { readBody, SMALL_LIMITS } from './body.ts';
import { type CleanText, readErrorInstead, readFailedPage, readSaid } from './error-body.ts';
import type { Exchange } from './exchange.ts';

/** Longest time for reading the body of a refusal, because its status matters most. Milliseconds. */
const REFUSAL_BODY_MS = 5_000;

/** The error for an answer, with as much of its body as arrives in time. */
export async function readRefusal(
  exchange: Exchange,
  clock: Clock,
  asked: URL,
  clean: CleanText,
): Promise<AnswerRefused> {
  const { answer } = exchange;
  const chunks: Uint8Array[] = [];
  const timer = new AbortController();
  const reading = (async () => {
    for await (const chunk of readBody(answer, SMALL_LIMITS, () => ({}))) chunks.push(Buffer.from(chunk));
  })().catch(() => undefined); // A refusal whose body is broken is still that refusal.
  try {
    await Promise.race([reading, clock.sleep(REFUSAL_BODY_MS, timer.signal)]);
  } finally {
    timer.abort();
  }
  const { said, isMarkup } = readSaid(answer.headers, Buffer.concat(chunks), clean);
  const target = redirectTarget(answer.status, answer.headers.location, asked);
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], exchange.serverDate, exchange.answeredAt);
  const told = target === null ? said : { ...said, detail: `redirects to ${target}` };
  return new AnswerRefused(answer.status, told, isMarkup, retryAfterMs);
}

/** The host that a redirect points to. Its path or query may contain a secret. */
function redirectTarget(status: number, location: string | undefined, asked: URL): string | null {
  const url = status < 300 || status > 399 || location === undefined ? null : URL.parse(location, asked.href);
  if (!url) return null;
  return url.origin === 'null' ? url.protocol : url.origin;
}

/** Adds the facts of the request to a failure that the reader of the page found. */
export function withRequest(error: unknown, asked: Asked, attempted: Attempted): unknown {
  if (!(error instanceof HardFailure) || (error.kind !== 'wire_format' && error.kind !== 'pagination_loop'))
    return error;
  const facts = { status: 200, ...factsOfRequest(asked, attempted), ...error.facts };
  return new HardFailure(error.kind, error.message, facts, error.cause ?? error);
}

/** The start of a body, while the body is short enough to be an error instead of a page. */
export interface BodyStart {
  /** The same body; it can be read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Adds the error in the body to a `wire_format` failure; returns any other error unchanged. */
  explain(error: unknown, headers: Exchange['answer']['headers'], clean: CleanText): unknown;
}

const MAX_ERROR_BYTES = 16 * 2 ** 10;

export function keepStart(body: AsyncIterable<Uint8Array>): BodyStart {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  return {
    body: (async function* () {
      for await (const chunk of body) {
        bytes += chunk.byteLength;
        if (bytes <= MAX_ERROR_BYTES) kept.push(Buffer.from(chunk));
        else kept.length = 0;
        yield chunk;
      }
    })(),
    explain(error, headers, clean) {
      if (!(error instanceof HardFailure) || error.kind !== 'wire_format') return error;
      const said = saidInstead(error, headers, clean);
      if (!said) return error;
      const words = [...new Set([said.code, said.detail])].filter((text) => text !== undefined).join(': ');
      const message = `${error.message}; the answer says ${words.slice(0, 200).toWellFormed()}`;
      return new HardFailure(error.kind, message, { ...error.facts, ...said }, error.cause ?? error);
    },
  };

  function saidInstead(error: HardFailure, headers: Exchange['answer']['headers'], clean: CleanText) {
    // Such a page may be long; the failure holds what it says beside its records.
    if (error.cause instanceof PageSaysFailed) return readFailedPage(error.cause.members, clean);
    return bytes > MAX_ERROR_BYTES ? undefined : readErrorInstead(headers, Buffer.concat(kept), clean);
  }
}
