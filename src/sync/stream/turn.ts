/** One stream's turn in a run, as data: what is to be done, until when, and when to give way. */

import type { BackfillWindow } from '../../core/cursor/cursor.ts';
import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import type { Instant } from '../../core/time/instant.ts';
import type { Log, Scope } from '../../ports.ts';

/** What a run does with a stream. */
export type Task =
  | { readonly kind: 'sync'; readonly mode: 'auto' | 'full' }
  | { readonly kind: 'backfill'; readonly window: BackfillWindow };

export interface StreamTurn {
  readonly rule: StreamRule;
  readonly task: Task;
  readonly deadline: Scope['deadline'];
  /** End of the invocation by our clock; the lease lasts a little longer. */
  readonly invocationEndsAt: Instant;
  readonly log: Log;
  readonly runId: string;
  readonly budget: Scope['budget'];
  /** The last run that had the stream died. */
  readonly isSuspect: boolean;
  /** Whether there is time enough that a page can be expected. */
  readonly isFair: boolean;
  /** Asked after each page: whether other streams are waiting and this one has had its turn. */
  readonly shouldYield: () => boolean;
  /** How long a wait between two attempts may be, in milliseconds. */
  readonly patienceMs: () => number;
}
