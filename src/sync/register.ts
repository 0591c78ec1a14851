/**
 * Stores what an event asks of a stream before any stream is worked on.
 *
 * The failure this prevents: time is up before a stream's turn comes, and the backfill or full sync that was asked for
 * is forgotten, although the event was accepted. Once registered, scheduled runs go on with it.
 */

import { queueBackfill } from '../core/cursor/backfills.ts';
import { requestFullSync } from '../core/cursor/cursor.ts';
import type { Cursor } from '../core/cursor/cursor-shape.ts';
import type { Scope } from '../core/scope.ts';
import type { Instant } from '../core/time/instant.ts';
import type { SyncDeps } from './deps.ts';
import { type Ending, endWith } from './ending.ts';
import { acquireLease } from './lease.ts';
import type { Task } from './stream/turn.ts';

/** Costs two writes. Never throws: returns why it could not be stored, or null when it was. */
export async function registerTask(
  deps: SyncDeps,
  stream: string,
  task: Task,
  invocationEndsAt: Instant,
  scope: Scope,
): Promise<Ending | null> {
  try {
    const acquired = await acquireLease(deps, stream, invocationEndsAt, scope);
    if (!('lease' in acquired)) return { kind: 'leased' };
    const { lease } = acquired;
    await lease.save(withTask(lease.cursor(), task), 'release', scope);
    return null;
  } catch (error) {
    return endWith(error, scope);
  }
}

/** Whether an event asks for something that must be remembered; a scheduled sync does not. */
export function asksForMore(task: Task): boolean {
  return task.kind === 'backfill' || task.mode === 'full';
}

function withTask(cursor: Cursor, task: Task): Cursor {
  return task.kind === 'backfill' ? queueBackfill(cursor, task.window) : requestFullSync(cursor);
}
