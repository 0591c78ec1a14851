/**
 * Sends HTTP requests to the configured origins through undici, directly or through a proxy.
 *
 * Any status is an answer. No redirect is followed and nothing is decompressed. Errors of the network are thrown unchanged.
 */

import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { HardFailure } from '../../core/failure/errors.ts';
import { readProxy } from '../../core/proxy.ts';
import type { HttpAnswer, HttpRequest, Transport } from '../../ports.ts';

export interface TransportOptions {
  /** Base URLs of the allowed origins; no other host ever gets a request or a token. */
  readonly baseUrls: readonly URL[];
  /**
   * Longest silence of the server, in milliseconds: before its answer begins, and between two pieces of it. A connection
   * must open in this time too, and in 10 s at most.
   */
  readonly silenceMs: number;
  /** Where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are looked up, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Most bytes of a body that may wait for its reader. It equals the most that a body may have (`body.ts`).
 *
 * A smaller limit would pause the connection in the middle of a body. Where the server then closes it after the last
 * byte, undici 7.30 ends the process with an assertion, or reports a whole body as broken (compare nodejs/undici#3300).
 */
export const MAX_BODY_BYTES = 64 * 2 ** 20;

/** How long an idle connection is kept within a run, in milliseconds. Servers keep theirs for longer. */
const IDLE_MS = 4_000;
const MAX_CONNECT_MS = 10_000;

export interface ClosableTransport extends Transport {
  /**
   * Closes idle connections and aborts open requests. The next request opens new connections.
   *
   * Call it when an invocation ends: Lambda then freezes the process, and a connection that dies in the meantime would
   * lose the first request of the next invocation.
   */
  close(): Promise<void>;
}

export function createTransport(options: TransportOptions): ClosableTransport {
  const origins = new Set(options.baseUrls.map((url) => url.origin));
  let dispatcher: Dispatcher | null = null;

  async function send(request: HttpRequest): Promise<HttpAnswer> {
    const { method, url, headers, body = null, signal } = request;
    if (!origins.has(url.origin)) {
      throw new HardFailure('unexpected', `a request to ${url.origin} was refused: it is not a configured host`);
    }
    signal.throwIfAborted();
    dispatcher ??= createDispatcher(options);
    const path = `${url.pathname}${url.search}`;
    const answer = await dispatcher.request({
      origin: url.origin,
      path,
      method,
      headers,
      body,
      signal,
      highWaterMark: MAX_BODY_BYTES,
    });
    // Without a listener, a body that breaks before it is read would end the process. Its reader still gets the error.
    answer.body.on('error', () => {});
    return { status: answer.statusCode, headers: joined(answer.headers), body: answer.body };
  }

  return {
    send,
    async close() {
      const closing = dispatcher;
      dispatcher = null;
      await closing?.destroy();
    },
  } satisfies ClosableTransport;
}

function createDispatcher({ silenceMs, env }: TransportOptions): Dispatcher {
  const settings = {
    connect: { timeout: Math.min(silenceMs, MAX_CONNECT_MS) },
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    maxHeaderSize: 64 * 1024,
  };
  const proxy = readProxy(env);
  return proxy ? new EnvHttpProxyAgent({ ...settings, ...proxy }) : new Agent(settings);
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
