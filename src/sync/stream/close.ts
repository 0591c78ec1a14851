/**
 * Completes a sync whose last page has been read.
 *
 *     last part durable ── checkpoint "drained" ── manifest ── closing write: watermark moves, lease is given back
 *
 * A run that dies between two of these steps leaves the next one to whoever resumes, and the manifest, a pure function
 * of the cursor, comes out the same. A sync without a manifest is closed by a single write.
 */

import { type Cursor, closeSync, type Slot } from '../../core/cursor/cursor.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { manifestKey } from '../../core/lake/lake-keys.ts';
import { manifestText, needsManifest } from '../../core/lake/manifest.ts';
import type { Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import type { Lease } from '../lease.ts';
import { type Batch, sealBatch } from '../pages/batch.ts';
import { countBatch, logCheckpoint } from '../pages/traverse.ts';
import type { Counts } from '../report.ts';

export interface Closing {
  readonly rule: StreamRule;
  readonly slot: Slot;
  readonly lease: Lease;
  readonly scope: Scope;
  readonly counts: Counts;
  /** What becomes of the lease with the closing write. */
  readonly after: 'keep' | 'release';
  /** Notes on the cursor that this run worked on the stream. */
  readonly served: (cursor: Cursor) => Cursor;
}

/** Closes a sync from its last batch. Throws `HardFailure`, `DeadlineReached` or `LeaseLost`. */
export async function closeDrained(deps: SyncDeps, work: Closing, batch: Batch): Promise<void> {
  const { lease, slot, scope, rule } = work;
  const drainedAt = deps.clock.now();
  const sealed = await sealBatch(batch, { lease, slot, table: rule.table, drainedAt }, scope);
  const open = sealed.cursor[slot];
  if (open && !needsManifest(open)) {
    await lease.save(work.served(closeSync(sealed.cursor, slot)), work.after, scope);
    countBatch(work.counts, batch, sealed.part);
    return;
  }
  await lease.save(sealed.cursor, 'keep', scope);
  countBatch(work.counts, batch, sealed.part);
  logCheckpoint(scope, lease, batch, sealed.part);
  await finishDrained(deps, work);
}

/** Closes a sync whose last checkpoint says that it is drained: what is left is manifest and closing write. */
export async function finishDrained(deps: SyncDeps, work: Closing): Promise<void> {
  const { lease, slot, scope, rule } = work;
  const cursor = lease.cursor();
  const open = cursor[slot];
  if (open && needsManifest(open)) {
    const text = manifestText(rule.name, rule.table, open, cursor);
    await deps.lake.writeObject(manifestKey(rule.table, open.syncId), text, scope);
  }
  await lease.save(work.served(closeSync(cursor, slot)), work.after, scope);
}
