/** The columns of the table of manifests: what each completed sync has written. */

import { type Column, nested, text, time, whole } from './catalogue/spec.ts';

/** Folders of a manifest's key, which are partitions of the table. */
export const MANIFEST_PARTITIONS: readonly Column[] = [
  text('table_name', 'Table that the sync belongs to.'),
  text('mode', 'full, incremental or backfill.'),
  text('month', 'Month of the sync id, as 2026-11.'),
];

/** The last column, after all others. */
export const MANIFEST_LINE: Column = text('_line', 'The manifest as it lies in the lake.');

export const MANIFEST_COLUMNS: readonly Column[] = [
  text('stream', 'Stream that was synced.'),
  text('syncId', 'The sync, named after the moment it was opened.'),
  time('startedAt', 'When the sync was opened.'),
  time('completedAt', 'When its last page had arrived.'),
  time('modifiedSince', 'Lower bound of the changes that were asked for; empty in a full sync.'),
  time('watermarkBefore', 'Watermark before the sync.'),
  time('watermark', 'Time below which every change is in the lake.'),
  whole('pages', 'Pages read.'),
  whole('records', 'Records read, tombstones included.'),
  whole('deleted', 'Tombstones among them.'),
  whole('bytes', 'Size of its parts, compressed.', 'bytes'),
  text('compression', 'gzip or zstd.'),
  nested('parts', 'Its parts, each {key, records, bytes}.'),
];
