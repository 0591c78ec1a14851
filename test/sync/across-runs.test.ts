/** What one run leaves to the next: the state it stored, in the right order and with everything that the next one needs. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HardFailure } from '../../src/core/failure/errors.ts';
import { MINUTE_MS } from '../../src/core/time/instant.ts';
import { settle } from '../simulation/history.ts';
import { QUIET_NETWORK } from '../simulation/world.ts';
import { AUTO, createStage } from './stage.ts';

const STREAM = 'time-registrations';
/** Time for two or three pages. */
const SHORT = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };

describe('what a run leaves behind', () => {
  it('finds a cycle of continuation tokens that no single run reads to its end', async () => {
    const stage = createStage([STREAM]);
    stage.fill(6);
    const { model, clock } = stage.world;
    const { answer } = model;
    const cycle = 9;
    model.answer = (path, query, ...more) => {
      const number = Number(query.get('ContinuationToken') ?? 0);
      const first = new URLSearchParams([...query].filter(([name]) => name !== 'ContinuationToken'));
      const given = answer(path, first, ...more);
      return {
        ...given,
        body: JSON.stringify({ ...JSON.parse(given.body), continuationToken: `${1 + (number % cycle)}` }),
      };
    };
    const kinds: unknown[] = [];
    for (let run = 0; run < 3 * cycle && kinds.length === 0; run++) {
      const { pages, failure } = stage.reportOf(await stage.run(AUTO, SHORT), STREAM);
      assert.ok(pages < cycle, `a run read ${pages} pages`);
      if (failure) kinds.push(failure.kind);
      await clock.sleep(15 * MINUTE_MS);
    }
    assert.deepEqual(kinds, ['pagination_loop']);
  });

  it('says that a sync is drained before its manifest is there, wherever the run dies', async () => {
    let manifests = 0;
    for (let dieAt = 1; dieAt <= 20; dieAt++) {
      const stage = createStage([STREAM]);
      stage.fill(7);
      await stage.dies(dieAt);
      const { lake, store } = stage.world;
      if (lake.objects.size === 0) continue;
      manifests += 1;
      const cursor = store.records.get(STREAM)?.cursor;
      assert.ok(cursor?.own?.drainedAt != null || cursor?.watermark != null, `died at call ${dieAt}`);
    }
    assert.ok(manifests >= 2, 'no run died after its manifest');
  });

  it('notes that its state no longer fits in an item, and gives the lease back', async () => {
    const stage = createStage([STREAM]);
    stage.fill(40);
    const { store } = stage.world;
    store.mustHold = ({ own }) => {
      if ((own?.parts.length ?? 0) > 3) throw new HardFailure('state', 'it has grown', { code: 'ItemTooLarge' });
    };
    const env = { partTargetBytes: 1, partsPerList: 1000 };
    const report = stage.reportOf(await stage.run(AUTO, { pageSize: 2, env }), STREAM);
    assert.deepEqual([report.outcome, report.failure?.kind], ['failed', 'state']);
    const stored = store.records.get(STREAM);
    assert.equal(stored?.leaseUntil, null);
    assert.equal(stored?.cursor.lastFailure?.kind, 'state');
    assert.equal(stored?.cursor.own?.parts.length, 3);
    store.mustHold = () => {};
    await settle(stage.world, stage.dice);
  });
});
