/**
 * Gathers output into pieces worth handing on, whatever the size of what comes in.
 *
 * Decides only where one piece ends and the next begins: a line may lie in two of them.
 */

/** Worth a turn of the compressor, and little to hold for each page that is open. */
const PIECE_BYTES = 64 * 1024;

/** Up to this a loop beats a call into the runtime. */
const SHORT_BYTES = 16;

/** 0 for line feed and carriage return, 1 for every other byte. */
const KEPT = new Uint8Array(256).fill(1).fill(0, 0x0a, 0x0b).fill(0, 0x0d, 0x0e);

export interface LineBuffer {
  /** Appends `bytes` from `from` up to `to`. */
  append(bytes: Buffer, from: number, to: number): void;
  /** The same less every line feed and carriage return. */
  appendUnbroken(bytes: Buffer, from: number, to: number): void;
  appendByte(byte: number): void;
  /** Emits what has not been emitted. */
  flush(): void;
}

/** @param emit takes each piece over; never called with an empty one */
export function createLineBuffer(emit: (bytes: Uint8Array) => void): LineBuffer {
  const nothing = Buffer.alloc(0);
  let piece: Buffer = nothing;
  let usedBytes = 0;

  function flush(): void {
    if (usedBytes > 0) emit(piece.subarray(0, usedBytes));
    piece = nothing;
    usedBytes = 0;
  }

  function makeRoom(): void {
    if (usedBytes < piece.length) return;
    flush();
    piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  return {
    append(bytes, from, to) {
      if (to - from <= SHORT_BYTES && to - from <= piece.length - usedBytes) {
        for (let index = from; index < to; index++) piece[usedBytes++] = bytes[index] as number;
        return;
      }
      let next = from;
      while (next < to) {
        makeRoom();
        const copiedBytes = bytes.copy(piece, usedBytes, next, to);
        usedBytes += copiedBytes;
        next += copiedBytes;
      }
    },
    appendUnbroken(bytes, from, to) {
      let next = from;
      while (next < to) {
        makeRoom();
        const target = piece;
        const stop = Math.min(to, next + target.length - usedBytes);
        let used = usedBytes;
        // Written whether kept or not, and written over if not: no branch to be guessed wrong at each line.
        for (; next < stop; next++) {
          const byte = bytes[next] as number;
          target[used] = byte;
          used += KEPT[byte] as number;
        }
        usedBytes = used;
      }
    },
    appendByte(byte) {
      makeRoom();
      piece[usedBytes++] = byte;
    },
    flush,
  };
}
