/**
 * The cursor as text, as it is stored: JSON that a person can read, and that is refused unless every word of it is
 * understood.
 *
 * Decides the encoding. Instants are ISO 8601 text. The parts of an open sync, which are all that grows, are one text
 * of `version/records/bytes` triples, about 20 bytes each. A field that is added, dropped or changes its meaning raises
 * {@link STATE_SCHEMA}; what an older schema stored must then be translated here.
 */

import * as v from 'valibot';
import type { Cursor } from '../core/cursor/cursor.ts';
import type { CommittedPart, OpenSync } from '../core/cursor/open-sync.ts';
import { FAILURE_KINDS } from '../core/failure/errors.ts';
import { syncIdInstant } from '../core/lake/lake-keys.ts';
import { formatInstant, type Instant, parseInstant, textOrNull } from '../core/time/instant.ts';

export const STATE_SCHEMA = 1;

/** What a stored text is, or why it is not understood, in words that repeat nothing of it. */
export type DecodedState =
  | { readonly ok: true; readonly cursor: Cursor }
  | { readonly ok: false; readonly problem: string };

/** The text to store. Throws `RangeError` when the cursor holds what could not be read again. */
export function encodeState(cursor: Cursor): string {
  const stored: v.InferInput<typeof stateSchema> = {
    schema: STATE_SCHEMA,
    watermark: textOrNull(cursor.watermark),
    watermarkSetAt: textOrNull(cursor.watermarkSetAt),
    sourceKey: cursor.sourceKey,
    own: cursor.own && encodeSync(cursor.own),
    fullRequested: cursor.fullRequested,
    backfill: cursor.backfill && encodeSync(cursor.backfill),
    queued: cursor.queued.map((window) =>
      window.kind === 'dates'
        ? { kind: window.kind, ...encodeWindow(window) }
        : { kind: window.kind, since: formatInstant(window.since), before: textOrNull(window.before) },
    ),
    lastCompletedAt: textOrNull(cursor.lastCompletedAt),
    lastFullSyncAt: textOrNull(cursor.lastFullSyncAt),
    lastServedAt: textOrNull(cursor.lastServedAt),
    lastSyncId: cursor.lastSyncId,
    lastExtractedAt: textOrNull(cursor.lastExtractedAt),
    lastFailure: cursor.lastFailure && { ...cursor.lastFailure, at: formatInstant(cursor.lastFailure.at) },
  };
  const text = JSON.stringify(stored);
  // A stored state that cannot be read stops its stream until a person mends it; better to fail before it replaces
  // one that can.
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
    return { ok: false, problem: `it was written by a newer version (schema ${schema}, known is ${STATE_SCHEMA})` };
  }
  const result = v.safeParse(stateSchema, stored);
  if (!result.success) return { ok: false, problem: `not understood: ${placesOf(result.issues)}` };
  const { schema: _, ...cursor } = result.output;
  return { ok: true, cursor };
}

function encodeSync(open: OpenSync): v.InferInput<typeof syncSchema> {
  return {
    ...open,
    startedAt: formatInstant(open.startedAt),
    openedAt: textOrNull(open.openedAt),
    openedAtHere: textOrNull(open.openedAtHere),
    watermarkBefore: textOrNull(open.watermarkBefore),
    modifiedSince: textOrNull(open.modifiedSince),
    modifiedBefore: textOrNull(open.modifiedBefore),
    range: open.range && encodeWindow(open.range),
    position: { ...open.position, window: open.position.window && encodeWindow(open.position.window) },
    parts: open.parts.map(({ version, records, bytes }) => `${version}/${records}/${bytes}`).join(' '),
    drainedAt: textOrNull(open.drainedAt),
  };
}

function encodeWindow(window: { readonly from: Instant; readonly to: Instant }): { from: string; to: string } {
  return { from: formatInstant(window.from), to: formatInstant(window.to) };
}

const instantSchema = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const at = parseInstant(dataset.value);
    // Only as we write it: one instant, one text.
    if (at !== undefined && formatInstant(at) === dataset.value) return at;
    addIssue({ message: 'no instant' });
    return NEVER;
  }),
);
const maybeInstant = v.nullable(instantSchema);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const windowSchema = v.strictObject({ from: instantSchema, to: instantSchema });
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

const syncSchema = v.strictObject({
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
  position: v.strictObject({
    window: v.nullable(windowSchema),
    continuationToken: v.nullable(v.string()),
    loopGuard: v.strictObject({ mark: v.nullable(v.string()), steps: count, limit: count }),
  }),
  pages: count,
  records: count,
  deleted: count,
  bytes: count,
  parts,
  restarts: v.picklist([0, 1]),
  drainedAt: maybeInstant,
});

const stateSchema = v.strictObject({
  schema: v.literal(STATE_SCHEMA),
  watermark: maybeInstant,
  watermarkSetAt: maybeInstant,
  sourceKey: v.nullable(v.string()),
  own: v.nullable(syncSchema),
  fullRequested: v.boolean(),
  backfill: v.nullable(syncSchema),
  queued: v.array(
    v.variant('kind', [
      v.strictObject({ kind: v.literal('dates'), from: instantSchema, to: instantSchema }),
      v.strictObject({ kind: v.literal('modified'), since: instantSchema, before: maybeInstant }),
    ]),
  ),
  lastCompletedAt: maybeInstant,
  lastFullSyncAt: maybeInstant,
  lastServedAt: maybeInstant,
  lastSyncId: v.nullable(syncId),
  lastExtractedAt: maybeInstant,
  lastFailure: v.nullable(
    v.strictObject({
      kind: v.picklist(FAILURE_KINDS),
      at: instantSchema,
      message: v.string(),
      status: v.nullable(count),
    }),
  ),
});

function decodeParts(text: string): CommittedPart[] | null {
  if (text === '') return [];
  const read: CommittedPart[] = [];
  for (const triple of text.split(' ')) {
    const match = /^(\d{1,15})\/(\d{1,15})\/(\d{1,15})$/.exec(triple);
    if (!match) return null;
    read.push({ version: Number(match[1]), records: Number(match[2]), bytes: Number(match[3]) });
  }
  return read;
}

function isSyncId(text: string): boolean {
  try {
    syncIdInstant(text);
    return true;
  } catch {
    return false;
  }
}

/** Where the text is wrong. Never what stands there: it may be a continuation token. */
function placesOf(issues: readonly v.BaseIssue<unknown>[]): string {
  const places = new Set(issues.map((issue) => v.getDotPath(issue) ?? 'the whole'));
  return [...places].slice(0, 5).join(', ');
}
