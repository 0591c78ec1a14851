/** Stops a run on Ctrl-C, on a signal, or when the reader of its output has ended. */

import type { Clock } from '../src/core/scope.ts';
import { EXIT } from './problem.ts';
import { createStoppableClock, GRACE_MS, type StoppableClock } from './stoppable-clock.ts';
import { type Screen, tell } from './terminal.ts';

export interface Stop {
  /** The clock that the handler gets. */
  readonly clock: StoppableClock;
  /** Why the run must end; null while it may go on. */
  reason(): 'signal' | 'broken pipe' | null;
  /**
   * Sets when the work of the invocation that begins now would end by itself, on the clock above; null while no work is under
   * way. Work that begins after the stop ends immediately.
   */
  setEndOfWork(monotonicMs: number | null): void;
  /** Called when the reader of the output has ended. */
  onBrokenPipe(): void;
  /** From now on, signals end the process as usual. */
  stopListening(): void;
}

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Listens to signals: the first ends the run in order, the second ends the process. */
export function createStop(base: Clock, screen: Screen): Stop {
  const clock = createStoppableClock(base);
  let reason: ReturnType<Stop['reason']> = null;
  let endOfWorkMs: number | null = null;

  function endWork(): void {
    if (reason !== null && endOfWorkMs !== null) clock.stopAt(endOfWorkMs);
  }
  function end(why: 'signal' | 'broken pipe'): void {
    reason ??= why;
    endWork();
  }
  function onSignal(): void {
    if (reason === 'signal') process.exit(EXIT.interrupted);
    end('signal');
    tell(
      screen.prose,
      `\nStopping: the records that were read are being saved, ${GRACE_MS / 1000} seconds at most for each open request. Ctrl-C again ends immediately.`,
    );
  }
  for (const signal of SIGNALS) process.on(signal, onSignal);

  return {
    clock,
    reason: () => reason,
    setEndOfWork(monotonicMs) {
      endOfWorkMs = monotonicMs;
      endWork();
    },
    onBrokenPipe: () => end('broken pipe'),
    stopListening() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
