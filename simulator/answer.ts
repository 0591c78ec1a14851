/** Requests and answers of the model, before any socket: what the HTTP edge sends, and what tests read in-process. */

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

/** What goes wrong on the wire after the model has done its part; the HTTP edge carries it out. */
export type WireFault =
  | { readonly kind: 'reset-before-head' }
  | { readonly kind: 'reset-midway'; readonly afterBytes?: number }
  | { readonly kind: 'truncated-gzip'; readonly missingBytes?: number }
  /** The length in the head is wrong by so many bytes: positive for a body that ends too early. */
  | { readonly kind: 'wrong-content-length'; readonly byBytes: number }
  | { readonly kind: 'stalled-head' }
  /** The body stops for good after so many bytes. */
  | { readonly kind: 'stalled-body'; readonly afterBytes?: number }
  | { readonly kind: 'dripping-body'; readonly bytes: number; readonly everyMs: number };

export interface ModelAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Uncompressed; made while it is read, and endless for some faults. */
  readonly body: Iterable<Uint8Array>;
  /** How long the answer is held back before its head, in milliseconds. */
  readonly delayMs: number;
  readonly wire: WireFault | null;
  /** The same for answers that are alike to the byte, headers aside; null where they must not be kept. */
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
