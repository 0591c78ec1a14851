/**
 * Walks over JSON text byte by byte, in chunks cut anywhere, and stops where somebody may want to look.
 *
 * Decides that the text is JSON in UTF-8, no deeper than {@link MAX_DEPTH}. What a stop means is the caller's
 * business: names of members and values are pointed at, never decoded. One container is watched at a time, the one at
 * `watchedDepth`; what lies deeper is only checked.
 */

import { ACTION, FIRST_ACTION, NEXT, PLAIN, STATE, scalarState } from './json-grammar.ts';

/** Most objects and arrays that may be open at once. */
export const MAX_DEPTH = 256;

/** Most bytes of a name that is kept when a chunk ends within it; the rest of a longer one is cut off. */
const KEPT_NAME_BYTES = 128;

/** Why {@link nextStop} returned. */
export const STOP = {
  /** Every byte of the chunk has been looked at. */
  chunkEnd: 0,
  /** A line feed or carriage return between tokens; `position` is behind it. */
  lineBreak: 1,
  /** The name of a member of the watched object: `nameBytes` from `nameFrom` to `nameTo`, less its quotes. */
  name: 2,
  /**
   * A value in the watched container, asked for with `watchValue`. `valueByte` is its first byte. `position` is behind
   * that byte; for a string it is behind the closing quote.
   */
  value: 3,
  /** The watched container was closed; `position` is behind the bracket. */
  close: 4,
  /** The byte at `position` may not stand there. */
  refused: 5,
  /** The bracket before `position` opened more than {@link MAX_DEPTH} containers. */
  tooDeep: 6,
} as const;

/** A scan in progress: plain data, read and set by {@link nextStop} and its caller. */
export interface Scan {
  chunk: Buffer;
  /** Index in `chunk` of the next byte to look at. */
  position: number;
  /** Bytes of the body before `chunk`. */
  bytesBefore: number;
  state: number;
  /** Open containers. */
  depth: number;
  /** The caller's: which container's names, values and end are stops. */
  watchedDepth: number;
  /** The caller's: whether values in the watched container are stops. */
  watchValue: boolean;
  nameBytes: Buffer;
  nameFrom: number;
  nameTo: number;
  /** Whether the name has a backslash. */
  nameEscaped: boolean;
  valueByte: number;
  /** Whether the value is the string of no bytes. */
  valueEmpty: boolean;

  /** State after a finished value, for each open container; at 0 what follows the text. */
  readonly after: Uint8Array;
  /** Where in the body the newest string began, less its quote. */
  stringAt: number;
  inName: boolean;
  readonly kept: Buffer;
  keptBytes: number;
}

export function createScan(): Scan {
  const nothing = Buffer.alloc(0);
  const after = new Uint8Array(MAX_DEPTH + 1);
  after[0] = STATE.end;
  return {
    chunk: nothing,
    position: 0,
    bytesBefore: 0,
    state: STATE.start,
    depth: 0,
    watchedDepth: 0,
    watchValue: true,
    nameBytes: nothing,
    nameFrom: 0,
    nameTo: 0,
    nameEscaped: false,
    valueByte: 0,
    valueEmpty: false,
    after,
    stringAt: 0,
    inName: false,
    kept: Buffer.alloc(KEPT_NAME_BYTES),
    keptBytes: 0,
  };
}

/** Hands the scan its next chunk; the last one must have been scanned to its end. */
export function feed(scan: Scan, chunk: Buffer): void {
  scan.bytesBefore += scan.chunk.length;
  scan.chunk = chunk;
  scan.position = 0;
}

/** Scans on to the next stop. After `refused` and `tooDeep` it must not be called again. */
export function nextStop(scan: Scan): number {
  const { chunk, after } = scan;
  const end = chunk.length;
  let { position, state } = scan;
  while (position < end) {
    const byte = chunk[position] as number;
    const next = NEXT[(state << 8) | byte] as number;
    if (next < FIRST_ACTION) {
      state = next;
      position++;
      continue;
    }
    switch (next) {
      case ACTION.openKey:
      case ACTION.openString:
        position++;
        scan.stringAt = scan.bytesBefore + position;
        scan.inName = next === ACTION.openKey;
        scan.nameEscaped = false;
        scan.valueByte = byte;
        state = STATE.string;
        while (position < end && PLAIN[chunk[position] as number] === 1) position++;
        break;
      case ACTION.resumeString:
        position++;
        state = STATE.string;
        while (position < end && PLAIN[chunk[position] as number] === 1) position++;
        break;
      case ACTION.escape:
        position++;
        state = STATE.escape;
        scan.nameEscaped = true;
        break;
      case ACTION.closeString:
        position++;
        if (scan.inName) {
          state = STATE.colon;
          if (scan.depth === scan.watchedDepth) {
            scan.state = state;
            scan.position = position;
            pointAtName(scan);
            return STOP.name;
          }
        } else {
          state = after[scan.depth] as number;
          if (scan.watchValue && scan.depth === scan.watchedDepth) {
            scan.state = state;
            scan.position = position;
            scan.valueEmpty = scan.bytesBefore + position - 1 === scan.stringAt;
            return STOP.value;
          }
        }
        break;
      case ACTION.openObject:
      case ACTION.openArray: {
        position++;
        const watched = scan.watchValue && scan.depth === scan.watchedDepth;
        if (scan.depth === MAX_DEPTH) {
          scan.position = position;
          return STOP.tooDeep;
        }
        scan.depth++;
        if (next === ACTION.openObject) {
          after[scan.depth] = STATE.afterMember;
          state = STATE.keyOrClose;
        } else {
          after[scan.depth] = STATE.afterElement;
          state = STATE.valueOrClose;
        }
        if (watched) {
          scan.state = state;
          scan.position = position;
          scan.valueByte = byte;
          return STOP.value;
        }
        break;
      }
      case ACTION.close:
        position++;
        scan.depth--;
        state = after[scan.depth] as number;
        if (scan.depth < scan.watchedDepth) {
          scan.state = state;
          scan.position = position;
          return STOP.close;
        }
        break;
      case ACTION.openScalar:
        position++;
        state = scalarState(byte);
        if (scan.watchValue && scan.depth === scan.watchedDepth) {
          scan.state = state;
          scan.position = position;
          scan.valueByte = byte;
          return STOP.value;
        }
        break;
      case ACTION.closeLiteral:
        position++;
        state = after[scan.depth] as number;
        break;
      case ACTION.closeNumber:
        state = after[scan.depth] as number;
        break;
      case ACTION.lineBreak:
        position++;
        scan.state = state;
        scan.position = position;
        return STOP.lineBreak;
      default:
        scan.state = state;
        scan.position = position;
        return STOP.refused;
    }
  }
  scan.state = state;
  scan.position = position;
  if (scan.inName && scan.depth === scan.watchedDepth && isInString(state)) keepName(scan);
  return STOP.chunkEnd;
}

function isInString(state: number): boolean {
  return state >= STATE.string && state <= STATE.utf8One;
}

function keepName(scan: Scan): void {
  const from = Math.max(0, scan.stringAt - scan.bytesBefore);
  scan.keptBytes += scan.chunk.copy(scan.kept, scan.keptBytes, from);
}

function pointAtName(scan: Scan): void {
  const from = scan.stringAt - scan.bytesBefore;
  if (from >= 0) {
    scan.nameBytes = scan.chunk;
    scan.nameFrom = from;
    scan.nameTo = scan.position - 1;
    return;
  }
  const restBytes = scan.chunk.copy(scan.kept, scan.keptBytes, 0, scan.position - 1);
  scan.nameBytes = scan.kept;
  scan.nameFrom = 0;
  scan.nameTo = scan.keptBytes + restBytes;
  scan.keptBytes = 0;
}
