/**
 * Sends one request within an attempt and measures its times.
 *
 * At the end the connection goes back to the pool, or is aborted if the body was not read.
 */

import type { Clock } from '../../core/scope.ts';
import { parseHttpDate } from '../../core/time/http-date.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { HttpAnswer, HttpRequest, Transport } from '../../ports.ts';

export interface ExchangeDeps {
  readonly transport: Transport;
  readonly clock: Clock;
}

/** An answer and when it came. */
export interface Exchange {
  readonly answer: HttpAnswer;
  /** The server's clock, from the `Date` header. */
  readonly serverDate: Instant | null;
  /** Our clock just before the request was sent. */
  readonly requestedAt: Instant;
  /** Our clock when the head of the answer arrived. */
  readonly answeredAt: Instant;
  /** Milliseconds from sending to the head of the answer. */
  readonly waitedMs: number;
}

/** Sends a request and passes the answer to `use`; aborts the exchange when `signal` aborts or `use` has ended. */
export async function withExchange<T>(
  deps: ExchangeDeps,
  request: Omit<HttpRequest, 'signal'>,
  signal: AbortSignal,
  use: (exchange: Exchange) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  try {
    const requestedAt = deps.clock.now();
    const sentMs = deps.clock.monotonicMs();
    const answer = await deps.transport.send({ ...request, signal: AbortSignal.any([signal, end.signal]) });
    const answeredAt = deps.clock.now();
    const date = answer.headers.date;
    const serverDate = (date === undefined ? undefined : parseHttpDate(date)) ?? null;
    const waitedMs = deps.clock.monotonicMs() - sentMs;
    return await use({ answer, serverDate, requestedAt, answeredAt, waitedMs });
  } finally {
    end.abort(new ExchangeEnded('the exchange has ended'));
  }
}

/** The reason for aborting an exchange that was not read to its end. */
class ExchangeEnded extends Error {
  override readonly name = 'ExchangeEnded';
}
