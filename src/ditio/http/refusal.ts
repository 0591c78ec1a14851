/** Turns a refusal into an error. Pages and tokens share it. */

import { AnswerRefused, HardFailure, PageSaysFailed } from '../../core/failure/errors.ts';
import { type Attempted, factsOfRequest, type RequestLabel } from '../../core/failure/judge.ts';
import { parseRetryAfter } from '../../core/retry/retry-after.ts';
import type { Clock } from '../../core/scope.ts';
import { readBody, SMALL_LIMITS } from './body.ts';
import { readErrorDetails, readErrorInPage, readFailedPage, type SecretRemover } from './error-body.ts';
import type { Exchange } from './exchange.ts';

/** Longest time for reading the body of a refusal, because its status matters most. Milliseconds. */
const REFUSAL_BODY_MS = 5_000;

/** The error for an answer, with as much of its body as arrives in time. */
export async function readRefusal(
  exchange: Exchange,
  clock: Clock,
  url: URL,
  remover: SecretRemover,
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
  const { details, isMarkup } = readErrorDetails(answer.headers, Buffer.concat(chunks), remover);
  const target = redirectTarget(answer.status, answer.headers.location, url);
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], exchange.serverDate, exchange.answeredAt);
  const known = target === null ? details : { ...details, detail: `redirects to ${target}` };
  return new AnswerRefused(answer.status, known, isMarkup, retryAfterMs);
}

/** The host that a redirect points to. Its path or query may contain a secret. */
function redirectTarget(status: number, location: string | undefined, from: URL): string | null {
  const target = status < 300 || status > 399 || location === undefined ? null : URL.parse(location, from.href);
  if (!target) return null;
  return target.origin === 'null' ? target.protocol : target.origin;
}

/** Adds the facts of the request to a failure that the reader of the page found. */
export function withRequest(error: unknown, label: RequestLabel, attempted: Attempted): unknown {
  if (!(error instanceof HardFailure) || (error.kind !== 'wire_format' && error.kind !== 'pagination_loop'))
    return error;
  const facts = { status: 200, ...factsOfRequest(label, attempted), ...error.facts };
  return new HardFailure(error.kind, error.message, facts, error.cause ?? error);
}

/** The start of a body, while the body is short enough to be an error instead of a page. */
export interface BodyStart {
  /** The same body; it can be read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Adds the error in the body to a `wire_format` failure; returns any other error unchanged. */
  explain(error: unknown, headers: Exchange['answer']['headers'], remover: SecretRemover): unknown;
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
    explain(error, headers, remover) {
      if (!(error instanceof HardFailure) || error.kind !== 'wire_format') return error;
      const details = errorIn(error, headers, remover);
      if (!details) return error;
      const words = [...new Set([details.code, details.detail])].filter((text) => text !== undefined).join(': ');
      const message = `${error.message}; the answer says ${words.slice(0, 200).toWellFormed()}`;
      return new HardFailure(error.kind, message, { ...error.facts, ...details }, error.cause ?? error);
    },
  };

  function errorIn(error: HardFailure, headers: Exchange['answer']['headers'], remover: SecretRemover) {
    // Such a page may be long; the failure holds what it says outside its records.
    if (error.cause instanceof PageSaysFailed) return readFailedPage(error.cause.members, remover);
    return bytes > MAX_ERROR_BYTES ? undefined : readErrorInPage(headers, Buffer.concat(kept), remover);
  }
}
