/**
 * A scan of JSON text as data: where it stands, what it watches, and what it points at.
 *
 * Decides how names that lie in several chunks are kept. How the scan moves is decided in `json-scanner.ts`.
 */

import { STATE } from './json-grammar.ts';
import { KEPT_NAME_BYTES, NO_NAMES, type WatchedNames } from './json-names.ts';

/** Most objects and arrays that may be open at once, the outermost included. */
export const MAX_DEPTH = 256;

/** Why `nextStop` returned. */
export const STOP = {
  /** Every byte of the chunk has been looked at. */
  chunkEnd: 0,
  /** A member of the watched object that may be one of `names`: see `name…`. `position` is behind its name. */
  name: 1,
  /**
   * A value in the watched container, while `watchesValues`. `valueByte` is its first byte and `position` is behind
   * that byte; of a string it is behind the closing quote.
   */
  value: 2,
  /** The watched container was closed; `position` is behind the bracket. */
  close: 3,
  /** The byte at `position` may not stand there. */
  refused: 4,
  /** The bracket before `position` opened one container too many. */
  tooDeep: 5,
} as const;

/** A scan in progress. The caller sets the watch and reads the rest. */
export interface Scan {
  /** Depth of the container whose members, values and end are stops; 0 for the text itself. */
  watchedDepth: number;
  names: WatchedNames;
  watchesValues: boolean;

  chunk: Buffer;
  /** Index in `chunk` of the next byte to look at. */
  position: number;
  /** Bytes of the text before `chunk`. */
  bytesBefore: number;
  state: number;
  /** Containers open. */
  depth: number;
  /** Bytes that hold the newest name, less its quotes and not unescaped, from `nameFrom` up to `nameTo`. */
  nameBytes: Buffer;
  nameFrom: number;
  nameTo: number;
  nameIsEscaped: boolean;
  valueByte: number;
  /** Whether the newest value is the string of no characters. */
  valueIsEmpty: boolean;

  /** The state that follows a finished value, by depth. */
  readonly after: Uint8Array;
  /** Where in the text the newest string began that did not take the short way, behind its quote. */
  stringAt: number;
  stringIsName: boolean;
  /** What earlier chunks held of the newest name. */
  readonly keptName: Buffer;
  keptNameBytes: number;
}

/** A scan that stands before its first byte and watches for the outermost value. */
export function createScan(): Scan {
  const nothing = Buffer.alloc(0);
  return {
    watchedDepth: 0,
    names: NO_NAMES,
    watchesValues: true,
    chunk: nothing,
    position: 0,
    bytesBefore: 0,
    state: STATE.start,
    depth: 0,
    nameBytes: nothing,
    nameFrom: 0,
    nameTo: 0,
    nameIsEscaped: false,
    valueByte: 0,
    valueIsEmpty: false,
    after: new Uint8Array(MAX_DEPTH + 1).fill(STATE.end, 0, 1),
    stringAt: 0,
    stringIsName: false,
    keptName: Buffer.alloc(KEPT_NAME_BYTES),
    keptNameBytes: 0,
  };
}

/** Hands over the next chunk; the one before must have been scanned to its end. */
export function feed(scan: Scan, chunk: Buffer): void {
  // Not the length of the last chunk: its memory may have been given back.
  scan.bytesBefore += scan.position;
  scan.chunk = chunk;
  scan.position = 0;
}

/** Remembers a string that does not end at the next quote within its chunk. */
export function beginString(scan: Scan, from: number, isName: boolean): void {
  scan.stringAt = scan.bytesBefore + from;
  scan.stringIsName = isName;
  scan.nameIsEscaped = false;
  scan.keptNameBytes = 0;
}

/** Saves what the chunk holds of a name that goes on in the next. */
export function keepName(scan: Scan): void {
  const from = Math.max(0, scan.stringAt - scan.bytesBefore);
  scan.keptNameBytes += scan.chunk.copy(scan.keptName, scan.keptNameBytes, from);
}

/** Points at a name remembered by {@link beginString} that ends at `to`. */
export function pointAtName(scan: Scan, to: number): void {
  const from = scan.stringAt - scan.bytesBefore;
  const isWhole = from >= 0;
  scan.nameBytes = isWhole ? scan.chunk : scan.keptName;
  scan.nameFrom = isWhole ? from : 0;
  scan.nameTo = isWhole ? to : scan.keptNameBytes + scan.chunk.copy(scan.keptName, scan.keptNameBytes, 0, to);
}
