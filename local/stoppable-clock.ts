/**
 * A clock that can be stopped: it leaps to the end of the run's work, so that the run ends as it does at its deadline.
 * What was read is saved, and the leases are given back.
 *
 *     a wait between two attempts   ends
 *     a request under way           may go on for a few seconds more
 *     anything new                  finds that no time is left
 */

import type { Clock } from '../src/ports.ts';

/** How long a request that is under way may still take. Milliseconds. */
export const GRACE_MS = 4_000;
/** So far the leap goes past the end of work, for what the run measured a little later than its caller. Milliseconds. */
const LEAP_MARGIN_MS = 250;

export interface StoppableClock extends Clock {
  /** Leaps to the given reading of `monotonicMs`; a second call changes nothing. */
  stopAt(monotonicMs: number): void;
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
        // Only what limits something under way can be called off, and so has a signal.
        if (signal) await base.sleep(Math.min(GRACE_MS, Math.max(0, endsAtMs - base.monotonicMs())), signal);
      }
    },
    stopAt(targetMs) {
      if (stop.signal.aborted) return;
      leaptMs = Math.max(0, targetMs + LEAP_MARGIN_MS - base.monotonicMs());
      stop.abort();
    },
  };
}
