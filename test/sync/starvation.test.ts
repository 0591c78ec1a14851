/** Fairness: under a deadline that never lets all streams finish, every stream still finishes in time, over runs. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINUTE_MS } from '../../src/core/time/instant.ts';
import { settle } from '../simulation/history.ts';
import { QUIET_NETWORK } from '../simulation/world.ts';
import { AUTO, createStage } from './stage.ts';

describe('a run that has no time for all streams', () => {
  it('keeps every small stream current while as many first loads go on as there is room for, and ends those too', async () => {
    const long = ['time-registrations', 'flow-trip-registrations'];
    const short = ['project', 'work-orders', 'resource', 'user', 'machine-registrations', 'checklist-registrations'];
    const stage = createStage([...long, ...short]);
    for (const stream of long) stage.fill(800, stream);
    for (const stream of short) stage.fill(8, stream);
    const tight = { remainingMs: 60_000, network: { ...QUIET_NETWORK, latencyMs: 3500 }, concurrency: 2 };
    const current = new Map<string, number>();
    const loaded = new Map<string, number>();
    for (let round = 1; loaded.size < long.length; round++) {
      const report = await stage.run(AUTO, tight);
      for (const stream of short) {
        if (stage.reportOf(report, stream).outcome === 'complete') current.set(stream, round);
        assert.ok(round - (current.get(stream) ?? 0) < 3, `${stream} was not complete for three rounds`);
      }
      for (const stream of long) {
        const { outcome, pages } = stage.reportOf(report, stream);
        assert.ok(pages > 0 || loaded.has(stream), `${stream} made no progress in round ${round}`);
        if (outcome === 'complete' && !loaded.has(stream)) loaded.set(stream, round);
      }
      assert.ok(round < 40, `of the loads only ${[...loaded.keys()].join()} ever ended`);
      await stage.world.clock.sleep(15 * MINUTE_MS);
    }
    assert.ok(Math.min(...loaded.values()) > 5, 'the loads were over too soon to show anything');
    await settle(stage.world, stage.dice);
  });
});
