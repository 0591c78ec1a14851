/**
 * Reads what is stored of every stream, usually with one query.
 *
 * An unreadable item fails its own stream only.
 */

import type { StreamRule } from '../core/cursor/stream-rule.ts';
import { HardFailure } from '../core/failure/errors.ts';
import type { Scope } from '../core/scope.ts';
import type { CursorRecord } from '../ports.ts';
import type { SyncDeps } from './deps.ts';

export interface Stored {
  readonly records: ReadonlyMap<string, CursorRecord>;
  /** By stream: why its item cannot be read. */
  readonly unreadable: ReadonlyMap<string, HardFailure>;
}

/** Throws `HardFailure('state')` when the table cannot be read, which must never look like "nothing stored". */
export async function readStored(
  deps: Pick<SyncDeps, 'cursors'>,
  rules: readonly StreamRule[],
  scope: Scope,
): Promise<Stored> {
  try {
    const records = await deps.cursors.list(scope);
    return { records: new Map(records.map((record) => [record.stream, record])), unreadable: new Map() };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  const records = new Map<string, CursorRecord>();
  const unreadable = new Map<string, HardFailure>();
  for (const { name } of rules) {
    try {
      const record = await deps.cursors.read(name, scope);
      if (record) records.set(name, record);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      unreadable.set(name, error);
    }
  }
  return { records, unreadable };
}

function isUnreadable(error: unknown): error is HardFailure {
  return error instanceof HardFailure && error.facts.code === 'StateUnreadable';
}
