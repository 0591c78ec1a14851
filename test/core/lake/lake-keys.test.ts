import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatSyncId, manifestKey, partKey, syncIdInstant } from '../../../src/core/lake/lake-keys.ts';
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

describe('keys', () => {
  it('of a part hold table, day, sync id and version', () => {
    assert.equal(
      partKey('time_registrations', '20261122T081503120Z', 42),
      'time_registrations/date=2026-11-22/20261122T081503120Z-00000042.ndjson.gz',
    );
  });

  it('of a manifest hold table and sync id', () => {
    assert.equal(
      manifestKey('flow_mass_types', '20261122T081503120Z'),
      '_manifests/flow_mass_types/20261122T081503120Z.json',
    );
  });

  it('of two parts of a sync sort by their versions', () => {
    const version = fc.integer({ min: 1, max: 99_999_999 });
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [first, second] = [a, b].map((each) => partKey('project', '20261122T081503120Z', each));
        assert.equal((first as string) < (second as string), a < b);
      }),
    );
  });

  const impossible: ReadonlyArray<readonly [string, () => string]> = [
    ['a version of nine digits', () => partKey('project', '20261122T081503120Z', 100_000_000)],
    ['version 0, which no checkpoint has', () => partKey('project', '20261122T081503120Z', 0)],
    ['half a version', () => partKey('project', '20261122T081503120Z', 1.5)],
    ['a sync id that is none', () => partKey('project', 'yesterday', 1)],
    ['a table that climbs out of its folder', () => partKey('../project', '20261122T081503120Z', 1)],
    ['a table with a slash', () => manifestKey('a/b', '20261122T081503120Z')],
    ['a manifest of no sync', () => manifestKey('project', '')],
  ];
  for (const [name, make] of impossible) {
    it(`are refused for ${name}`, () => {
      assert.throws(make, RangeError);
    });
  }
});
