import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createLineBuffer } from '../../../src/core/page/line-buffer.ts';

/** Bytes that repeat only after a number that no power of two divides. */
function pattern(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, at) => 0x20 + (at % 89)));
}

describe('the line buffer', () => {
  for (const bytes of [1, 15, 16, 17, 100, 98_303, 98_304, 98_305, 200_000]) {
    for (const append of ['append', 'appendUnbroken'] as const) {
      it(`gathers what is appended (${append}) in ${bytes} bytes at a time, however much it becomes`, () => {
        const appended = pattern(bytes + 2);
        const times = Math.ceil(250_000 / bytes);
        const lines = createLineBuffer();
        for (let turn = 0; turn < times; turn++) lines[append](appended, 1, bytes + 1);
        assert.ok(Buffer.from(lines.take()).equals(Buffer.concat(Array(times).fill(appended.subarray(1, -1)))));
      });
    }
  }

  it('leaves out line feeds and carriage returns', () => {
    const text = Buffer.from('\r\n{"a":\n1,\r\r\n "b":2}\n');
    const lines = createLineBuffer();
    for (let turn = 0; turn < 9_000; turn++) lines.appendUnbroken(text, 0, text.length);
    assert.equal(Buffer.from(lines.take()).toString(), '{"a":1, "b":2}'.repeat(9_000));
  });

  it('hands out each byte once, in the same memory each time', () => {
    const lines = createLineBuffer();
    lines.append(Buffer.from('first'), 0, 5);
    const first = lines.take();
    assert.equal(Buffer.from(first).toString(), 'first');
    lines.appendByte(0x78);
    const second = lines.take();
    assert.equal(Buffer.from(second).toString(), 'x');
    assert.equal(second.buffer, first.buffer);
  });

  it('hands out nothing when there is nothing', () => {
    const lines = createLineBuffer();
    assert.equal(lines.take().byteLength, 0);
    lines.append(Buffer.alloc(0), 0, 0);
    lines.appendUnbroken(Buffer.from('\n'), 0, 1);
    assert.equal(lines.take().byteLength, 0);
  });
});
