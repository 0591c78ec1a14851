/** Writes lakes for tests: real parts and manifests under the keys of the contract, section 6, from text as Ditio might send it. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

export type Mode = 'full' | 'incremental' | 'backfill';

/** A file of a lake. */
export interface LakeFile {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** `20261122T081503120Z` */
export function syncIdAt(atMs: number): string {
  return new Date(atMs).toISOString().replaceAll(/[-:.]/g, '');
}

/** A line of a part: the stamps, and then the record's own text less its opening brace. */
export function lineOf(syncId: string, extractedAtMs: number, record: string): string {
  return `{"_sync_id":"${syncId}","_extracted_at":"${new Date(extractedAtMs).toISOString()}",${record.slice(1)}\n`;
}

export interface PartOptions {
  /** Cursor version that commits the part. */
  readonly version: number;
  readonly zstd?: boolean;
  /** Eight digits of the run id. */
  readonly run?: string;
}

/** A part of several compressed members, one for each text given. */
export function partFile(table: string, syncId: string, texts: readonly string[], options: PartOptions): LakeFile {
  const { version, zstd = false, run = '0a1b2c3d' } = options;
  const day = `${syncId.slice(0, 4)}-${syncId.slice(4, 6)}-${syncId.slice(6, 8)}`;
  const name = `${syncId}-${String(version).padStart(8, '0')}-${run}.ndjson.${zstd ? 'zst' : 'gz'}`;
  const compress = zstd ? zstdCompressSync : gzipSync;
  return { key: `${table}/sync_date=${day}/${name}`, bytes: Buffer.concat(texts.map((text) => compress(text))) };
}

export function manifestFile(table: string, mode: Mode, syncId: string, parts: readonly string[], more = {}): LakeFile {
  const key = `manifests/${table}/${mode}/${syncId.slice(0, 4)}-${syncId.slice(4, 6)}/${syncId}.json`;
  const stream = table.replaceAll('_', '-');
  const manifest = { stream, table, syncId, mode, ...more, parts: parts.map((part) => ({ key: part })) };
  return { key, bytes: Buffer.from(`${JSON.stringify(manifest)}\n`) };
}

export function writeFiles(root: string, files: readonly LakeFile[]): void {
  for (const { key, bytes } of files) {
    const path = join(root, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}
