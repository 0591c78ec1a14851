/** Writes the members that every record has, and defines the type of a renderer. */

import { hash } from '../hash.ts';
import type { Members } from '../members.ts';
import { NEVER, type StreamState } from '../stream-state.ts';
import { EMPTY_TIME, formatSeconds, formatTicks, TICKS_PER_SECOND, type Ticks } from '../ticks.ts';

/** The record as JSON text: its present values, or its last ones if it is deleted. */
export type Render = (members: Members, stream: StreamState, index: number, asked: Asked) => string;

/** The parts of the request that affect a record. */
export interface Asked {
  /** `IncludeSensitiveData`. */
  readonly sensitive: boolean;
}

/** Modification, deletion and flag: `"modifiedDateTime":…,"isDeleted":…,"deletedDateTime":…`. */
export function standing(stream: StreamState, index: number, whenLive: string = 'null'): string {
  const deleted = stream.deleted(index);
  if (deleted === NEVER) {
    return `"modifiedDateTime":"${formatTicks(stream.modified(index))}","isDeleted":false,"deletedDateTime":${whenLive}`;
  }
  const modified = stream.spec.tombstone === 'last-version' ? stream.modified(index) : deleted;
  return `"modifiedDateTime":"${formatTicks(modified)}","isDeleted":true,"deletedDateTime":"${formatTicks(deleted)}"`;
}

/** The other way to write that something is not deleted. */
export const EMPTY_TIME_JSON = `"${EMPTY_TIME}"`;

/** How far a registration has come: 0 new, 1 approved, 2 approved for payroll, 3 locked. Only ever rises. */
export function progress(stream: StreamState, index: number, dice: number): number {
  return Math.min(3, (dice & 3) + stream.revision(index));
}

/** Whole seconds since 2015 at which the record was made. */
export function madeSeconds(stream: StreamState, index: number): number {
  return Math.floor(stream.madeAt(index) / TICKS_PER_SECOND);
}

/** Whole seconds since 2015 of the record's date. */
export function dateSeconds(stream: StreamState, index: number): number {
  return Math.floor(stream.date(index) / TICKS_PER_SECOND);
}

/** `"2026-11-22T08:15:03Z"`. */
export function timeJson(seconds: number): string {
  return `"${formatSeconds(seconds)}Z"`;
}

/** A time, or Ditio's text for a missing time. */
export function timeOrEmpty(is: boolean, at: Ticks): string {
  return is ? `"${formatTicks(at)}"` : EMPTY_TIME_JSON;
}

/** A universally unique id that belongs to a record. */
export function uuidOf(seed: number, index: number): string {
  const digits = [0, 1, 2, 3]
    .map((salt) =>
      hash(seed, index, 900 + salt)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
}

/**
 * Absolute, on the core host. A new status is a new rendering, a file of its own; a young record has none yet.
 */
export function pdfUrl(members: Members, stream: StreamState, index: number, dice: number): string {
  const revision = stream.revision(index);
  if (revision === 0 && dice % 9 === 0) return 'null';
  return members.fileUrl({ stream: stream.spec.name, index, kind: 'pdf', nth: 0, version: revision });
}
