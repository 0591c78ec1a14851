/**
 * Makes and reads the ids of the files that `api/file/{id}` serves. Each belongs to one record, and its bytes never change.
 *
 * A new status of a record is a new rendering of its document, with a new identity.
 */

import { hash } from './hash.ts';
import { STREAM_NAMES, type StreamName } from './streams.ts';

/** The kind of file. The last four are one image in four sizes. */
const KINDS = ['pdf', 'attachment', 'picture', 'original', 'thumbnail', 'medium', 'large'] as const;

export interface FileOf {
  readonly stream: StreamName;
  readonly index: number;
  readonly kind: (typeof KINDS)[number];
  /** Which of that kind, where a record has several; at most 15. */
  readonly nth: number;
  /** Which rendering, from 0. */
  readonly version: number;
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

/** 24 hexadecimal digits. */
export function fileId(file: FileOf, seed: number): string {
  const place = [STREAM_NAMES.indexOf(file.stream), KINDS.indexOf(file.kind), file.nth] as const;
  const text = `${hex(place[0], 2)}${hex(place[1], 1)}${hex(place[2], 1)}${hex(file.index, 6)}${hex(file.version, 6)}`;
  return `${hex(hash(seed, file.index, 700 + file.version), 8)}${text}`;
}

/** The file that an id names, or `undefined` where it is not one of ours. */
export function fileOf(id: string, seedOf: (stream: StreamName) => number): FileOf | undefined {
  if (!/^[0-9a-f]{24}$/.test(id)) return undefined;
  const part = (from: number, to: number) => Number.parseInt(id.slice(from, to), 16);
  const stream = STREAM_NAMES[part(8, 10)];
  const kind = KINDS[part(10, 11)];
  if (stream === undefined || kind === undefined) return undefined;
  const file = { stream, kind, nth: part(11, 12), index: part(12, 18), version: part(18, 24) };
  return fileId(file, seedOf(stream)) === id ? file : undefined;
}
