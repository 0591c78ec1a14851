/** Converts a list of parts to a short text, about 20 bytes per part, and back. */

import type { CommittedPart, Compression } from '../core/cursor/open-sync.ts';

/**
 * `0b0e7c1a 41/20000/7000001 42/4813/1123455`: a run, then version, records and bytes of each of its parts. Where the parts
 * of a run are not gzip, the compression follows: `0b0e7c1a+zstd`.
 */
export function encodeParts(parts: readonly CommittedPart[]): string {
  const words: string[] = [];
  let run = '';
  for (const part of parts) {
    const present = part.compression === 'gzip' ? part.run : `${part.run}+${part.compression}`;
    if (present !== run) words.push(present);
    run = present;
    words.push(`${part.version}/${part.records}/${part.bytes}`);
  }
  return words.join(' ');
}

/** The parts in a text of {@link encodeParts}; null for any other text. */
export function decodeParts(text: string): CommittedPart[] | null {
  const read: CommittedPart[] = [];
  if (text === '') return read;
  let present: { readonly run: string; readonly compression: Compression } | null = null;
  for (const word of text.split(' ')) {
    const [, run, zstd] = /^([0-9a-f]{8})(\+zstd)?$/.exec(word) ?? [];
    if (run !== undefined) {
      present = { run, compression: zstd ? 'zstd' : 'gzip' };
      continue;
    }
    const part = /^(\d{1,15})\/(\d{1,15})\/(\d{1,15})$/.exec(word);
    if (!part || !present) return null;
    read.push({ version: Number(part[1]), ...present, records: Number(part[2]), bytes: Number(part[3]) });
  }
  return read;
}
