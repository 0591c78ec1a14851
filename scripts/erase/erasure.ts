/**
 * Erases a person from the lines of a lake, in three steps: look, change, tell.
 *
 * Only lines older than the newest complete full sync are changed. The present state of a table is read from the lines
 * since then (docs/lake.md), so it is the same before and after. A person who is still in those lines is still at the
 * source: erasing would last until the next sync only, and is refused.
 */

import { compress, linesOf } from './part.ts';
import type { PersonValue } from './person.ts';
import type { Store, Stored } from './stores.ts';

const SYNC_ID = /\d{8}T\d{9}Z/;
const PART = new RegExp(`/(${SYNC_ID.source})-[^/]+\\.ndjson\\.(?:gz|zst)$`);
const FULL_MANIFEST = new RegExp(`/full/(?:[^/]+/)*(${SYNC_ID.source})\\.json$`);

export interface Found {
  readonly table: string;
  /** Parts of the newest version that hold older lines of the person. */
  readonly parts: readonly Stored[];
  /** Older versions of parts that hold lines of the person, wherever they are. */
  readonly versions: readonly Stored[];
  /** Lines of the person in `parts`. */
  readonly older: number;
  /** Lines of the person since the newest complete full sync: the present state still has them. */
  readonly present: number;
}

/** Reads everything, and changes nothing. Tables without a line of the person are left out. */
export async function look(store: Store, tables: readonly string[], person: readonly PersonValue[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const table of tables) {
    const one = await lookInto(store, table, person);
    if (one.older + one.present + one.versions.length > 0) found.push(one);
  }
  return found;
}

async function lookInto(store: Store, table: string, person: readonly PersonValue[]): Promise<Found> {
  const newestFull = await newestFullSync(store, table);
  const parts: Stored[] = [];
  const versions: Stored[] = [];
  let older = 0;
  let present = 0;
  for (const stored of await listed(store, `${table}/`)) {
    const [, syncId] = PART.exec(stored.key) ?? [];
    if (syncId === undefined) continue;
    const { named } = linesOf(await store.read(stored), person);
    if (named === 0) continue;
    if (!stored.isNewest) versions.push(stored);
    else if (newestFull === null || syncId >= newestFull) present += named;
    else {
      parts.push(stored);
      older += named;
    }
  }
  return { table, parts, versions, older, present };
}

async function newestFullSync(store: Store, table: string): Promise<string | null> {
  const ids = (await listed(store, `manifests/${table}/`)).flatMap(({ key, isNewest }) => {
    const [, syncId] = FULL_MANIFEST.exec(key) ?? [];
    return syncId !== undefined && isNewest ? [syncId] : [];
  });
  return ids.toSorted().at(-1) ?? null;
}

/** A folder that is not there holds nothing: the stream was never synced. */
async function listed(store: Store, folder: string): Promise<readonly Stored[]> {
  try {
    return await store.list(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Takes out what {@link look} has found. Throws where the present state still has the person, before any change. */
export async function erase(store: Store, found: readonly Found[], person: readonly PersonValue[]): Promise<void> {
  const still = found.filter(({ present }) => present > 0).map(({ table }) => table);
  if (still.length > 0) throw new StillAtTheSource(still);
  for (const { parts, versions } of found) {
    for (const version of versions) await store.remove(version);
    for (const part of parts) {
      const { others } = linesOf(await store.read(part), person);
      await store.replace(part, compress(part.key, others));
    }
  }
}

/** Thrown before any change: the lines since the newest complete full sync name the person. */
export class StillAtTheSource extends Error {
  override name = 'StillAtTheSource';
  constructor(tables: readonly string[]) {
    super(
      `Nothing was changed: the present state of ${tables.join(', ')} still names the person. Delete or anonymise in Ditio, run a full sync of these streams, and erase again; or name other streams with --streams.`,
    );
  }
}

/** Removes everything below a folder, with every version: results of queries are copies. Returns how many there were. */
export async function clear(store: Store, folder: string): Promise<number> {
  const all = await listed(store, folder);
  for (const each of all) await store.remove(each);
  return all.length;
}
