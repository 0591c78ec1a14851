/** What a run says of things that are no failure: clocks that disagree, full syncs that shrink, items that are full. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time/instant.ts';
import { openStatus } from '../../src/sync/actions/status.ts';
import { settle } from '../simulation/history.ts';
import { QUIET_NETWORK } from '../simulation/world.ts';
import { AUTO, createStage, FULL } from './stage.ts';

const STREAM = 'time-registrations';

describe('a `Date` that is another clock', () => {
  for (const minutes of [15, 600, -15]) {
    it(`by ${minutes} minutes loses nothing, and is told`, async () => {
      const stage = createStage([STREAM]);
      stage.fill(5);
      const network = { ...QUIET_NETWORK, dateSkewMs: minutes * MINUTE_MS };
      await stage.run(AUTO, { network });
      // Changed while that clock was already past it.
      await stage.world.clock.sleep(2 * MINUTE_MS);
      stage.world.model.mutate(stage.dice, stage.world.clock.now());
      await stage.world.clock.sleep(HOUR_MS);
      await stage.run();
      stage.world.checker.presentStateEqualsSource();
      const told = stage.world.warnings.filter(({ event }) => event === 'clock_disagrees');
      assert.equal(told.length, 1);
      assert.ok(Math.abs(Number(told[0]?.fields.clock_skew_ms) - minutes * MINUTE_MS) < 2000);
    });
  }

  it('by less than the lookback is not told', async () => {
    const stage = createStage([STREAM]);
    await stage.run(AUTO, { network: { ...QUIET_NETWORK, dateSkewMs: 9 * MINUTE_MS } });
    assert.deepEqual(stage.world.warnings, []);
  });
});

describe('a full sync that shrinks', () => {
  const shrunk = async (before: number, after: number) => {
    const stage = createStage([STREAM]);
    stage.fill(before);
    await stage.run();
    const { records } = stage.world.model.streams.get(STREAM) ?? { records: new Map() };
    for (const id of [...records.keys()].slice(after)) records.delete(id);
    await stage.world.clock.sleep(HOUR_MS);
    await stage.run(FULL);
    return stage.world.warnings.filter(({ event }) => event === 'full_sync_shrank').map(({ fields }) => fields);
  };

  it('to less than half is told with both counts', async () => {
    const [told] = await shrunk(21, 10);
    assert.deepEqual([told?.records, told?.records_before], [10, 21]);
  });

  it('to nothing is told', async () => assert.equal((await shrunk(4, 0)).length, 1));
  it('to half is not told', async () => assert.deepEqual(await shrunk(20, 10), []));

  it('because the filter has changed is not told', async () => {
    const stage = createStage([STREAM]);
    stage.fill(30);
    await stage.run();
    await stage.world.clock.sleep(HOUR_MS);
    await stage.run(AUTO, { env: { companyId: '7' } });
    assert.deepEqual(stage.world.warnings, []);
  });
});

describe('full syncs that come by themselves', () => {
  it('heal a deletion that was missed', async () => {
    const stage = createStage([STREAM]);
    stage.fill(9);
    await stage.run();
    stage.world.model.streams.get(STREAM)?.records.delete('made-3');
    const env = { fullSyncEveryDays: 30 };
    for (let day = 0; day <= 30; day += 5) {
      await stage.world.clock.sleep(5 * DAY_MS);
      await stage.run(AUTO, { env });
    }
    stage.world.checker.presentStateEqualsSource();
  });
});

describe('a sync of very many parts', () => {
  it('lists them outside the cursor, and names each once in its manifest', async () => {
    const stage = createStage([STREAM]);
    stage.fill(90);
    const env = { partTargetBytes: 1, partsPerList: 7 };
    const short = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 1000 }, pageSize: 1, env };
    const own = () => stage.world.store.records.get(STREAM)?.cursor.own;
    let maxParts = 0;
    for (let run = 0; (await stage.run(AUTO, short)).outcome !== 'complete'; run++) {
      maxParts = Math.max(maxParts, own()?.parts.length ?? 0);
      const open = openStatus(own());
      if (open) assert.equal(open.parts, open.records, 'status counts those in lists too: one record a part');
      assert.ok(run < 40, 'the sync never ends');
    }
    assert.ok(maxParts < 7, `${maxParts} parts were listed in the cursor`);
    const [manifest = '{}'] = stage.world.lake.objects.values();
    assert.equal(JSON.parse(manifest).parts.length, 90);
    stage.world.checker.manifestsCountEachPageOnce();
    await settle(stage.world, stage.dice);
  });
});

describe('a snapshot whose interval is that of the schedule', () => {
  it('is taken with every tick, though a tick comes a little early', async () => {
    const stage = createStage(['flow-locations']);
    stage.fill(3);
    for (let tick = 0; tick < 6; tick++) {
      const report = stage.reportOf(await stage.run(), 'flow-locations');
      assert.equal(report.records, 3, `tick ${tick}`);
      await stage.world.clock.sleep(HOUR_MS - (tick % 2) * 2 * MINUTE_MS - 1000);
    }
  });
});
