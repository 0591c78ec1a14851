/** Applies the server's rate limit: a number of requests per window of time, by the server's clock. */

import { errorReply, type Reply } from './answer.ts';
import type { RateLimit } from './options.ts';
import { formatHttpDate } from './ticks.ts';

/** @returns for each request `null`, or the 429 that it gets */
export function createRateLimiter(limit: RateLimit | null, now: () => number): () => Reply | null {
  let window = Number.NaN;
  let seen = 0;
  return () => {
    if (limit === null) return null;
    const spanMs = limit.perSeconds * 1000;
    const current = Math.floor(now() / spanMs);
    if (current !== window) {
      window = current;
      seen = 0;
    }
    seen += 1;
    if (seen <= limit.requests) return null;
    const endsAtMs = (current + 1) * spanMs;
    return throttledReply(
      { seconds: String(Math.ceil((endsAtMs - now()) / 1000)), date: formatHttpDate(endsAtMs + 999), none: null }[
        limit.retryAfter
      ],
    );
  };
}

export function throttledReply(retryAfter: string | null): Reply {
  const headers = retryAfter === null ? {} : { 'retry-after': retryAfter };
  return errorReply(429, 'TooManyRequests', 'Too many requests. Please slow down.', 'simple', null, headers);
}
