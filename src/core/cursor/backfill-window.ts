/** What a backfill re-reads. */

import type { Instant } from '../time/instant.ts';
import type { OpenSync } from './open-sync.ts';

/** A date window, or a modification window (`before` exclusive, null for open). */
export type BackfillWindow =
  | { readonly kind: 'dates'; readonly from: Instant; readonly to: Instant }
  | { readonly kind: 'modified'; readonly since: Instant; readonly before: Instant | null };

/** What a backfill in progress was asked for. */
export function backfillWindowOf(open: OpenSync): BackfillWindow {
  if (open.modifiedSince !== null) return { kind: 'modified', since: open.modifiedSince, before: open.modifiedBefore };
  if (open.range !== null) return { kind: 'dates', from: open.range.from, to: open.range.to };
  throw new Error(`backfill ${open.syncId} has neither a date window nor a modification window`);
}
