import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createPageSplitter } from '../../../src/core/page/page-splitter.ts';
import { linePrefix, type PageSummary } from '../../../src/core/page/splitter.ts';
import { EXTRACTED_AT, inChunks, PREFIX, SYNC_ID, split, splitAll } from './page-split.ts';

const NOTHING_SAID = {
  continuationToken: null,
  syncTypeName: null,
  recordCount: null,
  deletedRecordCount: null,
  hasLinks: false,
  nextPageSign: null,
};
const LINKED = { hasLinks: true, nextPageSign: 'links.next' };

describe('the prefix of a line', () => {
  it('has the two fields of the lake and ends where the record goes on', () => {
    assert.equal(Buffer.from(linePrefix(SYNC_ID, EXTRACTED_AT)).toString(), PREFIX);
  });
});

describe('a record becomes a line', () => {
  const table: readonly { name: string; record: string; line: string }[] = [
    { name: 'compact', record: '{"id":"a","qty":7}', line: '"id":"a","qty":7}' },
    { name: 'with decimals that are zero', record: '{"id":1,"qty":1.0}', line: '"id":1,"qty":1.0}' },
    { name: 'with exponents', record: '{"id":1e3,"q":-0.5E-7,"r":2e+09}', line: '"id":1e3,"q":-0.5E-7,"r":2e+09}' },
    {
      name: 'with a number past 2^53',
      record: '{"id":12345678901234567890,"x":0}',
      line: '"id":12345678901234567890,"x":0}',
    },
    { name: 'with escaped slashes', record: '{"id":"a\\/b\\"\\\\"}', line: '"id":"a\\/b\\"\\\\"}' },
    {
      name: 'with escaped letters',
      record: '{"id":"\\u00e6\\u00E6\\ud83d\\ude9c"}',
      line: '"id":"\\u00e6\\u00E6\\ud83d\\ude9c"}',
    },
    { name: 'with all short escapes', record: '{"id":"\\b\\f\\n\\r\\t"}', line: '"id":"\\b\\f\\n\\r\\t"}' },
    { name: 'with half a surrogate pair as an escape', record: '{"id":"\\ud83d"}', line: '"id":"\\ud83d"}' },
    {
      name: 'with letters of two, three and four bytes',
      record: '{"id":"æ–🚜","ø":"å"}',
      line: '"id":"æ–🚜","ø":"å"}',
    },
    {
      name: 'with line separators of Unicode',
      record: '{"id":"a\u2028b\u2029c\u0085"}',
      line: '"id":"a\u2028b\u2029c\u0085"}',
    },
    { name: 'with DEL, which JSON allows', record: '{"id":"\u007f"}', line: '"id":"\u007f"}' },
    { name: 'with braces in strings', record: '{"id":"}{][,:","{":"}"}', line: '"id":"}{][,:","{":"}"}' },
    {
      name: 'with nested objects and arrays',
      record: '{"a":{"b":[{"id":null},[],{},[[1]]]},"id":"x"}',
      line: '"a":{"b":[{"id":null},[],{},[[1]]]},"id":"x"}',
    },
    {
      name: 'with every literal',
      record: '{"id":1,"a":true,"b":false,"c":null}',
      line: '"id":1,"a":true,"b":false,"c":null}',
    },
    {
      name: 'with blanks, tabs and line breaks between tokens',
      record: '{ \r\n\t"id" :\n 1 ,\r "a":[ \n1 , 2\r\n\r\n] }',
      line: ' \t"id" : 1 , "a":[ 1 , 2] }',
    },
    { name: 'whose id is a blank', record: '{"id":" "}', line: '"id":" "}' },
    { name: 'whose id is zero', record: '{"id":0}', line: '"id":0}' },
    { name: 'whose id is an escape', record: '{"id":"\\n"}', line: '"id":"\\n"}' },
    { name: 'whose id is spelled with an escape', record: '{"\\u0069d":"a"}', line: '"\\u0069d":"a"}' },
    {
      name: 'with members whose names only look like id',
      record: '{"Id":1,"ID":2,"di":3,"i":4,"id ":5,"id":6,"id2":7,"\\u0069":8}',
      line: '"Id":1,"ID":2,"di":3,"i":4,"id ":5,"id":6,"id2":7,"\\u0069":8}',
    },
    { name: 'with a member of no name', record: '{"":"","id":1}', line: '"":"","id":1}' },
    { name: 'with other members twice', record: '{"id":1,"a":1,"a":2}', line: '"id":1,"a":1,"a":2}' },
    {
      name: 'with reserved names deeper inside',
      record: '{"id":1,"a":{"_sync_id":1,"id":"","isDeleted":7}}',
      line: '"id":1,"a":{"_sync_id":1,"id":"","isDeleted":7}}',
    },
    {
      name: 'with reserved names as values',
      record: '{"id":"_sync_id","a":"_extracted_at"}',
      line: '"id":"_sync_id","a":"_extracted_at"}',
    },
  ];
  for (const { name, record, line } of table) {
    it(name, () => {
      assert.deepEqual(split(`{"data":[${record}]}`), {
        lines: `${PREFIX}${line}\n`,
        summary: { records: 1, deleted: 0, ...NOTHING_SAID },
      });
    });
  }

  it('and several become several, without what stands between them', () => {
    const { lines, summary } = split('{"data": [ {"id":1} \n,\t{"id":2},\r\n{"id":3} ] }');
    assert.equal(lines, `${PREFIX}"id":1}\n${PREFIX}"id":2}\n${PREFIX}"id":3}\n`);
    assert.equal(summary.records, 3);
  });

  it('and none become nothing', () => {
    assert.deepEqual(split('{"data":[ ]}'), { lines: '', summary: { records: 0, deleted: 0, ...NOTHING_SAID } });
  });
});

describe('what a page says of itself', () => {
  const table: readonly { name: string; body: string; said: Partial<PageSummary> }[] = [
    {
      name: 'everything, before the records',
      body: '{"recordCount":1,"deletedRecordCount":0,"syncTypeName":"full","continuationToken":"t","links":{"next":"u"},"data":[{"id":1}]}',
      said: {
        records: 1,
        recordCount: 1,
        deletedRecordCount: 0,
        syncTypeName: 'full',
        continuationToken: 't',
        ...LINKED,
      },
    },
    {
      name: 'everything, after the records',
      body: '{"data":[{"id":1}],"links":{"next":"u"},"continuationToken":"t","syncTypeName":"incremental","recordCount":1,"deletedRecordCount":0}',
      said: {
        records: 1,
        recordCount: 1,
        deletedRecordCount: 0,
        syncTypeName: 'incremental',
        continuationToken: 't',
        ...LINKED,
      },
    },
    {
      name: 'some before and some after, pretty-printed',
      body: '{\r\n  "recordCount": 1,\r\n  "data": [\r\n    {\r\n      "id": 1\r\n    }\r\n  ],\r\n  "continuationToken": "t"\r\n}\r\n',
      said: { records: 1, recordCount: 1, continuationToken: 't' },
    },
    {
      name: 'nulls, as if it said nothing',
      body: '{"data":[],"continuationToken":null,"syncTypeName":null,"recordCount":null,"deletedRecordCount":null}',
      said: {},
    },
    { name: 'an empty token, which is the last page', body: '{"data":[],"continuationToken":""}', said: {} },
    {
      name: 'a token with escapes',
      body: '{"data":[],"continuationToken":"a\\/\\u00e6\\ud83d\\ude9c="}',
      said: { continuationToken: 'a/æ🚜=' },
    },
    {
      name: 'counts in another notation',
      body: '{"data":[],"recordCount":1e2,"deletedRecordCount":-0}',
      said: { recordCount: 100, deletedRecordCount: 0 },
    },
    { name: 'names spelled with escapes', body: '{"d\\u0061ta":[],"record\\u0043ount":3}', said: { recordCount: 3 } },
    {
      name: 'unknown members of any shape, also twice',
      body: '{"x":{"data":1,"recordCount":[]},"data":[],"x":[{"id":null}],"links":null,"links":7}',
      said: { hasLinks: true },
    },
    { name: 'a member called __proto__', body: '{"__proto__":{"recordCount":5},"data":[]}', said: {} },
    { name: 'nothing, behind a byte order mark', body: '\ufeff {"data":[]} ', said: {} },
  ];
  for (const { name, body, said } of table) {
    it(name, () => {
      assert.deepEqual(split(body).summary, { records: 0, deleted: 0, ...NOTHING_SAID, ...said });
    });
  }
});

describe('a record counts as deleted', () => {
  const table: readonly { isDeleted: string; deleted: number }[] = [
    { isDeleted: '"isDeleted":true', deleted: 1 },
    { isDeleted: '"isDeleted" :\n true', deleted: 1 },
    { isDeleted: '"isD\\u0065leted":true', deleted: 1 },
    { isDeleted: '"isDeleted":false', deleted: 0 },
    { isDeleted: '"isDeleted":null', deleted: 0 },
    { isDeleted: '"isdeleted":true', deleted: 0 },
    { isDeleted: '"a":{"isDeleted":true}', deleted: 0 },
  ];
  for (const { isDeleted, deleted } of table) {
    it(`${deleted === 1 ? 'with' : 'not with'} ${JSON.stringify(isDeleted)}`, () => {
      const { summary } = split(`{"data":[{"id":1},{${isDeleted},"id":2}]}`);
      assert.deepEqual([summary.records, summary.deleted], [2, deleted]);
    });
  }
});

describe('chunks', () => {
  const body = Buffer.from(
    `\ufeff{ "recordCount" : 2, "d\\u0061ta" :\r\n [ {"\\u0069d":"æ–🚜\\ud83d\\ude9c\\\\", "isDeleted":true, "n":-1.5e-07},\n` +
      '{"a":{"id":[null,false,true]},"id":12345678901234567890 ,"isD\\u0065leted" : false} ],"continuationToken":"t\\u00e6" }\r\n',
  );
  const expected = split(body);

  it('may be cut at any byte', () => {
    assert.deepEqual([expected.summary.records, expected.summary.deleted], [2, 1]);
    for (let at = 0; at <= body.length; at++) {
      const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null);
      assert.deepEqual(splitAll(splitter, [body.subarray(0, at), body.subarray(at)]), expected, `cut at ${at}`);
    }
  });

  it('may be of any size', () => {
    for (let chunkBytes = 1; chunkBytes < 20; chunkBytes++) assert.deepEqual(split(body, chunkBytes), expected);
  });

  it('may be used again by their sender', () => {
    const pieces: Buffer[] = [];
    const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null);
    const chunk = new Uint8Array(3);
    for (let at = 0; at < body.length; at += chunk.length) {
      const sent = body.subarray(at, at + chunk.length);
      chunk.set(sent);
      splitter.push(chunk.subarray(0, sent.length));
      chunk.fill(0xff);
      pieces.push(Buffer.from(splitter.take()));
    }
    assert.deepEqual({ summary: splitter.finish(), lines: Buffer.concat(pieces).toString() }, expected);
  });
});

describe('lines', () => {
  const records = Array.from({ length: 5000 }, (_, index) => `{"id":${index},"a":"${'b'.repeat(index % 97)}"}`);
  const body = Buffer.from(`{"data":[${records.join(',\r\n')}]}`);
  const expected = records.map((text) => `${PREFIX}${text.slice(1)}\n`).join('');

  it('may be taken after each chunk, so that nothing is held back', () => {
    const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null);
    let lines = '';
    let sentBytes = 0;
    for (const chunk of inChunks(body, 1000)) {
      splitter.push(chunk);
      sentBytes += chunk.byteLength;
      lines += Buffer.from(splitter.take()).toString();
      const whole = body.toString('utf8', 0, sentBytes).split('},').length - 1;
      assert.ok(lines.split('\n').length - 1 >= whole, `after ${sentBytes} bytes`);
    }
    splitter.finish();
    assert.equal(splitter.take().byteLength, 0);
    assert.equal(lines, expected);
  });

  it('wait until they are taken', () => {
    const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null);
    for (const chunk of inChunks(body, 1000)) splitter.push(chunk);
    splitter.finish();
    assert.equal(Buffer.from(splitter.take()).toString(), expected);
    assert.equal(splitter.take().byteLength, 0);
  });

  it('stay as they are until other lines were taken, also where nothing was there to take in between', () => {
    const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null);
    const takeAfter = (text: string) => {
      splitter.push(Buffer.from(text));
      return splitter.take();
    };
    const first = takeAfter('{"data":[{"id":1},');
    assert.equal(takeAfter(' ').byteLength, 0);
    const second = takeAfter('{"id":2},');
    assert.deepEqual([first, second].map(String), [`${PREFIX}"id":1}\n`, `${PREFIX}"id":2}\n`]);
    const third = takeAfter('{"id":3},');
    assert.deepEqual([second, third].map(String), [`${PREFIX}"id":2}\n`, `${PREFIX}"id":3}\n`]);
  });

  it('are none where there are no records', () => {
    const splitter = createPageSplitter(linePrefix(SYNC_ID, EXTRACTED_AT), null);
    splitter.push(Buffer.from('{"data":[]}'));
    splitter.finish();
    assert.equal(splitter.take().byteLength, 0);
  });
});
