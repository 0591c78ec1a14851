/**
 * Converts a cursor to the text that is stored, JSON that a person can read, and back.
 *
 * Instants are ISO 8601 text. Only the list of parts of an open sync grows; it is one text, about 20 bytes per part
 * (see {@link encodeParts}). A new field keeps {@link STATE_SCHEMA} and must be optional: an older version stores unknown
 * fields unchanged, nested ones too, so that a rollback loses nothing. Removing a field or changing its meaning raises the schema; an older
 * version then refuses the state instead of misreading it.
 */

import * as v from 'valibot';
import type { Cursor } from '../core/cursor/cursor-shape.ts';
import type { OpenSync } from '../core/cursor/open-sync.ts';
import { FAILURE_KINDS } from '../core/failure/errors.ts';
import { syncIdInstant } from '../core/lake/lake-keys.ts';
import { formatInstant, type Instant, parseInstant, textOrNull } from '../core/time/instant.ts';
import { decodeParts, encodeParts } from './parts-text.ts';

export const STATE_SCHEMA = 1;

/** The content of a stored text, or the reason why it is unreadable, without repeating any of it. */
export type DecodedState =
  | { readonly ok: true; readonly cursor: Cursor }
  | { readonly ok: false; readonly problem: string };

/** The text to store. Throws `RangeError` when the cursor could not be read back from it. */
export function encodeState(cursor: Cursor): string {
  const stored: v.InferInput<typeof stateSchema> = {
    ...cursor.unknown,
    schema: STATE_SCHEMA,
    watermark: textOrNull(cursor.watermark),
    watermarkSetAt: textOrNull(cursor.watermarkSetAt),
    sourceKey: cursor.sourceKey,
    own: cursor.own && encodeSync(cursor.own),
    fullOwed: cursor.fullOwed,
    backfill: cursor.backfill && encodeSync(cursor.backfill),
    queued: cursor.queued.map((window) =>
      window.kind === 'dates'
        ? { ...window, ...encodeWindow(window) }
        : { ...window, since: formatInstant(window.since), before: textOrNull(window.before) },
    ),
    lastCompletedAt: textOrNull(cursor.lastCompletedAt),
    lastFullSyncAt: textOrNull(cursor.lastFullSyncAt),
    lastFullRecords: cursor.lastFullRecords,
    lastServedAt: textOrNull(cursor.lastServedAt),
    fruitlessRuns: cursor.fruitlessRuns,
    windowed: cursor.windowed,
    told: { ...cursor.told },
    lastSyncId: cursor.lastSyncId,
    lastExtractedAt: textOrNull(cursor.lastExtractedAt),
    lastFailure: cursor.lastFailure && { ...cursor.lastFailure, at: formatInstant(cursor.lastFailure.at) },
    lastEarlyEnd: cursor.lastEarlyEnd && { ...cursor.lastEarlyEnd, at: formatInstant(cursor.lastEarlyEnd.at) },
  };
  const text = JSON.stringify(stored);
  // An unreadable state stops its stream until a person repairs it, so fail before it replaces a readable one.
  const decoded = decodeState(text);
  if (!decoded.ok) throw new RangeError(`the cursor cannot be stored: ${decoded.problem}`);
  return text;
}

/** The cursor that a stored text holds. */
export function decodeState(text: string): DecodedState {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'it is not JSON' };
  }
  const schema = (stored as { schema?: unknown } | null)?.schema;
  if (typeof schema === 'number' && schema > STATE_SCHEMA) {
    const problem = `a newer version of ditio-extract wrote it (schema ${schema}; this version reads up to ${STATE_SCHEMA})`;
    return { ok: false, problem };
  }
  const result = v.safeParse(stateSchema, stored);
  if (!result.success) return { ok: false, problem: `not understood: ${placesOf(result.issues)}` };
  const { own, backfill } = result.output;
  const cursor = {
    ...known(result.output, STATE_FIELDS),
    own: own && syncOf(own),
    backfill: backfill && syncOf(backfill),
  };
  return { ok: true, cursor: { ...cursor, unknown: unknownOf(result.output, ['schema', ...STATE_FIELDS]) } };
}

function encodeSync(open: OpenSync): v.InferInput<typeof syncSchema> {
  const { unknown, ...known } = open;
  return {
    ...unknown,
    ...known,
    startedAt: formatInstant(open.startedAt),
    openedAt: textOrNull(open.openedAt),
    openedAtHere: textOrNull(open.openedAtHere),
    watermarkBefore: textOrNull(open.watermarkBefore),
    modifiedSince: textOrNull(open.modifiedSince),
    modifiedBefore: textOrNull(open.modifiedBefore),
    range: open.range && encodeWindow(open.range),
    position: {
      ...open.position,
      window: open.position.window && encodeWindow(open.position.window),
      changesSince: textOrNull(open.position.changesSince),
      loopGuard: { ...open.position.loopGuard },
    },
    lists: open.lists.map((list) => ({ ...list })),
    parts: encodeParts(open.parts),
    drainedAt: textOrNull(open.drainedAt),
  };
}

function encodeWindow(window: { readonly from: Instant; readonly to: Instant }): { from: string; to: string } {
  return { ...window, from: formatInstant(window.from), to: formatInstant(window.to) };
}

const instantSchema = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const at = parseInstant(dataset.value);
    // Only our own form is accepted, so that each instant has exactly one text.
    if (at !== undefined && formatInstant(at) === dataset.value) return at;
    addIssue({ message: 'no instant' });
    return NEVER;
  }),
);
const maybeInstant = v.nullable(instantSchema);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const windowSchema = v.looseObject({ from: instantSchema, to: instantSchema });
const syncId = v.pipe(v.string(), v.check(isSyncId));

const parts = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const read = decodeParts(dataset.value);
    if (read) return read;
    addIssue({ message: 'no parts' });
    return NEVER;
  }),
);

const syncEntries = {
  syncId,
  mode: v.picklist(['full', 'incremental', 'backfill']),
  startedAt: instantSchema,
  openedAt: maybeInstant,
  openedAtHere: maybeInstant,
  watermarkBefore: maybeInstant,
  modifiedSince: maybeInstant,
  modifiedBefore: maybeInstant,
  pageSize: v.pipe(count, v.minValue(1)),
  sourceKey: v.string(),
  range: v.nullable(windowSchema),
  windowDays: v.nullable(count),
  endsWithChanges: v.boolean(),
  position: v.looseObject({
    window: v.nullable(windowSchema),
    changesSince: maybeInstant,
    continuationToken: v.nullable(v.string()),
    loopGuard: v.looseObject({ mark: v.nullable(v.string()), steps: count, limit: count }),
  }),
  pages: count,
  records: count,
  deleted: count,
  bytes: count,
  lists: v.array(v.looseObject({ id: v.string(), parts: count })),
  parts,
  restarts: v.picklist([0, 1]),
  tokenFailures: count,
  drainedAt: maybeInstant,
};
const syncSchema = v.looseObject(syncEntries);

const stateEntries = {
  schema: v.literal(STATE_SCHEMA),
  watermark: maybeInstant,
  watermarkSetAt: maybeInstant,
  sourceKey: v.nullable(v.string()),
  own: v.nullable(syncSchema),
  fullOwed: v.nullable(v.picklist(['requested', 'source_changed'])),
  backfill: v.nullable(syncSchema),
  queued: v.array(
    v.variant('kind', [
      v.looseObject({ kind: v.literal('dates'), from: instantSchema, to: instantSchema }),
      v.looseObject({ kind: v.literal('modified'), since: instantSchema, before: maybeInstant }),
    ]),
  ),
  lastCompletedAt: maybeInstant,
  lastFullSyncAt: maybeInstant,
  lastFullRecords: v.nullable(count),
  lastServedAt: maybeInstant,
  fruitlessRuns: count,
  windowed: v.boolean(),
  told: v.looseObject({ counts: v.boolean(), mode: v.boolean(), links: v.boolean() }),
  lastSyncId: v.nullable(syncId),
  lastExtractedAt: maybeInstant,
  lastFailure: v.nullable(
    v.looseObject({
      // A newer version may know more kinds.
      kind: v.fallback(v.picklist(FAILURE_KINDS), 'unexpected'),
      at: instantSchema,
      message: v.string(),
      status: v.nullable(count),
    }),
  ),
  lastEarlyEnd: v.nullable(
    v.looseObject({ at: instantSchema, status: v.nullable(count), code: v.nullable(v.string()), waitMs: v.number() }),
  ),
};
const stateSchema = v.looseObject(stateEntries);

const SYNC_FIELDS = Object.keys(syncEntries) as (keyof typeof syncEntries)[];
const STATE_FIELDS = (Object.keys(stateEntries) as (keyof typeof stateEntries)[]).filter((name) => name !== 'schema');

function syncOf(stored: v.InferOutput<typeof syncSchema>): OpenSync {
  return { ...known(stored, SYNC_FIELDS), unknown: unknownOf(stored, SYNC_FIELDS) };
}

function known<T extends object, K extends keyof T>(stored: T, fields: readonly K[]): Pick<T, K> {
  return Object.fromEntries(fields.map((name) => [name, stored[name]])) as Pick<T, K>;
}

function unknownOf(stored: object, fields: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !fields.includes(name)));
}

function isSyncId(text: string): boolean {
  try {
    syncIdInstant(text);
    return true;
  } catch {
    return false;
  }
}

/** The path of the first error. It never shows the value, which may be a continuation token. */
function placesOf(issues: readonly v.BaseIssue<unknown>[]): string {
  const places = new Set(issues.map((issue) => v.getDotPath(issue) ?? 'the whole'));
  return [...places].slice(0, 5).join(', ');
}
