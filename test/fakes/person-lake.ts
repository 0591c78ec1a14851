/** A small lake with a made-up person in it: full syncs before and after the person was deleted at the source. */

import { gzipSync, zstdCompressSync } from 'node:zlib';

export const OLD = '20260101T000000000Z';
export const BETWEEN = '20260115T000000000Z';
export const NEWEST = '20260201T000000000Z';

export const PERSON = 'Åse Døme\nase.dome@example.com\nemployeeNumber=4711\n';

/** A line as the extractor writes it. */
export function line(syncId: string, record: Readonly<Record<string, unknown>>): string {
  const at = `${syncId.slice(0, 4)}-${syncId.slice(4, 6)}-${syncId.slice(6, 8)}T00:00:00.000Z`;
  return `{"_sync_id":"${syncId}","_extracted_at":"${at}",${JSON.stringify(record).slice(1)}\n`;
}

export function partKey(table: string, syncId: string, ending = 'gz'): string {
  const day = `${syncId.slice(0, 4)}-${syncId.slice(4, 6)}-${syncId.slice(6, 8)}`;
  return `${table}/sync_date=${day}/${syncId}-00000001-0b0e7c1a.ndjson.${ending}`;
}

function manifest(table: string, syncId: string, mode: 'full' | 'incremental'): [string, Buffer] {
  const month = `${syncId.slice(0, 4)}-${syncId.slice(4, 6)}`;
  const parts = [{ key: partKey(table, syncId), records: 2, bytes: 100 }];
  const text = JSON.stringify({ table, syncId, mode, watermark: '2026-02-01T00:00:00.000Z', bytes: 100, parts });
  return [`manifests/${table}/${mode}/${month}/${syncId}.json`, Buffer.from(`${text}\n`)];
}

const ANOTHER = { id: 'u2', name: 'Ola Prøve', employeeNumber: '4712' };
const GONE = { id: 'u1', name: 'Åse Døme', employeeNumber: '4711', mail: 'ASE.DOME@example.com' };

/** What lies in the lake, by key. */
export function personLake(): Map<string, Buffer> {
  return new Map([
    manifest('user', OLD, 'full'),
    // Two members, as two pages are written; the second spells the name with escapes.
    [
      partKey('user', OLD),
      Buffer.concat([
        gzipSync(line(OLD, ANOTHER)),
        gzipSync(line(OLD, GONE).replace('Åse Døme', '\\u00c5se D\\u00f8me')),
      ]),
    ],
    manifest('user', BETWEEN, 'incremental'),
    [partKey('user', BETWEEN), gzipSync(line(BETWEEN, { ...GONE, phone: '1' }))],
    manifest('user', NEWEST, 'full'),
    [partKey('user', NEWEST), gzipSync(line(NEWEST, ANOTHER))],

    manifest('incident_registrations', OLD, 'full'),
    [
      partKey('incident_registrations', OLD, 'zst'),
      Buffer.concat([
        zstdCompressSync(line(OLD, { id: 'i1', description: 'Grua ble sett av åse døme, før lunsj.' })),
        zstdCompressSync(line(OLD, { id: 'i2', description: 'Åse Dømesen var ikke der.', hours: 4711 })),
      ]),
    ],
    manifest('incident_registrations', NEWEST, 'full'),
    [partKey('incident_registrations', NEWEST), gzipSync(line(NEWEST, { id: 'i2', description: 'Ingen.' }))],

    manifest('payroll_lines', OLD, 'full'),
    [
      partKey('payroll_lines', OLD),
      gzipSync(
        line(OLD, { id: 'p1', worker: { EmployeeNumber: 4711 }, amount: 1 }) +
          line(OLD, { id: 'p2', worker: { EmployeeNumber: 4712 }, amount: 4711 }),
      ),
    ],
    manifest('payroll_lines', NEWEST, 'full'),
    [partKey('payroll_lines', NEWEST), gzipSync('')],
  ]);
}
