/**
 * The only place that constructs clients, clock and randomness, and that knows which implementation stands behind
 * which port. One invocation is handled here from event to result; what happens in between is decided in `sync`.
 */

import { createHash, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAwsClients } from './aws/clients.ts';
import { createCursorStore } from './aws/cursor-store.ts';
import { createFixedSecretSource, createSecretSource } from './aws/secret-source.ts';
import { createTokenStore } from './aws/token-store.ts';
import { type Config, parseConfig } from './config.ts';
import { CheckFailedError, HardFailure, SyncFailedError } from './core/failure/errors.ts';
import { createRedactor, type Redactor } from './core/failure/redact.ts';
import { createRunBudgets } from './core/retry/retry-budget.ts';
import { createDeadline } from './core/time/deadline.ts';
import { addMs, instant } from './core/time/instant.ts';
import { createTokens } from './ditio/auth/tokens.ts';
import { CATALOGUE, SCOPES } from './ditio/catalogue.ts';
import { createHostGate } from './ditio/http/host-gate.ts';
import { createTransport } from './ditio/http/transport.ts';
import { createPageSource } from './ditio/pages.ts';
import { type Command, parseEvent } from './event.ts';
import { createFolderLake } from './lake/folder-lake.ts';
import { createS3Lake } from './lake/s3-lake.ts';
import { createLambdaMetrics, createLambdaWriter, createLog, type LineWriter, SERVICE } from './log.ts';
import type { Clock, Lake, Metrics, Random, Scope } from './ports.ts';
import { type CheckReport, runChecks } from './sync/actions/check.ts';
import { type ResetReport, resetStreams } from './sync/actions/reset.ts';
import { readStatus, type StatusReport } from './sync/actions/status.ts';
import type { SyncDeps } from './sync/deps.ts';
import { logHardFailure, OUTSIDE_STREAMS, toHardFailure } from './sync/failure.ts';
import { newTally, type RunReport } from './sync/report.ts';
import { runStreams } from './sync/run.ts';

export type HandlerResult = RunReport | StatusReport | CheckReport | ResetReport;

/** What of Lambda's context is used. */
export interface Invocation {
  readonly awsRequestId?: string;
  getRemainingTimeInMillis?(): number;
}

export interface Extractor {
  handle(event: unknown, context: Invocation | undefined): Promise<HandlerResult>;
}

/** What a local run replaces; everything else is the same code as in Lambda. */
export interface World {
  readonly writer: LineWriter;
  readonly metrics: Metrics;
}

const NAMES = CATALOGUE.map(({ name }) => name);
/** Compressed bytes at which a part is worth an object of its own. */
const PART_TARGET_BYTES = 8 * 1024 * 1024;
/** How long a page may wait in an unfinished part before the part is committed. Milliseconds. */
const PART_MAX_AGE_MS = 60_000;
/** Longest request to DynamoDB or Secrets Manager, and longest upload of a part. Milliseconds. */
const AWS_TIMEOUTS_MS = { requestTimeoutMs: 5_000, uploadTimeoutMs: 60_000 };
const USER_AGENT = 'ditio-extract/0.1';
/** What a caller without Lambda's context gets: Lambda's own longest. Milliseconds. */
const LONGEST_INVOCATION_MS = 900_000;

/** Builds the extractor. A bad configuration is reported when the first event comes, not here. */
export function compose(env: Readonly<Record<string, string | undefined>>, world: World = lambdaWorld(env)): Extractor {
  const redactor = createRedactor();
  let built: { readonly config: Config; readonly deps: SyncDeps } | undefined;

  return {
    async handle(event, context) {
      const remainingMs = context?.getRemainingTimeInMillis?.() ?? LONGEST_INVOCATION_MS;
      const runId = randomUUID();
      const log = createLog(world.writer, redactor, { run_id: runId, request_id: context?.awsRequestId ?? null });
      try {
        built ??= build(parseConfig(env, NAMES), env, world, redactor, log);
        const { config, deps } = built;
        const command = parseEvent(event, config.streams, CATALOGUE);
        return await perform(command, config, { ...deps, log }, { runId, remainingMs });
      } catch (error) {
        if (error instanceof SyncFailedError || error instanceof CheckFailedError) throw error;
        const failure = toHardFailure(error);
        logHardFailure(log.child(OUTSIDE_STREAMS), failure);
        // Lambda writes message and stack of what is thrown into the log by itself, past the redactor.
        throw new HardFailure(failure.kind, String(redactor.clean(failure.message)), failure.facts);
      }
    },
  };
}

/** Powertools' own variable names the service, so that the lines and metrics of two stacks in one account stay apart. */
function lambdaWorld(env: Readonly<Record<string, string | undefined>>): World {
  const service = env.POWERTOOLS_SERVICE_NAME || SERVICE;
  return { writer: createLambdaWriter(service), metrics: createLambdaMetrics(service) };
}

async function perform(
  command: Command,
  config: Config,
  deps: SyncDeps,
  invocation: { readonly runId: string; readonly remainingMs: number },
): Promise<HandlerResult> {
  const { runId, remainingMs } = invocation;
  const deadline = createDeadline(deps.clock.monotonicMs, remainingMs, config.reserveMs);
  const invocationEndsAt = addMs(deps.clock.now(), remainingMs);
  const scope: Scope = { deadline, log: deps.log, tally: newTally() };
  const chosen = 'streams' in command ? command.streams : config.streams;
  const rules = CATALOGUE.filter(({ name }) => chosen.includes(name));
  switch (command.action) {
    case 'status':
      return readStatus(deps, CATALOGUE, scope);
    case 'reset':
      return resetStreams(deps, rules, invocationEndsAt, scope);
    case 'check': {
      const report = await runChecks(deps, rules, scope);
      const bad = report.checks.filter(({ ok }) => !ok);
      if (bad.length === 0) return report;
      throw new CheckFailedError(bad.map(({ name, detail }) => `${name} is not ok: ${detail}`).join('\n'));
    }
    case 'sync':
    case 'backfill': {
      const task =
        command.action === 'sync'
          ? ({ kind: 'sync', mode: command.mode } as const)
          : ({ kind: 'backfill', window: command.window } as const);
      const { action } = command;
      const report = await runStreams(deps, { runId, action, rules, task, deadline, invocationEndsAt, log: deps.log });
      const failed = report.streams.filter(({ outcome }) => outcome === 'failed');
      if (failed.length === 0) return report;
      const names = failed.map(({ stream, failure }) => `${stream} (${failure?.kind ?? 'unexpected'})`).join(', ');
      throw new SyncFailedError(`${failed.length} of ${rules.length} streams failed: ${names}`);
    }
  }
}

function build(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  world: World,
  redactor: Redactor,
  log: SyncDeps['log'],
): { readonly config: Config; readonly deps: SyncDeps } {
  const clock = systemClock;
  const random = systemRandom;
  const aws = createAwsClients({ clock, env }, AWS_TIMEOUTS_MS);
  const table = { client: aws.dynamodb, tableName: config.stateTable, clock, random };
  const { credentials } = config;
  const secrets =
    credentials.kind === 'secret'
      ? createSecretSource({ client: aws.secrets, secretId: credentials.secretId, clock, random })
      : createFixedSecretSource(credentials);
  const transport = createTransport(clock, { baseUrls: [config.identityUrl, config.reportingUrl] });
  const budgetOf = createRunBudgets();
  const requests = { requestTimeoutMs: config.requestTimeoutMs, userAgent: USER_AGENT };
  const tokens = createTokens(
    { credentials: secrets, store: createTokenStore(table), transport, clock, random, redactor, budgetOf },
    { ...requests, identityUrl: config.identityUrl, scopes: SCOPES },
  );
  const source = createPageSource(
    { transport, tokens, clock, random, gate: createHostGate(clock), redactor, budgetOf },
    { ...requests, baseUrls: { reporting: config.reportingUrl }, filters: config.filters },
  );
  const deps: SyncDeps = {
    clock,
    random,
    source,
    secrets,
    cursors: createCursorStore(table),
    lake: createLake(config, aws),
    metrics: world.metrics,
    log,
    rules: CATALOGUE,
    settings: {
      lookbackMs: config.lookbackMs,
      maxWatermarkAgeMs: config.maxWatermarkAgeMs,
      fullSyncEveryMs: config.fullSyncEveryMs,
      snapshotIntervalMs: config.snapshotIntervalMs,
      historyStart: config.historyStart,
      sourceKey: sourceKey(config),
      pageSize: config.pageSize,
      maxConcurrentStreams: config.maxConcurrentStreams,
      partTargetBytes: PART_TARGET_BYTES,
      partMaxAgeMs: PART_MAX_AGE_MS,
    },
  };
  return { config, deps };
}

function createLake(config: Config, aws: ReturnType<typeof createAwsClients>): Lake {
  const { lake } = config;
  if (lake.kind === 'folder') return createFolderLake({ root: lake.path, clock: systemClock, random: systemRandom });
  const { bucket, prefix } = lake;
  const spoolFolder = join(tmpdir(), 'ditio-extract');
  return createS3Lake({ client: aws.s3, bucket, prefix, spoolFolder, clock: systemClock, random: systemRandom });
}

/** Names source and filters; a port says nothing about a source, and a simulator has another one each time. */
function sourceKey(config: Config): string {
  const { hostname, pathname } = config.reportingUrl;
  const { historyStart, filters } = config;
  const parts = JSON.stringify([hostname, pathname, historyStart, filters]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 12);
}

const systemClock: Clock = {
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
