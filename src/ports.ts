/**
 * The edges of the extractor, as types: what the orchestration in `sync` asks of the world.
 *
 * Types only. Each port has a suite in `test/contract` that runs on every implementation, the fakes included.
 * Every method that reaches out takes a {@link Scope}: it must not sleep, send or retry past the scope's deadline
 * (then it throws `DeadlineReached`), and it throws `HardFailure` for what trying again cannot mend.
 */

import type { Readable } from 'node:stream';
import type { CommittedPart, Cursor } from './core/cursor/cursor.ts';
import type { Compression } from './core/cursor/open-sync.ts';
import type { RetryBudget } from './core/retry/retry-budget.ts';
import type { Deadline } from './core/time/deadline.ts';
import type { Instant } from './core/time/instant.ts';

/** Time, as the orchestration sees it. `now` may jump; `monotonicMs` never does. */
export interface Clock {
  now(): Instant;
  /** Milliseconds since some fixed moment; only differences mean anything. */
  monotonicMs(): number;
  /** Resolves after so many milliseconds, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness for jitter and owner names. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A name no other call anywhere returns: a UUID. */
  uuid(): string;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log lines: every line is an event name and fields (contract, section 7). Never record content. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log whose every line carries these fields too. */
  child(fields: LogFields): Log;
}

/** What the requests of one stream added up to; ports count into it. */
export interface Tally {
  /** HTTP requests sent to Ditio's reporting API, retries included, token requests not. */
  requests: number;
  /** Requests sent again after a transient failure. */
  retries: number;
  /** Answers with status 429. */
  throttled: number;
}

/** What a port needs to know about the work it is asked for. */
export interface Scope {
  readonly deadline: Deadline;
  readonly log: Log;
  readonly tally: Tally;
  /** The invocation. What is remembered of one run must not count in the next one of the same process. */
  readonly runId: string;
  /** Retries that the whole run has left for Ditio. */
  readonly budget: RetryBudget;
  /** How long a wait between two attempts may be while others could use the time, in milliseconds; any length unless given. */
  readonly patienceMs?: () => number;
}

// ── Ditio ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What to ask an extraction endpoint for. Everything but the token is repeated unchanged on every page of a sync. */
export interface PageRequest {
  /** Name of a stream in the catalogue. */
  readonly stream: string;
  /** Lower bound of the modification time, inclusive; its presence makes the request an incremental one. */
  readonly modifiedSince: Instant | null;
  /** Upper bound of the modification time, exclusive; only together with `modifiedSince`. */
  readonly modifiedBefore: Instant | null;
  /**
   * Date window, inclusive at both ends as Ditio reads it, or `null` for none. Where the endpoint takes whole days, `to` is
   * exclusive.
   */
  readonly window: { readonly from: Instant; readonly to: Instant } | null;
  /** Opaque, valid only within its sync and window; returned byte for byte. */
  readonly continuationToken: string | null;
  /** `ChunkLimit`, 1–10000. */
  readonly pageSize: number;
}

/** The head of a good answer (status 200) and its body, as the bytes arrive. */
export interface PageAnswer {
  /** Decompressed and bounded body. Reading throws `TransferBroken`, `HardFailure` or `DeadlineReached`. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The `Date` header of the answer, Ditio's clock or a proxy's, whole seconds; `null` when there was none that is a date. */
  readonly serverDate: Instant | null;
  /** Our clock just before this attempt was sent. */
  readonly requestedAt: Instant;
  /** Our clock when the head of the answer arrived. */
  readonly answeredAt: Instant;
  /** Milliseconds from sending to the head of the answer, by the monotonic clock. */
  readonly waitedMs: number;
}

/** Pages of Ditio's extraction endpoints, with authentication and retry. */
export interface PageSource {
  /**
   * Fetches one page and returns what `consume` made of it.
   *
   * `consume` runs once for each attempt that is answered with status 200; when the transfer breaks midway the
   * request is sent again and `consume` runs anew, so it must first drop what the broken attempt left.
   * An error that `consume` throws and that is not `TransferBroken` ends the fetch as it is.
   */
  fetchPage<T>(request: PageRequest, consume: (answer: PageAnswer) => Promise<T>, scope: Scope): Promise<T>;
  /** One token for the configured client; proves credentials and scopes. Returns a sentence for a person. */
  checkToken(scope: Scope): Promise<string>;
}

/** One HTTP exchange, without judgement: any status is an answer. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborts the exchange, also while the body is read. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Header names in lower case; a header sent twice is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as sent, still compressed. Must be read to its end or destroyed. */
  readonly body: Readable;
}

/**
 * Sends HTTP requests. Never follows a redirect. Throws what the network throws (undici and Node error codes), and a
 * timeout of undici's when the server is silent for too long, before its answer or within it.
 */
export interface Transport {
  send(request: HttpRequest): Promise<HttpAnswer>;
}

// ── Credentials and tokens ───────────────────────────────────────────────────────────────────────────────────────

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Where the client's credentials come from. */
export interface SecretSource {
  /** @param fresh read past any cache: the secret may have been rotated */
  read(fresh: boolean, scope: Scope): Promise<Credentials>;
}

export interface StoredToken {
  readonly accessToken: string;
  /** When Ditio ends it, by the clock of the machine that asked for it. */
  readonly expiresAt: Instant;
}

/** Tokens shared between invocations. A cache: losing it costs one token request. */
export interface TokenStore {
  read(key: string, scope: Scope): Promise<StoredToken | undefined>;
  write(key: string, token: StoredToken, scope: Scope): Promise<void>;
}

// ── State ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A stream's stored position together with its lease: one item, written only under a condition. */
export interface CursorRecord {
  readonly stream: string;
  /** Fencing counter, raised by every write; 0 when nothing was ever stored. */
  readonly version: number;
  /** Who wrote last; holds the lease while `leaseUntil` is not null and has not passed. */
  readonly owner: string | null;
  /** End of the lease by the clock of its owner, or null when it was given back. */
  readonly leaseUntil: Instant | null;
  readonly cursor: Cursor;
}

export interface LeaseRequest {
  readonly stream: string;
  /** Unique to this invocation and stream. */
  readonly owner: string;
  /** Our clock; a lease that ended before it may be taken over. */
  readonly now: Instant;
  readonly until: Instant;
  /** A lease with exactly this end may be taken over although it has not passed: no invocation lasts that long. */
  readonly notBelieved?: Instant | null;
}

/** A list of parts of a sync, kept beside its cursor. */
export interface PartListKey {
  readonly stream: string;
  readonly id: string;
}

export type LeaseAnswer =
  | { readonly acquired: true; readonly record: CursorRecord }
  | { readonly acquired: false; readonly heldUntil: Instant | null };

export interface CursorWrite {
  readonly stream: string;
  readonly owner: string;
  /** The version that the stored record must still have; the write stores `version + 1`. */
  readonly version: number;
  readonly cursor: Cursor;
  /** End of the lease to store, or null to give it back. */
  readonly leaseUntil: Instant | null;
}

/** Cursors and leases. Reads are consistent; a read that fails throws, it never looks like "nothing stored". */
export interface CursorStore {
  /** Every stored record, in any order. */
  list(scope: Scope): Promise<readonly CursorRecord[]>;
  read(stream: string, scope: Scope): Promise<CursorRecord | undefined>;
  /** One conditional write: free, run out, not believed, or already ours; raises the version and returns the record as stored. */
  acquire(request: LeaseRequest, scope: Scope): Promise<LeaseAnswer>;
  /**
   * One conditional write: owner and version still as given. `refused` when they are not — which also happens when
   * the write succeeded, its answer was lost and it was sent again: read back before calling it a lost race.
   */
  save(write: CursorWrite, scope: Scope): Promise<'saved' | 'refused'>;
  /** Stores a list of parts; one key is only ever written with the same parts. */
  writeParts(list: PartListKey, parts: readonly CommittedPart[], scope: Scope): Promise<void>;
  /** Throws `HardFailure('state')` when the list is not there. */
  readParts(list: PartListKey, scope: Scope): Promise<readonly CommittedPart[]>;
  /** Proves read and write access without changing anything; returns a sentence for a person. */
  check(scope: Scope): Promise<string>;
}

// ── Lake ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where parts and manifests go. Nothing is visible before it is whole and durable. */
export interface Lake {
  /** Begins a part. At most two are open per stream: one being filled, one being committed. */
  openPart(): Promise<PartWriter>;
  /**
   * Writes a small text object, unless one of the same key is there: nothing is ever replaced. `key` is relative to the
   * lake's root. `exists` says that one was there already; where a lost answer made the write go out twice, it is `written`.
   */
  writeObject(key: string, text: string, scope: Scope): Promise<'written' | 'exists'>;
  /** Proves write access, leaving at most one small object, always of the same key; returns a sentence for a person. */
  check(scope: Scope): Promise<string>;
}

export type { Compression };

/** A part being filled with pages; each page is a gzip member or a zstd frame of its own. One page at a time. */
export interface PartWriter {
  readonly compression: Compression;
  /**
   * Adds the lines as a page; a page without lines adds nothing. When `lines` throws or cannot be written, it throws the
   * same, and the part is as it was before. Each piece of `lines` must stay as it is after it was handed over.
   */
  addPage(lines: AsyncIterable<Uint8Array>): Promise<void>;
  /** Compressed bytes of the finished pages. */
  readonly bytes: number;
  /** Makes the part durable under this key (relative to the lake's root); it must have lines, and is spent afterwards. */
  commit(key: string, scope: Scope): Promise<void>;
  /** Forgets the part; safe at any time, also twice and after `commit`. */
  discard(): Promise<void>;
}

// ── Metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Metrics by stream, only written when they were asked for (contract, section 7). */
export type MetricName = 'WatermarkAgeSeconds' | 'RecordsWritten' | 'HardFailures' | 'Throttled';

/** Metrics of a whole run, written by every run (contract, section 7). */
export type RunMetricName = 'StaleStreams' | 'StalestStreamAgeSeconds' | 'HardFailures' | 'RecordsWritten';

export interface Metrics {
  /** One EMF line for a turn of a stream. */
  record(stream: string, values: Readonly<Partial<Record<MetricName, number>>>): void;
  /** One EMF line for a run. `staleStreams` names the stale streams; null where they are not known. */
  recordRun(
    values: Readonly<Partial<Record<RunMetricName, number>>>,
    facts: { readonly runId: string; readonly staleStreams: readonly string[] | null },
  ): void;
}
