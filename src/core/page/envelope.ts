/** Reads the members of a page other than its records: continuation token, mode and counts. */

import { HardFailure, PageSaysFailed } from '../failure/errors.ts';
import { failureSign } from './failure-sign.ts';
import { nextPageSign } from './next-page-sign.ts';

/** Most bytes of a page outside its records, as sent. Real pages have a few hundred. */
export const MAX_ENVELOPE_BYTES = 1024 * 1024;

/** The members that are read; each may appear once. Others are tolerated. */
export const ENVELOPE_NAMES = [
  'data',
  'continuationToken',
  'syncTypeName',
  'recordCount',
  'deletedRecordCount',
] as const;

/** What a page says about itself; `null` for a missing member. */
export interface EnvelopeFacts {
  /** Opaque and never empty. */
  readonly continuationToken: string | null;
  readonly syncTypeName: string | null;
  readonly recordCount: number | null;
  readonly deletedRecordCount: number | null;
  /** Whether it has the member `links`. */
  readonly hasLinks: boolean;
  /** The member other than `continuationToken`, or header, that points to a next page, such as `links.next`; null without one. */
  readonly nextPageSign: string | null;
}

/** The text of a page without its records. */
export interface Envelope {
  /** Appends `bytes` from `from` up to `to`. Throws as {@link mustFit} does. */
  append(bytes: Buffer, from: number, to: number): void;
  /** Throws `HardFailure('wire_format')` when `moreBytes` would exceed {@link MAX_ENVELOPE_BYTES}. */
  mustFit(moreBytes: number): void;
  /**
   * The text must be a JSON object. Throws `HardFailure('wire_format')` when a member is of the wrong type, or says that the
   * page failed.
   */
  read(): EnvelopeFacts;
}

/** @param ownToken the continuation token that the page was requested with, if any */
export function createEnvelope(ownToken: string | null): Envelope {
  const pieces: Buffer[] = [];
  let usedBytes = 0;

  function mustFit(moreBytes: number): void {
    if (usedBytes + moreBytes <= MAX_ENVELOPE_BYTES) return;
    throw new HardFailure(
      'wire_format',
      `the page holds more than ${MAX_ENVELOPE_BYTES} bytes outside its records, where a few hundred were expected`,
    );
  }

  return {
    mustFit,
    append(bytes, from, to) {
      if (to === from) return;
      mustFit(to - from);
      pieces.push(Buffer.from(bytes.subarray(from, to)));
      usedBytes += to - from;
    },
    read() {
      const members: Readonly<Record<string, unknown>> = JSON.parse(Buffer.concat(pieces).toString());
      refuseFailed(members);
      return {
        continuationToken: readToken(members.continuationToken),
        syncTypeName: readText('syncTypeName', members.syncTypeName),
        recordCount: readCount('recordCount', members.recordCount),
        deletedRecordCount: readCount('deletedRecordCount', members.deletedRecordCount),
        hasLinks: members.links !== undefined,
        nextPageSign: nextPageSign({ ...members, continuationToken: null }, ownToken),
      };
    },
  };
}

const FAILED_HINT =
  'Read detail and wait for the next run, because nothing was stored; if it happens again, send detail and the time of this line to Ditio.';

function refuseFailed(members: Readonly<Record<string, unknown>>): void {
  const sign = failureSign(members);
  if (sign === null) return;
  const message = `the page says that it failed (${JSON.stringify(sign.slice(0, 40))}), so its records may be incomplete`;
  throw new HardFailure('wire_format', message, { hint: FAILED_HINT }, new PageSaysFailed(members));
}

function readToken(value: unknown): string | null {
  const token = readText('continuationToken', value);
  if (token === null || token === '') return null;
  if (!token.isWellFormed()) {
    const message = '"continuationToken" contains an unpaired surrogate, so it cannot be sent back unchanged';
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
  // Minus zero becomes zero.
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value + 0;
  const found = typeof value === 'number' ? 'another number' : kindOf(value);
  throw new HardFailure('wire_format', `"${name}" must be a non-negative whole number or null; found ${found}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
