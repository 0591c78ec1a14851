/** Defines the requests and answers of the model, which the HTTP edge sends and tests read in-process. */

import { Buffer } from 'node:buffer';
import { type ErrorShape, errorBody } from './refusal.ts';

export interface ModelRequest {
  readonly method: string;
  /** Absolute, or path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** A fault on the wire, after the model has made its answer; the HTTP edge plays it. */
export type WireFault =
  | { readonly kind: 'reset-before-head' }
  | { readonly kind: 'reset-midway'; readonly afterBytes?: number }
  | { readonly kind: 'truncated-gzip'; readonly missingBytes?: number }
  /** `Content-Length` is wrong by this many bytes: positive for a body that ends too early. */
  | { readonly kind: 'wrong-content-length'; readonly byBytes: number }
  | { readonly kind: 'stalled-head' }
  /** The body stops forever after this many bytes. */
  | { readonly kind: 'stalled-body'; readonly afterBytes?: number }
  | { readonly kind: 'dripping-body'; readonly bytes: number; readonly everyMs: number };

export interface ModelAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Uncompressed; made while it is read, and endless for some faults. */
  readonly body: Iterable<Uint8Array>;
  /** Delay before the head of the answer, in milliseconds. */
  readonly delayMs: number;
  readonly wire: WireFault | null;
  /** Equal for answers with the same bytes, headers not counted; null where the answer must not be cached. */
  readonly cacheKey: string | null;
}

/** An answer without what the model adds to all of them: date, delay, faults. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Iterable<Uint8Array>;
  readonly cacheKey?: string;
}

export function textReply(status: number, type: string | null, text: string, headers: Reply['headers'] = {}): Reply {
  const typed = type === null ? headers : { 'content-type': type, ...headers };
  return { status, headers: typed, body: text === '' ? [] : [Buffer.from(text)] };
}

export function jsonReply(status: number, value: unknown, headers: Reply['headers'] = {}): Reply {
  return textReply(status, 'application/json; charset=utf-8', JSON.stringify(value), headers);
}

export function errorReply(
  status: number,
  code: string,
  message: string,
  shape: ErrorShape = 'simple',
  field: string | null = null,
  headers: Reply['headers'] = {},
): Reply {
  const { type, text } = errorBody(shape, status, code, message, field);
  return textReply(status, type, text, headers);
}
