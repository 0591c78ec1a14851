/** One traversal that a turn works on, and what came of it so far. */

import type { Cursor, Slot } from '../../core/cursor/cursor-shape.ts';
import type { SyncMode } from '../../core/cursor/open-sync.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import type { Scope } from '../../core/scope.ts';
import type { Lease } from '../lease.ts';
import type { Counts } from '../report.ts';

export interface Work {
  readonly rule: StreamRule;
  readonly slot: Slot;
  readonly lease: Lease;
  readonly counts: Counts;
  /** 8 digits of the run's id. */
  readonly run: string;
  /** Its log names the sync, once it is known. */
  scope: Scope;
  mode: SyncMode | null;
  syncId: string | null;
  /** The stored continuation token that it goes on from; null where it began at a beginning. */
  resumedAt: string | null;
  /** As it was before a sync was begun anew; null where none was. */
  undo: Cursor | null;
}
