/**
 * Completes a sync whose last page has been read.
 *
 *     last part durable ── checkpoint "drained" ── manifest ── closing write: watermark moves, lease is given back
 *
 * A run that dies between two of these steps leaves the next one to the run that resumes, and the manifest, a pure
 * function of the cursor, comes out the same. A sync without a manifest is closed by a single write.
 */

import { closeSync, openIn } from '../../core/cursor/cursor.ts';
import type { Cursor } from '../../core/cursor/cursor-shape.ts';
import type { CommittedPart, OpenSync } from '../../core/cursor/open-sync.ts';
import { HardFailure } from '../../core/failure/errors.ts';
import { manifestKey } from '../../core/lake/lake-keys.ts';
import { manifestText, needsManifest } from '../../core/lake/manifest.ts';
import type { SyncDeps } from '../deps.ts';
import type { Batch } from '../pages/batch.ts';
import { checkpoint, type Reading } from '../pages/checkpoint.ts';

export interface Closing {
  readonly reading: Reading;
  /** What becomes of the lease with the closing write. */
  readonly lease: 'keep' | 'release';
  /** Notes on the cursor that this run worked on the stream. */
  readonly served: (cursor: Cursor) => Cursor;
}

/** Closes a sync from its last batch. Throws `HardFailure`, `DeadlineReached` or `LeaseLost`. */
export async function closeDrained(deps: SyncDeps, closing: Closing, batch: Batch): Promise<void> {
  const { reading, lease, served } = closing;
  const { slot } = reading;
  const drainedAt = deps.clock.now();
  if (!needsManifest(openIn(reading.lease.cursor(), slot)) && batch.records === 0) {
    return checkpoint(deps, reading, batch, { drainedAt, next: (cursor) => served(closeSync(cursor, slot)), lease });
  }
  await checkpoint(deps, reading, batch, { drainedAt });
  await finish(deps, closing, true);
}

/** Closes a sync whose last checkpoint says that it is drained: what is left is manifest and closing write. */
export function finishDrained(deps: SyncDeps, closing: Closing): Promise<void> {
  return finish(deps, closing, false);
}

/** @param isDrainedHere whether this very lease wrote the last checkpoint, so that no manifest of the sync can be there */
async function finish(deps: SyncDeps, closing: Closing, isDrainedHere: boolean): Promise<void> {
  const { rule, slot, lease, scope } = closing.reading;
  const cursor = lease.cursor();
  const open = openIn(cursor, slot);
  if (needsManifest(open)) {
    const parts = await allParts(deps, closing.reading, open);
    const text = manifestText(rule.name, rule.table, open, parts, cursor, deps.lake.compression);
    const answer = await deps.lake.writeObject(manifestKey(rule.table, open.mode, open.syncId), text, scope);
    if (answer === 'exists' && isDrainedHere) throw restored(open.syncId);
  }
  await lease.save(closing.served(closeSync(cursor, slot)), closing.lease, scope);
  warnWhenShrunk(closing.reading, open, cursor.lastFullRecords);
}

/** Another history has completed the same sync: the state went back to an earlier moment of it. */
function restored(syncId: string): HardFailure {
  const message = `the manifest of sync ${syncId} exists already, although this run has only just read the last page of that sync`;
  return new HardFailure('state', message, {
    code: 'StateRestored',
    hint: 'Reset every stream, because STATE_TABLE seems to have been restored from a backup; nothing is lost, and the next run begins this sync anew.',
  });
}

/** Those in lists too, oldest first. */
async function allParts(deps: SyncDeps, { rule, scope }: Reading, open: OpenSync): Promise<CommittedPart[]> {
  const parts: CommittedPart[] = [];
  for (const { id } of open.lists) parts.push(...(await deps.cursors.readParts({ stream: rule.name, id }, scope)));
  return [...parts, ...open.parts];
}

/**
 * A client that lost its rights sees less, and is answered 200: the present state then shrinks without any failure, and
 * only a person can tell whether so much was really deleted.
 */
function warnWhenShrunk({ scope, slot }: Reading, open: OpenSync, recordsBefore: number | null): void {
  const records = open.records - open.deleted;
  if (slot !== 'own' || open.mode !== 'full' || recordsBefore === null || records * 2 >= recordsBefore) return;
  scope.log.warn('full_sync_shrank', { records, records_before: recordsBefore });
}
