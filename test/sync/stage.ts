/** A small stage for scenarios: the simulation's world without chaos, with hands on what happens in it. */

import { HOUR_MS } from '../../src/core/time/instant.ts';
import type { RunReport, StreamReport } from '../../src/sync/report.ts';
import type { Task } from '../../src/sync/stream/turn.ts';
import { quietPlan } from '../simulation/history.ts';
import { createDice, type Dice } from '../simulation/random.ts';
import { createWorld, type InvocationPlan, invoke, throwViolations, type World } from '../simulation/world.ts';

export const AUTO: Task = { kind: 'sync', mode: 'auto' };
export const FULL: Task = { kind: 'sync', mode: 'full' };

export interface Stage {
  readonly world: World;
  readonly dice: Dice;
  /** Adds live records to every stream, or to one. */
  fill(count: number, stream?: string): void;
  run(task?: Task, changes?: Partial<InvocationPlan>): Promise<RunReport>;
  /** A scheduled run that may die: at this call through a port, or by what the network does to it. */
  dies(dieAt: number | null, changes?: Partial<InvocationPlan>): Promise<void>;
  act(action: 'reset' | 'status' | 'check'): Promise<void>;
  /** The report of one stream; fails when the run has none. */
  reportOf(report: RunReport, stream: string): StreamReport;
}

export function createStage(streams: readonly string[], seed = 1): Stage {
  const dice = createDice(seed);
  const world = createWorld(seed, dice, streams);
  let made = 0;
  return {
    world,
    dice,
    fill(count, stream) {
      for (const [name, { records }] of world.model.streams) {
        if (stream !== undefined && name !== stream) continue;
        for (let at = 0; at < count; at++) {
          // An hour old, so that no lookback reaches it.
          const nowMs = world.clock.now() - HOUR_MS - at;
          const id = `made-${made++}`;
          records.set(id, {
            id,
            rev: 1,
            modifiedMs: nowMs,
            dateMs: nowMs - at * 1000,
            deleted: false,
            everServed: false,
          });
        }
      }
    },
    async run(task = AUTO, changes = {}) {
      const report = await invoke(world, dice.fork(), { ...planOf(world, task), ...changes });
      if (!report) throw new Error('the invocation did not end by itself');
      throwViolations(world);
      return report;
    },
    async dies(dieAt, changes = {}) {
      const plan = { ...planOf(world, AUTO), ...changes };
      await invoke(world, dice.fork(), { ...plan, fate: { ...plan.fate, dieAt } });
      throwViolations(world);
    },
    async act(action) {
      await invoke(world, dice.fork(), { ...planOf(world, AUTO), action });
      throwViolations(world);
    },
    reportOf(report, stream) {
      const found = report.streams.find((entry) => entry.stream === stream);
      if (!found) throw new Error(`the run has no report of ${stream}`);
      return found;
    },
  };
}

function planOf(world: World, task: Task): InvocationPlan {
  return { ...quietPlan(world), task, concurrency: 2 };
}
