/** The present state of a lake folder by the rule of the contract, section 6, read without a database. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { StreamSpec } from '../../sql/catalogue/spec.ts';

interface Manifest {
  readonly table: string;
  readonly mode: string;
  readonly syncId: string;
  readonly parts: readonly { readonly key: string }[];
}

interface Line {
  readonly syncId: string;
  readonly at: string;
  /** The record as it was sent. */
  readonly text: string;
  readonly record: Readonly<Record<string, unknown>>;
}

const LINE = /^\{"_sync_id":"([^"]+)","_extracted_at":"([^"]+)",/;

/** Records that exist, as their texts were sent; of rows without ids their values. Sorted, so that two states compare. */
export function presentState(lake: string, spec: StreamSpec): string[] {
  const manifests = filesBelow(lake)
    .filter((name) => name.endsWith('.json'))
    .map((name): Manifest => JSON.parse(readFileSync(name, 'utf8')))
    .filter(({ table }) => table === spec.table);
  const newestFull = manifests
    .filter(({ mode }) => mode === 'full')
    .map(({ syncId }) => syncId)
    .sort()
    .at(-1);
  const lines = manifests
    .filter(({ syncId }) => newestFull === undefined || syncId >= newestFull)
    .flatMap(({ parts }) => parts.flatMap(({ key }) => linesOf(join(lake, key))));
  if (spec.key.length === 0) return lines.map(({ record }) => JSON.stringify(valuesOf(record))).sort();
  const newest = new Map<string, Line>();
  const ended = new Map<unknown, string>();
  for (const line of lines) {
    const { record, at } = line;
    if (record.isDeleted === true) {
      if (at > (ended.get(record.id) ?? '')) ended.set(record.id, at);
      continue;
    }
    const key = JSON.stringify(spec.key.map((name) => record[name] ?? null));
    if (at > (newest.get(key)?.at ?? '')) newest.set(key, line);
  }
  return Array.from(newest.values())
    .filter(({ record, at }) => at > (ended.get(record.id) ?? ''))
    .map(({ text }) => text)
    .sort();
}

function linesOf(path: string): Line[] {
  const texts = gunzipSync(readFileSync(path)).toString('utf8').split('\n').slice(0, -1);
  return texts.map((line) => {
    const [head = '', syncId = '', at = ''] = LINE.exec(line) ?? [];
    const text = `{${line.slice(head.length)}`;
    return { syncId, at, text, record: JSON.parse(text) };
  });
}

function valuesOf(record: Readonly<Record<string, unknown>>): unknown[] {
  return Object.values(record);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => statSync(name).isFile());
}
