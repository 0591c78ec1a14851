/**
 * The action `reset`: forgets cursors, so that the next sync of each stream is full.
 *
 * What keeps sync ids, versions and stamps rising is not forgotten. A stream whose lease is held is refused: its owner
 * is at work, and would only be fenced off and begin again.
 */

import { resetCursor } from '../../core/cursor/cursor.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { HardFailure } from '../../core/failure/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { formatInstant, type Instant } from '../../core/time/instant.ts';
import type { SyncDeps } from '../deps.ts';
import { acquireLease, isHeld, LeaseLost } from '../lease.ts';
import { readStored } from '../stored.ts';

export interface ResetReport {
  readonly action: 'reset';
  readonly streams: readonly { readonly stream: string; readonly reset: boolean; readonly detail: string }[];
}

/**
 * Throws `HardFailure('config')` naming the streams whose lease is held, before any is touched. Where a run takes a
 * lease at this very moment, the streams before it are reset by then, and the message says so.
 */
export async function resetStreams(
  deps: SyncDeps,
  rules: readonly StreamRule[],
  invocationEndsAt: Instant,
  scope: Scope,
): Promise<ResetReport> {
  const now = deps.clock.now();
  const { records: stored } = await readStored(deps, rules, scope);
  const held = rules.flatMap(({ name }) => {
    const record = stored.get(name);
    if (!record?.leaseUntil || !isHeld(record, now)) return [];
    return [`${name}: its lease is held until ${formatInstant(record.leaseUntil)}`];
  });
  if (held.length > 0) throw refusal(held);
  const streams: { stream: string; reset: boolean; detail: string }[] = [];
  for (const rule of rules) streams.push({ stream: rule.name, ...(await resetOne(rule)) });
  if (streams.some(({ reset }) => !reset)) throw refusal(streams.map(({ stream, detail }) => `${stream}: ${detail}`));
  return { action: 'reset', streams };

  async function resetOne(rule: StreamRule): Promise<{ reset: boolean; detail: string }> {
    const acquired = await acquireLease(deps, rule.name, invocationEndsAt, scope);
    if (!('lease' in acquired)) {
      const until = acquired.heldUntil === null ? '' : ` until ${formatInstant(acquired.heldUntil)}`;
      return { reset: false, detail: `not reset, its lease is held${until}` };
    }
    const { lease } = acquired;
    try {
      const cursor = { ...resetCursor(lease.cursor()), lastExtractedAt: lease.stamps.last() };
      await lease.save(cursor, 'release', scope);
      return { reset: true, detail: 'its next sync is full' };
    } catch (error) {
      if (error instanceof LeaseLost) return { reset: false, detail: 'not reset, another run has taken it over' };
      throw error;
    }
  }
}

function refusal(reasons: readonly string[]): HardFailure {
  return new HardFailure('config', reasons.join('; '), {
    hint: 'A run is working on the streams named; reset them again once it has ended.',
  });
}
