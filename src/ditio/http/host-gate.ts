/**
 * Delays requests after an answer "too many requests": to the same endpoint for as long as the answer asks, and to the
 * whole host for a short time.
 *
 * One endpoint may ask for an hour while the others work: pausing the host for that long would stop every stream.
 */

import { addMs, type Instant } from '../../core/time/instant.ts';
import type { Clock } from '../../ports.ts';

export interface HostGate {
  /** Milliseconds for which nothing may be sent to this address; 0 when requests are allowed. */
  pauseMs(url: URL): number;
  /**
   * Pauses the endpoint for this time from now, and its host for the same time but at most {@link LONGEST_HOST_PAUSE_MS}.
   * A longer pause that has begun stays.
   */
  pause(url: URL, ms: number): void;
}

/** Longer than the schedule's own waits: a rate limit of the host is over by then, or the host answers 429 again. Milliseconds. */
export const LONGEST_HOST_PAUSE_MS = 15_000;

/** Longest pause: an absurd `Retry-After` must not stop a process forever. Milliseconds. */
export const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * A pause ends by the wall clock or by the monotonic clock, whichever comes first: the monotonic clock may stop while
 * Lambda has frozen the process, and the wall clock may be set back.
 */
export function createHostGate(clock: Clock): HostGate {
  const pauses = new Map<string, { readonly untilMs: number; readonly until: Instant }>();

  function leftMs(key: string): number {
    const pause = pauses.get(key);
    if (!pause) return 0;
    return Math.max(0, Math.min(pause.untilMs - clock.monotonicMs(), pause.until - clock.now()));
  }

  function lengthen(key: string, ms: number): void {
    if (ms <= leftMs(key)) return;
    pauses.set(key, {
      untilMs: clock.monotonicMs() + ms,
      // Rounded up: instants are whole milliseconds, and the pause must not end before the wait is over.
      until: addMs(clock.now(), Math.ceil(ms)),
    });
  }

  return {
    pauseMs: (url) => Math.max(leftMs(url.host), leftMs(url.host + url.pathname)),
    pause(url, ms) {
      lengthen(url.host + url.pathname, Math.min(ms, LONGEST_PAUSE_MS));
      lengthen(url.host, Math.min(ms, LONGEST_HOST_PAUSE_MS));
    },
  };
}
