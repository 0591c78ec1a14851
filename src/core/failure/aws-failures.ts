/**
 * What an error of AWS or of the disk means: try again, or a failure that a person can act on.
 *
 * Decides by two tables alone (`aws-failure-rows.ts`, `disk-failure-rows.ts`). Errors are known by the names the SDK
 * gives them, by system error codes along their causes, and, where neither says anything, by the status of the answer.
 */

import type { Verdict } from '../retry/retry.ts';
import { AWS_ROWS, type AwsService } from './aws-failure-rows.ts';
import { DISK_ROWS, type DiskPlace } from './disk-failure-rows.ts';
import { DeadlineReached, type FailureFacts, HardFailure } from './errors.ts';
import type { FailureRow } from './failure-row.ts';

export type { AwsService, DiskPlace };

/** The row for an error that a client of the SDK has thrown. */
export function rowForAws(service: AwsService, error: unknown): FailureRow {
  const rows = AWS_ROWS[service];
  for (const label of labelsOf(error)) {
    const row = rows.find(({ codes }) => codes?.test(label));
    if (row) return row;
  }
  const status = statusOf(error);
  const byStatus = status === undefined ? undefined : rows.find(({ statuses }) => statuses?.includes(status));
  return byStatus ?? (rows.at(-1) as FailureRow);
}

/** What to do about an error of AWS. `operation` is named as a person knows it, such as `DynamoDB UpdateItem`. */
export function judgeAws(service: AwsService, operation: string, error: unknown, facts: FailureFacts = {}): Verdict {
  const row = rowForAws(service, error);
  if (row.action !== 'retry') return { action: 'hard', failure: awsFailure(service, operation, error, facts) };
  return { action: 'retry', throttled: row.id.endsWith('_throttled'), retryAfterMs: null };
}

/** The failure that an error of AWS is, once it is not tried again. */
export function awsFailure(
  service: AwsService,
  operation: string,
  error: unknown,
  facts: FailureFacts = {},
): HardFailure {
  const row = rowForAws(service, error);
  const times = facts.attempts === undefined || facts.attempts === 1 ? '' : ` after ${facts.attempts} attempts`;
  const message = `${operation} failed${times}: ${messageOf(error)}`;
  return new HardFailure(
    row.kind,
    message,
    { hint: row.hint, ...evidenceOf(error), request: operation, ...facts },
    error,
  );
}

/** The row for an error of the file system. */
export function rowForDisk(place: DiskPlace, error: unknown): FailureRow {
  const rows = DISK_ROWS[place];
  const label = codeOf(error);
  return rows.find(({ codes }) => label !== undefined && codes?.test(label)) ?? (rows.at(-1) as FailureRow);
}

/**
 * The failure that an error of the file system is: `lake`, or `unexpected` where it has no system error code and so is
 * none of the disk's. Failures and `DeadlineReached` come back as they are.
 */
export function diskFailure(place: DiskPlace, what: string, error: unknown): HardFailure | DeadlineReached {
  if (error instanceof HardFailure || error instanceof DeadlineReached) return error;
  const code = codeOf(error);
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) {
    return new HardFailure('unexpected', `${what} failed: ${messageOf(error)}`, {}, error);
  }
  const row = rowForDisk(place, error);
  return new HardFailure(row.kind, `${what} failed: ${code}`, { hint: row.hint, code }, error);
}

/** Status and name of an error of AWS, and what it says; never longer than {@link MOST_DETAIL}. */
export function evidenceOf(error: unknown): Pick<FailureFacts, 'status' | 'code' | 'detail'> {
  const status = statusOf(error);
  const code = codeOf(error) ?? (isNamed(error) ? error.name : undefined);
  return { ...(status !== undefined && { status }), ...(code !== undefined && { code }), detail: messageOf(error) };
}

const MOST_DETAIL = 1000;
/** How far causes are followed. */
const MOST_CAUSES = 5;
/** Names that say nothing. */
const NAMELESS = /^(Error|AggregateError|Unknown|UnknownError|SyntaxError)$/;

interface SdkError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: { readonly statusCode?: number };
}

/** Names and codes by which the tables may know the error, outermost first. */
function labelsOf(error: unknown): string[] {
  const labels: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < MOST_CAUSES && current instanceof Error; depth++) {
    const { name, code, $metadata, cause } = current as SdkError;
    // A request that is signed with a wrong time is refused under several names, access denied among them.
    if ($metadata?.clockSkewCorrected === true) labels.push('ClockSkewCorrected');
    // The SDK has no name for it.
    if (current.message === 'Region is missing') labels.push('RegionMissing');
    if (!NAMELESS.test(name)) labels.push(name);
    if (typeof code === 'string') labels.push(code);
    current = cause;
  }
  return labels;
}

function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = (error ?? {}) as Partial<SdkError>;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as Partial<SdkError>;
  return typeof code === 'string' ? code : undefined;
}

function isNamed(error: unknown): error is Error {
  return error instanceof Error && !NAMELESS.test(error.name);
}

/** First line only: the SDK adds advice for programmers below it. */
function messageOf(error: unknown): string {
  const text = error instanceof Error && error.message !== '' ? error.message : String(error);
  return (text.split('\n', 1)[0] as string).slice(0, MOST_DETAIL).toWellFormed();
}
