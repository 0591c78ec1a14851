/**
 * The error classes that can end an attempt, a stream or a run. Every class sets its own `name`, which survives
 * minification.
 */

/** Every way in which a run or a stream can fail for good (contract, section 7). */
export const FAILURE_KINDS = [
  'config',
  'credentials',
  'unauthorized',
  'forbidden',
  'blocked',
  'bad_request',
  'invalid_window',
  'not_found',
  'retries_exhausted',
  'wire_format',
  'pagination_loop',
  'lake',
  'state',
  'unexpected',
  'deletion_blocked',
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** One entry of the structured error list that Ditio's v5 integration API answers with. */
export interface DitioErrorEntry {
  readonly category?: string;
  readonly code?: string;
  readonly field?: string;
  readonly message?: string;
}

/** What an answer says about its error, without secrets and cut to a maximum length. */
export interface ErrorDetails {
  /** Error code of the body, of `WWW-Authenticate`, of the SDK or of the operating system (`invalid_client`, `ENOSPC`, …). */
  readonly code?: string;
  /** What the body or `WWW-Authenticate` says, or the title of a page of HTML; at most 1,000 characters. */
  readonly detail?: string;
  /** The structured list of the body, at most 20 entries. */
  readonly errors?: readonly DitioErrorEntry[];
  /** Name of the request in the server's own logs, for its support desk. */
  readonly traceId?: string;
}

/** What is known about a hard failure besides its kind and message; all of it may be logged. */
export interface FailureFacts extends ErrorDetails {
  /** HTTP status of the answer, when there was one. */
  readonly status?: number;
  /** Method and URL without continuation token, or the AWS operation. */
  readonly request?: string;
  /** How many times the request was sent. */
  readonly attempts?: number;
  /** From the first attempt to the last answer, in milliseconds. */
  readonly elapsedMs?: number;
  /** What a person should do, in one sentence. */
  readonly hint?: string;
  /** `run` where no stream can work while the cause lasts; `stream` unless given. */
  readonly concerns?: 'stream' | 'run';
}

/** `facts.code` for a secret that has no value yet: nothing can be extracted until it has one (contract, section 5). */
export const SECRET_EMPTY = 'SecretEmpty';

/**
 * A failure that another attempt in this run cannot repair.
 *
 * Thrown by every port and by the core. `cause` holds the error that led here, when there was one.
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

  /** `run`: the cause stops every stream, so the run ends with this one failure. `stream`: the others go on. */
  get concerns(): 'stream' | 'run' {
    return this.facts.concerns ?? 'stream';
  }
}

/** A wait that was longer than the time left. */
export interface RefusedWait {
  readonly waitMs: number;
  /** Status of the answer that made the wait necessary, null when there was no answer. */
  readonly status: number | null;
  /** Error code, or `HostPaused` where another endpoint of the host answered "too many requests". */
  readonly code: string | null;
  /** The wait in `Retry-After`, in milliseconds; null without the header. */
  readonly retryAfterMs: number | null;
  /** The run has time for the wait, but other streams are waiting: this stream may get another turn in this run. */
  readonly fitsRun: boolean;
}

/**
 * A request, wait or write was not started because it would not end before the deadline, or was aborted at the deadline.
 *
 * The ports throw it. The stream catches it and turns it into the outcome `deadline`, which is not a failure.
 */
export class DeadlineReached extends Error {
  override readonly name = 'DeadlineReached';
  /** The wait that did not fit, or null where the time was simply over. */
  readonly wait: RefusedWait | null;

  constructor(message: string, options: ErrorOptions & { readonly wait?: RefusedWait } = {}) {
    super(message, options);
    this.wait = options.wait ?? null;
  }
}

/** An attempt took longer than its timeout. */
export class AttemptTimedOut extends Error {
  override readonly name = 'AttemptTimedOut';
  /** The attempt's time limit, in milliseconds. */
  readonly timeoutMs: number;
  /** True when it went on after its signal had aborted: no other attempt may run at the same time. */
  readonly goesOn: boolean;

  constructor(timeoutMs: number, cause?: unknown, goesOn = false) {
    super(`no complete answer within ${Math.round(timeoutMs)} ms`, cause === undefined ? undefined : { cause });
    this.timeoutMs = timeoutMs;
    this.goesOn = goesOn;
  }
}

/** Thrown inside an attempt when the server refused the request or answered with something else. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
  readonly status: number;
  readonly details: ErrorDetails;
  /** True when the body is HTML or XML, which Ditio's API never sends. */
  readonly isMarkup: boolean;
  /** The wait in `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(status: number, details: ErrorDetails = {}, isMarkup = false, retryAfterMs: number | null = null) {
    const { code, detail } = details;
    super(`status ${status}${code ? ` ${code}` : ''}${detail ? `: ${firstWords(detail)}` : ''}`);
    this.status = status;
    this.details = details;
    this.isMarkup = isMarkup;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * An answer did not arrive whole: broken connection, wrong length, truncated or damaged gzip.
 *
 * Thrown while a body is read; the retry loop sends the request again. `cause` holds the error of the transport. Also the
 * cause of the splitter's failure for a page that ends too early, because only its transfer can tell whether it came whole.
 */
export class TransferBroken extends Error {
  override readonly name = 'TransferBroken';
}

/**
 * A page came whole with status 200 and says that it failed.
 *
 * The `cause` of the `wire_format` failure that the splitter throws for it; never thrown itself.
 */
export class PageSaysFailed extends Error {
  override readonly name = 'PageSaysFailed';
  /** What the page holds outside its records, uncleaned: untrusted text, never to be logged as it is. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(members: Readonly<Record<string, unknown>>) {
    super('a page with status 200 says that it failed');
    this.members = members;
  }
}

/** Thrown by the handler when a stream failed, so that Lambda counts an error (contract, section 5). */
export class SyncFailedError extends Error {
  override readonly name = 'SyncFailedError';
}

function firstWords(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…`.toWellFormed() : text;
}
