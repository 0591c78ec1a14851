import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';

import { STATE } from '../../../src/core/page/json-grammar.ts';
import { createScan, feed, STOP } from '../../../src/core/page/json-scan.ts';
import { nextStop } from '../../../src/core/page/json-scanner.ts';

/** The bytes of a JSON text, with a blank behind it, since only what follows a number ends it. */
function text(...parts: readonly (string | number)[]): Buffer {
  return Buffer.concat([
    ...parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))),
    BLANK,
  ]);
}

const BLANK = Buffer.from(' ');

function isTaken(body: Buffer): boolean {
  const scan = createScan();
  scan.watchesValues = false;
  feed(scan, body);
  return nextStop(scan) === STOP.chunkEnd && scan.state === STATE.end;
}

function isJson(body: Buffer): boolean {
  if (!isUtf8(body)) return false;
  try {
    JSON.parse(body.toString().replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}

function checkText(body: Buffer): void {
  const expected = isJson(body);
  if (isTaken(body) !== expected)
    assert.fail(`${expected ? 'refused' : 'took'} ${JSON.stringify(body.toString('latin1'))}`);
}

function everyByte(check: (byte: number) => void): void {
  for (let byte = 0; byte < 256; byte++) check(byte);
}

const CONTINUED = 0x80;

describe('the grammar takes what JSON takes', () => {
  const heads = [
    ...[
      '',
      ' ',
      '1',
      '10',
      '-',
      '-0',
      '0',
      '1.',
      '1.0',
      '1e',
      '1e-',
      '1e5',
      't',
      'tr',
      'tru',
      'true',
      'f',
      'fa',
      'fal',
      'fals',
    ],
    ...['false', 'n', 'nu', 'nul', 'null', '"', '"x', '"\\', '"\\u', '"\\u0', '"\\u00', '"\\u000', '"\\u0000', '""'],
    ...['[', '[1', '[1,', '[[]', '{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":"b"', '{"a":[]', '{"a":{}'],
  ];
  const tails = ['', '0', '"', '0"', ']', '}', '":1}', '000"'];
  for (const head of heads) {
    it(`for every byte after ${JSON.stringify(head)}`, () => {
      everyByte((byte) => {
        for (const tail of tails) checkText(text(head, byte, tail));
      });
    });
  }

  it('for every byte before and after', () => {
    everyByte((byte) => {
      checkText(text(byte, '{}'));
      checkText(text('{}', byte));
    });
  });

  it('for every byte in the place of one of a byte order mark', () => {
    everyByte((byte) => {
      checkText(text(byte, 0xbb, 0xbf, '{}'));
      checkText(text(0xef, byte, 0xbf, '{}'));
      checkText(text(0xef, 0xbb, byte, '{}'));
      checkText(text('\ufeff', byte, '{}'));
    });
  });
});

describe('characters are taken as TextDecoder takes them', () => {
  it('for every two bytes that one can begin with', () => {
    for (let first = 0x80; first < 256; first++) {
      const rest: readonly number[] = first >= 0xf0 ? [CONTINUED, CONTINUED] : first >= 0xe0 ? [CONTINUED] : [];
      everyByte((second) => checkText(text('"', first, second, ...rest, '"')));
    }
  });

  it('for every byte in their third and fourth place', () => {
    everyByte((byte) => {
      checkText(text('"', 0xe1, CONTINUED, byte, '"'));
      checkText(text('"', 0xf1, CONTINUED, byte, CONTINUED, '"'));
      checkText(text('"', 0xf1, CONTINUED, CONTINUED, byte, '"'));
    });
  });
});
