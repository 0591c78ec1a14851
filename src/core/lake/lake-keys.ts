/**
 * Names in the lake: sync ids, and the keys of parts and manifests (contract, section 6).
 *
 * Decides how they are written. That sync ids rise is decided by the stamps they are made from (`stamps.ts`). Keys are
 * relative to the lake's root, with `/` between folders.
 */

import { formatDate, formatInstant, type Instant, parseInstant } from '../time/instant.ts';

const SYNC_ID = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z$/;
/** Years from 1970 on with four digits: within them the order of the texts is the order of the instants. */
const LATEST_MS = Date.UTC(10_000, 0, 1) - 1;
/** Table names of the contract, section 3. */
const TABLE = /^[a-z][a-z0-9_]*$/;
const MOST_DIGITS = 8;

/** `20261122T081503120Z`. Throws `RangeError` before 1970 and after the year 9999. */
export function formatSyncId(at: Instant): string {
  if (at < 0 || at > LATEST_MS) throw new RangeError(`no sync id has this instant: ${formatInstant(at)}`);
  return formatInstant(at).replaceAll(/[-:.]/g, '');
}

/** The instant that a sync id names. Throws `RangeError` when the text is no sync id. */
export function syncIdInstant(syncId: string): Instant {
  const match = SYNC_ID.exec(syncId);
  const [, year, month, day, hour, minute, second, ms] = match ?? [];
  const at = match ? parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`) : undefined;
  if (at === undefined || at < 0) throw new RangeError(`not a sync id: ${syncId}`);
  return at;
}

/**
 * `<table>/date=2026-11-22/20261122T081503120Z-00000042.ndjson.gz`
 *
 * @param version cursor version of the checkpoint that commits the part, from 1 to 99999999
 *
 * Throws `RangeError` for anything that would not be such a key.
 */
export function partKey(table: string, syncId: string, version: number): string {
  if (!Number.isInteger(version) || version < 1 || version >= 10 ** MOST_DIGITS) {
    throw new RangeError(`no part has this version: ${version}`);
  }
  const day = formatDate(syncIdInstant(syncId));
  return `${checkedTable(table)}/date=${day}/${syncId}-${String(version).padStart(MOST_DIGITS, '0')}.ndjson.gz`;
}

/** `_manifests/<table>/20261122T081503120Z.json`. Throws `RangeError` for anything that would not be such a key. */
export function manifestKey(table: string, syncId: string): string {
  syncIdInstant(syncId);
  return `_manifests/${checkedTable(table)}/${syncId}.json`;
}

function checkedTable(table: string): string {
  if (!TABLE.test(table)) throw new RangeError(`not a table name: ${table}`);
  return table;
}
