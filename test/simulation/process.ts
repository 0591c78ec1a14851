/**
 * A process of the extractor in a simulated world: built once, as a Lambda environment is, and invoked one event after the
 * other. What it keeps between two invocations (token, pauses of the host) is kept here too.
 *
 * Everything from the event on is the code that is deployed; `compose.ts` alone is replaced.
 */

import { createHash } from 'node:crypto';
import type { Config } from '../../src/config.ts';
import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';
import { HardFailure, SECRET_EMPTY } from '../../src/core/failure/errors.ts';
import { createRedactor, type Redactor } from '../../src/core/failure/redact.ts';
import type { Clock, LogFields, Random } from '../../src/core/scope.ts';
import { DAY_MS, type Instant, instant, MINUTE_MS } from '../../src/core/time/instant.ts';
import { createTokens } from '../../src/ditio/auth/tokens.ts';
import { createHostGate } from '../../src/ditio/http/host-gate.ts';
import { createPageSource } from '../../src/ditio/pages.ts';
import { createExtractor, type Extractor } from '../../src/extractor.ts';
import type { StoredToken, Transport } from '../../src/ports.ts';
import type { SyncDeps } from '../../src/sync/deps.ts';
import { NO_FILTERS } from '../fakes/filters.ts';
import type { VirtualClock } from '../fakes/virtual-clock.ts';
import type { Fate } from './fate.ts';
import { type LakeModel, lakeFor, type Store, storeFor, tokensFor } from './models.ts';
import type { Dice } from './random.ts';

/** What the environment variables of a function say. */
export interface Env {
  readonly clientId: string;
  readonly companyId: string | undefined;
  readonly lake: string;
  readonly pageSize: number;
  readonly concurrency: number;
  /** Parts reach this size, in bytes. */
  readonly partTargetBytes: number;
  readonly partsPerList: number;
  readonly fullSyncEveryMs: number;
}

/** What of a process changes with each invocation. */
export interface Present {
  readonly fate: Fate;
  readonly dice: Dice;
  readonly transport: Transport;
  /** Our clock less the true one, in milliseconds. */
  readonly skewMs: () => number;
  readonly write: (level: string, event: string, fields: LogFields) => void;
}

export interface Process {
  readonly env: Env;
  readonly extractor: Extractor;
  /** Of the invocation that is going on, or of the last one. */
  present: Present | null;
  isBusy: boolean;
}

/** What of the world a process sees. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly historyStart: Instant;
  readonly rules: readonly StreamRule[];
  /** The token store. */
  readonly tokens: Map<string, StoredToken>;
  readonly checksLines: boolean;
  readonly isSecretEmpty: boolean;
}

export const RESERVE_MS = 15_000;

export function createProcess(
  world: Surroundings,
  place: { readonly store: Store; readonly lake: LakeModel },
  env: Env,
): Process {
  const process = { env, present: null as Present | null, isBusy: false };
  const present = (): Present => {
    if (!process.present) throw new Error('the process is not invoked');
    return process.present;
  };
  const { clock, random } = ambient(world, present);
  const redactor = world.checksLines ? createRedactor() : NO_REDACTOR;
  const fate: Fate = {
    step: (point) => present().fate.step(point),
    fault: (point) => present().fate.fault(point),
    kill: () => present().fate.kill(),
    get dead() {
      return present().fate.dead;
    },
    get died() {
      return present().fate.died;
    },
    get calls() {
      return present().fate.calls;
    },
  };
  const transport: Transport = { send: (request) => present().transport.send(request) };
  const secrets = {
    async read() {
      if (world.isSecretEmpty) throw NO_SECRET;
      return { clientId: env.clientId, clientSecret: 'simulated-secret' };
    },
  };
  const deps: Omit<SyncDeps, 'log'> = {
    version: '0.0.0',
    clock,
    random,
    source: createSource(world, env, { transport, secrets, fate, clock, random, redactor }),
    secrets,
    cursors: storeFor(place.store, fate, env),
    lake: lakeFor(place.lake, fate),
    metrics: { record: () => {}, recordRun: () => {} },
    rules: world.rules,
    settings: {
      lookbackMs: 10 * MINUTE_MS,
      maxWatermarkAgeMs: 30 * DAY_MS,
      fullSyncEveryMs: env.fullSyncEveryMs,
      snapshotIntervalMs: 30 * MINUTE_MS,
      historyStart: world.historyStart,
      sourceKey: createHash('sha256').update(String(env.companyId)).digest('hex').slice(0, 12),
      pageSize: env.pageSize,
      maxConcurrentStreams: env.concurrency,
      partTargetBytes: env.partTargetBytes,
      partMaxAgeMs: 60_000,
      partsPerList: env.partsPerList,
      staleAfterMs: 6 * 60 * MINUTE_MS,
    },
  };
  const config = { streams: world.rules.map(({ name }) => name), reserveMs: RESERVE_MS } as unknown as Config;
  const writer = {
    write: (level: string, event: string, fields: LogFields) => {
      // A process that is gone writes no more lines, whatever its promises still come to here.
      if (!present().fate.dead) present().write(level, event, fields);
    },
  };
  const extractor = createExtractor({
    clock,
    random,
    redactor,
    writer,
    metrics: deps.metrics,
    build: () => ({ config, deps, closeConnections: async () => {} }),
  });
  return Object.assign(process, { extractor });
}

/** Clock and randomness of the process; the clock is skewed, and stops once the process is dead. */
function ambient(world: Surroundings, present: () => Present): { readonly clock: Clock; readonly random: Random } {
  const clock: Clock = {
    now: () => instant(world.clock.now() + present().skewMs()),
    monotonicMs: world.clock.monotonicMs,
    async sleep(ms, signal) {
      const { fate } = present();
      await world.clock.sleep(ms, signal);
      if (fate.dead) await new Promise<never>(() => {});
    },
  };
  return { clock, random: { next: () => present().dice.next(), uuid: () => uuidOf(present().dice) } };
}

function uuidOf(dice: Dice): string {
  const digits = () =>
    dice
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${digits()}-${digits()}-${digits()}-${digits()}`;
}

/** Builds the page source of Ditio as `compose.ts` does, on the model's network. */
function createSource(
  world: Surroundings,
  env: Env,
  parts: {
    readonly transport: Transport;
    readonly secrets: SyncDeps['secrets'];
    readonly fate: Fate;
    readonly clock: Clock;
    readonly random: Random;
    readonly redactor: Redactor;
  },
): SyncDeps['source'] {
  const { transport, secrets, fate, clock, random, redactor } = parts;
  const options = { requestTimeoutMs: 120_000, userAgent: 'ditio-extract/simulation' };
  const tokens = createTokens(
    { credentials: secrets, store: tokensFor(world.tokens, fate), transport, clock, random, redactor },
    { ...options, identityUrl: new URL('https://identity.example'), scopes: ['reportingapiv1'] },
  );
  const filters = { ...NO_FILTERS, companyId: env.companyId };
  return createPageSource(
    { transport, tokens, clock, random, gate: createHostGate(clock), redactor },
    { ...options, baseUrls: { reporting: new URL('https://core.example/reporting') }, filters },
  );
}

const NO_SECRET = new HardFailure('credentials', 'the secret has no value yet', {
  code: SECRET_EMPTY,
  concerns: 'run',
});

/** For histories by the hundred thousand, whose lines are not judged. */
const NO_REDACTOR: Redactor = { learn: () => {}, clean: (value) => value, hide: (text) => text };
