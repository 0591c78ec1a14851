/**
 * Reads the evidence in an error: the names and codes of its causes, its status and its message.
 *
 * It handles the errors of this program, of the AWS SDK, of undici and of Node.
 */

import { titleOf } from './entities.ts';
import { AnswerRefused, AttemptTimedOut, type FailureFacts } from './errors.ts';

/** One error of the chain of causes. */
export interface Link {
  /** Codes and names that a failure table may list, the most exact first. */
  readonly labels: readonly string[];
  /** The error's own code, such as `ECONNRESET`. */
  readonly code: string | undefined;
  readonly message: string;
}

/** Most causes that are followed. A chain of causes may be a ring. */
const MAX_DEPTH = 6;
/** Longest `detail`, in characters (contract, section 7). */
export const MAX_DETAIL = 1_000;
/** Names that say nothing. */
const NAMELESS = /^(Error|AggregateError|Unknown|UnknownError|SyntaxError)$/;

interface SdkError extends Error {
  readonly code?: unknown;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    readonly requestId?: string;
    readonly clockSkewCorrected?: boolean;
  };
  readonly $response?: { readonly statusCode?: number };
  /** The body of an answer that the SDK could not read. */
  readonly $responseBodyText?: unknown;
}

/**
 * The error, its causes, and the first error in an `AggregateError`, outermost first. `AttemptTimedOut` ends the chain:
 * its cause only says how the attempt was aborted.
 */
export function linksOf(error: unknown): Link[] {
  const links: Link[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < MAX_DEPTH && current instanceof Error; depth++) {
    links.push(linkOf(current));
    if (current instanceof AttemptTimedOut) break;
    current = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined);
  }
  return links;
}

/** The innermost error code of the causes, such as `ECONNRESET`: what actually happened. */
export function codeOf(error: unknown): string | undefined {
  return linksOf(error).findLast(({ code }) => code !== undefined)?.code;
}

/** Status of the answer, where the error has one. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof AnswerRefused) return error.status;
  const { $metadata, $response } = (error ?? {}) as Partial<SdkError>;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/** What may be logged about the error. */
export function factsOf(error: unknown): FailureFacts {
  if (error instanceof AnswerRefused) return { status: error.status, ...error.details };
  const status = statusOf(error);
  const code = codeOf(error) ?? (error instanceof Error && !NAMELESS.test(error.name) ? error.name : undefined);
  const traceId = (error as Partial<SdkError> | undefined)?.$metadata?.requestId;
  return {
    ...(status !== undefined && { status, detail: messageOf(error) }),
    ...(code !== undefined && { code }),
    ...(traceId !== undefined && { traceId }),
  };
}

/** What the error says, in one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, MAX_DETAIL).toWellFormed();
  const { message, reason, $responseBodyText: body } = error as SdkError & { readonly reason?: unknown };
  // OpenSSL puts the number of a thread and a path of its own source around the reason.
  if (typeof reason === 'string' && message.includes(`:${reason}:`)) return `TLS: ${reason}`;
  const title = typeof body === 'string' ? titleOf(body) : '';
  if (title !== '') return title.slice(0, MAX_DETAIL).toWellFormed();
  const status = statusOf(error);
  if (NAMELESS.test(error.name) && status !== undefined && !(error instanceof AnswerRefused)) {
    return `status ${status} in an answer that is not one of AWS`;
  }
  // The SDK adds advice for programmers below the first line.
  const text = message === '' ? String(error) : message;
  return (text.split('\n', 1)[0] as string).slice(0, MAX_DETAIL).toWellFormed();
}

function linkOf(error: Error): Link {
  const { name, message, $metadata } = error as SdkError;
  const code = ownCode(error);
  const labels = [code, NAMELESS.test(name) ? undefined : name].filter((label) => label !== undefined);
  // AWS refuses a request that was signed with a wrong time under several names, "access denied" among them.
  if ($metadata?.clockSkewCorrected === true) labels.unshift('ClockSkewCorrected');
  // The SDK has no name for this error.
  if (message === 'Region is missing') labels.unshift('RegionMissing');
  return { labels, code, message };
}

/** The error's own code. undici's parser errors have it only in their message (seen in undici 7.30). */
function ownCode(error: Error & { readonly code?: unknown }): string | undefined {
  if (typeof error.code === 'string') return error.code;
  if (error.name !== 'HTTPParserError') return undefined;
  return /Invalid EOF state/i.test(error.message) ? 'HPE_INVALID_EOF_STATE' : 'HPE_INVALID';
}
