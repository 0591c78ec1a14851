/**
 * One run: the chosen streams, several at once, until all are done or time is up.
 *
 * Decides the order (least recently completed first) and the turns: while others wait, a stream gives way after its
 * share of the time, so that a long first load never starves the rest.
 */

import { NEW_CURSOR } from '../core/cursor/cursor.ts';
import { planSync } from '../core/cursor/plan.ts';
import type { StreamRule } from '../core/cursor/stream-rule.ts';
import type { Deadline } from '../core/time/deadline.ts';
import { formatInstant, type Instant } from '../core/time/instant.ts';
import type { CursorRecord, Log, Scope } from '../ports.ts';
import type { SyncDeps } from './deps.ts';
import { logHardFailure, OUTSIDE_STREAMS, toHardFailure } from './failure.ts';
import { asksForMore, registerTask } from './register.ts';
import { failureReport, mergeReports, newTally, type RunReport, type StreamReport } from './report.ts';
import { readStored } from './stored.ts';
import { type TurnResult, takeTurn } from './stream/stream.ts';
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

interface Waiting {
  readonly rule: StreamRule;
  readonly task: Task;
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
  const entries = new Map<string, StreamReport>();
  try {
    const stored = await readStored(deps, run.rules, { ...run, tally: newTally() });
    // A stream whose item cannot be read fails when its lease is asked for; here it is only put in order.
    await runAll(stored.records);
  } catch (error) {
    // Without the state nothing may be read: a failed read is a failure, never a first run.
    const failure = toHardFailure(error);
    logHardFailure(run.log.child(OUTSIDE_STREAMS), failure);
    for (const rule of run.rules) {
      entries.set(rule.name, { ...emptyReport(rule, null), outcome: 'failed', failure: failureReport(failure) });
    }
  }
  const report: RunReport = {
    runId: run.runId,
    action: run.action,
    outcome: outcomeOf([...entries.values()]),
    durationMs: Math.round(deps.clock.monotonicMs() - startedMs),
    streams: inOrder(run.rules, entries),
  };
  run.log.info('run_summary', { ...report });
  return report;

  async function runAll(stored: ReadonlyMap<string, CursorRecord>): Promise<void> {
    const queue: Waiting[] = inTurn(run.rules, stored)
      .filter((rule) => !isNotDue(rule, stored.get(rule.name)))
      .map((rule) => ({ rule, task: run.task }));
    for (const rule of run.rules) entries.set(rule.name, emptyReport(rule, stored.get(rule.name) ?? null));
    for (const { rule } of queue) {
      entries.set(rule.name, { ...emptyReport(rule, stored.get(rule.name) ?? null), outcome: 'deadline' });
    }
    const reached = new Set<string>();
    await registerAll(queue, note);
    const workers = Math.min(deps.settings.maxConcurrentStreams, queue.length);
    const turnMs = queue.length === 0 ? 0 : (run.deadline.workLeftMs() * workers) / queue.length;
    await Promise.all(Array.from({ length: workers }, () => work()));

    async function work(): Promise<void> {
      for (let next = queue.shift(); next && run.deadline.workLeftMs() > 0; next = queue.shift()) {
        const { rule, task } = next;
        const turnStartMs = deps.clock.monotonicMs();
        const shouldYield = () => queue.length > 0 && deps.clock.monotonicMs() - turnStartMs >= turnMs;
        const result = await takeTurn(deps, { ...run, rule, task, shouldYield });
        note(rule, result);
        if (result.again) queue.push({ rule, task });
      }
    }

    function note(rule: StreamRule, result: TurnResult): void {
      for (const { slot, report } of result.reports) {
        const key = slot === 'open' || run.action === 'backfill' ? rule.name : `${rule.name}#backfill`;
        const earlier = reached.has(key) ? entries.get(key) : undefined;
        entries.set(key, earlier ? mergeReports(earlier, report) : report);
        reached.add(key);
      }
    }
  }

  /** Stores what was asked for by hand before anything is read; leaves those in the queue that took it. */
  async function registerAll(queue: Waiting[], note: (rule: StreamRule, result: TurnResult) => void): Promise<void> {
    const { task, invocationEndsAt, log } = run;
    if (!asksForMore(task)) return;
    for (const { rule } of queue.splice(0)) {
      const scope = { ...run, log: log.child({ stream: rule.name, sync_id: null }), tally: newTally() };
      const answer = await registerTask(deps, { rule, task, invocationEndsAt }, scope);
      if (answer === 'registered') {
        queue.push({ rule, task: task.kind === 'sync' ? { kind: 'sync', mode: 'auto' } : task });
        continue;
      }
      const { outcome, failure } = answer;
      const report = { ...emptyReport(rule, null), outcome, ...(failure && { failure: failureReport(failure) }) };
      note(rule, { reports: [{ slot: task.kind === 'sync' ? 'open' : 'backfill', report }], again: false });
    }
  }

  function isNotDue(rule: StreamRule, record: CursorRecord | undefined): boolean {
    if (run.task.kind !== 'sync' || run.task.mode === 'full') return false;
    const cursor = record?.cursor ?? NEW_CURSOR;
    return planSync(rule, cursor, deps.settings, deps.clock.now()).kind === 'not_due';
  }
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

/** The entry of a stream that needs no work in this run. */
function emptyReport(rule: StreamRule, record: CursorRecord | null): StreamReport {
  const cursor = record?.cursor ?? null;
  return {
    stream: rule.name,
    outcome: 'complete',
    mode: rule.snapshot ? 'full' : null,
    syncId: cursor?.lastSyncId ?? null,
    pages: 0,
    records: 0,
    deleted: 0,
    parts: 0,
    bytes: 0,
    requests: 0,
    retries: 0,
    watermark: cursor?.watermark == null ? null : formatInstant(cursor.watermark),
  };
}

function outcomeOf(reports: readonly StreamReport[]): RunReport['outcome'] {
  if (reports.some((report) => report.outcome === 'failed')) return 'failed';
  return reports.some((report) => report.outcome === 'deadline') ? 'deadline' : 'complete';
}

/** In the order of the catalogue, a backfill behind the stream's own sync. */
function inOrder(rules: readonly StreamRule[], entries: ReadonlyMap<string, StreamReport>): StreamReport[] {
  return rules.flatMap((rule) =>
    [entries.get(rule.name), entries.get(`${rule.name}#backfill`)].filter((entry) => entry !== undefined),
  );
}
