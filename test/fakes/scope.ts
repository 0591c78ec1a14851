/** Makes scopes for tests: a deadline from plain numbers, a log that checks every line, a new tally. */

import { createRetryBudget } from '../../src/core/retry/retry-budget.ts';
import type { Clock, Scope, Tally } from '../../src/core/scope.ts';
import type { Deadline } from '../../src/core/time/deadline.ts';
import { createCheckedLog } from './log-check.ts';
import type { RecordingLog } from './recording-log.ts';

export interface TestScope extends Scope {
  readonly log: RecordingLog;
  readonly tally: Tally;
}

let runs = 0;

/** Every scope is a run of its own. */
export function nextRunId(): string {
  runs += 1;
  return `run-${runs}`;
}

export interface TestScopeOptions {
  /** The clock whose monotonic time the deadline follows; without one the deadline stands still. */
  readonly clock?: Pick<Clock, 'monotonicMs'>;
  /** Milliseconds from now to the end of work. */
  readonly workMs?: number;
  /** Milliseconds from now to the end of the invocation; a second later than the end of work unless given. */
  readonly limitMs?: number;
}

export function testScope(options: TestScopeOptions = {}): TestScope {
  const { workMs = 60_000 } = options;
  const { limitMs = workMs + 1000 } = options;
  const startMs = options.clock?.monotonicMs() ?? 0;
  const passedMs = () => (options.clock?.monotonicMs() ?? 0) - startMs;
  const deadline: Deadline = { workLeftMs: () => workMs - passedMs(), limitLeftMs: () => limitMs - passedMs() };
  return {
    deadline,
    log: createCheckedLog({ fields: { stream: 'project', sync_id: null } }),
    tally: { requests: 0, retries: 0, throttled: 0, hasStartedRequest: false },
    runId: nextRunId(),
    budget: createRetryBudget(),
  };
}
