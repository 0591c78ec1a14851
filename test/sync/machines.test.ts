/** Machine registrations: without windows, or as a server of the older kind wants them; in both, nothing is lost. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time/instant.ts';
import { settle } from '../simulation/history.ts';
import { QUIET_NETWORK } from '../simulation/world.ts';
import { AUTO, createStage, FULL, type Stage } from './stage.ts';

const STREAM = 'machine-registrations';

function server(isOlder: boolean): Stage {
  const stage = createStage([STREAM]);
  stage.world.model.isOlder = isOlder;
  return stage;
}

function add(stage: Stage, id: string, dateMs: number | null, modifiedAgoMs = HOUR_MS): void {
  const modifiedMs = stage.world.clock.now() - modifiedAgoMs;
  const record = { id, rev: 1, modifiedMs, dateMs, deleted: false, everServed: false };
  stage.world.model.streams.get(STREAM)?.records.set(id, record);
}

const oneOf = async (stage: Stage, ...asked: Parameters<Stage['run']>) =>
  stage.reportOf(await stage.run(...asked), STREAM);
const cursorOf = (stage: Stage) => stage.world.store.records.get(STREAM)?.cursor;

const modesInLake = (stage: Stage) => [...stage.world.lake.objects.values()].map((text) => JSON.parse(text).mode);

/** The server is busy where it is asked so, and says so for an hour, until the function returned is called. */
function busyFor(stage: Stage, isBusy: (query: URLSearchParams) => boolean): () => void {
  const { model } = stage.world;
  const answer = model.answer;
  const busy = { status: 429, body: '', headers: { 'retry-after': '3600' } };
  model.answer = (path, query, ...rest) => (isBusy(query) ? busy : answer(path, query, ...rest));
  return () => {
    model.answer = answer;
  };
}

describe('a server of today', () => {
  it('is asked for as many pages as there are', async () => {
    const stage = server(false);
    stage.fill(23);
    const { outcome, requests } = await oneOf(stage);
    assert.deepEqual([outcome, requests], ['complete', 5]);
  });

  it('shows what has no stop time yet, lies years ahead, or before history', async () => {
    const stage = server(false);
    const now = stage.world.clock.now();
    add(stage, 'made-1', null);
    add(stage, 'made-2', now + 4000 * DAY_MS);
    add(stage, 'made-3', now - 4000 * DAY_MS);
    await stage.run();
    stage.world.checker.presentStateEqualsSource();
    await stage.run(FULL);
    stage.world.checker.presentStateEqualsSource();
  });

  it('is asked for changes from any time back after a pause, not for everything', async () => {
    const stage = server(false);
    stage.fill(10);
    await stage.run();
    await stage.world.clock.sleep(20 * DAY_MS);
    const { mode, requests } = await oneOf(stage);
    assert.deepEqual([mode, requests], ['incremental', 1]);
  });
});

describe('a 400 that says nothing about windows', () => {
  /** The next answer is this one, and the one after it is the server's. */
  function answerOnce(stage: Stage, body: string, type: string): void {
    const { model } = stage.world;
    const { answer } = model;
    model.answer = () => {
      model.answer = answer;
      return { status: 400, body, headers: { 'content-type': type } };
    };
  }

  it('to a request for the latest changes is a failure of that run, and changes nothing', async () => {
    const stage = server(false);
    stage.fill(3);
    await stage.run();
    await stage.world.clock.sleep(HOUR_MS);
    answerOnce(stage, '{"message":"try again"}', 'application/json');
    const { outcome, failure, requests } = await oneOf(stage);
    assert.deepEqual([outcome, failure?.kind, requests], ['failed', 'bad_request', 1]);
    assert.equal(cursorOf(stage)?.windowed, false);
    assert.equal((await oneOf(stage)).outcome, 'complete');
  });

  it('of a gateway is not the answer of an older server', async () => {
    const stage = server(false);
    add(stage, 'made-1', null);
    answerOnce(stage, '<html><body>Bad Request - Invalid Header</body></html>', 'text/html');
    const { failure, requests } = await oneOf(stage);
    assert.deepEqual([failure?.kind, requests, cursorOf(stage)?.windowed], ['blocked', 1, false]);
    await stage.run();
    stage.world.checker.presentStateEqualsSource();
  });
});

describe('a server of the older kind', () => {
  it('is found out by its 400, and asked by windows in the same run', async () => {
    const stage = server(true);
    stage.fill(23);
    const { outcome, mode, records } = await oneOf(stage);
    assert.deepEqual([outcome, mode], ['complete', 'full']);
    assert.ok(records >= 23);
    assert.equal(cursorOf(stage)?.windowed, true);
    stage.world.checker.presentStateEqualsSource();
  });

  it('is remembered: it is never asked without windows again', async () => {
    const stage = server(true);
    stage.fill(5);
    await stage.run();
    const { answer } = stage.world.model;
    const refused: number[] = [];
    stage.world.model.answer = (...asked) => {
      const given = answer(...asked);
      if (given.status !== 200) refused.push(given.status);
      return given;
    };
    await stage.world.clock.sleep(HOUR_MS);
    await stage.run(FULL);
    await stage.world.clock.sleep(6 * DAY_MS);
    await stage.run();
    assert.deepEqual(refused, []);
  });

  it('is not believed to want windows where another 400 comes to windows too', async () => {
    const stage = server(true);
    stage.world.model.answer = () => ({ status: 400, body: '{"error":"Bad","message":"CompanyId"}', headers: {} });
    assert.equal((await oneOf(stage)).failure?.status, 400);
    assert.equal(cursorOf(stage)?.windowed, false);
  });

  it('shows what has no stop time and was changed lately, by a last request without a window', async () => {
    const stage = server(true);
    const now = stage.world.clock.now();
    add(stage, 'made-1', null);
    add(stage, 'made-2', now + 600 * DAY_MS);
    await stage.run();
    stage.world.checker.presentStateEqualsSource();
  });

  it('is asked for changes by windows after a pause, so that what has no stop time stays', async () => {
    const stage = server(true);
    stage.fill(10);
    add(stage, 'made-open', null);
    await stage.run();
    await stage.world.clock.sleep(20 * DAY_MS);
    add(stage, 'made-new', stage.world.clock.now() - 30 * DAY_MS, 10 * DAY_MS);
    const { mode, outcome } = await oneOf(stage);
    assert.deepEqual([mode, outcome], ['incremental', 'complete']);
    await settle(stage.world, stage.dice);
  });

  it('is not asked without windows again after a run that ended between its 400 and the first page', async () => {
    const stage = server(true);
    stage.fill(10);
    const answersAgain = busyFor(stage, (query) => query.has('FromDateTime'));
    const { outcome, pages } = await oneOf(stage);
    assert.deepEqual([outcome, pages, cursorOf(stage)?.windowed], ['deadline', 0, true]);
    answersAgain();
    await settle(stage.world, stage.dice);
  });

  it('gets to the end of a full sync that takes days, and then asks for changes only', async () => {
    const stage = server(true);
    stage.fill(30);
    const short = { remainingMs: 40_000, network: { ...QUIET_NETWORK, latencyMs: 2000 } };
    let report = await oneOf(stage, AUTO, short);
    const { syncId } = report;
    for (let run = 0; report.outcome !== 'complete'; run++) {
      assert.ok(run < 150, 'the full sync never ends');
      await stage.world.clock.sleep(6 * HOUR_MS);
      report = await oneOf(stage, AUTO, short);
      assert.equal(report.syncId, syncId, 'it began anew');
    }
    await stage.world.clock.sleep(15 * MINUTE_MS);
    assert.equal((await oneOf(stage)).mode, 'incremental');
    await settle(stage.world, stage.dice);
  });

  it('is asked for the newest changes where a full sync waited for days after its last window', async () => {
    const stage = server(true);
    stage.fill(10);
    const answersAgain = busyFor(stage, (query) => query.has('ModifiedSince'));
    assert.equal((await oneOf(stage)).outcome, 'deadline');
    assert.notEqual(cursorOf(stage)?.own?.position.changesSince ?? null, null);
    answersAgain();
    await stage.world.clock.sleep(12 * DAY_MS);
    add(stage, 'made-open', null);
    const { outcome, mode } = await oneOf(stage);
    assert.deepEqual([outcome, mode], ['complete', 'full']);
    await settle(stage.world, stage.dice);
  });

  it('is asked by windows for a backfill that waited for days before its first page', async () => {
    const stage = server(true);
    stage.fill(10);
    await stage.run();
    const since = addMs(stage.world.clock.now(), -DAY_MS);
    const window = { kind: 'modified', since, before: null } as const;
    const answersAgain = busyFor(stage, (query) => Date.parse(query.get('ModifiedSince') ?? '') === since);
    await oneOf(stage, { kind: 'backfill', window });
    assert.equal(cursorOf(stage)?.backfill?.pages, 0);
    answersAgain();
    await stage.world.clock.sleep(12 * DAY_MS);
    for (let run = 0; run < 3; run++) {
      await stage.run();
      await stage.world.clock.sleep(15 * MINUTE_MS);
    }
    assert.deepEqual([stage.world.failures, cursorOf(stage)?.backfill], [[], null]);
    assert.ok(modesInLake(stage).includes('backfill'), 'the backfill was given up');
  });

  it('goes on with an accepted backfill after a long pause', async () => {
    const stage = server(true);
    stage.fill(40);
    await stage.run();
    const window = { kind: 'modified', since: addMs(stage.world.clock.now(), -DAY_MS), before: null } as const;
    const short = { remainingMs: 20_000, network: { ...QUIET_NETWORK, latencyMs: 4000 }, pageSize: 2 };
    const asked = await oneOf(stage, { kind: 'backfill', window }, short);
    assert.equal(asked.outcome, 'deadline');
    await stage.world.clock.sleep(12 * DAY_MS);
    for (let run = 0; run < 3; run++) {
      await stage.run();
      await stage.world.clock.sleep(15 * MINUTE_MS);
    }
    assert.equal(cursorOf(stage)?.backfill, null);
    assert.ok(modesInLake(stage).includes('backfill'), 'the backfill was given up');
  });
});
