import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHttpDate } from '../../../src/core/time/http-date.ts';
import { formatInstant } from '../../../src/core/time/instant.ts';

const rows: ReadonlyArray<readonly [name: string, text: string, expected: string | undefined]> = [
  ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
  ['RFC 850, which no server sends', 'Sunday, 06-Nov-94 08:49:37 GMT', undefined],
  ['asctime, which no server sends', 'Sun Nov  6 08:49:37 1994', undefined],
  ['a leap day', 'Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00.000Z'],
  ['a leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00.000Z'],
  ['no leap day', 'Sat, 29 Feb 2025 00:00:00 GMT', undefined],
  ['an unknown month', 'Sat, 01 Foo 2025 00:00:00 GMT', undefined],
  ['a zone other than GMT', 'Sat, 01 Feb 2025 00:00:00 CET', undefined],
  ['a number', '1700000000', undefined],
  ['nothing', '', undefined],
];
for (const [name, text, expected] of rows) {
  test(`HTTP date: ${name}`, () => {
    const at = parseHttpDate(text);
    assert.equal(at === undefined ? undefined : formatInstant(at), expected);
  });
}
