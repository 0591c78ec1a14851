/** Names that analysts know (contract, section 6), and where the stamps of a line stand. */

/** Every line ever of a stream, as text. */
export const linesOf = (table: string): string => `${table}_lines`;
/** The maintained table behind the view of the present state, in Athena. */
export const rowsOf = (table: string): string => `${table}_rows`;
/** What each completed sync has written, one line a sync, as text. */
export const MANIFEST_LINES = 'manifests_lines';
export const MANIFESTS = 'manifests';

/**
 * A line begins with `{"_sync_id":"20261122T081503120Z","_extracted_at":"2026-11-22T08:15:03.120Z",`, 77 characters of
 * ASCII whose places are fixed; the record's own text follows, less its opening brace.
 */
export const SYNC_ID_OF_LINE = 'substr(line, 14, 19)';
export const STAMP_OF_LINE = 'substr(line, 52, 24)';
/** Length of a stamp in characters. */
export const STAMP_LENGTH = 24;
export const RECORD_OF_LINE = "'{' || substr(line, 78)";

/** `2026-11-22` of a sync id; what it gives for no sync id is less than every day. */
export function dayOfSyncId(syncId: string): string {
  return `substr(${syncId}, 1, 4) || '-' || substr(${syncId}, 5, 2) || '-' || substr(${syncId}, 7, 2)`;
}
