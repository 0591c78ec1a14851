/** A stored continuation token that fails, with whatever answer, in two runs restarts its sync, once (promise 5). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINUTE_MS } from '../../src/core/time/instant.ts';
import type { Task } from '../../src/sync/stream/turn.ts';
import type { TokenRefusal } from '../simulation/ditio-model.ts';
import { settle } from '../simulation/history.ts';
import { QUIET_NETWORK } from '../simulation/world.ts';
import { AUTO, createStage, type Stage } from './stage.ts';

const STREAM = 'time-registrations';
const SHORT = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };

/** A full sync that stopped with a stored token. */
async function stopped(): Promise<{ stage: Stage; syncId: string | null }> {
  const stage = createStage([STREAM]);
  stage.fill(60);
  const { syncId, records } = stage.reportOf(await stage.run(AUTO, SHORT), STREAM);
  assert.ok(records > 0);
  return { stage, syncId };
}

async function next(stage: Stage) {
  await stage.world.clock.sleep(15 * MINUTE_MS);
  return stage.reportOf(await stage.run(), STREAM);
}

describe('a stored continuation token that is refused', () => {
  const AT_ONCE: readonly TokenRefusal[] = [400, 410, 422];
  for (const refusal of AT_ONCE) {
    it(`with ${refusal} restarts the sync in the same run`, async () => {
      const { stage, syncId } = await stopped();
      stage.world.model.expireTokens(refusal);
      const report = await next(stage);
      assert.deepEqual([report.outcome, report.records], ['complete', 60]);
      assert.notEqual(report.syncId, syncId);
    });
  }

  const LATER: readonly TokenRefusal[] = [401, 403, 404, 409, 412, 413, 500, 'garbage'];
  for (const refusal of LATER) {
    it(`with ${refusal} fails one run, and restarts the sync in the next`, async () => {
      const { stage, syncId } = await stopped();
      stage.world.model.expireTokens(refusal);
      assert.equal((await next(stage)).outcome, 'failed');
      const second = await next(stage);
      assert.deepEqual([second.outcome, second.records], ['complete', 60]);
      assert.notEqual(second.syncId, syncId);
      await settle(stage.world, stage.dice);
    });
  }

  it('restarts a sync once: refused again, it is given up, and the next run opens a fresh one', async () => {
    const { stage, syncId } = await stopped();
    stage.world.model.expireTokens(400);
    const again = stage.reportOf(await stage.run(AUTO, SHORT), STREAM);
    assert.equal(again.outcome, 'deadline');
    assert.notEqual(again.syncId, syncId);
    stage.world.model.expireTokens(400);
    const second = await next(stage);
    assert.deepEqual([second.outcome, second.failure?.kind], ['failed', 'bad_request']);
    const { outcome, records } = await next(stage);
    assert.deepEqual([outcome, records], ['complete', 60]);
  });

  it('by silence restarts the sync as well', async () => {
    const { stage } = await stopped();
    const { answer } = stage.world.model;
    stage.world.model.answer = (path, query, ...rest) =>
      query.has('ContinuationToken') && query.get('ContinuationToken') === kept
        ? { status: 503, body: '', headers: { 'retry-after': '3600' } }
        : answer(path, query, ...rest);
    const kept = stage.world.store.records.get(STREAM)?.cursor.own?.position.continuationToken;
    const outcomes = [(await next(stage)).outcome, (await next(stage)).outcome, (await next(stage)).outcome];
    assert.ok(outcomes.includes('complete'), outcomes.join());
  });

  it('costs no progress where the whole endpoint is down', async () => {
    const { stage, syncId } = await stopped();
    const down = { network: { ...QUIET_NETWORK, sick: { stream: STREAM, how: '500' as const } } };
    for (let run = 0; run < 4; run++) {
      assert.equal(stage.reportOf(await stage.run(AUTO, down), STREAM).outcome, 'failed');
      await stage.world.clock.sleep(15 * MINUTE_MS);
    }
    const report = await next(stage);
    assert.deepEqual([report.outcome, report.syncId], ['complete', syncId]);
    assert.ok(report.records < 60, 'it began anew');
  });

  it('never throws an accepted backfill away', async () => {
    const stage = createStage([STREAM]);
    stage.fill(60);
    await stage.run();
    const window = { kind: 'modified', since: stage.world.clock.now() - 86_400_000, before: null } as never;
    await stage.run({ kind: 'backfill', window }, SHORT);
    stage.world.model.expireTokens(403);
    for (let run = 0; run < 2; run++) {
      await stage.world.clock.sleep(15 * MINUTE_MS);
      await stage.run();
    }
    assert.equal(stage.world.store.records.get(STREAM)?.cursor.backfill, null);
    const modes = [...stage.world.lake.objects.values()].map((text) => JSON.parse(text).mode);
    assert.ok(modes.includes('backfill'), 'the backfill was given up');
  });

  it('never throws an accepted backfill away, also where its next token is refused as well', async () => {
    const stage = createStage([STREAM]);
    stage.fill(60);
    await stage.run();
    const window = { kind: 'modified', since: stage.world.clock.now() - 86_400_000, before: null } as never;
    await stage.run({ kind: 'backfill', window }, SHORT);
    const failures: unknown[] = [];
    for (let run = 0; run < 2; run++) {
      stage.world.model.expireTokens(400);
      await stage.world.clock.sleep(15 * MINUTE_MS);
      const { streams } = await stage.run(AUTO, SHORT);
      failures.push(...streams.flatMap(({ failure }) => (failure ? [failure.kind] : [])));
    }
    assert.deepEqual(failures, ['bad_request']);
    for (let run = 0; run < 3; run++) {
      await stage.world.clock.sleep(15 * MINUTE_MS);
      await stage.run();
    }
    const modes = [...stage.world.lake.objects.values()].map((text) => JSON.parse(text).mode);
    assert.ok(modes.includes('backfill'), 'the backfill was given up');
  });

  it('is a hard failure where no later page arrives, also after the sync was begun anew', async () => {
    const stage = createStage([STREAM]);
    stage.fill(60);
    const { answer } = stage.world.model;
    stage.world.model.answer = (path, query, ...rest) =>
      query.has('ContinuationToken')
        ? { status: 503, body: '', headers: { 'retry-after': '3600' } }
        : answer(path, query, ...rest);
    const outcomes: unknown[] = [];
    for (let run = 0; run < 8; run++) {
      const { outcome, failure } = stage.reportOf(await stage.run(AUTO, { remainingMs: 600_000, pageSize: 5 }), STREAM);
      outcomes.push(failure?.kind ?? outcome);
      await stage.world.clock.sleep(15 * MINUTE_MS);
    }
    assert.deepEqual(
      outcomes.filter((outcome) => outcome !== 'deadline'),
      ['retries_exhausted'],
    );
    stage.world.model.answer = answer;
    assert.equal((await stage.run()).outcome, 'complete');
    await settle(stage.world, stage.dice);
  });
});

describe('a continuation token that came with the page before, and is answered 400', () => {
  const WINDOW = { kind: 'modified', since: 0, before: null } as never;
  const TASKS: readonly Task[] = [AUTO, { kind: 'backfill', window: WINDOW }];
  for (const task of TASKS) {
    it(`fails the ${task.kind} at once, is asked for once, and the next run goes on`, async () => {
      const stage = createStage([STREAM]);
      stage.fill(60);
      if (task.kind === 'backfill') await stage.run();
      const { answer } = stage.world.model;
      let refused = 0;
      stage.world.model.answer = (path, query, ...rest) => {
        if (!query.has('ContinuationToken')) return answer(path, query, ...rest);
        refused += 1;
        return { status: 400, body: '{"message":"no"}', headers: {} };
      };
      const { outcome, failure, records } = stage.reportOf(await stage.run(task, { pageSize: 5 }), STREAM);
      assert.deepEqual([outcome, failure?.kind, refused], ['failed', 'bad_request', 1]);
      assert.ok(records > 0, 'the page before it is kept');
      stage.world.model.answer = answer;
      await stage.world.clock.sleep(15 * MINUTE_MS);
      await stage.run();
      const { own, backfill } = stage.world.store.records.get(STREAM)?.cursor ?? {};
      assert.deepEqual([own, backfill], [null, null]);
      const modes = [...stage.world.lake.objects.values()].map((text) => JSON.parse(text).mode);
      assert.ok(modes.includes(task.kind === 'sync' ? 'full' : 'backfill'), modes.join());
      await settle(stage.world, stage.dice);
    });
  }
});
