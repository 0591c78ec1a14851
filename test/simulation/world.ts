/**
 * A simulated world: a source that changes, a network, state and lakes, and invocations of the extractor in it.
 *
 * Runs in virtual time from a seed alone. What happens in a history is decided in `history.ts`, what must hold in
 * `check.ts`.
 */

import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';
import type { LogFields } from '../../src/core/scope.ts';
import { addMs, DAY_MS, formatInstant, type Instant, MINUTE_MS } from '../../src/core/time/instant.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import type { StoredToken } from '../../src/ports.ts';
import type { RunReport } from '../../src/sync/report.ts';
import type { Task } from '../../src/sync/stream/turn.ts';
import { createVirtualClock, type VirtualClock } from '../fakes/virtual-clock.ts';
import { type Action, type Checker, createChecker } from './check.ts';
import { createDitioModel, type DitioModel, type ModelOptions, WHOLE_VIEW } from './ditio-model.ts';
import { createFate, type FatePlan } from './fate.ts';
import { createLakeModel, createStore, type LakeModel, type Store } from './models.ts';
import { createProcess, type Env, type Process, RESERVE_MS } from './process.ts';
import type { Dice } from './random.ts';
import { createTransport, type Identity, type NetworkPlan, type RequestNote } from './transport-model.ts';

/** A lake and the state that belongs to it. */
export interface Place {
  readonly store: Store;
  readonly lake: LakeModel;
  readonly checker: Checker;
}

export interface World extends Place {
  readonly seed: number;
  readonly clock: VirtualClock;
  /** Before the date of every usual record. */
  readonly historyStart: Instant;
  readonly model: DitioModel;
  /** By the name of the lake; `store`, `lake` and `checker` are those of the usual one. */
  readonly places: Map<string, Place>;
  /** The token store: one for all lakes. */
  readonly tokens: Map<string, StoredToken>;
  readonly identity: Identity;
  /** The secret has no value yet. */
  isSecretEmpty: boolean;
  readonly rules: readonly StreamRule[];
  readonly processes: Process[];
  /** When the last invocation ended that read the usual lake through other eyes; before all time where none did. */
  otherViewMs: number;
  readonly faults: Map<string, number>;
  readonly reports: RunReport[];
  /** Whether every log line is judged by the log contract; costs a third of the time. */
  readonly checksLines: boolean;
  /** Every `hard_failure` line. */
  readonly failures: LogFields[];
  /** Every line of warning. */
  readonly warnings: { readonly event: string; readonly fields: LogFields }[];
}

export interface InvocationPlan {
  readonly remainingMs: number;
  readonly skewMs: number;
  /** The clock of the process jumps by so much, so long after the invocation began. */
  readonly jump?: { readonly byMs: number; readonly afterMs: number };
  readonly fate: FatePlan;
  readonly network: NetworkPlan;
  readonly task: Task;
  /** Instead of the task. */
  readonly action?: Action;
  readonly rules: readonly StreamRule[];
  readonly pageSize: number;
  readonly concurrency: number;
  /** How the function is configured, where that is not as usual. */
  readonly env?: Partial<Env>;
  /** A process that has done its work may be used again; its page size and the like stay as they were. */
  readonly isWarm?: boolean;
  /** Also lives past its limit, as a frozen process that thaws would. */
  readonly zombie: boolean;
}

export const QUIET = { failBefore: 0, loseAnswer: 0, slow: 0 } as const;
export const QUIET_NETWORK: NetworkPlan = { faultRate: 0, latencyMs: 50, tokenLifetimeMs: 30 * MINUTE_MS };
export const USUAL_LAKE = 'usual';
const HISTORY_DAYS = 60;

/** The streams that histories are about: one of each behaviour. */
export const CAST = [
  'project',
  'time-registrations',
  'machine-registrations',
  'checklist-registrations',
  'crew-list-registrations',
  'flow-locations',
  'item-registrations',
];

export function createWorld(
  seed: number,
  dice: Dice,
  only?: readonly string[],
  checksLines = true,
  options?: ModelOptions,
): World {
  const clock = createVirtualClock();
  const chosen = CAST.filter(() => dice.chance(0.6));
  const names = only ?? (chosen.length > 0 ? chosen : ['time-registrations']);
  const rules = CATALOGUE.filter(({ name }) => names.includes(name)).map(withOtherWindows);
  const model = createDitioModel(rules, options);
  const usual = createPlace(model, rules);
  return {
    seed,
    clock,
    historyStart: addMs(clock.now(), -HISTORY_DAYS * DAY_MS),
    model,
    ...usual,
    places: new Map([[USUAL_LAKE, usual]]),
    tokens: new Map(),
    identity: { good: new Map(), issued: 0, refusesAll: false },
    isSecretEmpty: false,
    rules,
    processes: [],
    otherViewMs: Number.NEGATIVE_INFINITY,
    faults: new Map(),
    reports: [],
    checksLines,
    failures: [],
    warnings: [],
  };
}

/**
 * Windows of seven days would make a thousand requests of each full sync; only their number is another one here. Of item
 * rows, two windows meet at the present, where most rows are.
 */
function withOtherWindows<T extends StreamRule>(rule: T): T {
  if (rule.window.kind === 'fallback') return { ...rule, window: { ...rule.window, maxDays: 1500 } };
  return rule.format === 'json' ? rule : { ...rule, window: { ...rule.window, maxDays: HISTORY_DAYS } };
}

function createPlace(model: DitioModel, rules: readonly StreamRule[]): Place {
  const store = createStore();
  const lake = createLakeModel();
  return { store, lake, checker: createChecker({ model, store, lake, rules }) };
}

/** The lake of this name and its state, made when it is first asked for. */
export function placeOf(world: World, name: string): Place {
  const known = world.places.get(name);
  if (known) return known;
  const place = createPlace(world.model, world.rules);
  world.places.set(name, place);
  return place;
}

/** Throws what was found while others were at work, in any of the lakes. */
export function throwViolations(world: World): void {
  for (const { checker } of world.places.values()) checker.throwViolation();
}

/** Runs one invocation; resolves with the report of its run when it ends, dies, or is killed at its limit. */
export async function invoke(world: World, dice: Dice, plan: InvocationPlan): Promise<RunReport | null> {
  const { clock } = world;
  const env = envOf(dice, plan);
  const place = placeOf(world, env.lake);
  let lostSaves = 0;
  const changesBefore = place.checker.sourceChanges();
  const count = {
    add(kind: string) {
      if (kind === 'fail-before save') lostSaves += 1;
      world.faults.set(kind, (world.faults.get(kind) ?? 0) + 1);
    },
  };
  const process = takeProcess(world, place, env, plan.isWarm ?? false);
  const fate = createFate(clock, dice.fork(), plan.fate, count);
  const notes: RequestNote[] = [];
  const startedMs = clock.monotonicMs();
  const ends = startedMs + plan.remainingMs;
  const { identity, model } = world;
  const network = { clock, model, identity, fate, dice: dice.fork(), plan: plan.network, count, notes };
  let report: RunReport | null = null;
  process.present = {
    fate,
    dice: dice.fork(),
    transport: createTransport(network),
    skewMs: () => plan.skewMs + jumpOf(plan, clock.monotonicMs() - startedMs),
    write(level, event, fields) {
      if (event === 'run_summary') report = reportOf(fields);
      if (event === 'hard_failure') world.failures.push(fields);
      if (level === 'warn') world.warnings.push({ event, fields });
      if (world.checksLines) place.checker.line(level, event, fields);
      else place.checker.failure(event, fields);
    },
  };
  const { dateSkewMs = 0 } = plan.network;
  place.checker.clocksAhead(Math.min(latestSkewMs(plan), dateSkewMs ?? Number.POSITIVE_INFINITY));
  process.isBusy = true;
  const work = process.extractor
    .handle(eventOf(plan), { getRemainingTimeInMillis: () => ends - clock.monotonicMs() })
    .catch((error) => place.checker.thrown(error, plan.action))
    .then(() => {
      if (fate.dead) return null;
      process.isBusy = false;
      if (report) world.reports.push(report);
      return report;
    });
  const limit = plan.zombie ? new Promise<void>(() => {}) : clock.sleep(plan.remainingMs).then(() => fate.kill());
  const isOtherView = env.clientId !== WHOLE_VIEW.clientId || env.companyId !== WHOLE_VIEW.companyId;
  const ended = await Promise.race([work, fate.died.then(() => null), limit.then(() => null)]);
  if (isOtherView && env.lake === USUAL_LAKE) world.otherViewMs = clock.now();
  place.checker.requests(notes, {
    startedMs,
    remainingMs: plan.remainingMs,
    reserveMs: Math.min(RESERVE_MS, plan.remainingMs / 4),
    frozen: plan.fate.freezeAt !== null,
    forgotten: lostSaves + place.checker.sourceChanges() - changesBefore,
  });
  return ended;
}

function envOf(dice: Dice, plan: InvocationPlan): Env {
  return {
    ...WHOLE_VIEW,
    lake: USUAL_LAKE,
    pageSize: plan.pageSize,
    concurrency: plan.concurrency,
    partTargetBytes: 1 + dice.below(2000),
    partsPerList: 1 + dice.below(4),
    fullSyncEveryDays: 0,
    environment: 'test',
    ...plan.env,
  };
}

/** A warm process of the same client, filter and lake, or a new one. */
function takeProcess(world: World, place: Place, env: Env, isWarm: boolean): Process {
  const warm = world.processes.find(
    (process) =>
      !process.isBusy &&
      process.env.clientId === env.clientId &&
      process.env.companyId === env.companyId &&
      process.env.environment === env.environment &&
      process.env.lake === env.lake,
  );
  if (isWarm && warm) return warm;
  const process = createProcess(world, place, env);
  world.processes.push(process);
  return process;
}

function jumpOf({ jump }: InvocationPlan, elapsedMs: number): number {
  return jump && elapsedMs >= jump.afterMs ? jump.byMs : 0;
}

function latestSkewMs({ skewMs, jump }: InvocationPlan): number {
  return Math.max(skewMs, skewMs + (jump?.byMs ?? 0));
}

function eventOf({ task, action, rules }: InvocationPlan): unknown {
  const streams = rules.map(({ name }) => name);
  if (action === 'reset') return { action, streams };
  if (action) return { action };
  if (task.kind === 'sync') return { action: 'sync', streams, mode: task.mode };
  const { window } = task;
  if (window.kind === 'dates') {
    return { action: 'backfill', streams, from: formatInstant(window.from), to: formatInstant(window.to) };
  }
  const modifiedSince = formatInstant(window.since);
  const before = window.before === null ? {} : { modifiedBefore: formatInstant(window.before) };
  return { action: 'backfill', streams, modifiedSince, ...before };
}

function reportOf({ runId, action, outcome, durationMs, streams }: LogFields): RunReport {
  return { runId, action, outcome, durationMs, streams } as RunReport;
}
