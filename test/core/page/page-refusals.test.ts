import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HardFailure, PageSaysFailed, TransferBroken } from '../../../src/core/failure/errors.ts';
import { createPageSplitter, MAX_RECORD_BYTES } from '../../../src/core/page/page-splitter.ts';
import { linePrefix } from '../../../src/core/page/splitter.ts';
import { EXTRACTED_AT, inChunks, PREFIX, refusal, SYNC_ID, split, splitAll } from './page-split.ts';

/** A made-up name that stands in every refused body, and must stand in no message. */
const SECRET = 'Nordmann';

describe('a body is refused', () => {
  const record = (text: string) => `{"data":[{"id":1,"name":"${SECRET}"},${text}]}`;
  const table: readonly (readonly [name: string, body: string | Uint8Array, message: RegExp])[] = [
    ['when it is empty', '', /body is empty.*byte 0/],
    ['when it is a byte order mark', '\ufeff', /nothing but white space/],
    ['when it is white space', ' \r\n\t', /nothing but white space/],
    ['when it is HTML', `<!DOCTYPE html><p>${SECRET}`, /HTML.*byte 0/],
    ['when it is HTML behind white space', `\r\n <html>${SECRET}`, /HTML.*byte 3/],
    ['when it is plain text', `${SECRET}`, /expected a JSON object, found a letter \(byte 0\)/],
    ['when it is an array', `[{"id":"${SECRET}"}]`, /must be a JSON object, found an array/],
    ['when it is a string', `"${SECRET}"`, /must be a JSON object, found a string/],
    ['when it is null', 'null', /must be a JSON object, found null/],
    ['when it is a number', '12 ', /must be a JSON object, found a number/],
    ['when it has two byte order marks', '\ufeff\ufeff{"data":[]}', /found a byte outside ASCII \(byte 3\)/],
    ['when a byte order mark follows white space', ' \ufeff{"data":[]}', /byte 1/],
    ['when it is an error without data', `{"error":"x","message":"${SECRET}"}`, /no "data"/],
    ['when data is null', '{"data":null}', /"data" must be an array, found null/],
    ['when data is an object', `{"data":{"id":"${SECRET}"}}`, /"data" must be an array, found an object/],
    ['when data is a string', `{"data":"${SECRET}"}`, /"data" must be an array, found a string/],
    ['when data is an empty string', '{"data":""}', /"data" must be an array, found a string/],
    ['when data is a number', '{"data":0}', /"data" must be an array, found a number/],
    ['when data comes twice', '{"data":[],"data":[]}', /"data" appears twice/],
    ['when data comes twice, once with escapes', '{"d\\u0061ta":[],"data":[]}', /"data" appears twice/],
    [
      'when the token comes twice',
      '{"continuationToken":"a","data":[],"continuationToken":"a"}',
      /"continuationToken" appears twice/,
    ],
    [
      'when the mode comes twice',
      '{"syncTypeName":"full","syncTypeName":"full","data":[]}',
      /"syncTypeName" appears twice/,
    ],
    ['when a count comes twice', '{"recordCount":0,"recordCount":0,"data":[]}', /"recordCount" appears twice/],
    [
      'when the other count comes twice',
      '{"data":[],"deletedRecordCount":0,"deletedRecordCount":0}',
      /"deletedRecordCount" appears twice/,
    ],
    [
      'when the token is a number',
      '{"data":[],"continuationToken":5}',
      /"continuationToken" must be a string or null, found a number/,
    ],
    ['when the token is an object', `{"data":[],"continuationToken":{"a":"${SECRET}"}}`, /found an object/],
    ['when the token has half a surrogate pair', '{"data":[],"continuationToken":"\\ud83d"}', /surrogate/],
    [
      'when the mode is a number',
      '{"data":[],"syncTypeName":1}',
      /"syncTypeName" must be a string or null, found a number/,
    ],
    [
      'when a count is negative',
      '{"data":[],"recordCount":-1}',
      /"recordCount" must be a non-negative whole number.*another number/,
    ],
    [
      'when a count has a fraction',
      '{"data":[],"recordCount":1.5}',
      /"recordCount" must be a non-negative whole number/,
    ],
    [
      'when a count is past 2^53',
      '{"data":[],"recordCount":9007199254740993}',
      /"recordCount" must be a non-negative whole number/,
    ],
    [
      'when a count is text',
      '{"data":[],"deletedRecordCount":"3"}',
      /"deletedRecordCount" must be a non-negative whole number.*found a string/,
    ],
    ['when a count is an array', '{"data":[],"deletedRecordCount":[]}', /found an array/],
    ['when a record is null', record('null'), /record must be an object, found null \(after record 2 of the page/],
    ['when a record is an array', record(`["${SECRET}"]`), /record must be an object, found an array/],
    ['when a record is a string', record(`"${SECRET}"`), /record must be an object, found a string/],
    ['when a record is an empty string', record('""'), /record must be an object, found a string/],
    ['when a record is a number', record('-1'), /record must be an object, found a number/],
    ['when a record is a boolean', record('true'), /record must be an object, found a boolean/],
    ['when a record has no id', record(`{"name":"${SECRET}"}`), /has no "id" \(record 2 of the page, byte 55\)/],
    ['when a record has nothing', record('{}'), /has no "id" \(record 2/],
    ['when only something inside a record has an id', record('{"a":{"id":1}}'), /has no "id"/],
    ['when an id is null', record('{"id":null}'), /"id" must be a number or a string.*found null \(record 2/],
    ['when an id is empty', record('{"id":""}'), /found an empty string/],
    ['when an id is a boolean', record('{"id":false}'), /found a boolean/],
    ['when an id is an object', record('{"id":{}}'), /found an object/],
    ['when an id is an array', record('{"id":[]}'), /found an array/],
    ['when an id comes twice', record('{"id":1,"id":1}'), /"id" appears twice in one record \(record 2/],
    ['when an id comes twice, once with escapes', record('{"id":1,"i\\u0064":1}'), /"id" appears twice/],
    [
      'when isDeleted is text',
      record('{"id":1,"isDeleted":"true"}'),
      /"isDeleted" must be a boolean or null, found a string/,
    ],
    ['when isDeleted is empty text', record('{"id":1,"isDeleted":""}'), /"isDeleted" must be/],
    ['when isDeleted is a number', record('{"id":1,"isDeleted":1}'), /"isDeleted" must be.*a number/],
    ['when isDeleted is an object', record('{"id":1,"isDeleted":{}}'), /"isDeleted" must be.*an object/],
    ['when isDeleted is an array', record('{"id":1,"isDeleted":[]}'), /"isDeleted" must be.*an array/],
    ['when isDeleted comes twice', record('{"isDeleted":false,"id":1,"isDeleted":true}'), /"isDeleted" appears twice/],
    ['when a record has _sync_id', record('{"id":1,"_sync_id":"x"}'), /has a member "_sync_id"/],
    ['when a record has _extracted_at', record('{"_extracted_at":"x","id":1}'), /has a member "_extracted_at"/],
    ['when a record has _sync_id with escapes', record('{"id":1,"\\u005fsync_id":"x"}'), /has a member "_sync_id"/],
    [
      'when anything follows the page',
      `{"data":[]} ${SECRET}`,
      /expected nothing after the end of the page, found a letter \(byte 12\)/,
    ],
    ['when another page follows', '{"data":[]}\n{"data":[]}', /expected nothing after.*found "\{"/],
    ['when a bracket too many follows', '{"data":[]}}', /found "}" \(byte 11\)/],
    [
      'when a comma is left over after the records',
      '{"data":[{"id":1},]}',
      /expected a value, found "\]" \(after record 1 of the page, byte 18\)/,
    ],
    [
      'when a comma is left over in a record',
      '{"data":[{"id":1,}]}',
      /expected the name of a member in quotes, found "}" \(record 1 of the page, byte 17\)/,
    ],
    ['when a comma is missing', '{"data":[{"id":1 "a":2}]}', /expected "," or "}" after a member, found a quote/],
    ['when a comma between records is missing', '{"data":[{"id":1}{"id":2}]}', /expected "," or "]" after an element/],
    ['when a colon is missing', '{"data":[{"id" 1}]}', /expected ":".*found a digit/],
    ['when brackets do not match', '{"data":[{"id":1,"a":[1}]}]}', /found "}"/],
    [
      'when a name has no quotes',
      `{"data":[{"id":1,${SECRET}:1}]}`,
      /expected the name of a member in quotes, found a letter/,
    ],
    ['when a name is a number', '{"data":[{1:1}]}', /found a digit/],
    ['when quotes are single', "{'data':[]}", /found some other mark/],
    [
      'when a string has a raw line feed',
      record(`{"id":"${SECRET}\n"}`),
      /a string without raw control characters.*found white space \(record 2/,
    ],
    ['when a string has a raw tab', record('{"id":"a\tb"}'), /found white space/],
    ['when a string has a raw NUL', record('{"id":"a\0"}'), /found a control character/],
    ['when a name has a raw control character', record('{"id":1,"a\u001f":1}'), /found a control character/],
    ['when an escape is unknown', record('{"id":"\\x41"}'), /one of the escapes.*found a letter/],
    ['when an escape is a raw line feed', record('{"id":"\\\n"}'), /one of the escapes/],
    ['when an escape has too few digits', record('{"id":"\\u00e"}'), /four hexadecimal digits.*found a quote/],
    [
      'when an escape has a letter that is not a hexadecimal digit',
      record('{"id":"\\u00eg"}'),
      /four hexadecimal digits.*found a letter/,
    ],
    ['when a literal is cut', '{"data":[{"id":1,"a":tru}]}', /expected true, false or null/],
    ['when a literal goes on', '{"data":[{"id":1,"a":nulls}]}', /expected "," or "}"/],
    ['when a literal is in capitals', '{"data":[{"id":1,"a":True}]}', /expected a value, found a letter/],
    ['when a number is NaN', '{"data":[{"id":1,"a":NaN}]}', /expected a value/],
    ['when nothing stands for a value', '{"data":[{"id":1,"a":,"b":2}]}', /expected a value, found ","/],
    ['when two values stand for one', '{"data":[{"id":1 2}]}', /found a digit/],
    ['when there is a comment', '{"data":[] /* x */}', /found some other mark/],
    [
      'when a byte is stray in UTF-8',
      latin1('{"data":[{"id":"a\x80"}]}'),
      /not UTF-8 there \(record 1 of the page, byte 17\)/,
    ],
    ['when text is Latin-1', latin1('{"data":[{"id":"K\xe5re"}]}'), /in UTF-8, found a letter/],
    ['when UTF-8 is overlong in two bytes', latin1('{"data":[{"id":"\xc0\xaf"}]}'), /not UTF-8/],
    ['when UTF-8 is overlong in two bytes with C1', latin1('{"data":[{"id":"\xc1\xbf"}]}'), /not UTF-8/],
    ['when UTF-8 is overlong in three bytes', latin1('{"data":[{"id":"\xe0\x9f\xbf"}]}'), /not UTF-8/],
    ['when UTF-8 is overlong in four bytes', latin1('{"data":[{"id":"\xf0\x8f\xbf\xbf"}]}'), /not UTF-8/],
    ['when UTF-8 holds a surrogate', latin1('{"data":[{"id":"\xed\xa0\xbd\xed\xba\x9c"}]}'), /not UTF-8/],
    ['when UTF-8 is past U+10FFFF', latin1('{"data":[{"id":"\xf4\x90\x80\x80"}]}'), /not UTF-8/],
    ['when UTF-8 begins with F5', latin1('{"data":[{"id":"\xf5\x80\x80\x80"}]}'), /not UTF-8/],
    [
      'when a character of three bytes lacks one',
      latin1('{"data":[{"id":"\xe2\x80"}]}'),
      /a whole character in UTF-8, found a quote/,
    ],
    ['when a character stands outside strings', '{"data":[{"id":1,"a":æ}]}', /found a byte outside ASCII/],
    ['when a no-break space stands between tokens', '{"data":\u00a0[]}', /found a byte outside ASCII/],
    ['when it is compressed', latin1('\x1f\x8b\x08\x00'), /expected a JSON object, found a control character/],
  ];
  for (const [name, body, message] of table) {
    it(name, () => {
      const whole = refusal(body);
      assert.match(whole.message, message);
      assert.ok(!whole.message.includes(SECRET), 'the message shows content');
      assert.match(refusal(body, 1).message, message, 'byte by byte');
    });
  }
});

describe('a number is refused', () => {
  const numbers = [
    '01',
    '-',
    '-a',
    '1.',
    '.5',
    '1.e3',
    '1e',
    '1e+',
    '+1',
    '0x1',
    '1-2',
    '--1',
    '1.2.3',
    '1ee3',
    '00',
    '1_0',
  ];
  for (const number of numbers) {
    it(`when it is written ${number}`, () => {
      const body = `{"data":[{"id":1,"qty":${number}}]}`;
      const message = /expected (a number as JSON writes it|a value|"," or "}" after a member), found .* \(record 1/;
      assert.match(refusal(body).message, message);
      assert.match(refusal(body, 1).message, message);
    });
  }
});

describe('a page that says that it failed', () => {
  it('is believed, whatever records it has', () => {
    const { message, cause } = refusal('{"data":[{"id":1}],"success":false,"error":"Timeout"}');
    assert.match(message, /^the page says that it failed \("\w+"\), so its records may be incomplete$/);
    assert.ok(cause instanceof PageSaysFailed);
  });
});

describe('a body that breaks off', () => {
  const whole = `{"links":{"next":"n"},"data":[{"id":"${SECRET}","a":[1.5,true]},{"id":2}],"recordCount":2}`;

  it('is refused wherever it does', () => {
    for (let bytes = 0; bytes < whole.length; bytes++) {
      const { message, cause } = refusal(whole.slice(0, bytes));
      assert.match(message, /empty|broke off/, `after ${bytes} bytes`);
      // Whether it came whole only its transfer can tell.
      assert.ok(cause instanceof TransferBroken);
      assert.ok(!message.includes(SECRET.slice(0, 4)));
    }
    assert.equal(split(whole).summary.records, 2);
    assert.equal(refusal(whole.replace('1.5', '1.')).cause, undefined);
  });

  it('says within which record and after how many bytes', () => {
    const { message } = refusal('{"data":[{"id":1},{"id":"abc');
    assert.match(message, /broke off within a string \(record 2 of the page, byte 28\)/);
  });

  it('says what was expected next', () => {
    assert.match(
      refusal('{"data":[{"id":1},').message,
      /where a value was expected \(after record 1 of the page, byte 18\)/,
    );
    assert.match(refusal('{"data":[{"id":1').message, /within a number or a literal/);
  });
});

describe('nesting', () => {
  const nested = (depth: number) => `{"data":[{"id":1,"a":${'['.repeat(depth)}${']'.repeat(depth)}}]}`;

  it('is accepted up to 256 open containers, page, data and record included', () => {
    assert.equal(split(nested(253)).summary.records, 1);
  });

  it('is refused beyond', () => {
    assert.match(refusal(nested(254)).message, /more than 256 deep.*record 1/);
    assert.match(refusal(`{"x":${'{"a":'.repeat(300)}1${'}'.repeat(300)},"data":[]}`).message, /more than 256 deep/);
  });

  it('without end is refused immediately, not collected', () => {
    assert.match(refusal('['.repeat(100_000)).message, /must be a JSON object/);
    assert.match(refusal(`{"a":${'['.repeat(100_000)}`).message, /more than 256 deep/);
  });
});

describe('the envelope', () => {
  const padded = (bytes: number) => `{"data":[{"id":1}],"x":"${'x'.repeat(bytes - '{"data":[],"x":""}'.length)}"}`;

  it('may hold 1 MiB besides the records', () => {
    assert.equal(split(padded(1024 * 1024), 65_536).summary.records, 1);
  });

  it('may not hold more', () => {
    assert.match(refusal(padded(1024 * 1024 + 1), 65_536).message, /more than 1048576 bytes outside its records/);
  });

  it('does not count the records, nor what stands between them', () => {
    const record = `{"id":1,"a":"${'x'.repeat(100_000)}"}`;
    assert.equal(
      split(
        `{"data":[${Array(20)
          .fill(record)
          .join(`,${' '.repeat(100_000)}`)}]}`,
        65_536,
      ).summary.records,
      20,
    );
  });
});

describe('names', () => {
  it('of any length are passed by, also over many chunks', () => {
    const long = 'n'.repeat(1000);
    const body = `{"${long}":1,"data":[{"${long}":1,"id":2,"\\u006e${long}":3,"${'\\u0069'.repeat(22)}":4}]}`;
    for (const chunkBytes of [1, 7, 30, 31, 32, 33, 5000]) {
      assert.equal(split(body, chunkBytes).lines, `${PREFIX}${body.slice(body.indexOf('[{') + 2, -2)}\n`);
    }
  });

  it('whose end alone is one of those looked for are another name', () => {
    const padding = '\\u0069'.repeat(21);
    assert.match(refusal(`{"data":[{"${padding}\\u0069d":1}]}`, 1).message, /no "id"/);
  });
});

describe('a record that is too long', () => {
  const MAX_BYTES = 300_000;

  /** Cuts a page with one record of so many bytes. */
  function cutRecord(recordBytes: number, chunkBytes: number): number {
    const record = `{"id":1,"a":"${'x'.repeat(recordBytes - '{"id":1,"a":""}'.length)}"}`;
    const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null, MAX_BYTES);
    return splitAll(splitter, inChunks(Buffer.from(`{"data":[{"id":0},${record}]}`), chunkBytes)).summary.records;
  }

  for (const chunkBytes of [1_000, 65_536, 1_000_000]) {
    it(`is refused, in chunks of ${chunkBytes}`, () => {
      assert.equal(cutRecord(MAX_BYTES, chunkBytes), 2);
      assert.throws(() => cutRecord(MAX_BYTES + 1, chunkBytes), {
        message: /a record is longer than 300000 bytes \(record 2 of the page, byte \d+\)/,
      });
    });
  }

  it('is refused before it ends', () => {
    const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null, MAX_BYTES);
    splitter.push(Buffer.from('{"data":[{"id":"'));
    const chunk = Buffer.alloc(50_000, 'x');
    let chunks = 0;
    assert.throws(() => {
      for (; chunks < 100; chunks++) splitter.push(chunk);
    }, /longer than 300000 bytes/);
    assert.equal(chunks, 5);
  });

  it('has more than 64 MiB', () => assert.equal(MAX_RECORD_BYTES, 64 * 2 ** 20));
});

describe('a page that was refused', () => {
  it('stays refused', () => {
    const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null);
    assert.throws(() => splitter.push(Buffer.from('{"data":[{"id":null}')), HardFailure);
    assert.throws(() => splitter.push(Buffer.from(']}')), /refused before/);
    assert.throws(() => splitter.finish(), /refused before/);
  });
});

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
