/** Defines what every call receives: clock, randomness, log, deadline and counters. Types only. */

import type { RetryBudget } from './retry/retry-budget.ts';
import type { Deadline } from './time/deadline.ts';
import type { Instant } from './time/instant.ts';

/** The clock. `now` may jump; `monotonicMs` never does. */
export interface Clock {
  now(): Instant;
  /** Milliseconds since some fixed moment; only differences mean anything. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness for jitter and owner names. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A UUID: unique across all calls and processes. */
  uuid(): string;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log lines: every line is an event name and fields (contract, section 7). Never record content. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  child(fields: LogFields): Log;
}

/** Counts the requests of one stream; the ports increase it. */
export interface Tally {
  /** HTTP requests sent to Ditio's reporting API, retries included, token requests not. */
  requests: number;
  /** Requests sent again after a transient failure. */
  retries: number;
  /** Answers with status 429. */
  throttled: number;
  /** Whether a request to Ditio was started; set before its token is obtained, so that a silent identity server counts. */
  hasStartedRequest: boolean;
}

/** The context of a call to a port. */
export interface Scope {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly tally: Tally;
  /** Id of the invocation. State that belongs to one run must not affect the next run in the same process. */
  readonly runId: string;
  /** Retries that the whole run has left for Ditio. */
  readonly budget: RetryBudget;
  /** Longest single wait while other streams could use the time, in milliseconds; no limit unless given. */
  readonly patienceMs?: () => number;
}
