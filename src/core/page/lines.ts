/**
 * Collects lines in a buffer until the caller takes them, and in another one until they are taken again.
 *
 * A buffer for each piece would double the memory that a page passes through, and V8 collects after every few megabytes.
 */

/** First size of the buffer: the lines of one slice of a body, prefixes included. */
const FIRST_ROOM_BYTES = 96 * 1024;

/** Up to this length a loop is faster than a call into the runtime. */
const SHORT_BYTES = 16;

/** 0 for line feed and carriage return, 1 for every other byte. */
const KEPT = new Uint8Array(256).fill(1).fill(0, 0x0a, 0x0b).fill(0, 0x0d, 0x0e);

export interface Lines {
  /** Appends `bytes` from `from` up to `to`. */
  append(bytes: Buffer, from: number, to: number): void;
  /** The same without any line feed and carriage return. */
  appendUnbroken(bytes: Buffer, from: number, to: number): void;
  appendByte(byte: number): void;
  /** What was appended since the last call. Its memory is used again after the next call that returns something. */
  take(): Uint8Array;
}

export function createLines(): Lines {
  let room: Buffer = Buffer.alloc(0);
  let lent: Buffer = Buffer.alloc(0);
  let roomBytes = FIRST_ROOM_BYTES;
  let usedBytes = 0;

  function makeRoom(bytes: number): void {
    if (usedBytes + bytes <= room.length) return;
    if (usedBytes + bytes > roomBytes) roomBytes = Math.max(2 * roomBytes, usedBytes + bytes);
    const larger = Buffer.allocUnsafeSlow(roomBytes);
    room.copy(larger, 0, 0, usedBytes);
    room = larger;
  }

  return {
    append(bytes, from, to) {
      makeRoom(to - from);
      if (to - from > SHORT_BYTES) {
        usedBytes += bytes.copy(room, usedBytes, from, to);
        return;
      }
      for (let index = from; index < to; index++) room[usedBytes++] = bytes[index] as number;
    },
    appendUnbroken(bytes, from, to) {
      makeRoom(to - from);
      const target = room;
      let used = usedBytes;
      // Every byte is written, and the next one overwrites a byte that is not kept. This saves a branch per byte.
      for (let next = from; next < to; next++) {
        const byte = bytes[next] as number;
        target[used] = byte;
        used += KEPT[byte] as number;
      }
      usedBytes = used;
    },
    appendByte(byte) {
      makeRoom(1);
      room[usedBytes++] = byte;
    },
    take() {
      const taken = room.subarray(0, usedBytes);
      // Nothing that was lent is given back by taking nothing.
      if (usedBytes > 0) [room, lent] = [lent, room];
      usedBytes = 0;
      return taken;
    },
  };
}
