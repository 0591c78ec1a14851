/** Defines the options of the simulator and their defaults. */

import type { PayrollDefaults } from './filters.ts';
import type { ItemTexts, Language } from './item-style.ts';
import type { ErrorShape } from './refusal.ts';
import type { StreamName } from './streams.ts';

export interface ModelOptions {
  /** All made-up data follows from it and from the time of the start. Default 1. */
  readonly seed?: number;
  /** Records over all streams, roughly. Default 20,000. */
  readonly records?: number;
  /** Records of single streams, exactly; overrides `records`. */
  readonly counts?: Readonly<Partial<Record<StreamName, number>>>;
  /** How far back the records reach. Default 3. */
  readonly historyYears?: number;
  /** The server's clock in epoch milliseconds; may be skewed. Default: the machine's. */
  readonly now?: () => number;
  /** Returns the base URL of every address in answers; called each time. Default `http://127.0.0.1`. */
  readonly baseUrl?: () => string;

  // ── Answers
  /** Answers begin this late, in milliseconds. Default 0. */
  readonly latencyMs?: number;
  /** Indented answers; `crlf` breaks lines as Windows does. Default false. */
  readonly pretty?: boolean | 'crlf';
  /** Position of `data` among the members of an answer. Default `first`. */
  readonly dataPlace?: 'first' | 'middle' | 'last';
  /** Form of `links.next`: `relative` to the API's base, `absolute`, or `absent` with all of `links`. Default `relative`. */
  readonly nextLink?: 'relative' | 'absolute' | 'absent';
  /** Leaves out `syncTypeName`, `recordCount` and `deletedRecordCount`, as older versions do. Default false. */
  readonly legacyEnvelope?: boolean;
  /** What `continuationToken` is on the last page. Default `null`. */
  readonly lastToken?: 'absent' | 'null' | 'empty';
  /** A full last page has a token too, and an empty page follows. Default false. */
  readonly emptyLastPage?: boolean;
  /** Every tombstone is repeated on the page after its own. Default false. */
  readonly repeatDeletions?: boolean;
  /** Shape of the bodies of refused requests. Default `simple`. */
  readonly refusalShape?: ErrorShape;
  /** Whether answers have a `Date` header. Default true. */
  readonly dateHeader?: boolean;
  /** Language of the header and the numbers of item transactions; `nb` has decimal commas and U+2212. Default `nb`. */
  readonly language?: Language;
  /** Item transactions with unescaped quotes (`plain`), or quoted where necessary (`quoted`). Default `plain`. */
  readonly itemTexts?: ItemTexts;
  /** Item transactions begin with a byte order mark. Default false. */
  readonly byteOrderMark?: boolean;
  /** Bytes of finished pages to keep, for benchmarks: 0 keeps none. Default 0. */
  readonly pageCacheBytes?: number;

  // ── Where the sources disagree or are silent
  /** `new`: any window or none; `old`: windows of at most 7 days, `ModifiedSince` at most 3 days back without one. Default `new`. */
  readonly machineRule?: 'old' | 'new';
  /** What crew lists answer to `ModifiedSince` without a window. Default `all`. */
  readonly crewListModifiedSinceAlone?: 'today' | 'all';
  /** Whether answers include open stays without `IncludeOpen`. Default true. */
  readonly includeOpenByDefault?: boolean;
  /** Status for a token that lacks the API's scope. Default 401: the scope is checked as the token's audience. */
  readonly missingScope?: 401 | 403;
  /** Which scope opens `api/file`. Default `reportingapiv1`, as in every example. */
  readonly fileScope?: 'reportingapiv1' | 'ditioapiv3';
  /** Names of parameters that the server does not know, in any case. Default none. */
  readonly ignoreParameters?: readonly string[];
  /** Whether some machines still run, and some dates are mistyped: before 2015, or far in the future. Default true. */
  readonly oddDates?: boolean;
  /** How extended payroll lines read filters that are not given. Default `narrow`, the stricter. */
  readonly payrollDefaults?: PayrollDefaults;
  /** A date window hides tombstones, whose dates are empty. Default false. */
  readonly windowHidesTombstones?: boolean;
  /** Item transactions come for so many days before and after those asked for as well. Default 0. */
  readonly itemDaysAround?: number;
  /** Pages of a full sync by date never split a day. Default true. */
  readonly wholeDays?: boolean;
  /** A continuation token with another `ChunkLimit` is refused. Default true. */
  readonly bindChunkLimit?: boolean;
  /** How long a continuation token may be used; null for no limit. Default null. */
  readonly continuationTokenLifetimeSeconds?: number | null;
  /** `base64` tokens have characters that a URL must encode. Default `base64`. */
  readonly tokenAlphabet?: 'base64' | 'base64url';

  // ── Identity
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Scopes that the client may ask for. Default `reportingapiv1 ditioapiv3`. */
  readonly scopes?: readonly string[];
  /** Default 1,800: about 30 minutes. */
  readonly tokenLifetimeSeconds?: number;
  /** The client represents an administrator, as extended payroll lines require. Default true. */
  readonly administrator?: boolean;
  /** The client represents a field worker, who gets only their own stays in the crew list. Default false. */
  readonly fieldWorker?: boolean;
  /** Default: none. */
  readonly rateLimit?: RateLimit | null;
}

/** Requests per window and length of the window in seconds; further requests get 429. */
export interface RateLimit {
  readonly requests: number;
  readonly perSeconds: number;
  /** Form of `Retry-After`. */
  readonly retryAfter: 'seconds' | 'date' | 'none';
}

export interface SimulatorOptions extends ModelOptions {
  /** 0 for any free port. Default 0. */
  readonly port?: number;
  /** Compress answers for clients that accept gzip. Default true. */
  readonly gzip?: boolean;
  /** 1–9. Default 1, because benchmarks measure clients, not the server. */
  readonly gzipLevel?: number;
}

export type FilledModelOptions = Required<ModelOptions>;

export function fillOptions(options: ModelOptions): FilledModelOptions {
  return {
    seed: 1,
    records: 20_000,
    counts: {},
    historyYears: 3,
    now: Date.now,
    baseUrl: () => 'http://127.0.0.1',
    latencyMs: 0,
    pretty: false,
    dataPlace: 'first',
    nextLink: 'relative',
    legacyEnvelope: false,
    lastToken: 'null',
    emptyLastPage: false,
    repeatDeletions: false,
    refusalShape: 'simple',
    dateHeader: true,
    language: 'nb',
    itemTexts: 'plain',
    byteOrderMark: false,
    pageCacheBytes: 0,
    machineRule: 'new',
    crewListModifiedSinceAlone: 'all',
    includeOpenByDefault: true,
    missingScope: 401,
    fileScope: 'reportingapiv1',
    ignoreParameters: [],
    oddDates: true,
    payrollDefaults: 'narrow',
    windowHidesTombstones: false,
    itemDaysAround: 0,
    wholeDays: true,
    bindChunkLimit: true,
    continuationTokenLifetimeSeconds: null,
    tokenAlphabet: 'base64',
    clientId: 'ditio-simulator-client',
    clientSecret: 'simulator-secret-for-local-use-only',
    scopes: ['reportingapiv1', 'ditioapiv3'],
    tokenLifetimeSeconds: 1_800,
    administrator: true,
    fieldWorker: false,
    rateLimit: null,
    ...options,
  };
}
