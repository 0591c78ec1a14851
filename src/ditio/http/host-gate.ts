/**
 * Holds back requests after an answer "too many requests": to the whole host for a moment, to the endpoint that said so
 * for as long as it asked.
 *
 * One endpoint may ask for an hour while the others work: closing the host for as long would stop every stream.
 */

import { addMs, type Instant } from '../../core/time/instant.ts';
import type { Clock } from '../../ports.ts';

export interface HostGate {
  /** Milliseconds for which nothing may be sent to this address; 0 when the way is free. */
  pauseMs(url: URL): number;
  /**
   * Nothing may be sent to the endpoint for so long from now, and nothing to its host for as long, but at most
   * {@link LONGEST_HOST_PAUSE_MS}. Longer pauses that are already on stay.
   */
  pause(url: URL, ms: number): void;
}

/** Longer than the schedule's own waits: a rate limit of the host is over by then, or is told again. Milliseconds. */
export const LONGEST_HOST_PAUSE_MS = 15_000;

/** No pause is longer: an absurd `Retry-After` must not silence a process for good. Milliseconds. */
export const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * A pause ends by the wall clock or by the monotonic one, whichever comes first: the monotonic clock may stand still
 * while Lambda has frozen the process, the wall clock may be set back.
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
      // Rounded up: instants are whole milliseconds, and the way must not be free before the wait is over.
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
