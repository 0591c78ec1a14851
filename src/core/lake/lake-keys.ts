/**
 * Builds the names in the lake: sync ids, and the keys of parts and manifests (contract, section 6).
 *
 * Sync ids rise because the stamps that they are made from do (`stamps.ts`). Keys are relative to the lake's root, with `/`
 * between folders.
 */

import type { Compression, SyncMode } from '../cursor/open-sync.ts';
import { formatDate, formatInstant, type Instant, parseInstant } from '../time/instant.ts';

const SYNC_ID = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z$/;
/** Years from 1970 to 9999: within them the order of the texts is the order of the instants. */
const LATEST_MS = Date.UTC(10_000, 0, 1) - 1;
/** Table names of the contract, section 3. */
const TABLE = /^[a-z][a-z0-9_]*$/;
const MAX_DIGITS = 8;
/** First digits of a run id, a UUID. */
const RUN = /^[0-9a-f]{8}$/;
const SUFFIXES: Readonly<Record<Compression, string>> = { gzip: 'gz', zstd: 'zst' };

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

/** The digits of a run's id that go into the names of its parts. Throws `RangeError` when the id does not begin with 8 hex digits. */
export function runDigits(runId: string): string {
  const digits = runId.slice(0, 8);
  if (!RUN.test(digits)) throw new RangeError(`not a run id: ${runId}`);
  return digits;
}

/**
 * `<table>/sync_date=2026-11-22/20261122T081503120Z-00000042-0b0e7c1a.ndjson.gz`
 *
 * It contains the run because the same version may occur twice: the state table can be restored to an earlier moment.
 *
 * @param part `version`: cursor version of the checkpoint that commits the part, from 1 to 99999999; `run`: see {@link runDigits}
 *
 * Throws `RangeError` for anything that would not be such a key.
 */
export function partKey(
  table: string,
  syncId: string,
  part: { readonly version: number; readonly run: string; readonly compression: Compression },
): string {
  const { version, run, compression } = part;
  if (!Number.isInteger(version) || version < 1 || version >= 10 ** MAX_DIGITS) {
    throw new RangeError(`no part has this version: ${version}`);
  }
  if (!RUN.test(run)) throw new RangeError(`not the digits of a run: ${run}`);
  const day = formatDate(syncIdInstant(syncId));
  const name = `${syncId}-${String(version).padStart(MAX_DIGITS, '0')}-${run}.ndjson.${SUFFIXES[compression]}`;
  return `${checkedTable(table)}/sync_date=${day}/${name}`;
}

/**
 * `manifests/<table>/<mode>/2026-11/20261122T081503120Z.json`: by mode and month, so that the newest full sync is found
 * without reading a year of incremental manifests.
 *
 * Throws `RangeError` for anything that would not be such a key.
 */
export function manifestKey(table: string, mode: SyncMode, syncId: string): string {
  const month = formatDate(syncIdInstant(syncId)).slice(0, 'YYYY-MM'.length);
  return `manifests/${checkedTable(table)}/${mode}/${month}/${syncId}.json`;
}

function checkedTable(table: string): string {
  if (!TABLE.test(table)) throw new RangeError(`not a table name: ${table}`);
  return table;
}
