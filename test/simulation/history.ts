/**
 * One history: a source that changes, and invocations that read it while everything around them goes wrong.
 *
 * After the chaos the source is left in peace, invocations without faults run until all streams are complete, and the
 * lake is compared with the source (`check.ts`).
 */

import type { BackfillWindow } from '../../src/core/cursor/backfill-window.ts';
import { refuseBackfill } from '../../src/core/cursor/plan.ts';
import { addMs, DAY_MS, MINUTE_MS } from '../../src/core/time/instant.ts';
import type { CursorRecord } from '../../src/ports.ts';
import type { Task } from '../../src/sync/stream/turn.ts';
import { type TokenRefusal, type View, WHOLE_VIEW } from './ditio-model.ts';
import type { Env } from './process.ts';
import { createDice, type Dice } from './random.ts';
import { IDENTITY_SERVER, type Sick } from './transport-model.ts';
import {
  createWorld,
  type InvocationPlan,
  invoke,
  QUIET,
  QUIET_NETWORK,
  throwViolations,
  USUAL_LAKE,
  type World,
} from './world.ts';

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
  'sick-endpoints',
  'skew',
  'jumps',
  'server-dates',
  'odd-dates',
  'older-server',
  'copies',
  'backfills',
  'token-loss',
  'token-refusals',
  'lakes',
  'clients',
  'filters',
  'environments',
  'actions',
  'restores',
  'warm',
  'full-syncs',
] as const;
export type Chaos = (typeof CHAOS)[number];

type Allows = (kind: Chaos) => boolean;

/** A whole history. Throws what the checker finds, with the seed in the message. */
export async function runHistory(seed: number, limits: HistoryLimits = {}): Promise<World> {
  const dice = createDice(seed);
  const allows: Allows = (kind) => !limits.without?.includes(kind);
  const hasOddDates = dice.chance(0.5) && allows('odd-dates');
  const isOlder = dice.chance(0.5) && allows('older-server');
  const world = createWorld(seed, dice, limits.streams, limits.checksLines, { hasOddDates, isOlder });
  try {
    await chaos(world, dice, limits, allows);
    await settle(world, dice);
    // The same lake through other eyes: nothing that the former client saw may stay.
    if (dice.chance(0.3) && allows('clients'))
      await settle(world, dice, { clientId: 'client-b', companyId: undefined });
  } catch (error) {
    throw new Error(`history ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  return world;
}

async function chaos(world: World, dice: Dice, limits: HistoryLimits, allows: Allows): Promise<void> {
  const sick = someSick(world, dice);
  for (let count = dice.below(25); count > 0; count--) world.model.mutate(dice, world.clock.now());
  const running: Promise<unknown>[] = [];
  const snapshots: Snapshot[] = [];
  const rounds = 2 + dice.below(6);
  for (let round = 0; round < Math.min(rounds, limits.rounds ?? rounds); round++) {
    // Now and then the same event is delivered twice, or a run is still going when the next one starts.
    const copies = dice.chance(0.2) && allows('copies') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      running.push(invoke(world, dice.fork(), tame(chaoticPlan(world, dice, sick), allows)));
    }
    running.push(keepChanging(world, dice.fork()));
    const refusal = dice.pick<TokenRefusal>([400, 400, 401, 403, 404, 409, 410, 412, 413, 422, 500, 'garbage']);
    if (dice.chance(0.15) && allows('token-loss')) {
      world.model.expireTokens(allows('token-refusals') ? refusal : 400);
    }
    if (dice.chance(0.1) && allows('token-loss')) world.identity.good.clear();
    const waits = dice.chance(0.7) || !allows('copies');
    const gapMs = dice.below(10) * MINUTE_MS;
    await (waits ? Promise.all(running) : world.clock.sleep(gapMs));
    snapshots.push({ takenMs: world.clock.now(), records: [...world.store.records.values()] });
    const isRestored = dice.chance(0.08) && allows('restores');
    const snapshot = dice.pick(snapshots);
    if (isRestored) await restore(world, dice, running, snapshot);
    await world.clock.sleep(dice.chance(0.1) ? dice.below(40) * DAY_MS : dice.below(20) * MINUTE_MS);
  }
  await Promise.all(running);
  throwViolations(world);
}

interface Snapshot {
  readonly takenMs: number;
  readonly records: readonly CursorRecord[];
}

/**
 * The state table goes back to an earlier moment, or an item of it is deleted.
 *
 * Where the lake was read through other eyes since that moment, all streams are reset as well, as `docs/operations.md`
 * says: the restored state knows nothing of the full sync that showed less.
 */
async function restore(world: World, dice: Dice, running: Promise<unknown>[], snapshot: Snapshot) {
  await Promise.all(running);
  const { records } = world.store;
  // Past every lease and frozen process, and past the widest skew between two clocks: ids and stamps must still rise.
  await world.clock.sleep(90 * MINUTE_MS);
  if (dice.chance(0.3)) {
    records.delete(dice.pick(world.rules).name);
    countFault(world, 'item deleted');
    return;
  }
  records.clear();
  for (const record of snapshot.records) records.set(record.stream, record);
  countFault(world, 'table restored');
  if (world.otherViewMs < snapshot.takenMs) return;
  await invoke(world, dice.fork(), { ...quietPlan(world), action: 'reset' });
  countFault(world, 'table restored past another client');
}

function countFault(world: World, kind: string): void {
  world.faults.set(kind, (world.faults.get(kind) ?? 0) + 1);
}

function someSick(world: World, dice: Dice): Sick | null {
  const stream = dice.pick([...world.rules.map(({ name }) => name), IDENTITY_SERVER]);
  const how = dice.pick(['hangs', '429-long', '503-long', '500', 'kills'] as const);
  return dice.chance(0.15) ? { stream, how } : null;
}

/** A plan without the kinds of chaos that are left out. */
function tame(plan: InvocationPlan, allows: Allows): InvocationPlan {
  const { fate, network, task, env = {}, jump, action, ...rest } = plan;
  return {
    ...rest,
    skewMs: allows('skew') ? plan.skewMs : 0,
    ...(jump && allows('jumps') && { jump }),
    zombie: plan.zombie && allows('freezes'),
    isWarm: (plan.isWarm ?? false) && allows('warm'),
    fate: {
      ...fate,
      dieAt: allows('crashes') ? fate.dieAt : null,
      freezeAt: allows('freezes') ? fate.freezeAt : null,
      rates: allows('port-faults') ? fate.rates : QUIET,
    },
    network: {
      ...network,
      faultRate: allows('network-faults') ? network.faultRate : 0,
      dateSkewMs: allows('server-dates') ? (network.dateSkewMs ?? null) : 0,
      sick: allows('sick-endpoints') ? (network.sick ?? null) : null,
    },
    task: task.kind === 'backfill' && !allows('backfills') ? { kind: 'sync', mode: 'auto' } : task,
    ...(action && allows('actions') && { action }),
    env: {
      ...(env.clientId !== undefined && allows('clients') && { clientId: env.clientId }),
      ...(allows('filters') && { companyId: env.companyId }),
      ...(env.lake !== undefined && allows('lakes') && { lake: env.lake }),
      ...(allows('full-syncs') && { fullSyncEveryDays: env.fullSyncEveryDays ?? 0 }),
      ...(allows('environments') && { environment: env.environment ?? 'test' }),
    },
  };
}

async function keepChanging(world: World, dice: Dice): Promise<void> {
  for (let count = dice.below(12); count > 0; count--) {
    await world.clock.sleep(dice.below(60_000));
    world.model.mutate(dice, world.clock.now());
  }
}

/** Our clocks are off by less than the lookback, so that a `Date` that is no help loses nothing. */
const SKEW_MINUTES = 9;

function chaoticPlan(world: World, dice: Dice, sick: Sick | null): InvocationPlan {
  const freezes = dice.chance(0.12);
  const wished = chaoticTask(world, dice);
  const chosen = dice.chance(0.8) ? world.rules : world.rules.filter(() => dice.chance(0.5));
  const takers = chosen.filter((rule) => wished.kind === 'sync' || refuseBackfill(rule, wished.window.kind) === null);
  const task: Task = takers.length > 0 ? wished : { kind: 'sync', mode: 'auto' };
  const skewMs = dice.chance(0.3) ? minutes(dice, SKEW_MINUTES) : dice.below(2_000) - 1_000;
  const jumpedMs = minutes(dice, SKEW_MINUTES);
  const jump = { byMs: jumpedMs - skewMs, afterMs: dice.below(60_000) };
  return {
    remainingMs: dice.pick([3_000, 20_000, 60_000, 900_000]),
    skewMs,
    ...(dice.chance(0.1) && { jump }),
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
      dateSkewMs: dice.pick([0, 0, 0, null, minutes(dice, 40), minutes(dice, 3_000)]),
      sick,
    },
    task,
    ...(dice.chance(0.12) && { action: dice.pick(['reset', 'status', 'check'] as const) }),
    rules: takers.length > 0 ? takers : world.rules,
    pageSize: 1 + dice.below(6),
    concurrency: 1 + dice.below(4),
    env: chaoticEnv(dice),
    isWarm: dice.chance(0.4),
    zombie: freezes,
  };
}

function minutes(dice: Dice, most: number): number {
  return (dice.below(2 * most + 1) - most) * MINUTE_MS;
}

function chaoticEnv(dice: Dice): Partial<Env> {
  const [isOtherClient, isFiltered, isElsewhere] = [dice.chance(0.12), dice.chance(0.12), dice.chance(0.08)];
  return {
    clientId: isOtherClient ? 'client-b' : WHOLE_VIEW.clientId,
    companyId: isFiltered ? '7' : undefined,
    lake: isElsewhere ? 'other' : USUAL_LAKE,
    fullSyncEveryDays: dice.pick([0, 30, 1]),
    environment: dice.chance(0.05) ? 'production' : 'test',
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

/** Lets the history come to rest, and compares lake and source as this view shows it. Throws what the checker finds. */
export async function settle(world: World, dice: Dice, view: View = WHOLE_VIEW): Promise<void> {
  await quiet(world, dice, view);
  throwViolations(world);
  world.checker.presentStateEqualsSource(view);
  for (const { checker } of world.places.values()) checker.manifestsCountEachPageOnce();
}

/**
 * Invocations without faults, until two in a row are complete: the first may have completed syncs that opened before the last
 * change.
 */
async function quiet(world: World, dice: Dice, view: View): Promise<void> {
  // Past every lease, pause and frozen process of the chaos, and past the widest skew between two clocks.
  await world.clock.sleep(90 * MINUTE_MS);
  let wasComplete = false;
  for (let round = 0; round < 12; round++) {
    const report = await invoke(world, dice.fork(), { ...quietPlan(world), env: view });
    const isComplete = report?.outcome === 'complete';
    if (isComplete && wasComplete) return;
    wasComplete = isComplete;
    await world.clock.sleep(35 * MINUTE_MS);
  }
  throw new Error('the streams never became complete, although nothing went wrong any more');
}

/** An invocation of the usual function, with time to spare and without faults. */
export function quietPlan(world: World): InvocationPlan {
  return {
    remainingMs: 900_000,
    skewMs: 0,
    fate: { dieAt: null, freezeAt: null, freezeMs: 0, rates: QUIET },
    network: QUIET_NETWORK,
    task: { kind: 'sync', mode: 'auto' },
    rules: world.rules,
    pageSize: 5,
    concurrency: 4,
    zombie: false,
  };
}
