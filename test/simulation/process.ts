/**
 * A process of the extractor in a simulated world: built once, as a Lambda environment is, and invoked one event after the
 * other. What it keeps between two invocations (token, pauses of the host) is kept here too.
 *
 * Everything from the event on is the code that is deployed, configured by its variables and connected as it is; models
 * stand for AWS, Ditio's network and time.
 */

import { connect, type Outside } from '../../src/compose.ts';
import { type Config, parseConfig } from '../../src/config.ts';
import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';
import { HardFailure, SECRET_EMPTY } from '../../src/core/failure/errors.ts';
import { createRedactor, type Redactor } from '../../src/core/failure/redact.ts';
import type { Clock, LogFields, Random } from '../../src/core/scope.ts';
import { formatInstant, type Instant, instant } from '../../src/core/time/instant.ts';
import { createExtractor, type Extractor } from '../../src/extractor.ts';
import type { Metrics, StoredToken, Transport } from '../../src/ports.ts';
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
  readonly fullSyncEveryDays: number;
  readonly environment: Config['environment'];
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
  const config = configOf(world, env);
  const metrics: Metrics = { record: () => {}, recordRun: () => {} };
  const outside: Outside = {
    clock,
    random,
    redactor,
    transport,
    secrets,
    tokenStore: tokensFor(world.tokens, fate),
    cursors: storeFor(place.store, fate, env),
    lake: lakeFor(place.lake, fate),
    metrics,
  };
  const { partTargetBytes, partsPerList } = env;
  const fixed = { rules: world.rules, partTargetBytes, partMaxAgeMs: 60_000, partsPerList };
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
    metrics,
    build: () => ({ config, deps: connect(config, outside, fixed), closeConnections: async () => {} }),
  });
  return Object.assign(process, { extractor });
}

/** The configuration that the function's variables describe. */
function configOf(world: Surroundings, env: Env): Config {
  const names = world.rules.map(({ name }) => name);
  const variables = {
    DITIO_ENVIRONMENT: env.environment,
    DITIO_IDENTITY_URL: 'https://identity.example',
    DITIO_REPORTING_URL: 'https://core.example/reporting',
    DITIO_SECRET_ID: 'secret',
    STATE_TABLE: 'state',
    LAKE_URL: `s3://lake-${env.lake}`,
    COMPANY_ID: env.companyId,
    PAGE_SIZE: String(env.pageSize),
    MAX_CONCURRENT_STREAMS: String(env.concurrency),
    FULL_SYNC_EVERY_DAYS: String(env.fullSyncEveryDays),
    SNAPSHOT_INTERVAL_HOURS: '1',
    HISTORY_START: formatInstant(world.historyStart),
  };
  return parseConfig(variables, names);
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

const NO_SECRET = new HardFailure('credentials', 'the secret has no value yet', {
  code: SECRET_EMPTY,
  concerns: 'run',
});

/** For histories by the hundred thousand, whose lines are not judged. */
const NO_REDACTOR: Redactor = { learn: () => {}, clean: (value) => value, hide: (text) => text };
