import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createLineBuffer, type LineBuffer } from '../../src/core/line-buffer.ts';

const PIECE_BYTES = 65_536;

function gather(fill: (lines: LineBuffer) => void): Buffer[] {
  const pieces: Buffer[] = [];
  fill(createLineBuffer((piece) => void pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))));
  return pieces;
}

/** Bytes that repeat only after a number that no power of two divides. */
function pattern(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, at) => 0x20 + (at % 89)));
}

describe('the line buffer', () => {
  for (const bytes of [1, 15, 16, 17, 100, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 200_000]) {
    it(`gathers appends of ${bytes} bytes into pieces of 64 KiB and a rest`, () => {
      const appended = pattern(bytes + 2);
      const times = Math.ceil(150_000 / bytes);
      const expected = Buffer.concat(Array(times).fill(appended.subarray(1, -1)));
      for (const append of ['append', 'appendUnbroken'] as const) {
        const pieces = gather((lines) => {
          for (let turn = 0; turn < times; turn++) lines[append](appended, 1, bytes + 1);
          lines.flush();
        });
        assert.ok(Buffer.concat(pieces).equals(expected));
        assert.ok(pieces.every((piece, at) => piece.length === PIECE_BYTES || at === pieces.length - 1));
      }
    });
  }

  it('leaves out line feeds and carriage returns, wherever a piece ends', () => {
    const text = Buffer.from('\r\n{"a":\n1,\r\r\n "b":2}\n');
    const pieces = gather((lines) => {
      for (let turn = 0; turn < 9_000; turn++) lines.appendUnbroken(text, 0, text.length);
      lines.flush();
    });
    assert.equal(Buffer.concat(pieces).toString(), '{"a":1, "b":2}'.repeat(9_000));
    assert.ok(pieces.slice(0, -1).every((piece) => piece.length === PIECE_BYTES));
  });

  it('never touches a piece that it has handed over', () => {
    const pieces = gather((lines) => {
      lines.append(Buffer.from('first'), 0, 5);
      lines.flush();
      lines.appendByte(0x78);
      lines.flush();
    });
    assert.deepEqual(pieces.map(String), ['first', 'x']);
  });

  it('hands over nothing when there is nothing', () => {
    const pieces = gather((lines) => {
      lines.append(Buffer.alloc(0), 0, 0);
      lines.appendUnbroken(Buffer.from('\n'), 0, 1);
      lines.flush();
      lines.flush();
    });
    assert.deepEqual(pieces, []);
  });
});
