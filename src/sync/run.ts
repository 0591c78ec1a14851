/**
 * One run: the chosen streams, several at once, until all are done or time is up.
 *
 * While others wait, a stream gives way after its share of the time, so that a long first load never starves the rest.
 */

import { NEW_CURSOR } from '../core/cursor/cursor.ts';
import { planSync } from '../core/cursor/plan.ts';
import type { StreamRule } from '../core/cursor/stream-rule.ts';
import type { Deadline } from '../core/time/deadline.ts';
import type { Instant } from '../core/time/instant.ts';
import type { CursorRecord, Log, Scope } from '../ports.ts';
import type { SyncDeps } from './deps.ts';
import type { Ending } from './ending.ts';
import { logHardFailure, OUTSIDE_STREAMS, toHardFailure } from './failure.ts';
import { type Expected, type FinishedTurn, reportRun } from './ledger.ts';
import { asksForMore, registerTask } from './register.ts';
import { newCounts, newTally, type RunReport, streamReport } from './report.ts';
import { readStored } from './stored.ts';
import { takeTurn } from './stream/stream.ts';
import type { Task } from './stream/turn.ts';

export interface Run {
  readonly runId: string;
  readonly action: 'sync' | 'backfill';
  readonly rules: readonly StreamRule[];
  readonly task: Task;
  readonly deadline: Deadline;
  readonly invocationEndsAt: Instant;
  readonly log: Log;
  /** Retries that the whole run has left for Ditio. */
  readonly budget: Scope['budget'];
}

/** What the workers of a run share. */
interface Floor {
  /** Streams that wait for a turn, the next one first. */
  readonly waiting: StreamRule[];
  readonly ledger: FinishedTurn[];
  readonly task: Task;
  /** How long a stream may go on while others wait, in milliseconds. */
  readonly turnMs: number;
}

/** Works on every stream of the run. Never throws: failures are in the report, each logged as it happened. */
export async function runStreams(deps: SyncDeps, run: Run): Promise<RunReport> {
  const startedMs = deps.clock.monotonicMs();
  run.log.info('run_started', {
    version: deps.version,
    action: run.action,
    streams: run.rules.map((rule) => rule.name),
    work_ms: Math.round(run.deadline.workLeftMs()),
  });
  const { expected, ledger } = await workOnAll(deps, run);
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs);
  const report = reportRun({ ...run, durationMs }, expected, ledger);
  run.log.info('run_summary', { ...report });
  return report;
}

async function workOnAll(deps: SyncDeps, run: Run): Promise<{ expected: Expected[]; ledger: FinishedTurn[] }> {
  let stored: ReadonlyMap<string, CursorRecord>;
  try {
    // A stream whose item cannot be read fails when its lease is asked for; here it is only put in order.
    stored = (await readStored(deps, run.rules, { ...run, tally: newTally() })).records;
  } catch (error) {
    // Without the state nothing may be read: a failed read is a failure, never a first run.
    const failure = toHardFailure(error);
    logHardFailure(run.log.child(OUTSIDE_STREAMS), failure);
    const expected = run.rules.map((rule) => ({ rule, cursor: null, isDue: true }));
    return { expected, ledger: run.rules.map((rule) => turnWithoutWork(run, rule, { kind: 'failed', failure })) };
  }
  const expected = run.rules.map((rule) => expectedOf(deps, run, rule, stored.get(rule.name)));
  const due = new Set(expected.filter(({ isDue }) => isDue).map(({ rule }) => rule));
  const asked = inTurn(run.rules, stored).filter((rule) => due.has(rule));
  const { waiting, ledger } = await registerAll(deps, run, asked);
  const workers = Math.min(deps.settings.maxConcurrentStreams, waiting.length);
  const turnMs = waiting.length === 0 ? 0 : (run.deadline.workLeftMs() * workers) / waiting.length;
  const floor: Floor = { waiting, ledger, task: onceRegistered(run.task), turnMs };
  await Promise.all(Array.from({ length: workers }, () => workOff(deps, run, floor)));
  return { expected, ledger };
}

/** One worker: a turn after the other, as long as there is time. */
async function workOff(deps: SyncDeps, run: Run, floor: Floor): Promise<void> {
  const { waiting, ledger, task, turnMs } = floor;
  for (let rule = waiting.shift(); rule && run.deadline.workLeftMs() > 0; rule = waiting.shift()) {
    const turnEndMs = deps.clock.monotonicMs() + turnMs;
    const shouldYield = () => waiting.length > 0 && deps.clock.monotonicMs() >= turnEndMs;
    const { finished, again } = await takeTurn(deps, { ...run, rule, task, shouldYield });
    ledger.push(...finished);
    if (again) waiting.push(rule);
  }
}

/** Stores what was asked for by hand before anything is read; a stream that cannot store it gets no turn. */
async function registerAll(
  deps: SyncDeps,
  run: Run,
  asked: readonly StreamRule[],
): Promise<{ waiting: StreamRule[]; ledger: FinishedTurn[] }> {
  const { task, invocationEndsAt, log } = run;
  if (!asksForMore(task)) return { waiting: [...asked], ledger: [] };
  const waiting: StreamRule[] = [];
  const ledger: FinishedTurn[] = [];
  for (const rule of asked) {
    const scope = { ...run, log: log.child({ stream: rule.name, sync_id: null }), tally: newTally() };
    const ending = await registerTask(deps, { rule, task, invocationEndsAt }, scope);
    if (ending === null) waiting.push(rule);
    else ledger.push(turnWithoutWork(run, rule, ending));
  }
  return { waiting, ledger };
}

/** A full sync that was asked for is in the cursor by now, and opens by itself. */
function onceRegistered(task: Task): Task {
  return task.kind === 'sync' ? { kind: 'sync', mode: 'auto' } : task;
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
  return { stream: rule.name, slot: run.task.kind === 'sync' ? 'own' : 'backfill', report };
}

/** Least recently completed first, then least recently worked on, then as in the catalogue. */
export function inTurn(
  rules: readonly StreamRule[],
  stored: ReadonlyMap<string, Pick<CursorRecord, 'cursor'>>,
): StreamRule[] {
  const at = (rule: StreamRule, key: 'lastCompletedAt' | 'lastServedAt') =>
    stored.get(rule.name)?.cursor[key] ?? Number.NEGATIVE_INFINITY;
  const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);
  return rules.toSorted(
    (a, b) =>
      compare(at(a, 'lastCompletedAt'), at(b, 'lastCompletedAt')) ||
      compare(at(a, 'lastServedAt'), at(b, 'lastServedAt')),
  );
}
