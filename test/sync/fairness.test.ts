/** No stream keeps another from being current, whether it hangs, is throttled, or kills the process. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINUTE_MS } from '../../src/core/time/instant.ts';
import { settle } from '../simulation/history.ts';
import { IDENTITY_SERVER, type Sick } from '../simulation/transport-model.ts';
import { QUIET_NETWORK } from '../simulation/world.ts';
import { AUTO, createStage, type Stage } from './stage.ts';

const STREAMS = [
  'project',
  'time-registrations',
  'checklist-registrations',
  'crew-list-registrations',
  'flow-locations',
];
const [SICK = '', ...WELL] = STREAMS;

function filled(): Stage {
  const stage = createStage(STREAMS);
  stage.fill(8);
  return stage;
}

/** A run in which one endpoint is ill; one worker, so that it could keep all others waiting. */
async function runWith(stage: Stage, how: Sick['how'], remainingMs = 300_000) {
  const network = { ...QUIET_NETWORK, sick: { stream: SICK, how } };
  const report = await stage.run(AUTO, { network, remainingMs, concurrency: 1 });
  await stage.world.clock.sleep(15 * MINUTE_MS);
  return report;
}

describe('an endpoint that hangs', () => {
  it('is asked last from the second run on, so that all others are current', async () => {
    const stage = filled();
    await runWith(stage, 'hangs');
    for (let run = 2; run <= 5; run++) {
      const report = await runWith(stage, 'hangs');
      for (const stream of WELL)
        assert.equal(stage.reportOf(report, stream).outcome, 'complete', `${stream}, run ${run}`);
    }
    await settle(stage.world, stage.dice);
  });

  it('is a hard failure by the third run, and no failure before', async () => {
    const stage = filled();
    const outcomes: unknown[] = [];
    for (let run = 1; run <= 3; run++) {
      const { outcome, failure } = stage.reportOf(await runWith(stage, 'hangs', 100_000), SICK);
      outcomes.push(failure?.kind ?? outcome);
    }
    assert.deepEqual(outcomes, ['deadline', 'deadline', 'retries_exhausted']);
    assert.equal(stage.world.store.records.get(SICK)?.cursor.lastFailure?.kind, 'retries_exhausted');
  });

  it('is asked as ever once it answers again', async () => {
    const stage = filled();
    for (let run = 1; run <= 3; run++) await runWith(stage, 'hangs', 100_000);
    assert.equal((await stage.run()).outcome, 'complete');
    assert.equal(stage.world.store.records.get(SICK)?.cursor.fruitlessRuns, 0);
  });

  it('does not count against a stream that only had no time', async () => {
    const stage = filled();
    const slow = { ...QUIET_NETWORK, latencyMs: 4000 };
    for (let run = 0; run < 5; run++) {
      const report = await stage.run(AUTO, { network: slow, remainingMs: 8_000, concurrency: 1 });
      for (const { failure } of report.streams) assert.equal(failure, undefined);
      await stage.world.clock.sleep(15 * MINUTE_MS);
    }
  });
});

describe('a stream that was asked with too little time left for a page', () => {
  it('comes first in the next run, and nothing is counted against it', async () => {
    const [slow, late] = ['time-registrations', 'checklist-registrations'] as const;
    const stage = createStage([slow, late]);
    stage.fill(3000, slow);
    stage.fill(3, late);
    // One page of the slow one leaves less time than a page of the other takes.
    const network = { ...QUIET_NETWORK, pageMs: { [slow]: 70_000, [late]: 26_000 } };
    const plan = { network, remainingMs: 100_000, concurrency: 1, pageSize: 100 };
    const first = await stage.run(AUTO, plan);
    assert.deepEqual(
      [slow, late].map((stream) => stage.reportOf(first, stream).pages),
      [1, 0],
    );
    assert.equal(stage.world.store.records.get(late)?.cursor.fruitlessRuns, 0);
    await stage.world.clock.sleep(15 * MINUTE_MS);
    assert.equal(stage.reportOf(await stage.run(AUTO, plan), late).outcome, 'complete');
  });
});

describe('an endpoint that asks for a wait beyond the run', () => {
  it('is not asked before the wait is over, and what was not asked is not counted against it', async () => {
    const stage = filled();
    const network = { ...QUIET_NETWORK, sick: { stream: SICK, how: '429-long' as const } };
    for (let run = 1; run <= 3; run++) {
      const report = await stage.run(AUTO, { network, remainingMs: 100_000, concurrency: 1, isWarm: true });
      const { outcome, requests } = stage.reportOf(report, SICK);
      assert.deepEqual([outcome, requests], ['deadline', run === 1 ? 1 : 0], `run ${run}`);
      await stage.world.clock.sleep(3 * MINUTE_MS);
    }
    assert.equal(stage.world.store.records.get(SICK)?.cursor.fruitlessRuns, 1);
  });

  for (const [how, status] of [
    ['429-long', 429],
    ['503-long', 503],
  ] as const) {
    it(`lets the others work in the same run: ${status}`, async () => {
      const stage = filled();
      const report = await runWith(stage, how);
      for (const stream of WELL) assert.equal(stage.reportOf(report, stream).outcome, 'complete', stream);
      const { outcome, reason } = stage.reportOf(report, SICK);
      assert.deepEqual([outcome, reason], ['deadline', `${status}, Retry-After 3600 s`]);
    });

    it(`lets the others work in a run that is too short to wait for the host: ${status}`, async () => {
      const stage = filled();
      const report = await runWith(stage, how, 16_000);
      for (const stream of WELL) assert.equal(stage.reportOf(report, stream).outcome, 'complete', stream);
      assert.equal(stage.reportOf(report, SICK).reason, `${status}, Retry-After 3600 s`);
    });

    it(`says so in one line, and keeps it until a sync is complete: ${status}`, async () => {
      const stage = filled();
      await runWith(stage, how);
      const early = stage.world.warnings.filter(({ event }) => event === 'turn_ended_early');
      assert.deepEqual(
        early.map(({ fields }) => [fields.stream, fields.status, fields.wait_ms]),
        [[SICK, status, 3_600_000]],
      );
      const kept = () => stage.world.store.records.get(SICK)?.cursor.lastEarlyEnd;
      assert.deepEqual([kept()?.status, kept()?.waitMs], [status, 3_600_000]);
      await stage.world.clock.sleep(60 * MINUTE_MS);
      assert.equal((await stage.run()).outcome, 'complete');
      assert.equal(kept(), null);
    });
  }
});

describe('a stream that kills the process', () => {
  it('is asked last and alone, so that all others are current', async () => {
    const stage = filled();
    const network = { ...QUIET_NETWORK, sick: { stream: SICK, how: 'kills' as const } };
    for (let run = 1; run <= 8; run++) {
      await stage.dies(null, { network, concurrency: 2 });
      await stage.world.clock.sleep(30 * MINUTE_MS);
    }
    for (const stream of WELL) {
      const served = stage.world.store.records.get(stream)?.cursor.lastServedAt ?? 0;
      const agoMs = stage.world.clock.now() - served;
      assert.ok(agoMs < 70 * MINUTE_MS, `${stream} was served ${agoMs / MINUTE_MS} min ago`);
    }
    assert.equal(stage.world.store.records.get(SICK)?.cursor.lastFailure?.kind, 'retries_exhausted');
    await settle(stage.world, stage.dice);
  });
});

describe('an identity server', () => {
  for (const how of ['hangs', '503-long', '429-long'] as const) {
    it(`that ${how === 'hangs' ? how : `asks for a wait beyond the run (${how})`} is one hard failure by the third run`, async () => {
      const stage = filled();
      const network = { ...QUIET_NETWORK, sick: { stream: IDENTITY_SERVER, how } };
      for (let run = 1; run <= 3; run++) {
        const report = await stage.run(AUTO, { network, remainingMs: 600_000, concurrency: 4 });
        assert.equal(report.outcome, run < 3 ? 'deadline' : 'failed', `run ${run}`);
        await stage.world.clock.sleep(15 * MINUTE_MS);
      }
      const told = stage.world.failures.map(({ kind, stream, message }) => [kind, stream, message]);
      assert.deepEqual(
        told.map(([kind, stream]) => [kind, stream]),
        [['retries_exhausted', null]],
      );
      assert.match(String(told[0]?.[2]), /^no access token was obtained in 3 consecutive runs/);
      await settle(stage.world, stage.dice);
    });
  }
});

describe('an endpoint that asks for a minute while others are huge', () => {
  for (const isLater of [false, true]) {
    it(`is asked again when the minute is over, and what ended its turn is told: ${isLater ? 'a later' : 'the first'} page`, async () => {
      const [huge, small] = ['time-registrations', 'checklist-registrations'] as const;
      const stage = createStage([huge, small]);
      stage.fill(300, huge);
      stage.fill(3, small);
      const { answer } = stage.world.model;
      let refusedAt: number | null = null;
      stage.world.model.answer = (path, query, now, view) => {
        const isOver = refusedAt !== null && now >= refusedAt + MINUTE_MS;
        const isRefused = path.endsWith(`/${small}`) && query.has('ContinuationToken') === isLater;
        if (!isRefused || isOver) return answer(path, query, now, view);
        refusedAt ??= now;
        return { status: 429, body: '', headers: { 'retry-after': '60' } };
      };
      const slow = {
        network: { ...QUIET_NETWORK, latencyMs: 10_000 },
        pageSize: 1,
        remainingMs: 600_000,
        concurrency: 1,
      };
      const report = await stage.run(AUTO, slow);
      assert.equal(stage.reportOf(report, huge).outcome, 'deadline');
      assert.deepEqual(
        report.streams.filter(({ stream }) => stream === small).map(({ outcome }) => outcome),
        ['complete'],
      );
      const early = stage.world.warnings.filter(({ event }) => event === 'turn_ended_early');
      assert.deepEqual(
        early.map(({ fields }) => [fields.stream, fields.status]),
        [[small, 429]],
      );
    });
  }
});
