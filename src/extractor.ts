/** Runs one invocation: takes the event and returns the result, or throws the error that Lambda counts. */

import type { Config } from './config.ts';
import { HardFailure, SyncFailedError } from './core/failure/errors.ts';
import type { Redactor } from './core/failure/redact.ts';
import { createRetryBudget } from './core/retry/retry-budget.ts';
import type { Clock, Random, Scope } from './core/scope.ts';
import { createDeadline } from './core/time/deadline.ts';
import { addMs, type Instant } from './core/time/instant.ts';
import { type Command, parseEvent } from './event.ts';
import { createLog, type LineWriter } from './log.ts';
import type { Metrics } from './ports.ts';
import { type CheckReport, failedConfigCheck, runChecks } from './sync/actions/check.ts';
import { type ResetReport, resetStreams } from './sync/actions/reset.ts';
import { readStatus, type StatusReport } from './sync/actions/status.ts';
import type { SyncDeps } from './sync/deps.ts';
import { logHardFailure, OUTSIDE_STREAMS, toHardFailure } from './sync/failure.ts';
import { newTally, type RunReport } from './sync/report.ts';
import { runStreams } from './sync/run.ts';
import { writeRunMetrics } from './sync/staleness.ts';
import type { Task } from './sync/stream/turn.ts';

export type HandlerResult = RunReport | StatusReport | CheckReport | ResetReport;

/** The part of Lambda's context that is used. */
export interface Invocation {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

export interface Extractor {
  handle(event: unknown, context: Invocation | undefined): Promise<HandlerResult>;
}

/** What stays the same from one invocation of a process to the next. */
export interface Built {
  readonly config: Config;
  readonly deps: Omit<SyncDeps, 'log'>;
  /** Closes connections. Lambda freezes the process after an invocation, and a connection that is open then may be dead afterwards. */
  readonly closeConnections: () => Promise<void>;
}

export interface ExtractorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Redactor;
  readonly writer: LineWriter;
  readonly metrics: Pick<Metrics, 'recordRun'>;
  /** Called once, with the first event, so that a bad configuration gives a log line instead of a failed start. */
  readonly build: () => Built;
}

/** Lambda's own longest time limit, for a caller that gives no context. Milliseconds. */
const MAX_INVOCATION_MS = 900_000;

/**
 * An extractor that builds its parts with the first event and keeps them.
 *
 * `handle` throws `SyncFailedError` when a stream failed, and `HardFailure` when the configuration or the event is
 * refused or the state cannot be read.
 */
export function createExtractor(given: ExtractorDeps): Extractor {
  let built: Built | undefined;
  return {
    async handle(event, context) {
      const clocks = readClocks(given.clock, context);
      const runId = given.random.uuid();
      const writer = countFailures(given.writer);
      const log = createLog(writer, given.redactor, { run_id: runId, request_id: context?.awsRequestId ?? null });
      try {
        built ??= given.build();
        const { config, deps } = built;
        const command = parseEvent(event, config.streams, deps.rules);
        return await perform(
          command,
          config,
          { ...deps, log },
          { runId, ...clocks, hardFailures: writer.hardFailures },
        );
      } catch (error) {
        if (error instanceof SyncFailedError) throw error;
        const failure = toHardFailure(error);
        if (built === undefined && asksForCheck(event)) return failedConfigCheck(failure);
        logHardFailure(log.child(OUTSIDE_STREAMS), failure);
        given.metrics.recordRun({ HardFailures: writer.hardFailures() }, { runId, staleStreams: null });
        // Lambda logs the message and stack of what is thrown by itself, without the redactor.
        throw new HardFailure(failure.kind, String(given.redactor.clean(failure.message)), failure.facts);
      } finally {
        await built?.closeConnections();
      }
    },
  };
}

interface Clocks {
  /** End of the invocation by our clock. */
  readonly endsAt: Instant;
  /** Milliseconds that the invocation has left at the time of the call. */
  readonly leftMs: () => number;
}

/** Reads the time left before anything is built, because building takes some of it on a cold start. */
function readClocks(clock: Clock, context: Invocation | undefined): Clocks {
  const remainingMs = context?.getRemainingTimeInMillis?.() ?? MAX_INVOCATION_MS;
  const endsAt = addMs(clock.now(), remainingMs);
  const endMs = clock.monotonicMs() + remainingMs;
  return { endsAt, leftMs: () => Math.max(0, endMs - clock.monotonicMs()) };
}

async function perform(
  command: Command,
  config: Config,
  deps: SyncDeps,
  invocation: Clocks & { readonly runId: string; readonly hardFailures: () => number },
): Promise<HandlerResult> {
  const { runId, endsAt, leftMs, hardFailures } = invocation;
  const deadline = createDeadline(deps.clock.monotonicMs, leftMs(), config.reserveMs);
  const scope: Scope = { deadline, log: deps.log, tally: newTally(), runId, budget: createRetryBudget() };
  const chosen = 'streams' in command ? command.streams : config.streams;
  const rules = deps.rules.filter(({ name }) => chosen.includes(name));
  switch (command.action) {
    case 'status':
      return readStatus(deps, deps.rules, scope);
    case 'reset':
      return resetStreams(deps, rules, endsAt, scope);
    case 'check':
      return runChecks(deps, rules, scope);
    case 'sync':
    case 'backfill': {
      const task: Task =
        command.action === 'sync' ? { kind: 'sync', mode: command.mode } : { kind: 'backfill', window: command.window };
      const report = await runStreams(deps, { rules, task, invocationEndsAt: endsAt, scope });
      const watched = deps.rules.filter(({ name }) => config.streams.includes(name));
      await writeRunMetrics(deps, { ...report, hardFailures: hardFailures() }, watched, scope);
      return succeeded(report);
    }
  }
}

/** Counts the `hard_failure` lines of an invocation: a cause that stops every stream is one line. */
function countFailures(writer: LineWriter) {
  let count = 0;
  return {
    write(level, event, fields) {
      if (event === 'hard_failure') count += 1;
      writer.write(level, event, fields);
    },
    hardFailures: () => count,
  } satisfies LineWriter & { hardFailures(): number };
}

/** The report, or `SyncFailedError` when a stream failed. */
function succeeded(report: RunReport): RunReport {
  const failed = report.streams.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0) return report;
  const names = failed.map(({ stream, failure }) => `${stream} (${failure?.kind ?? 'unexpected'})`).join(', ');
  throw new SyncFailedError(`${failed.length} of ${report.streams.length} streams failed: ${names}`);
}

function asksForCheck(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'action' in event && event.action === 'check';
}
