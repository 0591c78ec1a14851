/** The shape of a row of the failure table, and hints that several rows share. Data only. */

import type { FailureKind } from './errors.ts';

export type FailureAction = 'retry' | 'renew_token' | 'hard';

export interface FailureRow {
  /** Stable name of the row, logged as `reason`. */
  readonly id: string;
  /** What it recognises, for a person. */
  readonly when: string;
  readonly action: FailureAction;
  /** How it ends when the action did not help. */
  readonly kind: FailureKind;
  /** One sentence: what a person should do. */
  readonly hint: string;
  /** Statuses of an answer. */
  readonly statuses?: readonly number[];
  /** Values of `error` in an answer of the identity server. */
  readonly oauth?: readonly string[];
  /** Error codes or names of exceptions. */
  readonly codes?: RegExp;
}

export const SERVER_ERROR_HINT =
  'Nothing to do at once, the next run tries again from the same place; if Ditio keeps answering 5xx, contact its support with the request and time of this line.';
export const TIMEOUT_HINT =
  'Lower PAGE_SIZE so that a page is ready sooner, or raise REQUEST_TIMEOUT_SECONDS; the next run tries again from the same place.';
export const NETWORK_HINT =
  'Check that the function can reach the host (VPC, NAT, firewall, proxy) and whether Ditio is up; the next run tries again from the same place.';
export const WRONG_HOST_HINT =
  'Check the base URL (DITIO_REPORTING_URL, DITIO_IDENTITY_URL or DITIO_ENVIRONMENT): something else than the Ditio API answers there.';
