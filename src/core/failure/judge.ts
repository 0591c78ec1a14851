/** Decides about an error of a request: try again, or fail with a message that a person can act on. */

import { type AwsService, classify, type DiskPlace, type FailurePlace } from './classify.ts';
import { AnswerRefused, DeadlineReached, type FailureFacts, HardFailure } from './errors.ts';
import { codeOf, factsOf, messageOf } from './evidence.ts';
import type { FailureRow } from './failure-row.ts';

export type { AwsService, DiskPlace };

/** Names a request: the failure table that it belongs to, and its text for messages. */
export interface RequestLabel {
  readonly place: FailurePlace;
  /** Method and URL without continuation token, or the AWS operation as a person knows it. */
  readonly request: string;
}

/** How often the request was sent, and for how long. */
export interface Attempted {
  /** How many times the request was sent, this time included. */
  readonly attempt: number;
  /** Time since it was first sent, in milliseconds. */
  readonly elapsedMs: number;
}

/** What the retry loop does about an error. */
export type Verdict =
  | {
      /** Try again after the wait of the schedule, or after `retryAfterMs` where that is longer. */
      readonly action: 'retry';
      /** The row of the failure table. */
      readonly reason: string;
      readonly throttled: boolean;
      readonly retryAfterMs: number | null;
      /** The failure when no attempt is left. */
      readonly failure: HardFailure;
    }
  /** The cause was removed (a token was renewed): try again without a wait, at most once. Does not count as an attempt of the schedule. */
  | { readonly action: 'again' }
  | { readonly action: 'hard'; readonly failure: HardFailure };

/** The verdict on an error of an attempt. A 401 is hard here: only the caller that holds the token can renew it. */
export function judge(label: RequestLabel, error: unknown, attempted: Attempted): Verdict {
  const row = classify(label.place, error);
  if (row.action !== 'retry') return { action: 'hard', failure: hardFailure(label, error, attempted) };
  return {
    action: 'retry',
    reason: row.id,
    throttled: row.throttled ?? false,
    retryAfterMs: error instanceof AnswerRefused ? error.retryAfterMs : null,
    failure: hardFailure(label, error, attempted),
  };
}

/** The failure that an error of an attempt becomes when it is not tried again. */
export function hardFailure(label: RequestLabel, error: unknown, attempted: Attempted): HardFailure {
  const row = classify(label.place, error);
  // A 401 becomes hard only after the request was sent again with another token.
  const token = row.action === 'renew_token' ? ', also with a new token' : '';
  const message = `${label.request} failed: ${messageOf(error)}${token}`;
  const facts = { ...factsOf(error), ...factsOfRequest(label, attempted) };
  return failureFrom(row, row.action === 'retry' ? gaveUp(message, attempted) : message, facts, error);
}

/** What is known about the request by now. */
export function factsOfRequest(label: RequestLabel, { attempt, elapsedMs }: Attempted): FailureFacts {
  return { request: label.request, attempts: attempt, elapsedMs };
}

/** The failure that a row ends in. A hint among the facts replaces the hint of the row. */
export function failureFrom(row: FailureRow, message: string, facts: FailureFacts, cause?: unknown): HardFailure {
  const { hint, concerns, code } = row;
  const known = { hint, ...(concerns && { concerns }), ...facts, ...(code !== undefined && { code }) };
  return new HardFailure(row.kind, message, known, cause);
}

/**
 * The failure for an error of the file system: `lake`, or `unexpected` where it has no system error code and so does not
 * come from the disk. `HardFailure` and `DeadlineReached` are returned unchanged.
 */
export function diskFailure(place: DiskPlace, what: string, error: unknown): HardFailure | DeadlineReached {
  if (error instanceof HardFailure || error instanceof DeadlineReached) return error;
  const code = codeOf(error);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) {
    return new HardFailure('unexpected', `${what} failed: ${messageOf(error)}`, {}, error);
  }
  return failureFrom(classify(place, error), `${what} failed: ${code}`, { code }, error);
}

function gaveUp(message: string, { attempt, elapsedMs }: Attempted): string {
  const times = attempt === 1 ? '1 attempt' : `${attempt} attempts`;
  return `gave up after ${times} in ${(elapsedMs / 1000).toFixed(1)} s: ${message}`;
}
