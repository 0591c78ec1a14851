/**
 * An answer that is not what was asked for, as an error; and what the retry loop is told about errors of a request.
 *
 * Decides nothing itself: the failure table does. Shared by pages and tokens, so that both speak of failures alike.
 */

import { type FailureFacts, HardFailure } from '../../core/failure/errors.ts';
import type { FailureRow } from '../../core/failure/failure-row.ts';
import { codeOf, type ErrorBody, exhaustedFailure, failureFrom, rowForError } from '../../core/failure/failures.ts';
import { AttemptTimedOut } from '../../core/retry/attempt.ts';
import type { RetryDeps, Verdict } from '../../core/retry/retry.ts';
import type { Log } from '../../ports.ts';

/** Thrown inside an attempt when the answer was a refusal; the judge turns it into a verdict. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
  readonly status: number;
  readonly row: FailureRow;
  readonly body: ErrorBody;
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(status: number, row: FailureRow, body: ErrorBody, retryAfterMs: number | null) {
    super(`status ${status}${body.code ? ` ${body.code}` : ''}${body.detail ? `: ${firstWords(body.detail)}` : ''}`);
    this.status = status;
    this.row = row;
    this.body = body;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A redirect says whither, by its host alone: what else stands in the address may be a secret. */
export function withTarget(refused: AnswerRefused, location: string | undefined, asked: URL): AnswerRefused {
  const { status, row, body, retryAfterMs } = refused;
  const target = status < 300 || status > 399 || location === undefined ? null : URL.parse(location, asked.href);
  if (!target) return refused;
  const where = target.origin === 'null' ? target.protocol : target.origin;
  return new AnswerRefused(status, row, { ...body, detail: `redirects to ${where}` }, retryAfterMs);
}

/** What is being asked, for failures and log lines. */
export interface Asked {
  /** Method and URL without continuation token. */
  readonly request: string;
  /** How many times it was sent so far. */
  readonly sent: () => number;
  /** Milliseconds since it was first sent. */
  readonly elapsedMs: () => number;
}

/** What is known of the request by now. */
export function factsOfRequest(asked: Asked): FailureFacts {
  return { request: asked.request, attempts: asked.sent(), elapsedMs: asked.elapsedMs() };
}

/** What is wrong with a page is found by its reader, who does not know how often it was asked for. */
export function withRequest(error: unknown, asked: Asked): unknown {
  if (!(error instanceof HardFailure) || (error.kind !== 'wire_format' && error.kind !== 'pagination_loop'))
    return error;
  const facts = { status: 200, ...factsOfRequest(asked), ...error.facts };
  return new HardFailure(error.kind, error.message, facts, error.cause ?? error);
}

/** The verdict on an error of an attempt. Status 401 is hard here: renewing the token is decided by whoever has it. */
export function judgeError(error: unknown, asked: Asked): Verdict {
  const row = rowOf(error);
  if (row.action === 'retry') {
    const refused = error instanceof AnswerRefused ? error : null;
    return { action: 'retry', throttled: refused?.status === 429, retryAfterMs: refused?.retryAfterMs ?? null };
  }
  return { action: 'hard', failure: hardFailure(error, asked) };
}

/** The failure that an error of an attempt is, when it is not tried again. */
export function hardFailure(error: unknown, asked: Asked): HardFailure {
  const facts = { ...factsOf(error), ...factsOfRequest(asked) };
  const row = rowOf(error);
  // Hard only once another token was refused as well, or where it was new.
  const token = row.action === 'renew_token' ? ' to a new token' : '';
  return failureFrom(row, `${asked.request} failed: ${messageOf(error)}${token}`, facts, error);
}

/** For `RetryPolicy.exhausted`. */
export function exhausted(asked: Asked, cause: unknown, attempts: number, elapsedMs: number): HardFailure {
  const facts = { ...factsOf(cause), request: asked.request, attempts, elapsedMs };
  return exhaustedFailure(rowOf(cause), `${asked.request} failed: ${messageOf(cause)}`, facts, cause);
}

/** Writes the line `retry_wait` (contract, section 7). */
export function logRetry(log: Log, asked: Asked, info: Parameters<NonNullable<RetryDeps['onRetry']>>[0]): void {
  const { status, code } = factsOf(info.error);
  log.warn('retry_wait', {
    request: asked.request,
    attempt: info.attempt,
    delay_ms: Math.round(info.delayMs),
    throttled: info.throttled,
    reason: rowOf(info.error).id,
    status: status ?? null,
    code: code ?? null,
  });
}

function rowOf(error: unknown): FailureRow {
  return error instanceof AnswerRefused ? error.row : rowForError(error);
}

function factsOf(error: unknown): FailureFacts {
  if (error instanceof AnswerRefused) return { status: error.status, ...error.body };
  const code = codeOf(error) ?? (error instanceof AttemptTimedOut ? error.name : undefined);
  return code === undefined ? {} : { code };
}

function messageOf(error: unknown): string {
  const { message = '', reason } = (error instanceof Error ? error : {}) as { message?: string; reason?: unknown };
  // OpenSSL puts the number of a thread and a path of its own source around the reason.
  if (typeof reason === 'string' && message.includes(`:${reason}:`)) return `TLS: ${reason}`;
  return message === '' ? String(error) : message;
}

function firstWords(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…`.toWellFormed() : text;
}
