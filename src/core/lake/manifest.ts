/**
 * The manifest of a sync: which parts hold its pages, each page once.
 *
 * A pure function of the cursor, so that whoever writes it, and however often, writes the same bytes.
 */

import { type Cursor, type OpenSync, watermarkAfter } from '../cursor/cursor.ts';
import { formatInstant, textOrNull } from '../time/instant.ts';
import { partKey } from './lake-keys.ts';

/**
 * One line of JSON (contract, section 6). Instants are ISO 8601 text with milliseconds and `Z`; `bytes` are compressed
 * bytes; `key` is relative to the lake's root.
 */
export function manifestText(stream: string, table: string, open: OpenSync, cursor: Cursor): string {
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
    parts: open.parts.map((part) => ({
      key: partKey(table, open.syncId, part.version),
      records: part.records,
      bytes: part.bytes,
    })),
  };
  return `${JSON.stringify(manifest)}\n`;
}

/** Whether a drained sync has a manifest: always, but for an incremental one that found nothing. */
export function needsManifest(open: Pick<OpenSync, 'mode' | 'parts'>): boolean {
  return open.mode !== 'incremental' || open.parts.length > 0;
}
