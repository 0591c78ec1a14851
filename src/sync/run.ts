/**
 * One run: the chosen streams, several at once, until all are done or time is up.
 *
 * While others wait, a stream gives way after its share of the time, so that a long first load never starves the rest.
 * A cause that stops every stream (no token, no state table, no lake) ends the run with one line.
 */

import { NEW_CURSOR, type Slot } from '../core/cursor/cursor-shape.ts';
import { planSync } from '../core/cursor/plan.ts';
import type { StreamRule } from '../core/cursor/stream-rule.ts';
import { DeadlineReached, HardFailure, SECRET_EMPTY } from '../core/failure/errors.ts';
import type { Scope } from '../core/scope.ts';
import { shortHash } from '../core/short-hash.ts';
import type { Instant } from '../core/time/instant.ts';
import type { CursorRecord } from '../ports.ts';
import type { SyncDeps } from './deps.ts';
import { type Ending, stopOf } from './ending.ts';
import { logHardFailure, OUTSIDE_STREAMS, toHardFailure } from './failure.ts';
import { type Expected, type FinishedTurn, reportRun } from './ledger.ts';
import { inTurn, isAnyoneReady, putBack, type Queue, takeNext, type Waiting } from './queue.ts';
import { asksForMore, registerTask } from './register.ts';
import { newCounts, newTally, type RunReport, streamReport } from './report.ts';
import { readStored } from './stored.ts';
import { takeTurn } from './stream/stream.ts';
import type { Task } from './stream/turn.ts';

export interface Run {
  readonly rules: readonly StreamRule[];
  readonly task: Task;
  readonly invocationEndsAt: Instant;
  readonly scope: Scope;
}

/** State that the workers of one run share. */
interface Shared {
  readonly queue: Queue;
  readonly ledger: FinishedTurn[];
  /** Longest turn of a stream while others wait, in milliseconds. */
  readonly turnMs: number;
  /** The failure that stops every stream, if there is one. */
  stop: HardFailure | null;
}

/** The turns of a run, before they are summed up in its report. */
interface RunResult {
  readonly expected: readonly Expected[];
  readonly ledger: readonly FinishedTurn[];
}

/** Longest wait inside a turn while other streams are waiting; a longer wait postpones the stream. Milliseconds. */
const PATIENCE_MS = 30_000;
/** Within this time, or within a whole turn where turns are shorter, a page can be expected. Milliseconds. */
const MIN_JUDGED_TURN_MS = 30_000;
/** Share of that time that must be left when a turn begins: a moment is always gone by then. */
const MIN_SHARE = 0.9;

/**
 * Works on every stream of the run. Never throws: failures are in the report, each logged as it happened, and a cause
 * that stops every stream once.
 */
export async function runStreams(deps: SyncDeps, run: Run): Promise<RunReport> {
  const startedMs = deps.clock.monotonicMs();
  const { log, deadline } = run.scope;
  log.info('run_started', {
    version: deps.version,
    action: run.task.kind,
    streams: run.rules.map((rule) => rule.name),
    work_ms: Math.round(deadline.workLeftMs()),
  });
  const result = await runAll(deps, run);
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs);
  if (result === 'unconfigured') return reportUnconfigured(run, durationMs);
  const report = reportRun({ ...headOf(run), durationMs }, result.expected, result.ledger);
  log.info('run_summary', { ...report });
  return report;
}

/** Reports a new stack whose secret a person has yet to fill in. That is no failure, and no reason for an alarm. */
function reportUnconfigured(run: Run, durationMs: number): RunReport {
  const report = { ...headOf(run), outcome: 'unconfigured', durationMs, streams: [] } as const;
  run.scope.log.warn('run_summary', { ...report });
  return report;
}

function headOf({ scope, task }: Run): Pick<RunReport, 'runId' | 'action'> {
  return { runId: scope.runId, action: task.kind };
}

async function runAll(deps: SyncDeps, run: Run): Promise<RunResult | 'unconfigured'> {
  let stored: ReadonlyMap<string, CursorRecord>;
  let bound: SyncDeps;
  try {
    const { scope } = run;
    const { clientId } = await deps.secrets.read(false, scope);
    bound = { ...deps, settings: { ...deps.settings, sourceKey: sourceOf(deps.settings.sourceKey, clientId) } };
    // A stream whose item cannot be read fails when its lease is asked for; here it is only put in order.
    stored = (await readStored(deps, run.rules, scope)).records;
  } catch (error) {
    if (error instanceof HardFailure && error.facts.code === SECRET_EMPTY) return 'unconfigured';
    return failBeforeFirstTurn(run, error);
  }
  const expected = run.rules.map((rule) => expectedOf(bound, run, rule, stored.get(rule.name)));
  const due = new Set(expected.filter(({ isDue }) => isDue).map(({ rule }) => rule));
  const dueStreams = inTurn(run.rules, stored, deps.clock.now()).filter(({ rule }) => due.has(rule));
  const { waiting, ledger, stop } = await registerAll(bound, run, dueStreams);
  const queue: Queue = { waiting, later: [], isSuspectAtWork: false };
  const workers = Math.min(deps.settings.maxConcurrentStreams, waiting.length);
  const turnMs = waiting.length === 0 ? 0 : (run.scope.deadline.workLeftMs() * workers) / waiting.length;
  const shared: Shared = { queue, ledger, turnMs, stop };
  await Promise.all(Array.from({ length: workers }, () => runWorker(bound, run, shared)));
  return shared.stop === null ? { expected, ledger } : logStop(run, expected, ledger, shared.stop);
}

/**
 * The credentials or the state could not be read. No stream may run: an unreadable state taken for an empty one would start
 * full syncs.
 */
function failBeforeFirstTurn(run: Run, error: unknown): RunResult {
  const expected = run.rules.map((rule) => ({ rule, cursor: null, isDue: true }));
  // The deadline came before the first stream; that is not a failure.
  if (error instanceof DeadlineReached) return { expected, ledger: [] };
  return logStop(run, expected, [], toHardFailure(error));
}

/** Logs once the failure that stops every stream, and adds a failed turn for each due stream that had none. */
function logStop(
  run: Run,
  expected: readonly Expected[],
  ledger: readonly FinishedTurn[],
  failure: HardFailure,
): RunResult {
  logHardFailure(run.scope.log.child(OUTSIDE_STREAMS), failure);
  const done = new Set(ledger.map(({ stream }) => stream));
  const left = expected.filter(({ rule, isDue }) => isDue && !done.has(rule.name));
  const failed = left.map(({ rule }) => turnWithoutWork(run, rule, { kind: 'failed', failure }));
  return { expected, ledger: [...ledger, ...failed] };
}

/** Names source, filters and client; the client only by a hash. */
function sourceOf(settings: string, clientId: string): string {
  return shortHash(JSON.stringify([settings, clientId]));
}

/** One worker: takes one turn after another, as long as there is time. */
async function runWorker(deps: SyncDeps, run: Run, shared: Shared): Promise<void> {
  const { queue, ledger, turnMs } = shared;
  const { invocationEndsAt, scope } = run;
  const { deadline } = scope;
  const { monotonicMs } = deps.clock;
  while (deadline.workLeftMs() > 0 && shared.stop === null) {
    const next = takeNext(queue, monotonicMs());
    if (!next) return;
    const turnEndMs = monotonicMs() + turnMs;
    const patienceMs = () => (queue.waiting.length > 0 && !next.isPatient ? PATIENCE_MS : Number.POSITIVE_INFINITY);
    const { finished, again, stop } = await takeTurn(deps, {
      rule: next.rule,
      slot: slotOf(run.task),
      invocationEndsAt,
      scope: { ...streamScope(scope, next.rule), patienceMs },
      isSuspect: next.isSuspect,
      isLongEnough: deadline.workLeftMs() >= MIN_SHARE * Math.min(turnMs, MIN_JUDGED_TURN_MS),
      shouldYield: () =>
        shared.stop !== null ||
        isAnyoneReady(queue, monotonicMs()) ||
        (queue.waiting.length > 0 && monotonicMs() >= turnEndMs),
    });
    ledger.push(...finished);
    shared.stop ??= stop;
    putBack(queue, next, again, monotonicMs());
  }
}

/**
 * Stores the requested backfill or full sync before any stream is read. A stream whose request cannot be stored gets no
 * turn.
 */
async function registerAll(
  deps: SyncDeps,
  run: Run,
  dueStreams: readonly Waiting[],
): Promise<{ waiting: Waiting[]; ledger: FinishedTurn[]; stop: HardFailure | null }> {
  const { task, invocationEndsAt, scope } = run;
  if (!asksForMore(task)) return { waiting: [...dueStreams], ledger: [], stop: null };
  const waiting: Waiting[] = [];
  const ledger: FinishedTurn[] = [];
  for (const next of dueStreams) {
    const { rule } = next;
    const ending = await registerTask(deps, rule.name, task, invocationEndsAt, streamScope(scope, rule));
    if (ending === null) waiting.push(next);
    else ledger.push(turnWithoutWork(run, rule, ending));
    const stop = ending && stopOf(ending);
    if (stop) return { waiting, ledger, stop };
  }
  return { waiting, ledger, stop: null };
}

function streamScope(scope: Scope, rule: StreamRule): Scope {
  return { ...scope, log: scope.log.child({ stream: rule.name, sync_id: null }), tally: newTally() };
}

function slotOf(task: Task): Slot {
  return task.kind === 'sync' ? 'own' : 'backfill';
}

function expectedOf(deps: SyncDeps, run: Run, rule: StreamRule, record: CursorRecord | undefined): Expected {
  const cursor = record?.cursor ?? null;
  if (asksForMore(run.task)) return { rule, cursor, isDue: true };
  const plan = planSync(rule, cursor ?? NEW_CURSOR, deps.settings, deps.clock.now());
  return { rule, cursor, isDue: plan.kind !== 'not_due' };
}

function turnWithoutWork(run: Run, rule: StreamRule, ending: Ending): FinishedTurn {
  const facts = { stream: rule.name, ending, mode: null, syncId: null, watermark: null, durationMs: 0 };
  const report = streamReport({ ...facts, counts: newCounts(), tally: newTally() });
  return { stream: rule.name, slot: slotOf(run.task), report };
}
