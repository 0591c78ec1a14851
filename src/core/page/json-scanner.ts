/**
 * Walks over JSON text byte by byte, in chunks cut anywhere, and stops where its caller may want to look.
 *
 * Decides that the text is JSON in UTF-8, no deeper than {@link MAX_DEPTH}. What a stop means is the caller's
 * business. One container is watched at a time, the one at `watchedDepth`; what lies deeper is checked and passed by.
 *
 * The table of the grammar alone would do, and does all the work at the edges of a chunk. Names and strings that lie
 * within one chunk take a shorter way, since they are most of every page: see `bench/splitter.ts`.
 */

import { ACTION, FIRST_ACTION, isInString, NEXT, PLAIN, STATE, scalarState } from './json-grammar.ts';
import { isNameWatched } from './json-names.ts';
import { beginString, keepName, MAX_DEPTH, pointAtName, type Scan, STOP } from './json-scan.ts';

// Local names let the compiler see numbers; looked up in the objects each time, the loop takes a third longer.
const { openName, openString, resumeString, escape: escaping, closeString, openObject, openArray, close } = ACTION;
const { openScalar, closeLiteral, closeNumber } = ACTION;
const { value, valueOrClose, name, nameOrClose, colon, afterMember, afterElement, string } = STATE;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Scans on to the next stop. Must not be called again after `refused` or `tooDeep`. */
export function nextStop(scan: Scan): number {
  const { chunk, after, watchedDepth } = scan;
  const { starts } = scan.names;
  const end = chunk.length;
  let { position, state, depth } = scan;
  let stop: number = STOP.chunkEnd;
  scanning: while (position < end) {
    const byte = chunk[position] as number;
    const next = NEXT[(state << 8) | byte] as number;
    if (next < FIRST_ACTION) {
      state = next;
      position++;
      continue;
    }
    switch (next) {
      case openName: {
        const from = ++position;
        while (position < end && PLAIN[chunk[position] as number] === 1) position++;
        if (position === end || chunk[position] !== QUOTE) {
          beginString(scan, from, true);
          state = string;
          break;
        }
        const to = position++;
        if (position < end && chunk[position] === COLON) {
          position++;
          state = value;
        } else {
          state = colon;
        }
        if (depth === watchedDepth && isNameWatched(starts, to - from, chunk[from] as number)) {
          scan.nameBytes = chunk;
          scan.nameFrom = from;
          scan.nameTo = to;
          scan.nameIsEscaped = false;
          stop = STOP.name;
          break scanning;
        }
        break;
      }
      case openString: {
        const from = ++position;
        while (position < end && PLAIN[chunk[position] as number] === 1) position++;
        if (position === end || chunk[position] !== QUOTE) {
          beginString(scan, from, false);
          state = string;
          break;
        }
        state = after[depth] as number;
        const isEmpty = position === from;
        position++;
        if (depth === watchedDepth && scan.watchesValues) {
          scan.valueByte = QUOTE;
          scan.valueIsEmpty = isEmpty;
          stop = STOP.value;
          break scanning;
        }
        if (state === afterMember && position < end && chunk[position] === COMMA) {
          position++;
          state = name;
        }
        break;
      }
      case resumeString:
        position++;
        state = string;
        while (position < end && PLAIN[chunk[position] as number] === 1) position++;
        break;
      case escaping:
        position++;
        state = STATE.escape;
        scan.nameIsEscaped = true;
        break;
      case closeString:
        position++;
        if (scan.stringIsName) {
          state = colon;
          if (depth === watchedDepth) {
            pointAtName(scan, position - 1);
            stop = STOP.name;
            break scanning;
          }
        } else {
          state = after[depth] as number;
          if (depth === watchedDepth && scan.watchesValues) {
            scan.valueByte = QUOTE;
            scan.valueIsEmpty = scan.bytesBefore + position - 1 === scan.stringAt;
            stop = STOP.value;
            break scanning;
          }
        }
        break;
      case openObject:
      case openArray:
        position++;
        if (depth === MAX_DEPTH) {
          stop = STOP.tooDeep;
          break scanning;
        }
        depth++;
        after[depth] = next === openObject ? afterMember : afterElement;
        state = next === openObject ? nameOrClose : valueOrClose;
        if (depth - 1 === watchedDepth && scan.watchesValues) {
          scan.valueByte = byte;
          stop = STOP.value;
          break scanning;
        }
        break;
      case close:
        position++;
        depth--;
        state = after[depth] as number;
        if (depth < watchedDepth) {
          stop = STOP.close;
          break scanning;
        }
        break;
      case openScalar:
        position++;
        state = scalarState(byte);
        if (depth === watchedDepth && scan.watchesValues) {
          scan.valueByte = byte;
          stop = STOP.value;
          break scanning;
        }
        break;
      case closeLiteral:
        position++;
        state = after[depth] as number;
        break;
      case closeNumber:
        state = after[depth] as number;
        break;
      default:
        stop = STOP.refused;
        break scanning;
    }
  }
  scan.position = position;
  scan.state = state;
  scan.depth = depth;
  if (stop === STOP.chunkEnd && scan.stringIsName && depth === watchedDepth && isInString(state)) keepName(scan);
  return stop;
}
