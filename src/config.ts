/** Parses the environment of the function and reports all of its problems together (contract, section 2). */

import * as v from 'valibot';
import { EARLIEST_DATE } from './core/cursor/windows.ts';
import { HardFailure } from './core/failure/errors.ts';
import { KIND_HINTS } from './core/failure/hints.ts';
import { DAY_MS, formatDate, HOUR_MS, type Instant, MINUTE_MS, parseDate, parseInstant } from './core/time/instant.ts';
import type { LakeLocation } from './lake/location.ts';
import type { Compression } from './ports.ts';
import { baseUrl, flag, lakeUrl, MAX_SHOWN, parsed, required, streamList, text, wholeNumber } from './setting-types.ts';

export type CredentialSource =
  | { readonly kind: 'secret'; readonly secretId: string }
  | { readonly kind: 'values'; readonly clientId: string; readonly clientSecret: string };

/** Filters that are sent to Ditio where the endpoint takes them; undefined is not sent. */
export interface DitioFilters {
  readonly companyId: string | undefined;
  readonly projectId: string | undefined;
  readonly ownCompanyDataOnly: boolean | undefined;
  readonly excludeDataFromSubsidiaries: boolean | undefined;
  readonly includeSensitiveData: boolean;
}

export interface Config {
  readonly environment: 'production' | 'test';
  readonly identityUrl: URL;
  readonly reportingUrl: URL;
  readonly coreUrl: URL;
  readonly credentials: CredentialSource;
  readonly stateTable: string;
  readonly lake: LakeLocation;
  readonly compression: Compression;
  /** Names of the streams to work on, in the order of the catalogue. */
  readonly streams: readonly string[];
  readonly pageSize: number;
  readonly lookbackMs: number;
  readonly maxWatermarkAgeMs: number;
  readonly fullSyncEveryMs: number;
  readonly snapshotIntervalMs: number;
  readonly historyStart: Instant;
  readonly maxConcurrentStreams: number;
  readonly reserveMs: number;
  readonly requestTimeoutMs: number;
  /** A stream without a completed sync for longer than this is stale. */
  readonly staleAfterMs: number;
  readonly filters: DitioFilters;
  /** Whether metrics are also written per stream, which costs more. */
  readonly metricsByStream: boolean;
}

/** Hosts of Ditio's documentation, section "Hosts, scopes, credentials". */
const BASE_URLS = {
  production: {
    identity: 'https://identity.ditio.app',
    reporting: 'https://core-api.ditio.app/reporting',
    core: 'https://core-api.ditio.app/core',
  },
  test: {
    identity: 'https://identity.ditio.dev',
    reporting: 'https://core-api.ditio.dev/reporting',
    core: 'https://core-api.ditio.dev/core',
  },
} as const;

const schema = (streamNames: readonly string[]) =>
  v.object({
    DITIO_ENVIRONMENT: v.optional(v.picklist(['production', 'test'], 'must be production or test'), 'test'),
    DITIO_IDENTITY_URL: v.optional(baseUrl),
    DITIO_REPORTING_URL: v.optional(baseUrl),
    DITIO_CORE_URL: v.optional(baseUrl),
    DITIO_SECRET_ID: text,
    DITIO_CLIENT_ID: text,
    DITIO_CLIENT_SECRET: text,
    STATE_TABLE: v.pipe(
      required('the name of the DynamoDB table'),
      v.regex(
        /^(arn:aws[\w-]*:dynamodb:[\w-]+:\d{12}:table\/)?[\w.-]{3,255}$/,
        'must be the name or ARN of a DynamoDB table',
      ),
    ),
    LAKE_URL: lakeUrl,
    LAKE_COMPRESSION: v.optional(v.picklist(['gzip', 'zstd'], 'must be gzip or zstd'), 'gzip'),
    STREAMS: v.optional(streamList(streamNames), 'all'),
    PAGE_SIZE: wholeNumber(1, 10_000, '5000'),
    LOOKBACK_MINUTES: wholeNumber(0, 1440, '10'),
    MAX_WATERMARK_AGE_DAYS: wholeNumber(1, 3650, '30'),
    FULL_SYNC_EVERY_DAYS: wholeNumber(0, 3650, '30'),
    SNAPSHOT_INTERVAL_HOURS: wholeNumber(0, 8760, '24'),
    HISTORY_START: v.pipe(
      v.optional(v.string(), '2015-01-01'),
      parsed((day) => parseDate(day) ?? parseInstant(day) ?? null, 'must be a date such as 2015-01-01'),
      v.check((at) => at >= EARLIEST_DATE, `must not be before ${formatDate(EARLIEST_DATE)}`),
    ),
    MAX_CONCURRENT_STREAMS: wholeNumber(1, 32, '4'),
    RESERVE_SECONDS: wholeNumber(1, 300, '15'),
    REQUEST_TIMEOUT_SECONDS: wholeNumber(1, 900, '120'),
    STALE_AFTER_HOURS: wholeNumber(1, 720, '6'),
    COMPANY_ID: text,
    PROJECT_ID: text,
    OWN_COMPANY_DATA_ONLY: flag,
    EXCLUDE_DATA_FROM_SUBSIDIARIES: flag,
    INCLUDE_SENSITIVE_DATA: flag,
    METRICS_BY_STREAM: v.optional(v.picklist(['on', 'off'], 'must be on or off'), 'off'),
  });

/**
 * The configuration that the environment describes. An empty variable counts as not set.
 *
 * Throws `HardFailure('config')` that names every problem with the wrong value, except where it may be a secret.
 *
 * @param streamNames every stream, in the order of the catalogue
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, streamNames: readonly string[]): Config {
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
  const result = v.safeParse(schema(streamNames), given, { abortPipeEarly: true });
  const problems = (result.issues ?? []).map((issue) => problemOf(v.getDotPath(issue), issue.message, given));
  const credentials = parseCredentials(given, problems);
  if (!result.success || credentials === null || problems.length > 0) throw configFailure(problems);

  const values = result.output;
  const defaults = BASE_URLS[values.DITIO_ENVIRONMENT];
  return {
    environment: values.DITIO_ENVIRONMENT,
    identityUrl: values.DITIO_IDENTITY_URL ?? new URL(defaults.identity),
    reportingUrl: values.DITIO_REPORTING_URL ?? new URL(defaults.reporting),
    coreUrl: values.DITIO_CORE_URL ?? new URL(defaults.core),
    credentials,
    stateTable: values.STATE_TABLE,
    lake: values.LAKE_URL,
    compression: values.LAKE_COMPRESSION,
    streams: values.STREAMS,
    pageSize: values.PAGE_SIZE,
    lookbackMs: values.LOOKBACK_MINUTES * MINUTE_MS,
    maxWatermarkAgeMs: values.MAX_WATERMARK_AGE_DAYS * DAY_MS,
    fullSyncEveryMs: values.FULL_SYNC_EVERY_DAYS * DAY_MS,
    snapshotIntervalMs: values.SNAPSHOT_INTERVAL_HOURS * HOUR_MS,
    historyStart: values.HISTORY_START,
    maxConcurrentStreams: values.MAX_CONCURRENT_STREAMS,
    reserveMs: values.RESERVE_SECONDS * 1000,
    requestTimeoutMs: values.REQUEST_TIMEOUT_SECONDS * 1000,
    staleAfterMs: values.STALE_AFTER_HOURS * HOUR_MS,
    filters: {
      companyId: values.COMPANY_ID,
      projectId: values.PROJECT_ID,
      ownCompanyDataOnly: values.OWN_COMPANY_DATA_ONLY,
      excludeDataFromSubsidiaries: values.EXCLUDE_DATA_FROM_SUBSIDIARIES,
      includeSensitiveData: values.INCLUDE_SENSITIVE_DATA ?? false,
    },
    metricsByStream: values.METRICS_BY_STREAM === 'on',
  };
}

/** Variables whose value is a secret, or may be one by mistake. */
const SECRET_VARIABLES: ReadonlySet<string> = new Set(['DITIO_SECRET_ID', 'DITIO_CLIENT_ID', 'DITIO_CLIENT_SECRET']);

/** `PAGE_SIZE must be at most 10000, not "20000"`. A user name and password in a URL are not shown. */
function problemOf(name: string | null, message: string, given: Readonly<Record<string, string>>): string {
  const value = name === null ? undefined : given[name];
  // A list of streams names its wrong entries itself.
  if (name === null || value === undefined || SECRET_VARIABLES.has(name) || name === 'STREAMS') {
    return `${name ?? 'environment'} ${message}`;
  }
  const shown = value.replace(/\/\/[^/]*@/, '//…@');
  const short = shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
  return `${name} ${message}, not ${JSON.stringify(short)}`;
}

export function configFailure(problems: readonly string[]): HardFailure {
  return new HardFailure('config', problems.join('; '), { hint: KIND_HINTS.config });
}

function parseCredentials(env: Readonly<Record<string, string>>, problems: string[]): CredentialSource | null {
  const { DITIO_SECRET_ID: secretId, DITIO_CLIENT_ID: clientId, DITIO_CLIENT_SECRET: clientSecret } = env;
  if (secretId && (clientId || clientSecret)) {
    problems.push('set either DITIO_SECRET_ID, or DITIO_CLIENT_ID and DITIO_CLIENT_SECRET, not both');
    return null;
  }
  if (secretId) return { kind: 'secret', secretId };
  if (clientId && clientSecret) return { kind: 'values', clientId, clientSecret };
  if (clientId) problems.push('DITIO_CLIENT_SECRET is required with DITIO_CLIENT_ID');
  else if (clientSecret) problems.push('DITIO_CLIENT_ID is required with DITIO_CLIENT_SECRET');
  else problems.push('DITIO_SECRET_ID is required (or DITIO_CLIENT_ID and DITIO_CLIENT_SECRET outside AWS)');
  return null;
}
