/** The action `status`: reports the stored state of every stream. Writes nothing. */

import type { OpenSync } from '../../core/cursor/open-sync.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import type { Scope } from '../../core/scope.ts';
import { formatInstant, type Instant, textOrNull } from '../../core/time/instant.ts';
import type { CursorRecord } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import { isHeld } from '../lease.ts';
import { readStored } from '../stored.ts';

export interface OpenStatus {
  readonly syncId: string;
  readonly mode: OpenSync['mode'];
  readonly startedAt: string;
  readonly pages: number;
  readonly records: number;
  readonly parts: number;
}

/** Fields are null when nothing is stored. Instants are ISO 8601 text. */
export interface StreamStatus {
  readonly stream: string;
  readonly watermark: string | null;
  readonly open: OpenStatus | null;
  readonly backfill: OpenStatus | null;
  readonly queuedBackfills: number;
  readonly lease: { readonly owner: string; readonly until: string } | null;
  readonly lastCompletedAt: string | null;
  readonly lastFullSyncAt: string | null;
  readonly lastFailure: {
    readonly kind: string;
    readonly at: string;
    readonly message: string;
    readonly status: number | null;
  } | null;
  /** The newest turn that ended because Ditio asked for a longer wait than the run had left. */
  readonly turnEndedEarly: {
    readonly at: string;
    readonly status: number | null;
    readonly code: string | null;
    readonly waitMs: number;
  } | null;
}

export interface StatusReport {
  readonly action: 'status';
  /** The package's version. */
  readonly version: string;
  readonly streams: readonly StreamStatus[];
}

/** Throws `HardFailure('state')` when the table cannot be read. */
export async function readStatus(deps: SyncDeps, rules: readonly StreamRule[], scope: Scope): Promise<StatusReport> {
  const { records, unreadable } = await readStored(deps, rules, scope);
  const now = deps.clock.now();
  const streams = rules.map(({ name }) => {
    const status = streamStatus(name, records.get(name), now);
    const failure = unreadable.get(name);
    if (!failure) return status;
    const { kind, message } = failure;
    return { ...status, lastFailure: { kind, message, at: formatInstant(now), status: null } };
  });
  return { action: 'status', version: deps.version, streams };
}

function streamStatus(stream: string, record: CursorRecord | undefined, now: Instant): StreamStatus {
  const cursor = record?.cursor;
  const failure = cursor?.lastFailure ?? null;
  const early = cursor?.lastEarlyEnd ?? null;
  return {
    stream,
    watermark: textOrNull(cursor?.watermark),
    open: openStatus(cursor?.own),
    backfill: openStatus(cursor?.backfill),
    queuedBackfills: cursor?.queued.length ?? 0,
    lease: record ? leaseStatus(record, now) : null,
    lastCompletedAt: textOrNull(cursor?.lastCompletedAt),
    lastFullSyncAt: textOrNull(cursor?.lastFullSyncAt),
    lastFailure: failure && { ...failure, at: formatInstant(failure.at) },
    turnEndedEarly: early && { ...early, at: formatInstant(early.at) },
  };
}

function leaseStatus(record: CursorRecord, now: Instant): StreamStatus['lease'] {
  const { owner, leaseUntil } = record;
  return owner !== null && leaseUntil !== null && isHeld(record, now)
    ? { owner, until: formatInstant(leaseUntil) }
    : null;
}

/** The part of an open sync that the report shows. */
export function openStatus(open: OpenSync | null | undefined): OpenStatus | null {
  if (!open) return null;
  const { syncId, mode, pages, records } = open;
  const parts = open.lists.reduce((sum, list) => sum + list.parts, open.parts.length);
  return { syncId, mode, startedAt: formatInstant(open.startedAt), pages, records, parts };
}
