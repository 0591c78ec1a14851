/**
 * The members of a page beside its records: continuation token, mode and counts.
 *
 * Decides what they must be. Whether they agree with the records and with what was asked for is decided in
 * `page-check.ts`.
 */

import { HardFailure } from '../failure/errors.ts';
import { watchNames } from './json-names.ts';
import { nextPageSign } from './next-page-sign.ts';

/** What a page may hold beside its records, in bytes as sent. Real ones have a few hundred. */
export const MAX_ENVELOPE_BYTES = 1024 * 1024;

/** The members that are read; each may come once. Others are tolerated. */
export const ENVELOPE_NAMES = watchNames([
  'data',
  'continuationToken',
  'syncTypeName',
  'recordCount',
  'deletedRecordCount',
]);

/** What a page says of itself; `null` for what it leaves out. */
export interface EnvelopeFacts {
  /** Opaque and never empty. */
  readonly continuationToken: string | null;
  readonly syncTypeName: string | null;
  readonly recordCount: number | null;
  readonly deletedRecordCount: number | null;
  /** Whether it has the member `links`. */
  readonly hasLinks: boolean;
  /** The member other than `continuationToken` that points to a next page, such as `links.next`; null without one. */
  readonly pointsOn: string | null;
}

export interface EnvelopeText {
  /** Appends `bytes` from `from` up to `to`. Throws `HardFailure('wire_format')` past {@link MAX_ENVELOPE_BYTES}. */
  append(bytes: Buffer, from: number, to: number): void;
  /**
   * Reads the whole text, which must be a JSON object. Throws `HardFailure('wire_format')` when a member is of
   * another type than it should be.
   */
  read(): EnvelopeFacts;
}

/** Gathers the text of a page less its records. */
export function createEnvelopeText(): EnvelopeText {
  let gathered = Buffer.alloc(1024);
  let usedBytes = 0;
  return {
    append(bytes, from, to) {
      const neededBytes = usedBytes + to - from;
      if (neededBytes > MAX_ENVELOPE_BYTES) {
        throw new HardFailure(
          'wire_format',
          `the page holds more than ${MAX_ENVELOPE_BYTES} bytes beside its records, where a few hundred were expected`,
        );
      }
      if (neededBytes > gathered.length) {
        const larger = Buffer.alloc(Math.max(neededBytes, 2 * gathered.length));
        gathered.copy(larger, 0, 0, usedBytes);
        gathered = larger;
      }
      usedBytes += bytes.copy(gathered, usedBytes, from, to);
    },
    read() {
      const members: Readonly<Record<string, unknown>> = JSON.parse(gathered.toString('utf8', 0, usedBytes));
      return {
        continuationToken: readToken(members.continuationToken),
        syncTypeName: readText('syncTypeName', members.syncTypeName),
        recordCount: readCount('recordCount', members.recordCount),
        deletedRecordCount: readCount('deletedRecordCount', members.deletedRecordCount),
        hasLinks: members.links !== undefined,
        pointsOn: nextPageSign({ ...members, continuationToken: null }),
      };
    },
  };
}

function readToken(value: unknown): string | null {
  const token = readText('continuationToken', value);
  if (token === null || token === '') return null;
  if (!token.isWellFormed()) {
    const message = '"continuationToken" holds half of a surrogate pair, so that it cannot be sent back as it is';
    throw new HardFailure('wire_format', message);
  }
  return token;
}

function readText(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new HardFailure('wire_format', `"${name}" must be a string or null, found ${kindOf(value)}`);
}

function readCount(name: string, value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value + 0;
  const found = typeof value === 'number' ? 'another number' : kindOf(value);
  throw new HardFailure('wire_format', `"${name}" must be a whole number from 0 on, or null; found ${found}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
