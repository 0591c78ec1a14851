/** Takes the lines of a person out of a part. */

import { gzipSync, zstdCompressSync } from 'node:zlib';
import { namesPerson, type PersonValue } from './person.ts';
import { readPart } from './read-part.ts';

const NEWLINE = 0x0a;

export interface Lines {
  /** How many name the person. */
  readonly named: number;
  /** The others, byte for byte. */
  readonly others: Buffer;
}

/** @param bytes of the part, compressed */
export function linesOf(bytes: Buffer, person: readonly PersonValue[]): Lines {
  const text = readPart(bytes);
  const others: Buffer[] = [];
  let named = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(NEWLINE, from);
    const line = text.subarray(from, end < 0 ? text.length : end + 1);
    if (namesPerson(line.toString('utf8'), person)) named += 1;
    else others.push(line);
    from += line.length;
  }
  return { named, others: Buffer.concat(others) };
}

/** As the name of the part says. A part of no lines is a whole part: manifests go on naming it. */
export function compress(key: string, lines: Buffer): Buffer {
  return key.endsWith('.zst') ? zstdCompressSync(lines) : gzipSync(lines);
}
