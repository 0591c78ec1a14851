/** State belongs to one lake, and a cursor to one source as one client sees it through its filters. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS } from '../../src/core/time/instant.ts';
import type { View } from '../simulation/ditio-model.ts';
import { settle } from '../simulation/history.ts';
import { placeOf, QUIET_NETWORK } from '../simulation/world.ts';
import { AUTO, createStage, type Stage } from './stage.ts';

const STREAM = 'time-registrations';
const A: View = { clientId: 'client-a', companyId: undefined };
const B: View = { clientId: 'client-b', companyId: undefined };
const FILTERED: View = { clientId: 'client-a', companyId: '7' };
/** Time for a page or two, and not for a sync. */
const SHORT = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };

function filled(): Stage {
  const stage = createStage([STREAM]);
  stage.fill(60);
  return stage;
}

async function modeOf(stage: Stage, changes: Parameters<Stage['run']>[1]) {
  await stage.world.clock.sleep(HOUR_MS);
  const { mode, outcome } = stage.reportOf(await stage.run(AUTO, changes), STREAM);
  return `${mode} ${outcome}`;
}

describe('another lake', () => {
  it('starts from nothing, in state of its own, and the first one goes on as before', async () => {
    const stage = filled();
    await stage.run();
    assert.equal(await modeOf(stage, { env: { lake: 'other' } }), 'full complete');
    assert.equal(await modeOf(stage, {}), 'incremental complete');
    assert.equal(await modeOf(stage, { env: { lake: 'other' } }), 'incremental complete');
    const other = placeOf(stage.world, 'other');
    other.checker.presentStateEqualsSource();
    other.checker.manifestsCountEachPageOnce();
  });

  it('in the middle of a full sync never names parts of the former one', async () => {
    const stage = filled();
    await stage.run(AUTO, SHORT);
    assert.equal(await modeOf(stage, { env: { lake: 'other' } }), 'full complete');
    placeOf(stage.world, 'other').checker.presentStateEqualsSource();
  });
});

describe('another client, environment or filter', () => {
  for (const [name, view] of [
    ['client', B],
    ['filter', FILTERED],
  ] as const) {
    it(`makes the next sync a full one: ${name}`, async () => {
      const stage = filled();
      await stage.run();
      assert.equal(await modeOf(stage, { env: view }), 'full complete');
      assert.equal(await modeOf(stage, { env: view }), 'incremental complete');
      stage.world.checker.presentStateEqualsSource(view);
    });

    it(`leaves nothing of the other behind when it changes back before its full sync is complete: ${name}`, async () => {
      const stage = filled();
      await stage.run(AUTO, { env: view });
      await stage.run(AUTO, { ...SHORT, env: A });
      // Something that only A sees has been written by now. Back to the first view, for which the cursor was up to date.
      assert.equal(await modeOf(stage, { env: view }), 'full complete');
      stage.world.checker.presentStateEqualsSource(view);
    });
  }

  it('is stored before the first part: a run that dies with its part written is followed by a full sync', async () => {
    const stage = filled();
    await stage.run(AUTO, { env: B });
    await stage.world.clock.sleep(HOUR_MS);
    const before = stage.world.lake.parts.size;
    const { records } = stage.world.store;
    const stored = [...records];
    // The first run of A dies as soon as a part of it is in the lake.
    for (let dieAt = 1; stage.world.lake.parts.size === before; dieAt++) {
      for (const [stream, record] of stored) records.set(stream, record);
      await stage.dies(dieAt, { env: A, pageSize: 5 });
      await stage.world.clock.sleep(HOUR_MS);
      assert.ok(dieAt < 60, 'no run wrote a part before it died');
    }
    assert.equal(await modeOf(stage, { env: B }), 'full complete');
    stage.world.checker.presentStateEqualsSource(B);
  });

  it('makes the next sync a full one although only an unfinished sync was of it', async () => {
    const stage = filled();
    await stage.run();
    await stage.world.clock.sleep(31 * DAY_MS);
    await stage.run(AUTO, { ...SHORT, env: B });
    assert.equal(await modeOf(stage, {}), 'full complete');
    await settle(stage.world, stage.dice);
  });

  it('lets an accepted backfill begin anew, as the present source shows it', async () => {
    const stage = filled();
    await stage.run();
    const now = stage.world.clock.now();
    const window = { kind: 'modified', since: now - DAY_MS, before: null } as never;
    const asked = stage.reportOf(await stage.run({ kind: 'backfill', window }, SHORT), STREAM);
    assert.equal(asked.outcome, 'deadline');
    const report = await stage.run(AUTO, { env: B });
    const backfill = report.streams.find(({ mode }) => mode === 'backfill');
    assert.equal(backfill?.outcome, 'complete');
    assert.notEqual(backfill?.syncId, asked.syncId);
    stage.world.checker.presentStateEqualsSource(B);
  });

  it('names the client by a hash only', async () => {
    const stage = filled();
    await stage.run();
    assert.doesNotMatch(JSON.stringify([...stage.world.store.records.values()]), /client-a/);
  });
});
