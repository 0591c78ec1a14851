/**
 * Defines the ports of the extractor: the interfaces through which `sync` uses the outside world.
 *
 * It has types only. Each port has a suite in `test/contract` that runs on every implementation, the fakes included.
 * Every method that leaves the process takes a {@link Scope}. It must not sleep, send or retry past the scope's deadline
 * (it throws `DeadlineReached` instead), and it throws `HardFailure` for an error that another attempt cannot repair.
 */

import type { Readable } from 'node:stream';
import type { Cursor } from './core/cursor/cursor-shape.ts';
import type { CommittedPart, Compression, DateWindow } from './core/cursor/open-sync.ts';
import type { Scope } from './core/scope.ts';
import type { Instant } from './core/time/instant.ts';

// ── Ditio ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A request to an extraction endpoint. Everything except the token is repeated unchanged on every page of a sync. */
export interface PageRequest {
  /** Name of a stream in the catalogue. */
  readonly stream: string;
  /** Lower bound of the modification time, inclusive; its presence makes the request an incremental one. */
  readonly modifiedSince: Instant | null;
  /** Upper bound of the modification time, exclusive; only together with `modifiedSince`. */
  readonly modifiedBefore: Instant | null;
  readonly window: DateWindow | null;
  /** Opaque, valid only within its sync and window; returned byte for byte. */
  readonly continuationToken: string | null;
  /** `ChunkLimit`, 1–10000. */
  readonly pageSize: number;
}

/** The head of a good answer (status 200) and its body, as the bytes arrive. */
export interface PageAnswer {
  /** Decompressed and bounded body. Reading throws `TransferBroken`, `HardFailure` or `DeadlineReached`. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The `Date` header of the answer (Ditio's clock or a proxy's, whole seconds); `null` without a valid one. */
  readonly serverDate: Instant | null;
  /** Our clock just before this attempt was sent. */
  readonly requestedAt: Instant;
  /** Our clock when the head of the answer arrived. */
  readonly answeredAt: Instant;
  /** Milliseconds from sending to the head of the answer, by the monotonic clock. */
  readonly waitedMs: number;
  /** Name of the header that points to a next page, such as `link`; null without one. */
  readonly nextPageSign: string | null;
}

/** Pages of Ditio's extraction endpoints, with authentication and retry. */
export interface PageSource {
  /**
   * Fetches one page and returns what `consume` made of it.
   *
   * `consume` runs once for each attempt that is answered with status 200. When the transfer breaks midway, the request is
   * sent again and `consume` runs again, so it must first drop the lines of the broken attempt.
   * An error from `consume`, except `TransferBroken`, ends the fetch unchanged.
   */
  fetchPage<T>(request: PageRequest, consume: (answer: PageAnswer) => Promise<T>, scope: Scope): Promise<T>;
  /** Requests one token for the configured client, which proves credentials and scopes. Returns a sentence for a person. */
  checkToken(scope: Scope): Promise<string>;
}

/** One HTTP request. Any status counts as an answer. */
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
 * Sends HTTP requests. Never follows a redirect. Throws the errors of undici and Node unchanged, among them undici's
 * timeout when the server is silent for too long, before its answer or within it.
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
  /** @param fresh skips any cache, because the secret may have been rotated */
  read(fresh: boolean, scope: Scope): Promise<Credentials>;
}

export interface StoredToken {
  readonly accessToken: string;
  /** When it expires, by the clock of the machine that requested it. */
  readonly expiresAt: Instant;
}

/** A cache of tokens that invocations share. Losing it costs one token request. */
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
  /** The last writer; it holds the lease while `leaseUntil` is not null and has not passed. */
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
  /** A lease that ends exactly at this instant is implausible, as no invocation lasts that long: it may be taken over early. */
  readonly implausibleUntil?: Instant | null;
}

/** Identifies a list of parts of a sync, stored in an item of its own. */
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

/** Cursors and leases. Reads are consistent. A failed read throws; it never returns "nothing stored". */
export interface CursorStore {
  /** Every stored record, in any order. */
  list(scope: Scope): Promise<readonly CursorRecord[]>;
  read(stream: string, scope: Scope): Promise<CursorRecord | undefined>;
  /**
   * Takes a lease by one conditional write: it must be free, expired, equal to `implausibleUntil`, or already ours. Raises the
   * version and returns the stored record.
   */
  acquire(request: LeaseRequest, scope: Scope): Promise<LeaseAnswer>;
  /**
   * Saves by one conditional write: owner and version must still be as given, otherwise `refused`. That also happens when
   * the write succeeded but its answer was lost and it was sent again, so read the record back before giving up.
   */
  save(write: CursorWrite, scope: Scope): Promise<'saved' | 'refused'>;
  /** Stores a list of parts. A key is never written again with other parts. */
  writeParts(list: PartListKey, parts: readonly CommittedPart[], scope: Scope): Promise<void>;
  /** Throws `HardFailure('state')` when the list is missing. */
  readParts(list: PartListKey, scope: Scope): Promise<readonly CommittedPart[]>;
  /** Proves read and write access without changing anything; returns a sentence for a person. */
  check(scope: Scope): Promise<string>;
}

// ── Lake ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Stores parts and manifests. An object becomes visible only when it is whole and durable. */
export interface Lake {
  /** How new parts are compressed. */
  readonly compression: Compression;
  /** Begins a part. At most two are open per stream: one being filled, one being committed. */
  openPart(): Promise<PartWriter>;
  /**
   * Writes a small text object. An existing object is never replaced: then the result is `exists`. `key` is relative to the
   * lake's root. Where a lost answer made the write go out twice, the result is `written`.
   */
  writeObject(key: string, text: string, scope: Scope): Promise<'written' | 'exists'>;
  /** Proves write access and leaves at most one small object, always under the same key. Returns a sentence for a person. */
  check(scope: Scope): Promise<string>;
}

export type { Compression };

/** A part being filled with pages; each page is a gzip member or a zstd frame of its own. One page at a time. */
export interface PartWriter {
  readonly compression: Compression;
  /**
   * Adds the lines as a page; a page without lines adds nothing. When `lines` throws or cannot be written, `addPage` throws
   * that error and the part is unchanged. A piece of `lines` may change once the second one after it is asked for.
   */
  addPage(lines: AsyncIterable<Uint8Array>): Promise<void>;
  /** Compressed bytes of the finished pages. */
  readonly bytes: number;
  /** Makes the part durable under this key (relative to the lake's root). It must have lines, and cannot be used afterwards. */
  commit(key: string, scope: Scope): Promise<void>;
  /** Deletes the part unless it is committed; safe at any time, also twice and after `commit`. */
  discard(): Promise<void>;
}

// ── Metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Metrics per stream, written only on request (contract, section 7). */
export type MetricName = 'WatermarkAgeSeconds' | 'RecordsWritten' | 'HardFailures' | 'Throttled';

/** Metrics of a whole run, written by every run (contract, section 7). */
export type RunMetricName = 'StaleStreams' | 'StalestStreamAgeSeconds' | 'HardFailures' | 'RecordsWritten';

type TurnNames = { readonly stream: string; readonly runId: string; readonly syncId: string | null };

export interface Metrics {
  record(values: Readonly<Partial<Record<MetricName, number>>>, turn: TurnNames): void;
  /** Writes one EMF line for a run. `staleStreams` names the stale streams; null where they are not known. */
  recordRun(
    values: Readonly<Partial<Record<RunMetricName, number>>>,
    facts: { readonly runId: string; readonly staleStreams: readonly string[] | null },
  ): void;
}
