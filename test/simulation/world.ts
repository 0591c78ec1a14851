/**
 * One history: a source that changes, and invocations that read it while everything around them goes wrong.
 *
 * Runs in virtual time from a seed alone. After the chaos the source is left in peace, invocations without faults run
 * until all streams are complete, and the lake is compared with the source (`check.ts`).
 */

import type { BackfillWindow } from '../../src/core/cursor/cursor.ts';
import { refuseBackfill } from '../../src/core/cursor/plan.ts';
import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';
import { createRedactor } from '../../src/core/failure/redact.ts';
import { createRetryBudget } from '../../src/core/retry/retry-budget.ts';
import { createDeadline } from '../../src/core/time/deadline.ts';
import { addMs, DAY_MS, type Instant, instant, MINUTE_MS } from '../../src/core/time/instant.ts';
import { createTokens } from '../../src/ditio/auth/tokens.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { createHostGate } from '../../src/ditio/http/host-gate.ts';
import { createPageSource } from '../../src/ditio/pages.ts';
import { createLog } from '../../src/log.ts';
import type { Clock, Log, LogFields, Random, SecretSource, TokenStore, Transport } from '../../src/ports.ts';
import type { SyncDeps } from '../../src/sync/deps.ts';
import type { RunReport } from '../../src/sync/report.ts';
import { runStreams } from '../../src/sync/run.ts';
import type { Task } from '../../src/sync/stream/turn.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/virtual-clock.ts';
import { type Checker, createChecker } from './check.ts';
import { createDitioModel, type DitioModel } from './ditio-model.ts';
import { createFate, type Fate, type FatePlan } from './fate.ts';
import { createLakeModel, createStore, type LakeModel, lakeFor, type Store, storeFor, tokensFor } from './models.ts';
import { createDice, type Dice } from './random.ts';
import { createTransport, type Identity, type NetworkPlan, type RequestNote } from './transport-model.ts';

export interface World {
  readonly seed: number;
  readonly clock: VirtualClock;
  /** Before the date of every record there will ever be. */
  readonly historyStart: Instant;
  readonly model: DitioModel;
  readonly store: Store;
  readonly lake: LakeModel;
  readonly identity: Identity;
  readonly rules: readonly StreamRule[];
  readonly checker: Checker;
  readonly faults: Map<string, number>;
  readonly reports: RunReport[];
  /** Whether every log line is judged by the log contract; costs a third of the time. */
  readonly checksLines: boolean;
  /** Every `hard_failure` line. */
  readonly failures: LogFields[];
}

export interface InvocationPlan {
  readonly remainingMs: number;
  readonly skewMs: number;
  readonly fate: FatePlan;
  readonly network: NetworkPlan;
  readonly task: Task;
  readonly rules: readonly StreamRule[];
  readonly pageSize: number;
  readonly concurrency: number;
  /** Source and filters, when they differ from the usual ones. */
  readonly sourceKey?: string;
  /** Also lives past its limit, as a frozen process that thaws would. */
  readonly zombie: boolean;
}

export const QUIET = { failBefore: 0, loseAnswer: 0, slow: 0 } as const;
export const QUIET_NETWORK: NetworkPlan = { faultRate: 0, latencyMs: 50, tokenLifetimeMs: 30 * MINUTE_MS };

/** The streams that histories are about: one of each behaviour. */
const CAST = [
  'project',
  'time-registrations',
  'machine-registrations',
  'checklist-registrations',
  'crew-list-registrations',
  'flow-locations',
];

export function createWorld(seed: number, dice: Dice, only?: readonly string[], checksLines = true): World {
  const clock = createVirtualClock();
  const chosen = CAST.filter(() => dice.chance(0.6));
  const names = only ?? (chosen.length > 0 ? chosen : ['time-registrations']);
  const rules = CATALOGUE.filter(({ name }) => names.includes(name));
  const model = createDitioModel(rules);
  const store = createStore();
  const lake = createLakeModel();
  const faults = new Map<string, number>();
  const checker = createChecker({ model, store, lake, rules });
  return {
    seed,
    clock,
    historyStart: addMs(clock.now(), -60 * DAY_MS),
    model,
    store,
    lake,
    identity: { good: new Map(), issued: 0 },
    rules,
    checker,
    faults,
    reports: [],
    checksLines,
    failures: [],
  };
}

/** Runs one invocation; resolves when it ends, dies, or is killed at its limit. */
export async function invoke(world: World, dice: Dice, plan: InvocationPlan): Promise<RunReport | null> {
  const { clock } = world;
  const count = { add: (kind: string) => void world.faults.set(kind, (world.faults.get(kind) ?? 0) + 1) };
  const fate = createFate(clock, dice.fork(), plan.fate, count);
  const notes: RequestNote[] = [];
  const startedMs = clock.monotonicMs();
  const own = clockOf(clock, fate, plan.skewMs);
  const deadline = createDeadline(own.monotonicMs, plan.remainingMs, RESERVE_MS);
  const write = (level: 'debug' | 'info' | 'warn' | 'error', event: string, fields: LogFields) => {
    // A process that is gone writes no more lines, whatever its promises still come to here.
    if (fate.dead) return;
    if (event === 'hard_failure') world.failures.push(fields);
    if (world.checksLines) world.checker.line(level, event, fields);
  };
  const log = world.checksLines
    ? createLog({ write }, createRedactor(), { run_id: `run-${startedMs}` })
    : quietLog(write);
  const random = { next: () => dice.next(), uuid: () => uuidOf(dice) };
  const transport = createTransport({
    clock,
    model: world.model,
    identity: world.identity,
    fate,
    dice: dice.fork(),
    plan: plan.network,
    count,
    notes,
  });
  const secrets = { read: async () => ({ clientId: 'simulated', clientSecret: 'simulated-secret' }) };
  const source = createSource({ transport, secrets, store: tokensFor(world.store, fate), clock: own, random });
  const deps: SyncDeps = {
    version: 'test',
    clock: own,
    random,
    source,
    secrets,
    cursors: storeFor(world.store, fate),
    lake: lakeFor(world.lake, fate),
    metrics: { record: () => {}, recordRun: () => {} },
    log,
    rules: world.rules,
    settings: {
      lookbackMs: 10 * MINUTE_MS,
      maxWatermarkAgeMs: 30 * DAY_MS,
      fullSyncEveryMs: 0,
      snapshotIntervalMs: 30 * MINUTE_MS,
      historyStart: world.historyStart,
      sourceKey: plan.sourceKey ?? 'simulated',
      pageSize: plan.pageSize,
      maxConcurrentStreams: plan.concurrency,
      partTargetBytes: 1 + dice.below(2000),
      partMaxAgeMs: 60_000,
      staleAfterMs: 6 * 60 * MINUTE_MS,
      partsPerList: 1 + dice.below(4),
      compression: 'gzip',
    },
  };
  const run = runStreams(deps, {
    runId: random.uuid(),
    action: plan.task.kind,
    rules: plan.rules,
    task: plan.task,
    deadline,
    invocationEndsAt: addMs(own.now(), plan.remainingMs),
    log,
    budget: createRetryBudget(),
  }).then((report) => {
    if (fate.dead) return null;
    world.reports.push(report);
    return report;
  });
  const limit = plan.zombie ? new Promise<void>(() => {}) : clock.sleep(plan.remainingMs).then(() => fate.kill());
  const report = await Promise.race([run, fate.died.then(() => null), limit.then(() => null)]);
  world.checker.requests(notes, {
    startedMs,
    remainingMs: plan.remainingMs,
    reserveMs: Math.min(RESERVE_MS, plan.remainingMs / 4),
    frozen: plan.fate.freezeAt !== null,
  });
  return report;
}

function uuidOf(dice: Dice): string {
  const digits = () =>
    dice
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${digits()}-${digits()}-${digits()}-${digits()}`;
}

const RESERVE_MS = 15_000;

/** A log for histories by the hundred thousand: only hard failures are looked at. */
function quietLog(write: (level: 'error', event: string, fields: LogFields) => void): Log {
  const nothing = () => {};
  const log: Log = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (event, fields = {}) => write('error', event, fields),
    child: () => log,
  };
  return log;
}

/** The clock of one process: skewed, and stopped once the process is dead. */
function clockOf(clock: VirtualClock, fate: Fate, skewMs: number): Clock {
  return {
    now: () => instant(clock.now() + skewMs),
    monotonicMs: clock.monotonicMs,
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal);
      if (fate.dead) await new Promise<never>(() => {});
    },
  };
}

/** What of a history is left out; the dice are thrown all the same, so that the rest stays as it was. */
export interface HistoryLimits {
  readonly rounds?: number;
  readonly streams?: readonly string[];
  readonly without?: readonly Chaos[];
  /** Whether log lines are judged; true unless given. */
  readonly checksLines?: boolean;
}

export const CHAOS = [
  'crashes',
  'freezes',
  'port-faults',
  'network-faults',
  'skew',
  'copies',
  'backfills',
  'token-loss',
] as const;
export type Chaos = (typeof CHAOS)[number];

/** A whole history. Throws what the checker finds, with the seed in the message. */
export async function runHistory(seed: number, limits: HistoryLimits = {}): Promise<World> {
  const dice = createDice(seed);
  const world = createWorld(seed, dice, limits.streams, limits.checksLines);
  try {
    await chaos(world, dice, limits);
    await settle(world, dice);
  } catch (error) {
    throw new Error(`history ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  return world;
}

async function chaos(world: World, dice: Dice, limits: HistoryLimits): Promise<void> {
  const allows = (kind: Chaos) => !limits.without?.includes(kind);
  for (let count = dice.below(25); count > 0; count--) world.model.mutate(dice, world.clock.now());
  const running: Promise<unknown>[] = [];
  const rounds = 2 + dice.below(6);
  for (let round = 0; round < Math.min(rounds, limits.rounds ?? rounds); round++) {
    // Now and then the same event is delivered twice, or a run is still going when the next one starts.
    const copies = dice.chance(0.2) && allows('copies') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      running.push(invoke(world, dice.fork(), tame(chaoticPlan(world, dice), allows)));
    }
    running.push(keepChanging(world, dice.fork()));
    if (dice.chance(0.15) && allows('token-loss')) world.model.expireTokens();
    if (dice.chance(0.1) && allows('token-loss')) world.identity.good.clear();
    const waits = dice.chance(0.7) || !allows('copies');
    const gapMs = dice.below(10) * MINUTE_MS;
    await (waits ? Promise.all(running) : world.clock.sleep(gapMs));
    await world.clock.sleep(dice.chance(0.1) ? dice.below(40) * DAY_MS : dice.below(20) * MINUTE_MS);
  }
  await Promise.all(running);
  world.checker.throwViolation();
}

/** A plan without the kinds of chaos that are left out. */
function tame(plan: InvocationPlan, allows: (kind: Chaos) => boolean): InvocationPlan {
  const { fate, network, task } = plan;
  return {
    ...plan,
    skewMs: allows('skew') ? plan.skewMs : 0,
    zombie: plan.zombie && allows('freezes'),
    fate: {
      ...fate,
      dieAt: allows('crashes') ? fate.dieAt : null,
      freezeAt: allows('freezes') ? fate.freezeAt : null,
      rates: allows('port-faults') ? fate.rates : QUIET,
    },
    network: allows('network-faults') ? network : { ...network, faultRate: 0 },
    task: task.kind === 'backfill' && !allows('backfills') ? { kind: 'sync', mode: 'auto' } : task,
  };
}

async function keepChanging(world: World, dice: Dice): Promise<void> {
  for (let count = dice.below(12); count > 0; count--) {
    await world.clock.sleep(dice.below(60_000));
    world.model.mutate(dice, world.clock.now());
  }
}

function chaoticPlan(world: World, dice: Dice): InvocationPlan {
  const freezes = dice.chance(0.12);
  const wished = chaoticTask(world, dice);
  const chosen = dice.chance(0.8) ? world.rules : world.rules.filter(() => dice.chance(0.5));
  const takers = chosen.filter((rule) => wished.kind === 'sync' || refuseBackfill(rule, wished.window.kind) === null);
  const task: Task = takers.length > 0 ? wished : { kind: 'sync', mode: 'auto' };
  return {
    remainingMs: dice.pick([3_000, 20_000, 60_000, 900_000]),
    skewMs: dice.chance(0.3) ? (dice.below(20) - 10) * MINUTE_MS : dice.below(2_000) - 1_000,
    fate: {
      dieAt: dice.chance(0.4) ? 1 + dice.below(60) : null,
      freezeAt: freezes ? 1 + dice.below(40) : null,
      freezeMs: dice.below(40) * MINUTE_MS,
      rates: dice.pick([
        QUIET,
        { failBefore: 0.03, loseAnswer: 0.03, slow: 0.05 },
        { failBefore: 0.1, loseAnswer: 0.1, slow: 0.1 },
      ]),
    },
    network: {
      faultRate: dice.pick([0, 0.05, 0.3]),
      latencyMs: dice.pick([20, 500, 4_000]),
      tokenLifetimeMs: dice.pick([20_000, 5 * MINUTE_MS, 30 * MINUTE_MS]),
    },
    task,
    rules: takers.length > 0 ? takers : world.rules,
    pageSize: 1 + dice.below(6),
    concurrency: 1 + dice.below(4),
    zombie: freezes,
  };
}

function chaoticTask(world: World, dice: Dice): Task {
  const what = dice.next();
  if (what < 0.1) return { kind: 'sync', mode: 'full' };
  if (what > 0.2) return { kind: 'sync', mode: 'auto' };
  const from = addMs(world.clock.now(), -dice.below(50) * DAY_MS);
  const to = addMs(from, dice.below(20) * DAY_MS);
  const window: BackfillWindow = dice.chance(0.5)
    ? { kind: 'dates', from, to }
    : { kind: 'modified', since: from, before: dice.chance(0.5) ? addMs(to, 1) : null };
  return { kind: 'backfill', window };
}

/** Lets the history come to rest, and compares lake and source. Throws what the checker finds. */
export async function settle(world: World, dice: Dice): Promise<void> {
  await quiet(world, dice);
  world.checker.throwViolation();
  world.checker.presentStateEqualsSource();
  world.checker.manifestsCountEachPageOnce();
}

/** Invocations without faults, until every stream has completed a sync that opened after the last change. */
async function quiet(world: World, dice: Dice): Promise<void> {
  // Past every lease, pause and frozen process of the chaos, and past the widest skew between two clocks.
  await world.clock.sleep(90 * MINUTE_MS);
  for (let round = 0; round < 12; round++) {
    const report = await invoke(world, dice.fork(), {
      remainingMs: 900_000,
      skewMs: 0,
      fate: { dieAt: null, freezeAt: null, freezeMs: 0, rates: QUIET },
      network: QUIET_NETWORK,
      task: { kind: 'sync', mode: 'auto' },
      rules: world.rules,
      pageSize: 5,
      concurrency: 4,
      zombie: false,
    });
    if (report?.outcome === 'complete' && round > 0) return;
    await world.clock.sleep(35 * MINUTE_MS);
  }
  throw new Error('the streams never became complete, although nothing went wrong any more');
}

/** Builds the page source of Ditio as `compose.ts` does, on the model's network. */
function createSource(parts: {
  readonly transport: Transport;
  readonly secrets: SecretSource;
  readonly store: TokenStore;
  readonly clock: Clock;
  readonly random: Random;
}): SyncDeps['source'] {
  const { transport, secrets, store, clock, random } = parts;
  const redactor = createRedactor();
  const options = { requestTimeoutMs: 120_000, userAgent: 'ditio-extract/simulation' };
  const tokens = createTokens(
    { credentials: secrets, store, transport, clock, random, redactor },
    { ...options, identityUrl: new URL('https://identity.example'), scopes: ['reportingapiv1'] },
  );
  const filters = {
    companyId: undefined,
    projectId: undefined,
    ownCompanyDataOnly: undefined,
    excludeDataFromSubsidiaries: undefined,
    includeSensitiveData: false,
  };
  return createPageSource(
    { transport, tokens, clock, random, gate: createHostGate(clock), redactor },
    { ...options, baseUrls: { reporting: new URL('https://core.example/reporting') }, filters },
  );
}
