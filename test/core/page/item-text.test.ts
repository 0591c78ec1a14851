import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HardFailure } from '../../../src/core/failure/errors.ts';
import { createItemSplitter } from '../../../src/core/page/item-text.ts';
import { linePrefix, type PageSummary } from '../../../src/core/page/page-splitter.ts';
import { inChunks, splitAll } from './page-split.ts';

const PREFIX = '{"_sync_id":"20261122T081503120Z","_extracted_at":"2026-11-22T08:15:03.120Z",';

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

describe('rows become lines', () => {
  const table: readonly (readonly [name: string, body: string, lines: readonly string[]])[] = [
    ['none, of a header alone', 'Dato;Vare', []],
    ['none, of a header and a line break', 'Dato;Vare\r\n', []],
    ['with fields named by position', 'a;b\n1;2\n', ['"field01":"1","field02":"2"}']],
    ['without a line break at the end', 'a;b\n1;2', ['"field01":"1","field02":"2"}']],
    [
      'with carriage returns',
      'a;b\r\n1;2\r\n3;4\r\n',
      ['"field01":"1","field02":"2"}', '"field01":"3","field02":"4"}'],
    ],
    ['with either line break', 'a;b\n1;2\r\n3;4', ['"field01":"1","field02":"2"}', '"field01":"3","field02":"4"}']],
    ['behind a byte order mark', '\ufeffa;b\n1;2', ['"field01":"1","field02":"2"}']],
    ['behind a byte order mark and a header in quotes', '\ufeff"a;b";"c\nd"\n1;2', ['"field01":"1","field02":"2"}']],
    [
      'with empty fields',
      'a;b;c\n;;\n;x;\n',
      ['"field01":"","field02":"","field03":""}', '"field01":"","field02":"x","field03":""}'],
    ],
    [
      'with an empty last field, as a semicolon at the end makes it',
      'a;b;\n1;2;\n',
      ['"field01":"1","field02":"2","field03":""}'],
    ],
    ['with the last field empty where the text ends', 'a;b\n1;', ['"field01":"1","field02":""}']],
    ['with quotes taken off', 'a;b\n"1";"2"', ['"field01":"1","field02":"2"}']],
    ['with empty quotes', 'a;b\n"";""\n', ['"field01":"","field02":""}']],
    ['with doubled quotes', 'a;b\n"8"" rør";""""\n', ['"field01":"8\\" rør","field02":"\\""}']],
    ['with semicolons in quotes', 'a;b\n"1;2";";"', ['"field01":"1;2","field02":";"}']],
    ['with line breaks in quotes', 'a;b\n"1\r\n2\n3\r4";5', ['"field01":"1\\r\\n2\\n3\\r4","field02":"5"}']],
    ['with a quote that does not begin the field', 'a;b\n8" rør;x"\n', ['"field01":"8\\" rør","field02":"x\\""}']],
    ['with blanks as sent', 'a;b\n 1 ;\t"2" \n', ['"field01":" 1 ","field02":"\\t\\"2\\" "}']],
    [
      'with backslashes and control characters',
      'a;b\n\\;\0\u001f\u007f',
      ['"field01":"\\\\","field02":"\\u0000\\u001f\u007f"}'],
    ],
    ['with numbers as sent', 'a;b\n1,50;0012', ['"field01":"1,50","field02":"0012"}']],
    ['with letters of two, three and four bytes', 'Måned;b\næ–;"🚜"', ['"field01":"æ–","field02":"🚜"}']],
    ['with a byte order mark within', 'a;b\n\ufeff1;2', ['"field01":"\ufeff1","field02":"2"}']],
    ['of a header with other letters of EF first', '\uff21;b\n1;2', ['"field01":"1","field02":"2"}']],
    ['of a header with other letters of EF BB first', '\ufec0;b\n1;2', ['"field01":"1","field02":"2"}']],
    ['of a header in quotes with everything', '"a;""\r\n";b\n1;2', ['"field01":"1","field02":"2"}']],
    ['of a header that begins with blanks', ' a;b\n1;2', ['"field01":"1","field02":"2"}']],
    ['that begin with a bracket or a brace', 'a;b\n<x>;{', ['"field01":"<x>","field02":"{"}']],
  ];
  for (const [name, body, lines] of table) {
    it(name, () => {
      const expected = {
        lines: lines.map((line) => `${PREFIX}${line}\n`).join(''),
        summary: {
          records: lines.length,
          deleted: 0,
          continuationToken: null,
          syncTypeName: null,
          recordCount: null,
          deletedRecordCount: null,
        },
      };
      for (const chunkBytes of [Number.POSITIVE_INFINITY, 1, 2, 3, 5])
        assert.deepEqual(split(body, chunkBytes), expected);
      for (const line of lines) JSON.parse(`${PREFIX}${line}`);
    });
  }

  it('with two digits in the names of fields, and three from the hundredth on', () => {
    const row = Array.from({ length: 101 }, (_, index) => index + 1);
    const record = JSON.parse(split(`${row.join(';')}\n${row.join(';')}`).lines);
    assert.deepEqual(
      Object.entries(record).slice(2),
      row.map((number) => [`field${String(number).padStart(2, '0')}`, String(number)]),
    );
  });
});

const SECRET = 'Nordmann';

describe('a text is refused', () => {
  const table: readonly (readonly [name: string, body: string | Uint8Array, message: RegExp])[] = [
    ['when it is empty', '', /body is empty, where a header row was expected/],
    ['when it is a byte order mark', '\ufeff', /body is empty/],
    ['when it is half a byte order mark', latin1('\xef\xbb'), /broke off within a character/],
    ['when it is a line break', '\r\n', /first row has no semicolon/],
    ['when it is blank', '  ', /first row has no semicolon/],
    ['when the header is blank', `\n${SECRET};b\n`, /first row has no semicolon.*row 1/],
    ['when it is a line of plain text', `${SECRET}`, /first row has no semicolon/],
    ['when it is HTML', `<!DOCTYPE html>;${SECRET}`, /HTML.*byte 0/],
    ['when it is HTML behind a byte order mark and blanks', `\ufeff \t<html>;${SECRET}`, /HTML.*byte 5/],
    ['when it is a JSON object', `{"message":"${SECRET};"}`, /body is JSON/],
    ['when it is a JSON array', '[]', /first row has no semicolon/],
    [
      'when a row has a field too few',
      `a;b;c\n1;2;3\n${SECRET};2\n`,
      /a row has 2 fields, but the header has 3 \(row 3 with the header as row 1, byte 22\)/,
    ],
    ['when a row has a field too many', `a;b\n1;2;${SECRET}\n`, /a row has 3 fields, but the header has 2 \(row 2/],
    ['when the last row has a field too few', `a;b\n${SECRET}`, /a row has 1 field, but the header has 2 \(row 2/],
    ['when a row is empty', 'a;b\n\n1;2\n', /a row has 1 field, but the header has 2 \(row 2/],
    ['when an empty row is left at the end', 'a;b\n1;2\n\n', /a row has 1 field, but the header has 2 \(row 3/],
    [
      'when a field goes on after its quote',
      `a;b\n"1"${SECRET};2`,
      /goes on after its closing quote \(row 2.*byte 7\)/,
    ],
    ['when a blank follows a closing quote', 'a;b\n"1" ;2', /goes on after its closing quote/],
    ['when a quote is never closed', `a;b\n1;"${SECRET}`, /broke off within a field in quotes \(row 2/],
    ['when a quote of the header is never closed', `"a;b\n1;${SECRET}`, /broke off within a field in quotes \(row 1/],
    ['when it ends after a carriage return', 'a;b\n1;2\r', /broke off after a carriage return/],
    [
      'when carriage returns stand alone',
      'a;b\r1;2\r',
      /carriage return outside quotes is not followed by a line feed/,
    ],
    ['when a carriage return is doubled', 'a;b\r\r\n', /carriage return outside quotes/],
    ['when a carriage return is followed by a semicolon', 'a;b\n1;2\r;', /carriage return outside quotes/],
    ['when a carriage return is followed by a quote', 'a;b\n1;2\r"', /carriage return outside quotes/],
    ['when a byte is stray in UTF-8', latin1('a;b\n1;x\x80'), /a byte is not UTF-8 \(row 2.*byte 7\)/],
    ['when a byte is stray in quotes', latin1('a;b\n1;"x\xff"'), /a byte is not UTF-8/],
    ['when the header is Latin-1', latin1('M\xe5ned;b\n'), /a byte is not UTF-8 \(row 1.*byte 2\)/],
    ['when it begins with a stray byte', latin1('\x80;b\n'), /a byte is not UTF-8/],
    ['when a field begins with a stray byte', latin1('a;b\n\xe5;2'), /a byte is not UTF-8/],
    ['when UTF-8 is overlong', latin1('a;b\n1;\xc0\xaf'), /a byte is not UTF-8/],
    ['when UTF-8 holds a surrogate', latin1('a;b\n1;\xed\xa0\xbd'), /a byte is not UTF-8/],
    ['when it breaks off within a character', latin1('a;b\n1;\xf0\x9f\x9a'), /broke off within a character/],
    ['when a letter follows a closing quote', 'a;b\n"1"æ;2', /goes on after its closing quote/],
    ['when it is UTF-16', Buffer.from('\ufeffa;b\n', 'utf16le'), /a byte is not UTF-8/],
    ['when the header names more than 1,000 fields', ';'.repeat(1000), /more than 1000 fields/],
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
    assert.throws(() => splitter.push(Buffer.from('<')), HardFailure);
    assert.throws(() => splitter.push(Buffer.from('a;b\n')), /refused before/);
    assert.throws(() => splitter.finish(), /refused before/);
  });
});

describe('a row', () => {
  const MIB = 1024 * 1024;
  const row = (bytes: number) => `1;${'x'.repeat(bytes - 2)}`;
  const quoted = (bytes: number) => `1;"${'\n'.repeat(bytes - 4)}"`;

  for (const chunkBytes of [Number.POSITIVE_INFINITY, 65_536, 999]) {
    it(`may hold 1 MiB less its line break, in chunks of ${chunkBytes}`, () => {
      const { summary } = split(`a;b\n${row(MIB)}\r\n${quoted(MIB)}\r\n${row(MIB)}`, chunkBytes);
      assert.equal(summary.records, 3);
    });

    it(`may not hold more, in chunks of ${chunkBytes}`, () => {
      assert.match(refusal(`a;b\n${row(MIB + 1)}\n`, chunkBytes), /longer than 1048576 bytes \(row 2/);
      assert.match(refusal(`a;b\n${row(MIB + 1)}`, chunkBytes), /longer than 1048576 bytes \(row 2/);
      assert.match(refusal(`a;b\n${quoted(MIB + 1)}\r\n`, chunkBytes), /longer than 1048576 bytes \(row 2/);
      assert.match(refusal(`a;${'x'.repeat(MIB)}\n1;2\n`, chunkBytes), /longer than 1048576 bytes \(row 1/);
    });
  }

  it('without end is refused long before the text ends', () => {
    const splitter = createItemSplitter(Buffer.from('{'));
    splitter.push(Buffer.from('a;b\n"'));
    const chunk = Buffer.alloc(65_536, 'x');
    let chunks = 0;
    assert.throws(() => {
      for (; chunks < 1000; chunks++) splitter.push(chunk);
    }, /longer than 1048576 bytes/);
    assert.equal(chunks, 15);
  });
});

describe('chunks', () => {
  it('may be any view of bytes, and may be used again by their sender', () => {
    const body = Buffer.from('\ufeffa;b\r\n"1"";";æ–🚜\r\n;x\\');
    const pieces: Buffer[] = [];
    const splitter = createItemSplitter(Buffer.from(PREFIX));
    const chunk = new Uint8Array(5);
    for (let at = 0; at < body.length; at += 3) {
      const sent = body.subarray(at, at + 3);
      chunk.set(sent, 1);
      splitter.push(chunk.subarray(1, 1 + sent.length));
      chunk.fill(0xff);
      pieces.push(Buffer.from(splitter.take()));
    }
    assert.equal(splitter.finish().records, 2);
    assert.equal(
      Buffer.concat([...pieces, splitter.take()]).toString(),
      `${PREFIX}"field01":"1\\";","field02":"æ–🚜"}\n${PREFIX}"field01":"","field02":"x\\\\"}\n`,
    );
  });
});

describe('lines', () => {
  it('may be taken while the text is read', () => {
    const body = Buffer.from(`a;b\n${'graving av grøft;"8"" rør"\r\n'.repeat(20_000)}`);
    const splitter = createItemSplitter(Buffer.from(PREFIX));
    const line = `${PREFIX}"field01":"graving av grøft","field02":"8\\" rør"}\n`;
    let lineBytes = 0;
    for (const chunk of inChunks(body, 1000)) {
      splitter.push(chunk);
      const { byteLength } = splitter.take();
      assert.ok(byteLength > 0);
      lineBytes += byteLength;
    }
    assert.equal(splitter.finish().records, 20_000);
    assert.equal(lineBytes, 20_000 * Buffer.byteLength(line));
  });
});
