/**
 * HTTP to the configured origins: one undici pool each, passed explicitly, never a global one.
 *
 * Decides how connections are kept and where requests may go. Judges no answer: any status is one. Never follows a
 * redirect and decompresses nothing. Whatever the network throws comes out as it is.
 */

import Pool from 'undici/lib/dispatcher/pool.js';
import { HardFailure } from '../../core/failure/errors.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { Clock, HttpAnswer, HttpRequest, Transport } from '../../ports.ts';
import { createAnswerBody } from './answer-body.ts';

export interface TransportOptions {
  /** Base URLs whose origins may be sent to; no other host ever sees a request, let alone a token. */
  readonly baseUrls: readonly URL[];
  /** Longest time to open a connection, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /**
   * Longest silence in the middle of an answer, in milliseconds: shorter than an attempt, so that a connection which
   * has died in silence is noticed in time to try again.
   */
  readonly bodySilenceMs?: number;
  /** How long an idle connection is trusted, in milliseconds. */
  readonly idleMs?: number;
}

const DEFAULTS = { connectTimeoutMs: 10_000, bodySilenceMs: 60_000, idleMs: 4_000 };

export interface ClosableTransport extends Transport {
  /** Closes idle connections and breaks off what is still going on. */
  close(): Promise<void>;
}

interface Lane {
  pool: Pool;
  inFlight: number;
  lastUsed: Instant;
  lastUsedMs: number;
}

/**
 * Lambda freezes the process between invocations: the server closes its end meanwhile, and timers that should have
 * closed ours did not run. The first request after a thaw would go into a dead connection and, where a NAT gateway has
 * forgotten it, wait for an answer that never comes. So a pool that has been idle longer than connections are trusted,
 * by either clock, is replaced before it is used.
 */
export function createTransport(clock: Clock, options: TransportOptions): ClosableTransport {
  const settings = { ...DEFAULTS, ...options };
  const origins = new Set(options.baseUrls.map((url) => url.origin));
  const lanes = new Map<string, Lane>();

  function laneFor(origin: string): Lane {
    const known = lanes.get(origin);
    if (known && !isStale(known)) return known;
    if (known) void known.pool.destroy();
    const lane = { pool: createPool(origin), inFlight: 0, lastUsed: clock.now(), lastUsedMs: clock.monotonicMs() };
    lanes.set(origin, lane);
    return lane;
  }

  function isStale(lane: Lane): boolean {
    if (lane.inFlight > 0) return false;
    const idleMs = Math.max(clock.now() - lane.lastUsed, clock.monotonicMs() - lane.lastUsedMs);
    return idleMs > settings.idleMs;
  }

  function createPool(origin: string): Pool {
    return new Pool(origin, {
      // Streams bound how much is asked at once; a second bound here would only hide requests in a queue.
      connections: null,
      pipelining: 1,
      connect: { timeout: settings.connectTimeoutMs },
      keepAliveTimeout: settings.idleMs,
      keepAliveMaxTimeout: settings.idleMs,
      // The attempt has a timeout of its own, which also covers the wait for the head.
      headersTimeout: 0,
      bodyTimeout: settings.bodySilenceMs,
      maxHeaderSize: 64 * 1024,
    });
  }

  async function send(request: HttpRequest): Promise<HttpAnswer> {
    const { url, signal } = request;
    if (!origins.has(url.origin)) {
      throw new HardFailure('unexpected', `a request to ${url.origin} was refused: it is not a configured host`);
    }
    // undici gives a connection back one turn of the event loop after its answer has ended. Without this turn the
    // next request, which comes at once, would open another.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const lane = laneFor(url.origin);
    lane.inFlight += 1;
    return await dispatch(lane.pool, request, () => {
      lane.inFlight -= 1;
      lane.lastUsed = clock.now();
      lane.lastUsedMs = clock.monotonicMs();
    });
  }

  return {
    send,
    async close() {
      const pools = [...lanes.values()].map(({ pool }) => pool.destroy());
      lanes.clear();
      await Promise.all(pools);
    },
  } satisfies ClosableTransport;
}

/** One exchange; `onOver` is called once, when the last byte was read, the exchange failed or was broken off. */
function dispatch(pool: Pool, request: HttpRequest, onOver: () => void): Promise<HttpAnswer> {
  const { method, url, headers, signal } = request;
  return new Promise<HttpAnswer>((resolve, reject) => {
    const body = createAnswerBody(signal, onOver, reject);
    pool.dispatch(
      { method, path: `${url.pathname}${url.search}`, headers, ...(request.body && { body: request.body }) },
      {
        onRequestStart: (controller) => body.connected(controller),
        onResponseStart(_controller, status, answerHeaders) {
          // Informational answers (1xx) come before the answer itself.
          if (status >= 200) resolve({ status, headers: joined(answerHeaders), body: body.chunks });
        },
        onResponseData: (_controller, chunk) => body.push(chunk),
        onResponseEnd: () => body.end(),
        onResponseError: (_controller, error) => body.fail(error),
      },
    );
  });
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
