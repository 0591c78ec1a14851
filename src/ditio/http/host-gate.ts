/**
 * Delays requests after an answer "too many requests": to the same endpoint for as long as the answer asks, and to the
 * whole host for a short time.
 *
 * One endpoint may ask for an hour while the others work: pausing the host for that long would stop every stream.
 */

import type { AnswerRefused } from '../../core/failure/errors.ts';
import { DITIO_DELAYS_MS } from '../../core/retry/backoff.ts';
import type { Pause } from '../../core/retry/retry.ts';
import type { Clock } from '../../core/scope.ts';
import { addMs, type Instant } from '../../core/time/instant.ts';

export interface HostGate {
  /** What holds back a request to this address now; null when it may be sent. */
  pauseOf(url: URL): Pause | null;
  /** To be called as soon as an answer begins, so that no stream sends a request while its body is read. */
  noteStatus(url: URL, status: number): void;
  /** To be called with the whole refusal: its `Retry-After` may lengthen the pause. Returns whether it was a 429. */
  noteRefusal(url: URL, refused: AnswerRefused): boolean;
  /** To be called before the wait for a retry: after a 429, everything to the endpoint waits for as long. */
  noteRetry(url: URL, retry: { readonly delayMs: number; readonly throttled: boolean }): void;
}

const TOO_MANY_REQUESTS = 429;

/** Longer than the schedule's own waits: a rate limit of the host is over by then, or the host answers 429 again. Milliseconds. */
export const MAX_HOST_PAUSE_MS = 15_000;

/** Longest pause: an absurd `Retry-After` must not stop a process forever. Milliseconds. */
export const MAX_PAUSE_MS = 15 * 60_000;

interface Begun {
  readonly untilMs: number;
  readonly until: Instant;
  /** The wait in `Retry-After`, in milliseconds; null without the header. */
  readonly retryAfterMs: number | null;
}

/**
 * A pause ends by the wall clock or by the monotonic clock, whichever comes first: the monotonic clock may stop while
 * Lambda has frozen the process, and the wall clock may be set back.
 */
export function createHostGate(clock: Clock): HostGate {
  const pauses = new Map<string, Begun>();

  function leftMs(key: string): number {
    const begun = pauses.get(key);
    if (!begun) return 0;
    return Math.max(0, Math.min(begun.untilMs - clock.monotonicMs(), begun.until - clock.now()));
  }

  /**
   * Pauses the endpoint for this time from now, and its host for the same time but at most {@link MAX_HOST_PAUSE_MS}.
   * A longer pause that has begun stays.
   */
  function pause(url: URL, ms: number, retryAfterMs: number | null): void {
    lengthen(url.host + url.pathname, Math.min(ms, MAX_PAUSE_MS), retryAfterMs);
    lengthen(url.host, Math.min(ms, MAX_HOST_PAUSE_MS), null);
  }

  function lengthen(key: string, ms: number, retryAfterMs: number | null): void {
    const wasMs = leftMs(key);
    if (ms <= wasMs) return;
    pauses.set(key, {
      untilMs: clock.monotonicMs() + ms,
      // Rounded up: instants are whole milliseconds, and the pause must not end before the wait is over.
      until: addMs(clock.now(), Math.ceil(ms)),
      retryAfterMs: retryAfterMs ?? (wasMs > 0 ? (pauses.get(key)?.retryAfterMs ?? null) : null),
    });
  }

  return {
    pauseOf(url) {
      const endpoint = url.host + url.pathname;
      const ownMs = leftMs(endpoint);
      if (ownMs > 0) {
        const retryAfterMs = pauses.get(endpoint)?.retryAfterMs ?? null;
        return { isOwn: true, waitMs: ownMs, retryAfterMs, status: TOO_MANY_REQUESTS, code: null };
      }
      const hostMs = leftMs(url.host);
      if (hostMs <= 0) return null;
      return { isOwn: false, waitMs: hostMs, retryAfterMs: null, status: null, code: 'HostPaused' };
    },
    noteStatus(url, status) {
      if (status === TOO_MANY_REQUESTS) pause(url, DITIO_DELAYS_MS[0] ?? 0, null);
    },
    noteRefusal(url, { status, retryAfterMs }) {
      if (status !== TOO_MANY_REQUESTS) return false;
      pause(url, retryAfterMs ?? 0, retryAfterMs);
      return true;
    },
    noteRetry(url, { delayMs, throttled }) {
      if (throttled) pause(url, delayMs, null);
    },
  } satisfies HostGate;
}
