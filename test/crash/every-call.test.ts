/**
 * A scripted history, stopped at its n-th call through a port, for every n: the process is gone, its lease is not.
 *
 * Each time the next invocations go on from what is stored, and in the end the lake equals the source.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addMs, DAY_MS, MINUTE_MS } from '../../src/core/time/instant.ts';
import type { Task } from '../../src/sync/stream/turn.ts';
import { settle } from '../simulation/history.ts';
import { createDice } from '../simulation/random.ts';
import { createWorld, type InvocationPlan, invoke, QUIET, QUIET_NETWORK, type World } from '../simulation/world.ts';

const STREAMS = ['project', 'time-registrations', 'machine-registrations', 'crew-list-registrations'];
const AUTO: Task = { kind: 'sync', mode: 'auto' };

interface Script {
  readonly name: string;
  /** What has happened before; never stopped. */
  readonly before: readonly Task[];
  /** The invocation that is stopped. */
  readonly task: (world: World) => Task;
}

const SCRIPTS: readonly Script[] = [
  { name: 'a first full sync', before: [], task: () => AUTO },
  { name: 'an incremental sync', before: [AUTO], task: () => AUTO },
  { name: 'a full sync asked for by hand', before: [AUTO], task: () => ({ kind: 'sync', mode: 'full' }) },
  {
    name: 'a backfill of a modification window',
    before: [AUTO],
    task: (world) => ({
      kind: 'backfill',
      window: { kind: 'modified', since: addMs(world.clock.now(), -20 * DAY_MS), before: null },
    }),
  },
];

function plan(world: World, task: Task, dieAt: number | null): InvocationPlan {
  return {
    remainingMs: 900_000,
    skewMs: 0,
    fate: { dieAt, freezeAt: null, freezeMs: 0, rates: QUIET },
    network: QUIET_NETWORK,
    task,
    rules: world.rules,
    pageSize: 3,
    concurrency: 2,
    zombie: false,
  };
}

/** Plays the script with a stop at the n-th call; tells whether the run came to an end before it. */
async function play(script: Script, dieAt: number): Promise<'ended' | 'stopped'> {
  const dice = createDice(7);
  const world = createWorld(7, dice, STREAMS);
  for (let count = 0; count < 60; count++) world.model.mutate(dice, world.clock.now());
  for (const task of script.before) {
    await invoke(world, dice.fork(), plan(world, task, null));
    await world.clock.sleep(20 * MINUTE_MS);
    for (let count = 0; count < 60; count++) {
      // Each at an instant of its own: what was changed at the same one would come on one page.
      await world.clock.sleep(1000);
      world.model.mutate(dice, world.clock.now());
    }
  }
  const report = await invoke(world, dice.fork(), plan(world, script.task(world), dieAt));
  for (let count = 0; count < 5; count++) world.model.mutate(dice, world.clock.now());
  await settle(world, dice);
  return report === null ? 'stopped' : 'ended';
}

describe('a run that is killed at any call', () => {
  for (const script of SCRIPTS) {
    it(`loses nothing: ${script.name}`, async () => {
      let dieAt = 1;
      while ((await play(script, dieAt)) === 'stopped') {
        dieAt += 1;
        assert.ok(dieAt < 1000, 'the script never ends');
      }
      assert.ok(dieAt > 30, `the script has only ${dieAt - 1} calls to be stopped at`);
    });
  }
});
