import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HardFailure } from '../../../src/core/failure/errors.ts';
import { ITEM_FIELDS } from '../../../src/core/page/item-row.ts';
import { createItemSplitter } from '../../../src/core/page/item-text.ts';
import { linePrefix, type PageSummary } from '../../../src/core/page/splitter.ts';
import { formatDate } from '../../../src/core/time/instant.ts';
import { at } from '../../fakes/at.ts';
import { inChunks, splitAll } from './page-split.ts';

const PREFIX = '{"_sync_id":"20261122T081503120Z","_extracted_at":"2026-11-22T08:15:03.120Z",';
const HEADER = 'Vare;Prosjekt;Antall\n';
/** A made-up name that stands in every refused text, and must stand in no message. */
const SECRET = 'Nordmann';

function split(
  body: string | Uint8Array,
  chunkBytes = Number.POSITIVE_INFINITY,
): { lines: string; summary: PageSummary } {
  const bytes = Buffer.from(body as string);
  const splitter = createItemSplitter(linePrefix('20261122T081503120Z', '2026-11-22T08:15:03.120Z'));
  return splitAll(splitter, inChunks(bytes, chunkBytes));
}

function refusal(body: string | Uint8Array, chunkBytes?: number): string {
  try {
    split(body, chunkBytes);
  } catch (error) {
    assert.ok(error instanceof HardFailure, String(error));
    assert.equal(error.kind, 'wire_format');
    return error.message;
  }
  return assert.fail('the text was taken');
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A row with these values, the others empty. */
function row(values: Partial<Record<(typeof ITEM_FIELDS)[number], string>> = {}): string {
  return ITEM_FIELDS.map((name) => values[name] ?? '').join(';');
}

describe('a row becomes an object of the documented fields', () => {
  it('by position, in their order', () => {
    const values = ITEM_FIELDS.map((_, at) => `value ${at}`);
    const { lines } = split(`${HEADER}${values.join(';')}\n`);
    assert.ok(lines.startsWith(PREFIX));
    assert.deepEqual(Object.entries(JSON.parse(lines)).slice(2), [
      ['itemName', 'value 0'],
      ['projectName', 'value 1'],
      ['projectNumber', 'value 2'],
      ['taskName', 'value 3'],
      ['transType', 'value 4'],
      ['userName', 'value 5'],
      ['transDate', 'value 6'],
      ['machineName', 'value 7'],
      ['qty', 'value 8'],
      ['costPrice', 'value 9'],
      ['price', 'value 10'],
      ['costAmount', 'value 11'],
      ['amount', 'value 12'],
      ['warehouseName', 'value 13'],
      ['warehouseQty', 'value 14'],
      ['description', 'value 15'],
    ]);
  });

  const table: readonly (readonly [name: string, body: string, values: readonly Record<string, string>[]])[] = [
    ['none of a header alone', 'Dato;Vare', []],
    ['none of a header and a line break', 'Dato;Vare\r\n', []],
    ['with empty values as empty text', `a;b\n${row()}\n`, [{ itemName: '', qty: '', description: '' }]],
    ['without a line break at the end', `a;b\n${row({ qty: '1' })}`, [{ qty: '1' }]],
    ['without a blank line at the end', `a;b\n${row({ qty: '1' })}\n\n`, [{ qty: '1' }]],
    ['without a blank line at the end, with carriage returns', `a;b\r\n${row()}\r\n\r\n`, [{}]],
    ['none of a header and a blank line', 'Dato;Vare\n\n', []],
    [
      'behind a header of 16 fields, one of them a date that is no transaction',
      `a;b;c;d;e;f;g;01.02.2026 08:00:00${';x'.repeat(8)}\n${row({ itemName: '1' })}`,
      [{ itemName: '1' }],
    ],
    ['with carriage returns', `a;b\r\n${row({ description: '1' })}\r\n${row()}\r\n`, [{ description: '1' }, {}]],
    ['behind a byte order mark', `\ufeffa;b\n${row({ itemName: '1' })}`, [{ itemName: '1' }]],
    ['behind a header of fewer fields', `a;b\n${row({ itemName: '1' })}`, [{ itemName: '1' }]],
    ['behind a header of more fields', `${';'.repeat(40)}\n${row({ itemName: '1' })}`, [{ itemName: '1' }]],
    ['behind a header with a stray quote', `"a;b\n${row({ itemName: '1' })}`, [{ itemName: '1' }]],
    ['with quotes around a value as sent', `a;b\n${row({ itemName: '"Rør"' })}`, [{ itemName: '"Rør"' }]],
    ['with a quote within', `a;b\n${row({ itemName: 'Rør 8"' })}\n`, [{ itemName: 'Rør 8"' }]],
    [
      'with a quote that opens and never closes',
      `a;b\n${row({ itemName: '"8' })}\n${row()}\n`,
      [{ itemName: '"8' }, {}],
    ],
    ['with numbers as sent', `a;b\n${row({ qty: '−1 234,50', price: '0012' })}`, [{ qty: '−1 234,50', price: '0012' }]],
    ['with blanks as sent', `a;b\n${row({ itemName: ' 1 ', qty: '\t' })}`, [{ itemName: ' 1 ', qty: '\t' }]],
    [
      'with backslashes and control characters',
      `a;b\n${row({ qty: '\\\0\u001f\u007f' })}`,
      [{ qty: '\\\0\u001f\u007f' }],
    ],
    ['with a carriage return within', `a;b\n${row({ itemName: '1\r2' })}\n`, [{ itemName: '1\r2' }]],
    ['with letters of two to four bytes', `a;b\n${row({ userName: 'æ–🚜' })}`, [{ userName: 'æ–🚜' }]],
    ['with a byte order mark within', `a;b\n${row({ itemName: '\ufeff1' })}`, [{ itemName: '\ufeff1' }]],
    [
      'that begin with a bracket or a brace',
      `a;b\n${row({ itemName: '<x>' })}\n${row({ itemName: '{' })}`,
      [{ itemName: '<x>' }, { itemName: '{' }],
    ],
    [
      'with a semicolon, in quotes',
      `a;b\n${row({ itemName: '"8;10"' })}\n${row({ qty: '1' })}`,
      [{ itemName: '8;10' }, { qty: '1' }],
    ],
    [
      'with a line break in the first value, in quotes',
      `a;b\n${row({ itemName: '"1;\n2"' })}\n`,
      [{ itemName: '1;\n2' }],
    ],
    [
      'with a line break, in quotes',
      `a;b\n${row({ taskName: '"1\r\n2"' })}\r\n${row({ qty: '1' })}`,
      [{ taskName: '1\r\n2' }, { qty: '1' }],
    ],
    [
      'with doubled quotes where others are quoted',
      `a;b\n${row({ itemName: '"8"" rør; PE"', qty: '""' })}\n`,
      [{ itemName: '8" rør; PE', qty: '' }],
    ],
    [
      'with a line break in the last value, in quotes',
      `a;b\n${row({ description: '"1\n2"' })}\n${row({ qty: '1' })}\n`,
      [{ description: '1\n2' }, { qty: '1' }],
    ],
    [
      'with line breaks and semicolons in the last value, in quotes',
      `a;b\n${row({ description: '"1;\r\n;2"' })}\r\n${row({ qty: '1' })}`,
      [{ description: '1;\r\n;2' }, { qty: '1' }],
    ],
    [
      'with a quote that stands for itself as the last value',
      `a;b\n${row({ description: '"' })}\n${row({ description: '"' })}\n${row({ description: '"' })}`,
      [{ description: '"' }, { description: '"' }, { description: '"' }],
    ],
    [
      'with a carriage return within, where another value is quoted',
      `a;b\n${row({ itemName: '"8;10"', qty: '1\r' })}\n`,
      [{ itemName: '8;10', qty: '1\r' }],
    ],
    [
      'with quotes, before a carriage return that ends the text',
      `a;b\n${row({ itemName: '"8;10"', description: '""' })}\r`,
      [{ itemName: '8;10', description: '' }],
    ],
    ['with all values quoted, one with a semicolon', `a;b\n"a;b"${';""'.repeat(15)}\n`, [{ itemName: 'a;b' }]],
  ];
  for (const [name, body, values] of table) {
    it(name, () => {
      const whole = split(body);
      const found = whole.lines.split('\n').slice(0, -1);
      assert.deepEqual(
        found.map((line) => JSON.parse(line)),
        values.map((given) => ({
          ...JSON.parse(`${PREFIX.slice(0, -1)}}`),
          ...Object.fromEntries(ITEM_FIELDS.map((field) => [field, ''])),
          ...given,
        })),
      );
      assert.equal(whole.summary.records, values.length);
      for (const chunkBytes of [1, 2, 3, 5]) assert.deepEqual(split(body, chunkBytes), whole);
    });
  }
});

describe('the days of the rows', () => {
  const table: readonly (readonly [
    name: string,
    dates: readonly string[],
    first: string | null,
    last: string | null,
  ])[] = [
    ['are none without rows', [], null, null],
    [
      'are the earliest and the latest',
      ['05.10.2026 23:59:59', '30.09.2026 00:00:00', '01.10.2026 07:00:00'],
      '2026-09-30',
      '2026-10-05',
    ],
    [
      'leave out dates that cannot be read',
      ['', '2026-10-05', '31.02.2026 00:00:00', '99.99.2026 07:00:00', '05.10.2026 07:00:00'],
      '2026-10-05',
      '2026-10-05',
    ],
    ['are none where no date can be read', ['05/10/2026 07:00'], null, null],
  ];
  for (const [name, dates, first, last] of table) {
    it(name, () => {
      const { items } = split(`${HEADER}${dates.map((transDate) => `${row({ transDate })}\n`).join('')}`).summary;
      assert.deepEqual(
        [items?.first, items?.last].map((day) => (day == null ? null : formatDate(day))),
        [first, last],
      );
    });
  }
});

describe('a text is refused', () => {
  const table: readonly (readonly [name: string, body: string | Uint8Array, message: RegExp])[] = [
    ['when it is empty', '', /body is empty, where a header row was expected/],
    ['when it is a byte order mark', '\ufeff', /first row has no semicolon/],
    ['when it is half a byte order mark', latin1('\xef\xbb'), /broke off within a character/],
    ['when it is a line break', '\r\n', /first row has no semicolon/],
    ['when it is blank', '  ', /first row has no semicolon/],
    ['when the header is blank', `\n${SECRET};b\n`, /first row has no semicolon.*row 1/],
    ['when it is a line of plain text', `${SECRET}`, /first row has no semicolon/],
    ['when it is HTML', `<!DOCTYPE html>;${SECRET}`, /HTML.*byte 0/],
    ['when it is HTML behind a byte order mark and blanks', `\ufeff \t<html>;${SECRET}`, /HTML.*row 1/],
    ['when it is a JSON object', `{"message":"${SECRET};"}`, /body is JSON/],
    ['when it is a JSON array', '[]', /first row has no semicolon/],
    ['when its lines end in carriage returns alone', `a;b\r${row()}\r`, /carriage returns alone/],
    [
      'when a row has a field too few',
      `a;b\n${row()}\n${SECRET}${';'.repeat(14)}\n`,
      /a row has 15 fields, where 16 were expected \(row 3 with the header as row 1, byte 20\)/,
    ],
    ['when a row has a field too many', `a;b\n${row({ itemName: SECRET })};\n`, /a row has 17 fields.*row 2/],
    ['when the last row is cut off', `a;b\n${SECRET};1`, /a row has 2 fields.*row 2/],
    ['when a row is empty', `a;b\n\n${row()}\n`, /a row has 1 field, where 16 were expected \(row 2/],
    ['when two empty rows are left at the end', `a;b\n${row()}\n\n\n`, /a row has 1 field.*row 3/],
    ['when a blank is left at the end', `a;b\n${row()}\n \n`, /a row has 1 field.*row 3/],
    [
      'when the header row is missing',
      `${row({ itemName: SECRET, transDate: '01.02.2026 08:00:00' })}\n${row()}\n`,
      /the first row is a transaction, where a header was expected \(row 1/,
    ],
    [
      'when the header row is missing, and values are in quotes',
      `\ufeff${row({ itemName: `"${SECRET}"`, transDate: '"01.02.2026 08:00:00"' })}`,
      /the first row is a transaction/,
    ],
    [
      'when a row goes on in another line without quotes',
      `a;b\n${SECRET};\n${';'.repeat(14)}\n`,
      /a row has 2 fields.*row 2/,
    ],
    ['when a value goes on after its closing quote', `a;b\n${row({ itemName: '"1;2"3' })}\n`, /a row has 17 fields/],
    ['when a quote is never closed', `a;b\n${row({ itemName: `"${SECRET};` })}\n`, /a row has 17 fields/],
    [
      'when a stray quote would swallow the row behind it',
      `a;b\n1;2;"3;4${';'.repeat(13)}\n5;6${';'.repeat(14)}\n"7";8${';'.repeat(11)}\n`,
      /a row has 17 fields.*row 2/,
    ],
    [
      'when a byte is stray in UTF-8',
      latin1(`a;b\n${row({ itemName: 'x\x80' })}\n`),
      /a byte is not UTF-8 \(row 2.*byte 5\)/,
    ],
    [
      'when a byte is stray in a row in quotes',
      latin1(`a;b\n${row({ itemName: '"x;\xff"' })}\n`),
      /a byte is not UTF-8/,
    ],
    ['when a byte is stray in a row of wrong length', latin1('a;b\n1;\xff\n'), /a byte is not UTF-8/],
    ['when the header is Latin-1', latin1('M\xe5ned;b\n'), /a byte is not UTF-8 \(row 1.*byte 2\)/],
    ['when UTF-8 holds a surrogate', latin1(`a;b\n${row({ itemName: '\xed\xa0\xbd' })}`), /a byte is not UTF-8/],
    ['when it breaks off within a character', latin1(`a;b\n${row()}\xf0\x9f\x9a`), /broke off within a character/],
    ['when it is UTF-16', Buffer.from('\ufeffa;b\n', 'utf16le'), /a byte is not UTF-8/],
  ];
  for (const [name, body, message] of table) {
    it(name, () => {
      const found = refusal(body);
      assert.match(found, message);
      assert.ok(!found.includes(SECRET), 'the message shows content');
      assert.match(refusal(body, 1), message, 'byte by byte');
    });
  }

  it('and stays refused', () => {
    const splitter = createItemSplitter(Buffer.from('{'));
    assert.throws(() => splitter.push(Buffer.from('<\n')), HardFailure);
    assert.throws(() => splitter.push(Buffer.from('a;b\n')), /refused before/);
    assert.throws(() => splitter.finish(), /refused before/);
  });
});

describe('the length of a row', () => {
  const MIB = 1024 * 1024;
  const long = (bytes: number) => row({ itemName: 'x'.repeat(bytes - row().length) });
  const quoted = (bytes: number) => row({ itemName: `";${'x'.repeat(bytes - row().length - 3)}"` });

  for (const chunkBytes of [Number.POSITIVE_INFINITY, 65_536, 999]) {
    it(`may be 1 MiB without its line break, in chunks of ${chunkBytes}`, () => {
      const { summary } = split(`a;b\n${long(MIB)}\r\n${quoted(MIB)}\r\n${long(MIB)}`, chunkBytes);
      assert.equal(summary.records, 3);
    });

    it(`may not be more, in chunks of ${chunkBytes}`, () => {
      assert.match(refusal(`a;b\n${long(MIB + 1)}\n`, chunkBytes), /longer than 1048576 bytes \(row 2/);
      assert.match(refusal(`a;b\n${long(MIB + 1)}`, chunkBytes), /longer than 1048576 bytes \(row 2/);
      assert.match(refusal(`a;b\n${quoted(MIB + 1)}\r\n`, chunkBytes), /longer than 1048576 bytes \(row 2/);
      assert.match(refusal(`a;${'x'.repeat(MIB)}\n${row()}\n`, chunkBytes), /longer than 1048576 bytes \(row 1/);
    });
  }

  it('is refused long before the text ends', () => {
    const splitter = createItemSplitter(Buffer.from('{'));
    splitter.push(Buffer.from('a;b\n"'));
    const chunk = Buffer.alloc(65_536, 'x');
    let chunks = 0;
    assert.throws(() => {
      for (; chunks < 1000; chunks++) splitter.push(chunk);
    }, /longer than 1048576 bytes/);
    assert.ok(chunks <= 16, `${chunks} chunks`);
  });
});

describe('the lines of a long text', () => {
  it('may be taken while it is read', () => {
    const body = Buffer.from(`a;b\n${`${row({ itemName: 'graving av grøft', qty: '8" rør' })}\r\n`.repeat(5_000)}`);
    const splitter = createItemSplitter(Buffer.from(PREFIX));
    let lines = 0;
    for (const chunk of inChunks(body, 1000)) {
      splitter.push(chunk);
      const taken = Buffer.from(splitter.take());
      assert.ok(taken.length > 0 || chunk.length < 1000);
      lines += taken.toString().split('\n').length - 1;
    }
    assert.equal(splitter.finish().records, 5_000);
    assert.equal(lines + Buffer.from(splitter.take()).toString().split('\n').length - 1, 5_000);
  });
});

describe('rows of other days than those to keep', () => {
  const row = (day: string) =>
    ['Pipe', ...Array<string>(5).fill(''), `${day} 10:00:00`, ...Array<string>(9).fill('')].join(';');

  it('are left out and not counted, and their days are told', () => {
    const own = { from: at('2026-10-01'), to: at('2026-10-03') };
    const splitter = createItemSplitter(Buffer.from('{'), own);
    const days = ['30.09.2026', '01.10.2026', '02.10.2026', '03.10.2026', 'no day'];
    splitter.push(Buffer.from(`head;\n${days.map(row).join('\n')}\n`));
    const summary = splitter.finish();
    const kept = Buffer.from(splitter.take()).toString().trimEnd().split('\n');
    assert.deepEqual(
      kept.map((line) => JSON.parse(line).transDate.slice(0, 10)),
      ['01.10.2026', '02.10.2026', 'no day 10:'],
    );
    assert.equal(summary.records, 3);
    assert.deepEqual(summary.items, { first: at('2026-09-30'), last: at('2026-10-03') });
  });
});
