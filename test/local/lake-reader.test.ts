/** The table at the end of a local run, on lakes that are not whole. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readLake } from '../../local/lake-reader.ts';
import { Problem } from '../../local/problem.ts';
import { temporaryFolder } from './command.ts';

const SYNC = '20261101T080000000Z';
const PART = `project/sync_date=2026-11-01/${SYNC}-00000000-0.ndjson.gz`;

function write(root: string, name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), content);
}

const read = (root: string) => readLake(root, ['project'], new Set());

describe('a lake that is read back', () => {
  it('has nothing where a run ended before its first part or manifest', async (t) => {
    const root = temporaryFolder(t);
    mkdirSync(join(root, 'manifests/project/full/2026-11'), { recursive: true });
    mkdirSync(join(root, 'project/sync_date=2026-11-01'), { recursive: true });
    const nothing = { table: 'project', live: 0, deleted: 0, parts: 0, bytes: 0, watermark: null };
    assert.deepEqual(await read(root), [nothing]);
  });

  it('says what cannot be read, as a problem', async (t) => {
    const root = temporaryFolder(t);
    const manifest = { syncId: SYNC, mode: 'full', watermark: '2026-11-01T08:00:00Z', bytes: 1, parts: [PART] };
    write(root, `manifests/project/full/2026-11/${SYNC}.json`, JSON.stringify(manifest));
    const line = `{"_sync_id":"${SYNC}","_extracted_at":"2026-11-01T08:00:00.000Z","id":"a"}\n`;
    write(root, PART, gzipSync(line.repeat(1_000)).subarray(0, 60));
    await assert.rejects(read(root), (error) => error instanceof Problem && !/\n\s+at /.test(error.message));
  });
});
