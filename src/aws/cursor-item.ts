/**
 * Converts a cursor record to an item of the state table, and back.
 *
 * An unreadable item is a failure that names the stream and says how to repair it. It is never treated like a stream that
 * was not synced yet.
 *
 *     pk "cursor#<lake>" · sk <stream> · version N · owner S · leaseUntil N (absent: given back) · state S (absent: never saved)
 *     pk "parts#<lake>"  · sk <stream>#<list> · parts S
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Cursor, NEW_CURSOR } from '../core/cursor/cursor-shape.ts';
import type { CommittedPart } from '../core/cursor/open-sync.ts';
import { HardFailure } from '../core/failure/errors.ts';
import { type Instant, instant } from '../core/time/instant.ts';
import type { CursorRecord } from '../ports.ts';
import { decodeState, encodeState } from './cursor-state.ts';
import { decodeParts, encodeParts } from './parts-text.ts';

export type Item = Readonly<Record<string, AttributeValue>>;

/**
 * Partition of all cursors of one lake, so that one query lists them. State belongs to a lake: for a new lake there is no
 * state, and everything is read.
 */
export function cursorPartition(lakeId: string): string {
  return `cursor#${lakeId}`;
}

/** Largest item that DynamoDB takes, in bytes, attribute names included (its documentation, "Quotas"). */
const MAX_ITEM_BYTES = 400 * 1024;
/** Upper limit for everything in an item besides the state: keys, names, owner, version and lease. */
const BESIDE_STATE_BYTES = 4096;
/** Kept free in the state for what a run that failed notes: why, and when. The failure "too large" itself must still fit. */
const NOTES_BYTES = 8192;
/** From here on each save warns: something has grown that should not. */
const WARN_STATE_BYTES = 300 * 1024;

export function cursorKey(lakeId: string, stream: string): Record<'pk' | 'sk', AttributeValue> {
  return { pk: { S: cursorPartition(lakeId) }, sk: { S: stream } };
}

/** Key of a list of parts. It is outside the partition of the cursors, which every run lists. */
export function partListKey(lakeId: string, stream: string, listId: string): Record<'pk' | 'sk', AttributeValue> {
  return { pk: { S: `parts#${lakeId}` }, sk: { S: `${stream}#${listId}` } };
}

export function toPartList(parts: readonly CommittedPart[]): AttributeValue {
  return { S: encodeParts(parts) };
}

/** The parts that an item lists. Throws `HardFailure('state')` when it is missing or unreadable. */
export function fromPartList(stream: string, listId: string, item: Item | undefined): readonly CommittedPart[] {
  const parts = decodeParts(item?.parts?.S ?? '-');
  if (parts) return parts;
  throw new HardFailure('state', `the list ${listId} of the parts of ${stream} is missing or cannot be read`, {
    code: 'StateUnreadable',
    hint: `Reset ${stream}, so that its next sync is a full one.`,
  });
}

/** The record that an item holds. Throws `HardFailure('state')` when any of it cannot be read. */
export function toRecord(item: Item): CursorRecord {
  const stream = item.sk?.S;
  if (stream === undefined) throw unreadable('?', 'its sort key is not text');
  const version = numberOf(item.version);
  if (version === undefined || version < 1) throw unreadable(stream, 'version is not a whole number of at least 1');
  if (item.owner !== undefined && item.owner.S === undefined) throw unreadable(stream, 'owner is not text');
  return {
    stream,
    version,
    owner: item.owner?.S ?? null,
    leaseUntil: leaseUntilOf(stream, item),
    cursor: cursorOf(stream, item.state),
  };
}

/** End of the lease, null when it was given back. Throws `HardFailure('state')` for any other value. */
export function leaseUntilOf(stream: string, item: Item): Instant | null {
  if (item.leaseUntil === undefined) return null;
  const epochMs = numberOf(item.leaseUntil);
  if (epochMs === undefined || epochMs > 8.64e15) throw unreadable(stream, 'leaseUntil is not an instant');
  return instant(epochMs);
}

export interface StateText {
  readonly text: string;
  /** Size of the state in bytes where it is large enough for a warning, else null. */
  readonly warnBytes: number | null;
}

/** The state to store. Throws `HardFailure('state')` when it is larger than an item may be. */
export function toState(stream: string, cursor: Cursor): StateText {
  const text = encodeState(cursor);
  const bytes = Buffer.byteLength(text);
  if (bytesBesideNotes(cursor, bytes) + NOTES_BYTES + BESIDE_STATE_BYTES > MAX_ITEM_BYTES) {
    const kilobytes = Math.ceil(bytes / 1024);
    throw new HardFailure(
      'state',
      `the state of ${stream} has grown to ${kilobytes} KB and no longer fits in one item`,
      {
        code: 'ItemTooLarge',
        hint: `Reset ${stream}, and if that does not help report a defect, because lists of parts are kept in items of their own; nothing was stored.`,
      },
    );
  }
  return { text, warnBytes: bytes > WARN_STATE_BYTES ? bytes : null };
}

/** What the state takes without its notes; measured only where it matters. */
function bytesBesideNotes(cursor: Cursor, bytes: number): number {
  if (bytes <= WARN_STATE_BYTES) return bytes;
  const notes = { lastFailure: null, lastEarlyEnd: null, lastServedAt: null, lastExtractedAt: null };
  return Buffer.byteLength(encodeState({ ...cursor, ...notes }));
}

/** An item without a state: its stream was leased and never saved, because the run ended before its first checkpoint. */
function cursorOf(stream: string, state: AttributeValue | undefined): Cursor {
  if (state === undefined) return NEW_CURSOR;
  if (state.S === undefined) throw unreadable(stream, 'state is not text');
  const decoded = decodeState(state.S);
  if (!decoded.ok) throw unreadable(stream, `state: ${decoded.problem}`);
  return decoded.cursor;
}

function numberOf(attribute: AttributeValue | undefined): number | undefined {
  const text = attribute?.N;
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function unreadable(stream: string, problem: string): HardFailure {
  return new HardFailure('state', `the stored state of ${stream} cannot be read: ${problem}`, {
    code: 'StateUnreadable',
    hint: `Restore the item with the sort key "${stream}" of STATE_TABLE from a backup, deploy the version that wrote it, or delete the item, so that the next sync of the stream is a full one.`,
  });
}
