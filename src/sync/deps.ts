/** What the orchestration is built from: ports, rules and settings, all given by `compose.ts`. */

import type { PlanSettings } from '../core/cursor/plan.ts';
import type { StreamRule } from '../core/cursor/stream-rule.ts';
import type { Clock, Log, Random } from '../core/scope.ts';
import type { CursorStore, Lake, Metrics, PageSource, SecretSource } from '../ports.ts';

export interface SyncSettings extends PlanSettings {
  /** `ChunkLimit`, 1–10000. */
  readonly pageSize: number;
  /** Streams worked on at once, at least 1. */
  readonly maxConcurrentStreams: number;
  /** A part is committed once its finished pages reach so many compressed bytes. */
  readonly partTargetBytes: number;
  /** A part is committed once so many milliseconds have passed since its first page. */
  readonly partMaxAgeMs: number;
  /** A stream without a completed sync for longer than this is stale, in milliseconds. */
  readonly staleAfterMs: number;
  /** How many parts of a sync the cursor lists itself, before they move into a list of their own. */
  readonly partsPerList: number;
}

export interface SyncDeps {
  /** The package's version. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly source: PageSource;
  readonly secrets: SecretSource;
  readonly cursors: CursorStore;
  readonly lake: Lake;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Every stream there is, in the order of the catalogue. */
  readonly rules: readonly StreamRule[];
  readonly settings: SyncSettings;
}
