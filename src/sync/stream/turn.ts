/** Defines what an event asks for, and one stream's turn in a run. */

import type { BackfillWindow } from '../../core/cursor/backfill-window.ts';
import type { Slot } from '../../core/cursor/cursor-shape.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import type { Scope } from '../../core/scope.ts';
import type { Instant } from '../../core/time/instant.ts';

/** What an event asks for. */
export type Task =
  | { readonly kind: 'sync'; readonly mode: 'auto' | 'full' }
  | { readonly kind: 'backfill'; readonly window: BackfillWindow };

export interface StreamTurn {
  readonly rule: StreamRule;
  /** The traversal that the event asks for. After its own sync, a stream also continues an accepted backfill. */
  readonly slot: Slot;
  /** Its log names the stream. */
  readonly scope: Scope;
  /** End of the invocation by our clock; the lease lasts a little longer. */
  readonly invocationEndsAt: Instant;
  /** The last run that had the stream died. */
  readonly isSuspect: boolean;
  /** Whether a turn without a page may count as fruitless. */
  readonly isLongEnough: boolean;
  /** Called after each page: whether other streams are waiting and this one has had its turn. */
  readonly shouldYield: () => boolean;
}
