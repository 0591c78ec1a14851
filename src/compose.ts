/** Constructs clients, clock, randomness and adapters and connects them. No other file does. */

import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { createAwsClients } from './aws/clients.ts';
import { createCursorStore } from './aws/cursor-store.ts';
import { createFixedSecretSource, createSecretSource } from './aws/secret-source.ts';
import { createTokenStore } from './aws/token-store.ts';
import { type Config, parseConfig } from './config.ts';
import type { StreamRule } from './core/cursor/stream-rule.ts';
import { createRedactor, type Redactor } from './core/failure/redact.ts';
import type { Clock, Random } from './core/scope.ts';
import { shortHash } from './core/short-hash.ts';
import { instant } from './core/time/instant.ts';
import { createTokens } from './ditio/auth/tokens.ts';
import { CATALOGUE, SCOPES } from './ditio/catalogue.ts';
import { createHostGate } from './ditio/http/host-gate.ts';
import { createTransport } from './ditio/http/transport.ts';
import { createPageSource } from './ditio/pages.ts';
import { type Built, createExtractor, type Extractor } from './extractor.ts';
import { createFolderLake } from './lake/folder-lake.ts';
import { createS3Lake } from './lake/s3-lake.ts';
import { createLambdaMetrics, createLineWriter, type LineWriter, SERVICE } from './log.ts';
import type { CursorStore, Lake, Metrics, SecretSource, TokenStore, Transport } from './ports.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The parts that a local run replaces; everything else is the same code as in Lambda. */
export interface World {
  readonly writer: LineWriter;
  readonly metrics: Metrics;
  /** The system's clock unless given. */
  readonly clock?: Clock;
}

/** The package's version, for `status`, `run_started` and the `User-Agent`. */
export const VERSION = packageJson.version;

const NAMES = CATALOGUE.map(({ name }) => name);
/** Longest request to DynamoDB or Secrets Manager, and longest upload of a part. Milliseconds. */
const AWS_TIMEOUTS_MS = { requestTimeoutMs: 5_000, uploadTimeoutMs: 60_000 };
const USER_AGENT = `ditio-extract/${VERSION}`;

/** Builds the extractor. A bad configuration is reported when the first event comes, not here. */
export function compose(env: Environment, world: World = lambdaWorld(env)): Extractor {
  const redactor = createRedactor();
  // Before the configuration is parsed: its messages show wrong values.
  if (env.DITIO_CLIENT_SECRET) redactor.learn(env.DITIO_CLIENT_SECRET);
  return createExtractor({
    clock: world.clock ?? systemClock,
    random: systemRandom,
    redactor,
    writer: world.writer,
    metrics: world.metrics,
    build: () => build(parseConfig(env, NAMES), env, world, redactor),
  });
}

/**
 * Log lines and metrics for Lambda. `POWERTOOLS_SERVICE_NAME` separates two stacks in one account; Lambda's logging
 * configuration sets `AWS_LAMBDA_LOG_LEVEL`.
 */
function lambdaWorld(env: Environment): World {
  const service = env.POWERTOOLS_SERVICE_NAME || SERVICE;
  const write = (line: string) => void process.stdout.write(line);
  return {
    writer: createLineWriter({ now: () => Date.now(), write }, { service, level: env.AWS_LAMBDA_LOG_LEVEL }),
    metrics: createLambdaMetrics(systemClock, service, env.AWS_LAMBDA_LOG_LEVEL),
  };
}

function build(config: Config, env: Environment, world: World, redactor: Redactor): Built {
  const clock = world.clock ?? systemClock;
  const random = systemRandom;
  const aws = createAwsClients(env, AWS_TIMEOUTS_MS);
  const table = { client: aws.dynamodb, tableName: config.stateTable, clock, random };
  const { credentials } = config;
  const transport = createTransport({
    baseUrls: [config.identityUrl, config.reportingUrl],
    silenceMs: config.requestTimeoutMs,
    env,
  });
  const deps = connect(config, {
    clock,
    random,
    redactor,
    transport,
    secrets:
      credentials.kind === 'secret'
        ? createSecretSource({ client: aws.secrets, secretId: credentials.secretId, clock, random })
        : createFixedSecretSource(credentials),
    tokenStore: createTokenStore(table),
    cursors: createCursorStore({ ...table, lakeId: lakeId(config) }),
    lake: createLake(config, aws, clock),
    metrics: world.metrics,
  });
  async function closeConnections(): Promise<void> {
    aws.destroy();
    await transport.close();
  }
  return { config, deps, closeConnections };
}

/** What lies outside of the process: AWS, Ditio, time. A simulation gives models of it. */
export interface Outside {
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Redactor;
  readonly transport: Transport;
  readonly secrets: SecretSource;
  readonly tokenStore: TokenStore;
  readonly cursors: CursorStore;
  readonly lake: Lake;
  readonly metrics: Metrics;
}

/** What no variable sets. */
const FIXED = {
  rules: CATALOGUE as readonly StreamRule[],
  partTargetBytes: 8 * 1024 * 1024,
  partMaxAgeMs: 60_000,
  /** 20 KB in the cursor. */
  partsPerList: 1000,
};

/** Connects what lies outside by a configuration. A simulation has other streams, and smaller parts. */
export function connect(config: Config, outside: Outside, { rules, ...sizes } = FIXED): Built['deps'] {
  const { clock, random, redactor, transport, secrets, tokenStore, cursors, lake, metrics } = outside;
  const requests = { requestTimeoutMs: config.requestTimeoutMs, userAgent: USER_AGENT };
  const tokens = createTokens(
    { credentials: secrets, store: tokenStore, transport, clock, random, redactor },
    { ...requests, identityUrl: config.identityUrl, scopes: SCOPES },
  );
  const source = createPageSource(
    { transport, tokens, clock, random, gate: createHostGate(clock), redactor },
    { ...requests, baseUrls: { reporting: config.reportingUrl }, filters: config.filters },
  );
  return {
    version: VERSION,
    clock,
    random,
    source,
    secrets,
    cursors,
    lake,
    metrics: config.metricsByStream ? metrics : { ...metrics, record() {} },
    rules,
    settings: {
      lookbackMs: config.lookbackMs,
      maxWatermarkAgeMs: config.maxWatermarkAgeMs,
      fullSyncEveryMs: config.fullSyncEveryMs,
      snapshotIntervalMs: config.snapshotIntervalMs,
      historyStart: config.historyStart,
      sourceKey: sourceKey(config),
      pageSize: config.pageSize,
      maxConcurrentStreams: config.maxConcurrentStreams,
      staleAfterMs: config.staleAfterMs,
      ...sizes,
    },
  };
}

function createLake(config: Config, aws: ReturnType<typeof createAwsClients>, clock: Clock): Lake {
  const { lake, compression } = config;
  const deps = { compression, clock, random: systemRandom };
  if (lake.kind === 'folder') return createFolderLake({ ...deps, root: lake.path });
  const { bucket, prefix } = lake;
  const spoolFolder = join(tmpdir(), 'ditio-extract');
  return createS3Lake({ ...deps, client: aws.s3, bucket, prefix, spoolFolder });
}

/** Names environment, host and filters; the client is added by the run. A port says nothing about a source, and a simulator has another one each time. */
export function sourceKey(config: Config): string {
  const { hostname, pathname } = config.reportingUrl;
  const { environment, historyStart, filters } = config;
  return shortHash(JSON.stringify([environment, hostname, pathname, historyStart, filters]));
}

/** Names the lake in the keys of the state: what is known of one lake says nothing about another. */
export function lakeId({ lake }: Config): string {
  const place = lake.kind === 's3' ? `s3://${lake.bucket}/${lake.prefix}` : `file://${lake.path}`;
  return shortHash(place);
}

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

const systemRandom: Random = { next: Math.random, uuid: randomUUID };
