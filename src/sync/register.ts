/**
 * Stores what an event asks of a stream before any stream is worked on.
 *
 * The failure this prevents: time is up before a stream's turn comes, and the backfill or full sync that was asked for
 * is forgotten, although the event was accepted. Once registered, scheduled runs go on with it.
 */

import { queueBackfill } from '../core/cursor/backfills.ts';
import { type Cursor, requestFullSync } from '../core/cursor/cursor.ts';
import { DeadlineReached, type HardFailure } from '../core/failure/errors.ts';
import type { Scope } from '../ports.ts';
import type { SyncDeps } from './deps.ts';
import { logHardFailure, toHardFailure } from './failure.ts';
import { acquireLease, LeaseLost } from './lease.ts';
import type { StreamOutcome } from './report.ts';
import type { StreamTurn, Task } from './stream/turn.ts';

export type Registered = { readonly outcome: StreamOutcome; readonly failure: HardFailure | null } | 'registered';

/** Never throws; costs two writes. A scheduled sync asks for nothing that would have to be remembered. */
export async function registerTask(
  deps: SyncDeps,
  turn: Pick<StreamTurn, 'rule' | 'task' | 'invocationEndsAt'>,
  scope: Scope,
): Promise<Registered> {
  if (!asksForMore(turn.task)) return 'registered';
  try {
    const acquired = await acquireLease(deps, turn.rule.name, turn.invocationEndsAt, scope);
    if (!('lease' in acquired)) return { outcome: 'leased', failure: null };
    const { lease } = acquired;
    await lease.save(withTask(lease.cursor(), turn.task), 'release', scope);
    return 'registered';
  } catch (error) {
    if (error instanceof DeadlineReached) return { outcome: 'deadline', failure: null };
    if (error instanceof LeaseLost) return { outcome: 'leased', failure: null };
    const failure = toHardFailure(error);
    logHardFailure(scope.log, failure);
    return { outcome: 'failed', failure };
  }
}

export function asksForMore(task: Task): boolean {
  return task.kind === 'backfill' || task.mode === 'full';
}

function withTask(cursor: Cursor, task: Task): Cursor {
  return task.kind === 'backfill' ? queueBackfill(cursor, task.window) : requestFullSync(cursor);
}
