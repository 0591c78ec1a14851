/**
 * Looks at the lake that the last `npm run local` has written, byte by byte: `npm run test:lake`.
 *
 * Checks the layout of the contract, section 6, on data that went the whole way through the real handler.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { readPart } from '../fakes/read-part.ts';

interface Manifest {
  readonly stream: string;
  readonly table: string;
  readonly syncId: string;
  readonly mode: string;
  readonly records: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly pages: number;
  readonly watermark: string;
  readonly parts: readonly { readonly key: string; readonly records: number; readonly bytes: number }[];
}

const LAKE = resolve('.local/latest/lake');
const PART = /^sync_date=(\d{4})-(\d\d)-(\d\d)\/(\d{8}T\d{9}Z)-\d{8}-[0-9a-f]{8}\.ndjson\.(gz|zst)$/;
const MANIFEST = /^\w+\/(?:full|incremental|backfill)\/(\d{4})-(\d\d)\/(\d{8}T\d{9}Z)\.json$/;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.replaceAll('\\', '/'));
}

describe('the lake of the last local run', () => {
  let manifests: Manifest[] = [];

  before(() => {
    manifests = filesBelow(join(LAKE, 'manifests')).map((name) =>
      JSON.parse(readFileSync(join(LAKE, 'manifests', name), 'utf8')),
    );
  });

  it('has a full and an incremental sync of the largest stream, and a complete sync of every stream', () => {
    const modes = manifests.filter(({ stream }) => stream === 'time-registrations').map(({ mode }) => mode);
    assert.ok(modes.includes('full') && modes.includes('incremental'), `time-registrations has ${modes.join(', ')}`);
    for (const { name } of CATALOGUE) {
      assert.ok(
        manifests.some(({ stream }) => stream === name),
        `${name} has no manifest`,
      );
    }
  });

  it('holds nothing but parts and manifests, under keys that name table, day and sync', () => {
    const tables = new Set<string>(CATALOGUE.map(({ table }) => table));
    for (const name of filesBelow(LAKE)) {
      const [first = '', ...rest] = name.split('/');
      if (first === 'manifests') {
        const [, year, month, syncId = ''] = MANIFEST.exec(rest.join('/')) ?? assert.fail(`${name} is no manifest`);
        assert.ok(syncId.startsWith(`${year}${month}`), `${name} lies under another month`);
        continue;
      }
      assert.ok(tables.has(first), `${name} lies in no table's folder`);
      const match = PART.exec(rest.join('/'));
      assert.ok(match, `${name} is no part`);
      assert.equal(match[4]?.slice(0, 8), `${match[1]}${match[2]}${match[3]}`, `${name} lies under another day`);
    }
  });

  it('has every part that a manifest names, with the lines and bytes counted there, and each in one manifest', () => {
    const named = new Set<string>();
    for (const manifest of manifests) {
      let records = 0;
      let deleted = 0;
      for (const part of manifest.parts) {
        assert.ok(!named.has(part.key), `${part.key} is named twice`);
        named.add(part.key);
        const bytes = readFileSync(join(LAKE, part.key));
        assert.equal(bytes.length, part.bytes, part.key);
        const lines = readPart(bytes).toString('utf8').split('\n');
        assert.equal(lines.pop(), '', `${part.key} does not end with a line break`);
        assert.equal(lines.length, part.records, part.key);
        let lastStamp = '';
        for (const line of lines) {
          const record = JSON.parse(line);
          assert.ok(line.startsWith(`{"_sync_id":"${manifest.syncId}","_extracted_at":"`), line.slice(0, 80));
          assert.match(record._extracted_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
          assert.ok(record._extracted_at >= lastStamp, `${part.key}: stamps fall`);
          lastStamp = record._extracted_at;
          if (record.isDeleted === true) deleted += 1;
        }
        records += lines.length;
      }
      assert.deepEqual(
        [records, deleted],
        [manifest.records, manifest.deleted],
        `${manifest.table}/${manifest.syncId}`,
      );
      assert.equal(
        manifest.bytes,
        manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    }
  });

  it('keeps numbers and escapes as they were sent', () => {
    const text = manifests
      .flatMap(({ parts }) => parts)
      .map(({ key }) => readPart(readFileSync(join(LAKE, key))).toString('utf8'))
      .join('');
    assert.match(text, /:\s?-?\d+\.0[,}\]]/, 'no number such as 1.0 is left as it was');
    assert.match(text, /\\u[0-9a-fA-F]{4}|\\\//, 'no escape is left as it was');
  });
});
