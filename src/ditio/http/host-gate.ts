/**
 * Holds back every stream of a host that said "too many requests", not just the one that was told.
 *
 * Decides for how long nothing may be sent. Who waits, and whether the wait fits the deadline, is the retry loop's
 * business.
 */

import { addMs, type Instant } from '../../core/time/instant.ts';
import type { Clock } from '../../ports.ts';

export interface HostGate {
  /** Milliseconds for which nothing may be sent to the host; 0 when the way is free. */
  pauseMs(host: string): number;
  /** Nothing may be sent to the host for so long from now; a longer pause that is already on stays. */
  pause(host: string, ms: number): void;
}

/** No pause is longer: an absurd `Retry-After` must not silence a process for good. Milliseconds. */
export const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * A pause ends by the wall clock or by the monotonic one, whichever comes first: the monotonic clock may stand still
 * while Lambda has frozen the process, the wall clock may be set back.
 */
export function createHostGate(clock: Clock): HostGate {
  const pauses = new Map<string, { readonly untilMs: number; readonly until: Instant }>();

  function pauseMs(host: string): number {
    const pause = pauses.get(host);
    if (!pause) return 0;
    return Math.max(0, Math.min(pause.untilMs - clock.monotonicMs(), pause.until - clock.now()));
  }

  return {
    pauseMs,
    pause(host, ms) {
      const bounded = Math.min(ms, LONGEST_PAUSE_MS);
      if (bounded <= pauseMs(host)) return;
      pauses.set(host, {
        untilMs: clock.monotonicMs() + bounded,
        // Rounded up: instants are whole milliseconds, and the way must not be free before the wait is over.
        until: addMs(clock.now(), Math.ceil(bounded)),
      });
    },
  };
}
