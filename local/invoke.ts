/** Invokes the handler as Lambda would, with a time limit, and again until nothing is left to do. */

import type { LogFields } from '../src/core/scope.ts';
import type { Extractor, HandlerResult } from '../src/extractor.ts';
import type { RunReport } from '../src/sync/report.ts';
import type { Progress } from './progress.ts';
import type { Stop } from './stop.ts';

export type Event = Readonly<Record<string, unknown>>;

/** Result of an invocation. */
export interface Invoked {
  /** What the handler returned, or its summary where it threw; null where neither exists. */
  readonly result: HandlerResult | null;
  /** An error that its log lines have not shown; null for none. */
  readonly thrown: unknown;
  readonly failed: boolean;
}

/** After a stop, a new invocation would get its whole time again. */
const NOT_BEGUN: Invoked = { result: null, thrown: null, failed: false };

export interface Invoker {
  /** Begins nothing once the run is to stop. */
  invoke(event: Event): Promise<Invoked>;
  /** Syncs until every stream is complete, as the schedule would over several runs. */
  syncAll(event: Event): Promise<Invoked>;
}

/** Lambda's longest time limit; a run that needs longer is followed by another. Milliseconds. */
const INVOCATION_MS = 900_000;

/** @param reserveMs the handler's reserve at the end of an invocation */
export function createInvoker(extractor: Extractor, progress: Progress, stop: Stop, reserveMs: number): Invoker {
  const { clock } = stop;

  async function invoke(event: Event): Promise<Invoked> {
    if (stop.reason() !== null) return NOT_BEGUN;
    const endsAtMs = clock.monotonicMs() + INVOCATION_MS;
    // Reading the state takes milliseconds. It is not cut short, because a half answer would be shown as a failure.
    if (event.action !== 'status') stop.setEndOfWork(endsAtMs - Math.min(reserveMs, INVOCATION_MS / 4));
    try {
      const context = { getRemainingTimeInMillis: () => Math.max(0, endsAtMs - clock.monotonicMs()) };
      const result = await extractor.handle(event, context);
      return { result: withoutLeap(result, clock.leaptMs()), thrown: null, failed: false };
    } catch (error) {
      // A hard failure and a failed sync have just been shown, line by line, with their hints.
      const told = error instanceof Error && (error.name === 'HardFailure' || error.name === 'SyncFailedError');
      return { result: reportOf(progress.summary()), thrown: told ? null : error, failed: true };
    } finally {
      stop.setEndOfWork(null);
      progress.done();
    }
  }

  async function syncAll(event: Event): Promise<Invoked> {
    for (;;) {
      const startedMs = clock.monotonicMs();
      const invoked = await invoke(event);
      const { result } = invoked;
      const wantsMore = !invoked.failed && result !== null && 'outcome' in result && result.outcome === 'deadline';
      // A run that gave up early got a wait that is longer than a run. Starting again would only repeat the request.
      const tookItsTime = clock.monotonicMs() - startedMs >= INVOCATION_MS / 2;
      if (!wantsMore || !tookItsTime || stop.reason() !== null) return invoked;
    }
  }

  return { invoke, syncAll };
}

/** The run measures its duration with the clock that a stop moves. */
function withoutLeap(result: HandlerResult, leaptMs: number): HandlerResult {
  return 'durationMs' in result ? { ...result, durationMs: result.durationMs - leaptMs } : result;
}

/** The report of a run that threw, from its summary line. */
function reportOf(summary: LogFields | null): RunReport | null {
  if (summary === null) return null;
  const { run_id: _, request_id: __, ...report } = summary;
  return report as unknown as RunReport;
}
