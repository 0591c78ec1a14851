import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';

import { JsonFault, skipSpace, skipValue } from '../../../src/core/page/json.ts';
import { findUtf8Fault } from '../../../src/core/page/utf8.ts';

/** The bytes of a JSON text, with a blank behind it, since only what follows a number ends it. */
function text(...parts: readonly (string | number)[]): Buffer {
  return Buffer.concat([
    ...parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))),
    BLANK,
  ]);
}

const BLANK = Buffer.from(' ');

function isTaken(body: Buffer): boolean {
  const ended = Buffer.concat([body, Buffer.of(0)]);
  try {
    return skipSpace(ended, skipValue(ended, skipSpace(ended, 0), 0)) === body.length && isUtf8(body);
  } catch (error) {
    assert.ok(error instanceof JsonFault, String(error));
    return false;
  }
}

function isJson(body: Buffer): boolean {
  if (!isUtf8(body)) return false;
  try {
    JSON.parse(body.toString());
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
});

describe('a byte that is not UTF-8 is found', () => {
  /** Found exactly where the text is not UTF-8, and what comes before it can still become UTF-8. */
  function checkUtf8(...parts: readonly number[]): void {
    const bytes = Buffer.from(parts);
    const fault = findUtf8Fault(bytes, 0, bytes.length);
    const [shown] = [bytes.toString('hex')];
    assert.equal(fault === null, isUtf8(bytes), shown);
    if (fault === null) return;
    const begin = bytes.subarray(0, fault.at);
    const endings = [[], ...[0x80, 0x90, 0xbf].flatMap((byte) => [[byte], [byte, byte], [byte, byte, byte]])];
    assert.ok(
      endings.some((ending) => isUtf8(Buffer.concat([begin, Buffer.from(ending)]))),
      `${shown} at ${fault.at}`,
    );
    assert.equal(fault.isWithinCharacter, !isUtf8(begin), shown);
  }

  it('for every two bytes that one can begin with', () => {
    for (let first = 0; first < 256; first++) {
      const rest: readonly number[] = first >= 0xf0 ? [CONTINUED, CONTINUED] : first >= 0xe0 ? [CONTINUED] : [];
      everyByte((second) => checkUtf8(0x61, first, second, ...rest, 0x61));
    }
  });

  it('for every byte in their third and fourth place', () => {
    everyByte((byte) => {
      checkUtf8(0xe1, CONTINUED, byte, 0x61);
      checkUtf8(0xf1, CONTINUED, byte, CONTINUED, 0x61);
      checkUtf8(0xf1, CONTINUED, CONTINUED, byte, 0x61);
    });
  });

  it('unless the character only goes on behind the end', () => {
    const truck = Buffer.from('🚜');
    for (const end of [1, 2, 3, 4]) assert.equal(findUtf8Fault(truck, 0, end), null);
  });
});
