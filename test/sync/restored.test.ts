/** After the state table was restored to an earlier moment: nothing that is in the lake is written over, nothing is lost. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS } from '../../src/core/time/instant.ts';
import { settle } from '../simulation/history.ts';
import { QUIET_NETWORK, type World } from '../simulation/world.ts';
import { AUTO, createStage, type Stage } from './stage.ts';

const STREAM = 'time-registrations';
const SHORT = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };

function backup(world: World): () => void {
  const kept = [...world.store.records];
  return () => {
    world.store.records.clear();
    for (const [stream, record] of kept) world.store.records.set(stream, record);
  };
}

describe('a state table that was restored', () => {
  it('makes no part and no manifest of another history be written over', async () => {
    const stage = createStage([STREAM]);
    stage.fill(60);
    await stage.run(AUTO, SHORT);
    const restore = backup(stage.world);
    const first = stage.reportOf(await stage.run(), STREAM);
    const objects = new Map<string, unknown>([...stage.world.lake.parts, ...stage.world.lake.objects]);
    stage.fill(7);
    await stage.world.clock.sleep(HOUR_MS);
    restore();
    const second = stage.reportOf(await stage.run(), STREAM);
    assert.deepEqual([second.syncId, second.outcome, second.failure?.kind], [first.syncId, 'failed', 'state']);
    for (const [key, content] of objects) {
      assert.deepEqual(stage.world.lake.parts.get(key) ?? stage.world.lake.objects.get(key), content, key);
    }
    const third = stage.reportOf(await stage.run(), STREAM);
    assert.deepEqual([third.outcome, third.mode], ['complete', 'full']);
    await settle(stage.world, stage.dice);
  });

  it('is no failure where a drained sync waited for its manifest: it comes out the same', async () => {
    const stage = createStage([STREAM]);
    stage.fill(12);
    let dieAt = 1;
    const own = () => stage.world.store.records.get(STREAM)?.cursor.own ?? null;
    while (own()?.drainedAt == null) {
      stage.world.store.records.clear();
      await stage.world.clock.sleep(HOUR_MS);
      await stage.dies(dieAt, {});
      dieAt += 1;
      assert.ok(dieAt < 60, 'no run died between its last checkpoint and its manifest');
    }
    const restore = backup(stage.world);
    await stage.world.clock.sleep(HOUR_MS);
    assert.equal((await stage.run()).outcome, 'complete');
    restore();
    await stage.world.clock.sleep(HOUR_MS);
    assert.equal((await stage.run()).outcome, 'complete');
    await settle(stage.world, stage.dice);
  });

  describe('to before another client read the lake', () => {
    const BY_OTHER = { env: { clientId: 'client-b' } };

    async function restored(): Promise<Stage> {
      const stage = createStage([STREAM]);
      stage.fill(12);
      await stage.run();
      const restore = backup(stage.world);
      await stage.world.clock.sleep(HOUR_MS);
      await stage.run(AUTO, BY_OTHER);
      restore();
      await stage.world.clock.sleep(HOUR_MS);
      return stage;
    }

    it('shows everything again once it is reset, as the runbook says', async () => {
      const stage = await restored();
      await stage.act('reset');
      await settle(stage.world, stage.dice);
    });

    it('shows everything again with the next full sync on the schedule', async () => {
      const stage = await restored();
      await stage.run();
      assert.throws(() => stage.world.checker.presentStateEqualsSource(), /differs from the source/);
      await stage.world.clock.sleep(29 * DAY_MS);
      const report = await stage.run(AUTO, { env: { fullSyncEveryDays: 30 } });
      assert.equal(stage.reportOf(report, STREAM).mode, 'full');
      await settle(stage.world, stage.dice);
    });
  });
});
