/**
 * A clock for code that talks to real sockets and files: time is real, waits are not.
 *
 * A sleep that nobody can break off is a wait between two attempts: it ends at once, and the clock moves on by its
 * length. A sleep with a signal guards something real (the timeout of an attempt) and takes as long as it says.
 */

import type { Clock } from '../../src/core/scope.ts';
import { addMs, type Instant, instant } from '../../src/core/time/instant.ts';

export interface HurriedClock extends Clock {
  /** Moves time without a sleep, in milliseconds. */
  advance(ms: number): void;
  /** Waits that were cut short, in milliseconds. */
  readonly waits: readonly number[];
}

export function createHurriedClock(): HurriedClock {
  const start: Instant = instant(Date.now());
  const startMs = performance.now();
  const waits: number[] = [];
  let hurriedMs = 0;
  const monotonicMs = () => performance.now() - startMs + hurriedMs;
  return {
    now: () => addMs(start, monotonicMs()),
    monotonicMs,
    sleep(ms, signal) {
      if (!signal) {
        waits.push(ms);
        hurriedMs += ms;
        return Promise.resolve();
      }
      return new Promise<void>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        }, ms);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    advance(ms) {
      hurriedMs += ms;
    },
    waits,
  };
}
