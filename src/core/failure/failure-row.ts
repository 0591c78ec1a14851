/** Defines the type of a row of the failure tables. */

import type { FailureKind } from './errors.ts';

export type FailureAction = 'retry' | 'renew_token' | 'hard';

/** A status, or a range of statuses with both of its ends. */
export type Statuses = number | readonly [from: number, to: number];

/**
 * One kind of error: how it is recognised, and what the program does about it.
 *
 * A row matches an error whose code or name matches `codes`, or an answer whose status is in `statuses`. Where `says`
 * or `isMarkup` is given, that must match as well.
 */
export interface FailureRow {
  /** Stable name of the row, logged as `reason`. */
  readonly id: string;
  /** The error in words, for a person. */
  readonly when: string;
  readonly action: FailureAction;
  /** Kind of the failure when the action did not help. */
  readonly kind: FailureKind;
  /** One sentence: what a person should do. */
  readonly hint: string;
  /** `run` where no stream can work while the cause lasts; `stream` unless given. */
  readonly concerns?: 'run';
  /** The server asks for fewer requests. */
  readonly throttled?: true;
  /** Statuses of an answer. */
  readonly statuses?: readonly Statuses[];
  /** Error codes or names of exceptions, or the OAuth error of the identity server in lower case. */
  readonly codes?: RegExp;
  /** What the message of the exception or the body of the answer says. */
  readonly says?: RegExp;
  /** The body is HTML or XML. */
  readonly isMarkup?: true;
  /** Code of the failure, where the name of the exception alone does not identify it. */
  readonly code?: string;
}
