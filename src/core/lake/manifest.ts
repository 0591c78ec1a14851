/**
 * Builds the manifest of a sync: the list of parts that hold its pages, each page once.
 *
 * It is a pure function of the cursor and its lists of parts, so building it twice gives the same bytes.
 */

import { watermarkAfter } from '../cursor/cursor.ts';
import type { Cursor } from '../cursor/cursor-shape.ts';
import type { CommittedPart, Compression, OpenSync } from '../cursor/open-sync.ts';
import { formatInstant, textOrNull } from '../time/instant.ts';
import { partKey } from './lake-keys.ts';

/**
 * One line of JSON (contract, section 6). Instants are ISO 8601 text with milliseconds and `Z`; `bytes` are compressed
 * bytes; `key` is relative to the lake's root.
 *
 * @param parts all parts of the sync, those in lists too, oldest first
 * @param compression of the lake, for a sync without parts
 */
export function manifestText(
  stream: string,
  table: string,
  open: OpenSync,
  parts: readonly CommittedPart[],
  cursor: Cursor,
  compression: Compression,
): string {
  const manifest = {
    stream,
    table,
    syncId: open.syncId,
    mode: open.mode,
    startedAt: formatInstant(open.startedAt),
    completedAt: textOrNull(open.drainedAt),
    modifiedSince: textOrNull(open.modifiedSince),
    modifiedBefore: textOrNull(open.modifiedBefore),
    from: textOrNull(open.range?.from ?? null),
    to: textOrNull(open.range?.to ?? null),
    watermarkBefore: textOrNull(open.watermarkBefore),
    watermark: textOrNull(watermarkAfter(open, cursor)),
    pages: open.pages,
    records: open.records,
    deleted: open.deleted,
    bytes: open.bytes,
    // Where the setting changed during the sync, older parts have another compression, which their names show.
    compression: parts.at(-1)?.compression ?? compression,
    parts: parts.map((part) => ({
      key: partKey(table, open.syncId, part),
      records: part.records,
      bytes: part.bytes,
    })),
  };
  return `${JSON.stringify(manifest)}\n`;
}

/** Whether a drained sync has a manifest: always, except for an incremental sync that found nothing. */
export function needsManifest(open: Pick<OpenSync, 'mode' | 'parts' | 'lists'>): boolean {
  return open.mode !== 'incremental' || open.parts.length + open.lists.length > 0;
}
