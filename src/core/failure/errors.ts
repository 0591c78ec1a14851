/**
 * What can end a stream or a run, as error classes.
 *
 * Decides the shape of a failure: its kind, what a person needs to know, and the evidence. Which evidence leads to
 * which kind is decided in `failures.ts`. Every class sets its own `name`, which survives minification.
 */

/** Every way in which a run or a stream can fail for good (contract, section 7). */
export const FAILURE_KINDS = [
  'config',
  'credentials',
  'unauthorized',
  'forbidden',
  'bad_request',
  'invalid_window',
  'deletion_blocked',
  'not_found',
  'retries_exhausted',
  'wire_format',
  'pagination_loop',
  'lake',
  'state',
  'unexpected',
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** One entry of the structured error list that Ditio's v5 integration API answers with. */
export interface DitioErrorEntry {
  readonly category?: string;
  readonly code?: string;
  readonly field?: string;
  readonly message?: string;
}

/** What is known about a hard failure beside its kind and message; all of it may be logged. */
export interface FailureFacts {
  /** HTTP status of the answer, when there was one. */
  readonly status?: number;
  /** Error code of the body, of the SDK or of the operating system (`invalid_client`, `ENOSPC`, …). */
  readonly code?: string;
  /** What the body said, in either of Ditio's error shapes; at most 1,000 characters, never record content. */
  readonly detail?: string;
  /** The structured list of the body, at most 20 entries. */
  readonly errors?: readonly DitioErrorEntry[];
  /** Method and URL without continuation token, or the AWS operation. */
  readonly request?: string;
  /** How many times the request was sent. */
  readonly attempts?: number;
  /** From the first attempt to the last answer, in milliseconds. */
  readonly elapsedMs?: number;
  /** What a person should do, in one sentence. */
  readonly hint?: string;
}

/**
 * A failure that trying again within this run cannot mend.
 *
 * Thrown by every port and by the pure core. `cause` holds the error that led here, when there was one.
 */
export class HardFailure extends Error {
  override readonly name = 'HardFailure';
  readonly kind: FailureKind;
  readonly facts: FailureFacts;

  constructor(kind: FailureKind, message: string, facts: FailureFacts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.facts = facts;
  }
}

/**
 * A request, wait or write that would not end before the deadline was not begun, or was broken off there.
 *
 * Thrown by the ports, caught by the stream, where it becomes the outcome `deadline`: never a failure.
 */
export class DeadlineReached extends Error {
  override readonly name = 'DeadlineReached';
}

/**
 * An answer that did not arrive whole: connection broken, wrong length, truncated gzip, attempt timed out.
 *
 * Thrown while a body is read; the retry loop sends the request again. `cause` holds what the transport said.
 */
export class TransferBroken extends Error {
  override readonly name = 'TransferBroken';
}

/** Thrown by the handler when a stream failed, so that Lambda counts an error (contract, section 5). */
export class SyncFailedError extends Error {
  override readonly name = 'SyncFailedError';
}
