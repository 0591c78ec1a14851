/**
 * One run: the chosen streams, several at once, until all are done or time is up.
 *
 * While others wait, a stream gives way after its share of the time, so that a long first load never starves the rest.
 * A cause that stops every stream (no token, no state table, no lake) ends the run with one line.
 */

import { createHash } from 'node:crypto';
import { NEW_CURSOR, type Slot } from '../core/cursor/cursor.ts';
import { planSync } from '../core/cursor/plan.ts';
import type { StreamRule } from '../core/cursor/stream-rule.ts';
import { DeadlineReached, HardFailure, SECRET_EMPTY } from '../core/failure/errors.ts';
import type { Scope } from '../core/scope.ts';
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

/** What the workers of a run share. */
interface Floor {
  readonly queue: Queue;
  readonly ledger: FinishedTurn[];
  /** How long a stream may go on while others wait, in milliseconds. */
  readonly turnMs: number;
  /** What stops every stream; null while nothing does. */
  stop: HardFailure | null;
}

/** What a run came to before it is summed up. */
interface Worked {
  readonly expected: readonly Expected[];
  readonly ledger: readonly FinishedTurn[];
}

/** While others wait, a stream that must wait longer than this comes back later. Milliseconds. */
const PATIENCE_MS = 30_000;
/** With so much time, or a whole turn, a page can be expected. Milliseconds. */
const FAIR_MS = 30_000;

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
  const worked = await workOnAll(deps, run);
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs);
  if (worked === 'unconfigured') return unconfigured(run, durationMs);
  const report = reportRun({ ...headOf(run), durationMs }, worked.expected, worked.ledger);
  log.info('run_summary', { ...report });
  return report;
}

/** A new stack whose secret a person has yet to fill in: no failure, and no reason for an alarm. */
function unconfigured(run: Run, durationMs: number): RunReport {
  const report = { ...headOf(run), outcome: 'unconfigured', durationMs, streams: [] } as const;
  run.scope.log.warn('run_summary', { ...report });
  return report;
}

function headOf({ scope, task }: Run): Pick<RunReport, 'runId' | 'action'> {
  return { runId: scope.runId, action: task.kind };
}

async function workOnAll(deps: SyncDeps, run: Run): Promise<Worked | 'unconfigured'> {
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
    return nothingDone(run, error);
  }
  const expected = run.rules.map((rule) => expectedOf(bound, run, rule, stored.get(rule.name)));
  const due = new Set(expected.filter(({ isDue }) => isDue).map(({ rule }) => rule));
  const asked = inTurn(run.rules, stored, deps.clock.now()).filter(({ rule }) => due.has(rule));
  const { waiting, ledger, stop } = await registerAll(bound, run, asked);
  const queue: Queue = { waiting, later: [], isSuspectAtWork: false };
  const workers = Math.min(deps.settings.maxConcurrentStreams, waiting.length);
  const turnMs = waiting.length === 0 ? 0 : (run.scope.deadline.workLeftMs() * workers) / waiting.length;
  const floor: Floor = { queue, ledger, turnMs, stop };
  await Promise.all(Array.from({ length: workers }, () => workOff(bound, run, floor)));
  return floor.stop === null ? { expected, ledger } : stopped(run, expected, ledger, floor.stop);
}

/** Without credentials or state nothing may be read: a failed read is a failure, never a first run. */
function nothingDone(run: Run, error: unknown): Worked {
  const expected = run.rules.map((rule) => ({ rule, cursor: null, isDue: true }));
  // Time is up before the first stream: nothing failed.
  if (error instanceof DeadlineReached) return { expected, ledger: [] };
  return stopped(run, expected, [], toHardFailure(error));
}

/** Says once what stopped every stream; those that no turn came to failed by it too. */
function stopped(
  run: Run,
  expected: readonly Expected[],
  ledger: readonly FinishedTurn[],
  failure: HardFailure,
): Worked {
  logHardFailure(run.scope.log.child(OUTSIDE_STREAMS), failure);
  const done = new Set(ledger.map(({ stream }) => stream));
  const left = expected.filter(({ rule, isDue }) => isDue && !done.has(rule.name));
  const failed = left.map(({ rule }) => turnWithoutWork(run, rule, { kind: 'failed', failure }));
  return { expected, ledger: [...ledger, ...failed] };
}

/** Names source, filters and client; the client only by a hash. */
function sourceOf(settings: string, clientId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([settings, clientId]))
    .digest('hex')
    .slice(0, 12);
}

/** One worker: a turn after the other, as long as there is time. */
async function workOff(deps: SyncDeps, run: Run, floor: Floor): Promise<void> {
  const { queue, ledger, turnMs } = floor;
  const { invocationEndsAt, scope } = run;
  const { deadline } = scope;
  const { monotonicMs } = deps.clock;
  while (deadline.workLeftMs() > 0 && floor.stop === null) {
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
      isFair: deadline.workLeftMs() >= 0.9 * Math.min(turnMs, FAIR_MS),
      shouldYield: () =>
        floor.stop !== null ||
        isAnyoneReady(queue, monotonicMs()) ||
        (queue.waiting.length > 0 && monotonicMs() >= turnEndMs),
    });
    ledger.push(...finished);
    floor.stop ??= stop;
    putBack(queue, next, again, monotonicMs());
  }
}

/** Stores what was asked for by hand before anything is read; a stream that cannot store it gets no turn. */
async function registerAll(
  deps: SyncDeps,
  run: Run,
  asked: readonly Waiting[],
): Promise<{ waiting: Waiting[]; ledger: FinishedTurn[]; stop: HardFailure | null }> {
  const { task, invocationEndsAt, scope } = run;
  if (!asksForMore(task)) return { waiting: [...asked], ledger: [], stop: null };
  const waiting: Waiting[] = [];
  const ledger: FinishedTurn[] = [];
  for (const next of asked) {
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
