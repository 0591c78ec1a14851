/**
 * A clock whose time passes only when all other work has ended.
 *
 * `sleep` queues a timer; once every pending promise has settled, time jumps to the earliest timer. A five-minute
 * retry storm therefore runs in milliseconds, and a timeout never fires while the work it guards can still go on.
 * Only for code whose every wait goes through this clock: real sockets and files would be overtaken.
 */

import type { Clock } from '../../src/core/scope.ts';
import { addMs, type Instant, parseInstant } from '../../src/core/time/instant.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

export interface VirtualClock extends Clock {
  /** Moves time without a sleep. */
  advance(ms: number): void;
  /** Moves the wall clock alone, as an operator or NTP would; the monotonic clock stays. */
  jump(ms: number): void;
  /** Every completed or pending sleep in the order it was asked for, in milliseconds. */
  readonly sleeps: readonly number[];
}

export function createVirtualClock(startText = '2026-11-22T08:15:00.000Z'): VirtualClock {
  const parsed = parseInstant(startText);
  if (parsed === undefined) throw new RangeError(`not an instant: ${startText}`);
  const start: Instant = parsed;
  let elapsedMs = 0;
  let wallOffsetMs = 0;
  let order = 0;
  let pumping = false;
  const timers = new Set<Timer>();
  const sleeps: number[] = [];

  function pump(): void {
    if (pumping) return;
    pumping = true;
    setImmediate(() => {
      pumping = false;
      let next: Timer | undefined;
      for (const timer of timers) {
        if (!next || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order)) next = timer;
      }
      if (!next) return;
      timers.delete(next);
      elapsedMs = Math.max(elapsedMs, next.atMs);
      next.wake();
      pump();
    });
  }

  return {
    now: () => addMs(start, elapsedMs + wallOffsetMs),
    monotonicMs: () => elapsedMs,
    sleep(ms, signal) {
      sleeps.push(ms);
      return new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          timers.delete(timer);
          reject(signal?.reason);
        };
        const timer: Timer = {
          atMs: elapsedMs + Math.max(0, ms),
          order: order++,
          wake: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        timers.add(timer);
        pump();
      });
    },
    advance(ms) {
      elapsedMs += ms;
      pump();
    },
    jump(ms) {
      wallOffsetMs += ms;
    },
    sleeps,
  };
}
