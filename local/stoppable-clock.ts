/**
 * Makes a clock that can jump to the end of the run's work, so that the run ends as it does at its deadline: its pages are
 * saved and its leases are given back.
 *
 *     a wait between two attempts   ends
 *     a request under way           may go on for a few seconds more
 *     anything new                  finds that no time is left
 */

import type { Clock } from '../src/core/scope.ts';

/** How long an open request may still take. Milliseconds. */
export const GRACE_MS = 4_000;
/** How far the jump goes past the end of work, because the run read its time left a little later than its caller. Milliseconds. */
const LEAP_MARGIN_MS = 250;

export interface StoppableClock extends Clock {
  /** Jumps to the given value of `monotonicMs`; a second call changes nothing. */
  stopAt(monotonicMs: number): void;
  /** How far it has jumped; 0 before a stop. Milliseconds. */
  leaptMs(): number;
}

export function createStoppableClock(base: Clock): StoppableClock {
  const stop = new AbortController();
  let leaptMs = 0;
  const monotonicMs = () => base.monotonicMs() + leaptMs;

  return {
    now: base.now,
    monotonicMs,
    async sleep(ms, signal) {
      const endsAtMs = base.monotonicMs() + ms;
      try {
        await base.sleep(ms, signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
      } catch (reason) {
        if (signal?.aborted) throw signal.reason;
        if (!stop.signal.aborted) throw reason;
        // Only the time limit of an open request can be cancelled, so only that has a signal.
        if (signal) await base.sleep(Math.min(GRACE_MS, Math.max(0, endsAtMs - base.monotonicMs())), signal);
      }
    },
    stopAt(targetMs) {
      if (stop.signal.aborted) return;
      leaptMs = Math.max(0, targetMs + LEAP_MARGIN_MS - base.monotonicMs());
      stop.abort();
    },
    leaptMs: () => leaptMs,
  };
}
