import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createCalendar } from '../../simulator/calendar.ts';
import { createTokenCodec, type Sealed } from '../../simulator/continuation.ts';
import { indentJson } from '../../simulator/pretty.ts';
import { insertSorted, lowerBound } from '../../simulator/sorted.ts';
import { formatTicks, parseTicks, ticksFromMs } from '../../simulator/ticks.ts';

describe('ticks', () => {
  it('read what they write, to the seventh digit', () => {
    const ticks = fc.integer({ min: 0, max: 8_000_000_000_000_000 });
    fc.assert(fc.property(ticks, (at) => assert.equal(parseTicks(formatTicks(at)), at)));
  });

  it('agree with Date to the millisecond', () => {
    const ms = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2040, 0) });
    fc.assert(
      fc.property(ms, (at) => {
        assert.equal(parseTicks(new Date(at).toISOString()), ticksFromMs(at));
        assert.equal(Date.parse(formatTicks(ticksFromMs(at))), at);
      }),
    );
  });

  const rows: ReadonlyArray<readonly [string, string, string | undefined]> = [
    ['a date alone', '2026-03-01', '2026-03-01T00:00:00Z'],
    ['no offset', '2026-03-01T10:00:00', '2026-03-01T10:00:00Z'],
    ['no seconds', '2026-03-01T10:00Z', '2026-03-01T10:00:00Z'],
    ['an offset to the east', '2026-03-01T01:00:00+02:00', '2026-02-28T23:00:00Z'],
    ['an offset to the west', '2026-03-01T23:30:00-01:30', '2026-03-02T01:00:00Z'],
    ['nine digits, cut off', '2026-03-01T00:00:00.123456789Z', '2026-03-01T00:00:00.1234567Z'],
    ['zeros at the end', '2026-03-01T00:00:00.1200000Z', '2026-03-01T00:00:00.12Z'],
    ['a leap day', '2024-02-29', '2024-02-29T00:00:00Z'],
    ['a leap day of another year', '2026-02-29', undefined],
    ['a thirteenth month', '2026-13-01', undefined],
    ['a 25th hour', '2026-01-01T25:00:00Z', undefined],
    ['words', 'today', undefined],
    ['a number', '1764000000', undefined],
    ['text behind it', '2026-01-01x', undefined],
  ];
  for (const [name, text, expected] of rows) {
    it(`read ${name}`, () => {
      const at = parseTicks(text);
      assert.equal(at === undefined ? undefined : formatTicks(at), expected);
    });
  }

  it('read the empty time as long ago', () => {
    assert.ok((parseTicks('0001-01-01T00:00:00Z') ?? 0) < (parseTicks('1900-01-01') ?? 0));
  });
});

describe('the calendar', () => {
  it('never goes back, stays within its years, and works neither at night nor on Sundays', () => {
    const [start, end] = [ticksFromMs(Date.UTC(2023, 10, 22)) / 1e7, ticksFromMs(Date.UTC(2026, 10, 22)) / 1e7];
    const calendar = createCalendar(start, end);
    let last = start;
    for (let index = 0; index < 5_000; index += 1) {
      const at = calendar.secondsAt(index, 5_000);
      assert.ok(at >= last && at < end);
      last = at;
      const date = new Date(formatTicks(at * 1e7));
      assert.ok(date.getUTCDay() !== 0 && date.getUTCHours() >= 5 && date.getUTCHours() < 18, date.toISOString());
    }
  });
});

describe('indenting', () => {
  it('changes nothing but white space', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('\n', '\r\n'), (value, newline) => {
        const text = JSON.stringify(value);
        const indented = indentJson(text, 0, newline);
        assert.equal(JSON.stringify(JSON.parse(indented)), JSON.stringify(JSON.parse(text)));
        if (newline === '\n' && JSON.stringify(JSON.parse(text)) === text)
          assert.equal(indented, JSON.stringify(JSON.parse(text), null, 2));
      }),
    );
  });

  it('leaves numbers as they are written', () => {
    assert.equal(indentJson('[1.0,1e3,{"a":[]},{}]', 0, '\n'), '[\n  1.0,\n  1e3,\n  {\n    "a": []\n  },\n  {}\n]');
  });
});

describe('sealed positions', () => {
  const sealed: Sealed = { position: { mode: 'full', key: -5, index: 12 }, issuedAtMs: 17, nonce: 3 };

  for (const alphabet of ['base64', 'base64url'] as const) {
    it(`open where they were made for, and nowhere else: ${alphabet}`, () => {
      const codec = createTokenCodec(1, alphabet);
      const token = codec.seal('a', sealed);
      assert.deepEqual(codec.open('a', token), sealed);
      assert.equal(codec.open('b', token), undefined);
      assert.equal(createTokenCodec(2, alphabet).open('a', token), undefined);
    });
  }

  it('give nothing away, and open with no byte changed', () => {
    const codec = createTokenCodec(1, 'base64url');
    const token = codec.seal('a', { ...sealed, position: { mode: 'incremental', at: 3_000_000_000_000_001 } });
    assert.ok(!Buffer.from(token, 'base64url').toString('latin1').includes('3000000'));
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'AbZ09-_'), (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        if (changed !== token) assert.equal(codec.open('a', changed), undefined);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => assert.equal(codec.open('a', text), undefined)));
  });
});

describe('sorted arrays', () => {
  it('stay sorted, with equals in the order in which they came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (values) => {
        const sorted: number[] = [];
        for (const value of values) {
          const place = insertSorted(sorted, value);
          assert.equal(sorted[place], value);
          assert.ok(sorted[place + 1] === undefined || (sorted[place + 1] as number) > value);
        }
        assert.deepEqual(
          sorted,
          [...values].sort((a, b) => a - b),
        );
        assert.equal(
          lowerBound(sorted.length, (at) => (sorted[at] as number) >= 10),
          sorted.filter((value) => value < 10).length,
        );
      }),
    );
  });
});
