import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Cursor, NEW_CURSOR } from '../../src/core/cursor/cursor-shape.ts';
import { addMs, DAY_MS, HOUR_MS, type Instant, instant, MINUTE_MS } from '../../src/core/time/instant.ts';
import { inTurn } from '../../src/sync/queue.ts';
import { settle } from '../simulation/history.ts';
import { createDice } from '../simulation/random.ts';
import { invoke, QUIET, QUIET_NETWORK } from '../simulation/world.ts';
import { AUTO, createStage, FULL } from './stage.ts';

describe('a run', () => {
  it('reads everything the first time, and afterwards only what has changed', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(23);
    const first = stage.reportOf(await stage.run(), 'time-registrations');
    assert.deepEqual([first.outcome, first.mode, first.records, first.pages], ['complete', 'full', 23, 5]);

    await stage.world.clock.sleep(2 * HOUR_MS);
    stage.fill(2); // an hour old by then, and so after the watermark
    const second = stage.reportOf(await stage.run(), 'time-registrations');
    assert.deepEqual([second.outcome, second.mode, second.records], ['complete', 'incremental', 2]);
    assert.ok((second.watermark ?? '') > (first.watermark ?? ''));
  });

  it('writes twice and asks once for a stream with nothing new, and leaves no object', async () => {
    const stage = createStage(['project', 'time-registrations']);
    stage.fill(3);
    await stage.run();
    await stage.world.clock.sleep(2 * HOUR_MS);
    const versions = () => [...stage.world.store.records.values()].map(({ version }) => version);
    const before = versions();
    const objects = stage.world.lake.objects.size + stage.world.lake.parts.size;
    const report = await stage.run();
    assert.deepEqual(
      versions(),
      before.map((version) => version + 2),
    );
    assert.deepEqual(
      report.streams.map(({ requests }) => requests),
      [1, 1],
    );
    assert.equal(stage.world.lake.objects.size + stage.world.lake.parts.size, objects);
  });

  it('finishes the other streams when one fails, and names the failure', async () => {
    const stage = createStage(['project', 'time-registrations']);
    stage.fill(4);
    const { answer } = stage.world.model;
    stage.world.model.answer = (path, query, nowMs) =>
      path.endsWith('/project')
        ? { status: 403, body: '{"error":"Forbidden","message":"wrong company"}', headers: {} }
        : answer(path, query, nowMs);
    const report = await stage.run();
    assert.equal(report.outcome, 'failed');
    const failed = stage.reportOf(report, 'project');
    assert.deepEqual([failed.outcome, failed.failure?.kind, failed.failure?.status], ['failed', 'forbidden', 403]);
    assert.equal(stage.reportOf(report, 'time-registrations').outcome, 'complete');
    assert.equal(stage.world.store.records.get('project')?.cursor.lastFailure?.kind, 'forbidden');
    assert.equal(stage.world.store.records.get('project')?.leaseUntil, null, 'the lease was not given back');
  });

  it('ends as leased, not as a failure, where another run has the stream', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(40);
    const slow = { network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 1 };
    const first = stage.run(AUTO, slow);
    await stage.world.clock.sleep(10_000);
    const second = await stage.run();
    assert.equal(second.outcome, 'complete');
    assert.equal(second.streams[0]?.outcome, 'leased');
    assert.equal((await first).streams[0]?.outcome, 'complete');
  });

  it('stops at the deadline with a checkpoint, and the next run goes on under the same sync id', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(60);
    const short = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };
    const first = stage.reportOf(await stage.run(AUTO, short), 'time-registrations');
    assert.equal(first.outcome, 'deadline');
    assert.ok(first.records > 0, 'the run made no progress');
    assert.equal(first.watermark, null);
    const second = stage.reportOf(await stage.run(), 'time-registrations');
    assert.deepEqual([second.outcome, second.syncId], ['complete', first.syncId]);
    assert.equal(first.records + second.records, 60);
  });

  it('lets every stream finish in time although no run has time for all', async () => {
    const streams = ['project', 'time-registrations', 'machine-registrations', 'checklist-registrations'];
    const stage = createStage(streams);
    stage.fill(40);
    const short = { remainingMs: 24_000, network: { ...QUIET_NETWORK, latencyMs: 1500 }, pageSize: 4, concurrency: 1 };
    const progress = new Map<string, number>();
    for (let round = 0; round < 40; round++) {
      const report = await stage.run(AUTO, short);
      for (const entry of report.streams) {
        progress.set(entry.stream, (progress.get(entry.stream) ?? 0) + entry.pages);
        // Nobody gets far ahead while another has not had a page.
        if (round === 3) assert.ok((progress.get(entry.stream) ?? 0) > 0, `${entry.stream} starves`);
      }
      if (report.outcome === 'complete') break;
      await stage.world.clock.sleep(15 * MINUTE_MS);
    }
    for (const stream of streams) {
      assert.notEqual(
        stage.world.store.records.get(stream)?.cursor.lastCompletedAt ?? null,
        null,
        `${stream} never completed`,
      );
    }
  });

  it('begins a sync anew, once, when its stored continuation token is refused', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(60);
    const short = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };
    const first = stage.reportOf(await stage.run(AUTO, short), 'time-registrations');
    stage.world.model.expireTokens();
    const second = stage.reportOf(await stage.run(), 'time-registrations');
    assert.equal(second.outcome, 'complete');
    assert.notEqual(second.syncId, first.syncId);
    assert.equal(second.records, 60);
  });

  it('is not stuck on a stream whose tokens are always refused', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(20);
    const { answer } = stage.world.model;
    stage.world.model.answer = (path, query, nowMs) => {
      const answered = answer(path, query, nowMs);
      stage.world.model.expireTokens();
      return answered;
    };
    const first = stage.reportOf(await stage.run(), 'time-registrations');
    assert.equal(first.failure?.kind, 'bad_request');
    stage.world.model.answer = answer;
    assert.equal((await stage.run()).outcome, 'complete');
  });

  it('opens a new full sync when one is asked for, and remembers it when time is up before its first page', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(5);
    const first = stage.reportOf(await stage.run(), 'time-registrations');
    await stage.world.clock.sleep(HOUR_MS);
    const stalled = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 600_000 } };
    assert.equal(stage.reportOf(await stage.run(FULL, stalled), 'time-registrations').outcome, 'deadline');
    const later = stage.reportOf(await stage.run(), 'time-registrations');
    assert.deepEqual([later.mode, later.outcome], ['full', 'complete']);
    assert.ok((later.syncId ?? '') > (first.syncId ?? ''));
    await stage.world.clock.sleep(HOUR_MS);
    assert.equal(stage.reportOf(await stage.run(), 'time-registrations').mode, 'incremental');
  });

  it('goes on with a backfill in the following scheduled runs until it is complete, and moves no watermark by it', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(50);
    await stage.run();
    await stage.world.clock.sleep(HOUR_MS);
    const window = { kind: 'modified', since: addMs(stage.world.clock.now(), -DAY_MS), before: null } as const;
    const short = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };
    const asked = stage.reportOf(await stage.run({ kind: 'backfill', window }, short), 'time-registrations');
    assert.deepEqual([asked.mode, asked.outcome], ['backfill', 'deadline']);
    const watermark = stage.world.store.records.get('time-registrations')?.cursor.watermark;
    const scheduled = await stage.run();
    assert.deepEqual(
      scheduled.streams.map(({ mode, outcome }) => [mode, outcome]),
      [
        ['incremental', 'complete'],
        ['backfill', 'complete'],
      ],
    );
    assert.equal(scheduled.streams[1]?.syncId, asked.syncId);
    assert.equal(asked.records + (scheduled.streams[1]?.records ?? 0), 50);
    assert.ok((stage.world.store.records.get('time-registrations')?.cursor.watermark ?? 0) > (watermark ?? 0));
    const manifests = [...stage.world.lake.objects.values()].map((text) => JSON.parse(text).mode);
    assert.deepEqual(manifests.sort(), ['backfill', 'full']);
  });

  it('remembers a backfill for the streams that it never came to', async () => {
    const stage = createStage(['time-registrations', 'machine-registrations', 'crew-list-registrations']);
    stage.fill(10);
    await stage.run();
    await stage.world.clock.sleep(HOUR_MS);
    const now = stage.world.clock.now();
    const window = { kind: 'dates', from: addMs(now, -DAY_MS), to: now } as const;
    const stalled = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 600_000 }, concurrency: 1 };
    const asked = await stage.run({ kind: 'backfill', window }, stalled);
    assert.deepEqual(new Set(asked.streams.map(({ outcome }) => outcome)), new Set(['deadline']));
    const scheduled = await stage.run();
    const done = scheduled.streams.filter(({ mode, outcome }) => mode === 'backfill' && outcome === 'complete');
    assert.equal(done.length, 3);
  });

  it('never changes a parameter within a sync, even when the settings have changed', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(30);
    const short = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };
    const first = stage.reportOf(await stage.run(AUTO, short), 'time-registrations');
    const second = stage.reportOf(await stage.run(AUTO, { pageSize: 7 }), 'time-registrations');
    assert.deepEqual([second.outcome, second.syncId], ['complete', first.syncId]);
  });

  it('reads everything anew when the source or its filters have changed', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(4);
    await stage.run();
    await stage.world.clock.sleep(HOUR_MS);
    const other = { env: { companyId: '7' } };
    assert.equal(stage.reportOf(await stage.run(AUTO, other), 'time-registrations').mode, 'full');
    await stage.world.clock.sleep(HOUR_MS);
    assert.equal(stage.reportOf(await stage.run(AUTO, other), 'time-registrations').mode, 'incremental');
  });

  for (const hours of [2, 23, 30, 100]) {
    it(`misses nothing of a first windowed sync though our clock is ${hours} hours behind Ditio's`, async () => {
      const stage = createStage(['machine-registrations', 'crew-list-registrations']);
      // One of yesterday and one that ends in ten hours, both entered long before the run.
      for (const [name, { records }] of stage.world.model.streams) {
        for (const dated of [-HOUR_MS, 10 * HOUR_MS, 20 * HOUR_MS]) {
          const nowMs = stage.world.clock.now();
          const record = { rev: 1, modifiedMs: nowMs - HOUR_MS, dateMs: nowMs + dated, deleted: false };
          records.set(`${name} ${dated}`, { ...record, id: `${name} ${dated}`, everServed: false });
        }
      }
      const behind = await stage.run(AUTO, { skewMs: -hours * HOUR_MS });
      assert.equal(behind.outcome, 'complete');
      await settle(stage.world, stage.dice);
    });
  }

  it('leaves a snapshot stream alone until its interval has passed, unless a full sync is asked for', async () => {
    const stage = createStage(['flow-locations']);
    stage.fill(3);
    assert.equal(stage.reportOf(await stage.run(), 'flow-locations').records, 3);
    await stage.world.clock.sleep(5 * MINUTE_MS);
    const early = stage.reportOf(await stage.run(), 'flow-locations');
    assert.deepEqual([early.outcome, early.requests], ['complete', 0]);
    assert.equal(stage.reportOf(await stage.run(FULL), 'flow-locations').records, 3);
    await stage.world.clock.sleep(60 * MINUTE_MS);
    assert.equal(stage.reportOf(await stage.run(), 'flow-locations').records, 3);
  });

  it('reads nothing from Ditio when the state cannot be read', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(3);
    const rates = { failBefore: 1, loseAnswer: 0, slow: 0 };
    const report = await stage.run(AUTO, { fate: { dieAt: null, freezeAt: null, freezeMs: 0, rates } });
    assert.deepEqual(
      report.streams.map(({ outcome, failure, requests }) => [outcome, failure?.kind, requests]),
      [['failed', 'state', 0]],
    );
    assert.equal(stage.world.store.records.size, 0);
  });

  it('stops no other stream when the stored item of one cannot be read', async () => {
    const stage = createStage(['project', 'time-registrations']);
    stage.fill(3);
    await stage.run();
    await stage.world.clock.sleep(HOUR_MS);
    stage.world.store.damaged.add('project');
    const report = await stage.run();
    const damaged = stage.reportOf(report, 'project');
    assert.deepEqual([damaged.outcome, damaged.failure?.kind, damaged.requests], ['failed', 'state', 0]);
    assert.equal(stage.reportOf(report, 'time-registrations').outcome, 'complete');
    stage.world.store.damaged.clear();
    assert.equal(stage.reportOf(await stage.run(), 'project').mode, 'incremental');
  });

  it('fences off a former owner that wakes late: it moves no cursor and replaces no part', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(30);
    // The first process is frozen in the middle of its work for longer than its lease.
    const frozen = invoke(stage.world, createDice(3), {
      remainingMs: 60_000,
      skewMs: 0,
      fate: { dieAt: null, freezeAt: 12, freezeMs: 30 * MINUTE_MS, rates: QUIET },
      network: QUIET_NETWORK,
      task: AUTO,
      rules: stage.world.rules,
      pageSize: 2,
      concurrency: 1,
      zombie: true,
    });
    await stage.world.clock.sleep(5 * MINUTE_MS);
    const second = stage.reportOf(await stage.run(), 'time-registrations');
    assert.equal(second.outcome, 'complete');
    const record = stage.world.store.records.get('time-registrations');
    const late = await frozen;
    assert.ok(
      ['leased', 'deadline'].includes(late?.streams[0]?.outcome ?? ''),
      `ended as ${late?.streams[0]?.outcome}`,
    );
    assert.deepEqual(stage.world.store.records.get('time-registrations'), record);
    stage.world.checker.throwViolation();
    stage.world.checker.presentStateEqualsSource();
  });
});

describe('the order of streams', () => {
  const rules = createStage(['project', 'time-registrations', 'machine-registrations']).world.rules;
  const NOW = instant(1_000_000_000_000);
  const record = (lastServedAt: number | null, differs: Partial<Cursor> = {}, leaseUntil: number | null = null) => ({
    cursor: { ...NEW_CURSOR, lastServedAt: lastServedAt as Instant | null, ...differs },
    leaseUntil: leaseUntil as Instant | null,
  });
  const names = (stored: Record<string, ReturnType<typeof record>>) =>
    inTurn(rules, new Map(Object.entries(stored)), NOW).map(({ rule }) => rule.name);

  it('is that of the catalogue before anything was stored', () => {
    assert.deepEqual(names({}), ['project', 'time-registrations', 'machine-registrations']);
  });

  it('puts the least recently served first, and those that were never served before all', () => {
    const stored = { project: record(300), 'time-registrations': record(100), 'machine-registrations': record(null) };
    assert.deepEqual(names(stored), ['machine-registrations', 'time-registrations', 'project']);
  });

  it('puts a stream that brought nothing in its last run behind all others', () => {
    assert.deepEqual(names({ project: record(1, { fruitlessRuns: 1 }), 'time-registrations': record(900) }), [
      'machine-registrations',
      'time-registrations',
      'project',
    ]);
  });

  it('puts a stream of which a run died last, the one that was in most such runs behind the others', () => {
    const died = NOW - 1;
    const stored = {
      project: record(1, { fruitlessRuns: 1 }, died),
      'time-registrations': record(900, {}, died),
      'machine-registrations': record(1000),
    };
    assert.deepEqual(names(stored), ['machine-registrations', 'time-registrations', 'project']);
  });

  it('does not take a lease that is still held for one that was left behind', () => {
    const stored = {
      project: record(1, {}, NOW + 1),
      'time-registrations': record(2),
      'machine-registrations': record(3),
    };
    assert.deepEqual(names(stored), ['project', 'time-registrations', 'machine-registrations']);
  });
});
