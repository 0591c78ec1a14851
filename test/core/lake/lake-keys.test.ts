import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatSyncId, manifestKey, partKey, runDigits, syncIdInstant } from '../../../src/core/lake/lake-keys.ts';
import { type Instant, instant, parseInstant } from '../../../src/core/time/instant.ts';

function at(text: string): Instant {
  const parsed = parseInstant(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

const someInstant = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }).map(instant);

describe('sync ids', () => {
  it('are written as in the contract', () => {
    assert.equal(formatSyncId(at('2026-11-22T08:15:03.120Z')), '20261122T081503120Z');
    assert.equal(formatSyncId(at('2026-01-02T03:04:05.006+01:00')), '20260102T020405006Z');
  });

  it('name the instant they were made from, and sort as text in the order of time', () => {
    fc.assert(
      fc.property(someInstant, someInstant, (a, b) => {
        assert.equal(syncIdInstant(formatSyncId(a)), a);
        assert.equal(formatSyncId(a) < formatSyncId(b), a < b);
      }),
    );
  });

  it('are refused outside the years that have four digits', () => {
    assert.throws(() => formatSyncId(instant(-1)), RangeError);
    assert.throws(() => formatSyncId(instant(Date.UTC(10_000, 0, 1))), RangeError);
  });

  for (const text of [
    '',
    '20261122T081503Z',
    '2026-11-22T08:15:03.120Z',
    '20260230T081503120Z',
    '19691231T235959999Z',
  ]) {
    it(`does not take «${text}» for one`, () => {
      assert.throws(() => syncIdInstant(text), RangeError);
    });
  }
});

const PART = { version: 42, run: '0b0e7c1a', compression: 'gzip' } as const;

describe('keys', () => {
  it('of a part hold table, day, sync id, version and run', () => {
    assert.equal(
      partKey('time_registrations', '20261122T081503120Z', PART),
      'time_registrations/sync_date=2026-11-22/20261122T081503120Z-00000042-0b0e7c1a.ndjson.gz',
    );
  });

  it('of a part end in what it is compressed with', () => {
    const key = partKey('project', '20261122T081503120Z', { ...PART, compression: 'zstd' });
    assert.equal(key, 'project/sync_date=2026-11-22/20261122T081503120Z-00000042-0b0e7c1a.ndjson.zst');
  });

  it('of two runs differ, although version and sync are the same: the state may have been restored', () => {
    const [a, b] = ['0b0e7c1a', 'ffffffff'].map((run) => partKey('project', '20261122T081503120Z', { ...PART, run }));
    assert.notEqual(a, b);
  });

  it('of a manifest hold table, mode, month and sync id', () => {
    assert.equal(
      manifestKey('flow_mass_types', 'full', '20261122T081503120Z'),
      'manifests/flow_mass_types/full/2026-11/20261122T081503120Z.json',
    );
  });

  it('of two parts of a sync sort by their versions', () => {
    const version = fc.integer({ min: 1, max: 99_999_999 });
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [first, second] = [a, b].map((each) =>
          partKey('project', '20261122T081503120Z', { ...PART, version: each }),
        );
        assert.equal((first as string) < (second as string), a < b);
      }),
    );
  });

  const part = (differs: Partial<typeof PART> | { version: number } | { run: string }) =>
    partKey('project', '20261122T081503120Z', { ...PART, ...differs });
  const impossible: ReadonlyArray<readonly [string, () => string]> = [
    ['a version of nine digits', () => part({ version: 100_000_000 })],
    ['version 0, which no checkpoint has', () => part({ version: 0 })],
    ['half a version', () => part({ version: 1.5 })],
    ['a run of seven digits', () => part({ run: '0b0e7c1' })],
    ['a run with a slash', () => part({ run: '../../xx' })],
    ['an invalid sync id', () => partKey('project', 'yesterday', PART)],
    ['a table that climbs out of its folder', () => partKey('../project', '20261122T081503120Z', PART)],
    ['a table with a slash', () => manifestKey('a/b', 'full', '20261122T081503120Z')],
    ['a manifest of no sync', () => manifestKey('project', 'full', '')],
    ['a run id that is no UUID', () => runDigits('run-1')],
  ];
  for (const [name, make] of impossible) {
    it(`are refused for ${name}`, () => {
      assert.throws(make, RangeError);
    });
  }

  it('take the first eight digits of a run id', () => {
    assert.equal(runDigits('0b0e7c1a-5a5e-4c1c-8d7e-2f8f6f4b9a10'), '0b0e7c1a');
  });
});
