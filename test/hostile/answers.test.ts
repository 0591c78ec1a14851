/**
 * Answers with status 200 that are not what they should be. Each is a hard failure of its stream and moves nothing;
 * the next good answer recovers.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS } from '../../src/core/time/instant.ts';
import { HEADERS_ON, INNOCENT, INNOCENT_HEADERS, type Members, POINTS_ON, SAYS_FAILED } from '../fakes/page-signs.ts';
import type { ModelAnswer } from '../simulation/ditio-model.ts';
import { settle } from '../simulation/history.ts';
import { AUTO, createStage, FULL, type Stage } from '../sync/stage.ts';

type Spoil = (body: string) => string;

/** Changes what the body says, as a server with a fault would. */
function edit(change: (page: Record<string, unknown>) => unknown): Spoil {
  return (body) => JSON.stringify(change(JSON.parse(body)));
}

function records(change: (record: Record<string, unknown>) => unknown): Spoil {
  return edit((page) => ({ ...page, data: (page.data as Record<string, unknown>[]).map(change) }));
}

const HOSTILE: ReadonlyArray<readonly [name: string, spoil: Spoil]> = [
  ['an empty body', () => ''],
  ['white space only', () => ' \n\t '],
  ['HTML', () => '<!doctype html><html><body>Please sign in</body></html>'],
  ['plain text', () => 'Service temporarily unavailable'],
  ['a JSON string', () => '"data"'],
  ['a JSON array instead of the envelope', (body) => JSON.stringify(JSON.parse(body).data)],
  ['JSON null', () => 'null'],
  ['a body cut off in the middle, with a length that fits', (body) => body.slice(0, body.length / 2)],
  ['a body followed by another', (body) => body + body],
  ['a trailing comma', (body) => body.replace(/\}$/, ',}')],
  ['single quotes', (body) => body.replaceAll('"', "'")],
  ['a number with a leading zero', (body) => body.replace(/"rev":(\d)/, '"rev":0$1')],
  ['NaN', (body) => body.replace(/"rev":\d+/, '"rev":NaN')],
  ['a raw line break in a string', (body) => body.replace('"id":"', '"id":"\n')],
  ['an unknown escape', (body) => body.replace('"id":"', '"id":"\\x')],
  ['data missing', edit(({ data: _, ...page }) => page)],
  ['data null', edit((page) => ({ ...page, data: null }))],
  ['data an object', edit((page) => ({ ...page, data: { ...(page.data as object) } }))],
  ['data a string', edit((page) => ({ ...page, data: 'none' }))],
  ['data twice', (body) => body.replace(/^\{/, '{"data":[],')],
  ['the continuation token twice', (body) => body.replace(/\}$/, ',"continuationToken":"other"}')],
  ['a continuation token that is a number', edit((page) => ({ ...page, continuationToken: 7 }))],
  ['more records than recordCount', edit((page) => ({ ...page, recordCount: 0 }))],
  ['fewer records than recordCount', edit((page) => ({ ...page, recordCount: 10_000 }))],
  ['deletions that deletedRecordCount does not count', edit((page) => ({ ...page, deletedRecordCount: 3 }))],
  ['a negative recordCount', edit((page) => ({ ...page, recordCount: -1 }))],
  ['the syncTypeName of the other mode', edit((page) => ({ ...page, syncTypeName: 'incremental' }))],
  ['an unknown syncTypeName', edit((page) => ({ ...page, syncTypeName: 'partial' }))],
  ['records that are strings', records(({ id }) => id)],
  ['records that are null', records(() => null)],
  ['records that are arrays', records((record) => [record])],
  ['a record without id', records(({ id: _, ...record }) => record)],
  ['a record whose id is null', records((record) => ({ ...record, id: null }))],
  ['a record whose id is empty', records((record) => ({ ...record, id: '' }))],
  ['a record whose id is an object', records((record) => ({ ...record, id: { value: 1 } }))],
  ['a record with two ids', (body) => body.replace('"id":', '"id":"other","id":')],
  ['a record with our own field', records((record) => ({ ...record, _sync_id: '20200101T000000000Z' }))],
  ['isDeleted that is a word', records((record) => ({ ...record, isDeleted: 'yes' }))],
  [
    'nesting ten thousand deep',
    (body) => body.replace('"rev":', `"deep":${'['.repeat(10_000)}${']'.repeat(10_000)},"rev":`),
  ],
];

async function spoiled(spoil: Spoil): Promise<Stage> {
  const stage = createStage(['time-registrations', 'project']);
  stage.fill(12);
  const { answer } = stage.world.model;
  stage.world.model.answer = (path, query, nowMs) => {
    const good = answer(path, query, nowMs);
    return path.endsWith('/time-registrations') ? { ...good, body: spoil(good.body) } : good;
  };
  const report = await stage.run();
  stage.world.model.answer = answer;
  const failed = stage.reportOf(report, 'time-registrations');
  assert.deepEqual([failed.outcome, failed.failure?.kind], ['failed', 'wire_format'], failed.failure?.message);
  assert.equal(stage.reportOf(report, 'project').outcome, 'complete', 'another stream was stopped by it');
  return stage;
}

describe('a hostile answer', () => {
  for (const [name, spoil] of HOSTILE) {
    it(`is refused, moves nothing and is got over: ${name}`, async () => {
      const stage = await spoiled(spoil);
      const stored = stage.world.store.records.get('time-registrations');
      assert.equal(stored?.cursor.watermark, null);
      assert.equal(stored?.cursor.own, null);
      assert.equal([...stage.world.lake.parts.keys()].filter((key) => key.startsWith('time_')).length, 0);
      await settle(stage.world, stage.dice);
    });
  }

  it('in the middle of a sync keeps the good pages before it, and the next run goes on behind them', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(30);
    const { answer } = stage.world.model;
    let pages = 0;
    stage.world.model.answer = (path, query, nowMs) => {
      pages += 1;
      return pages === 4 ? { ...answer(path, query, nowMs), body: '{"data":[{}]}' } : answer(path, query, nowMs);
    };
    const first = stage.reportOf(await stage.run(), 'time-registrations');
    assert.deepEqual([first.outcome, first.pages, first.records], ['failed', 3, 15]);
    const second = stage.reportOf(await stage.run(), 'time-registrations');
    assert.deepEqual([second.outcome, second.syncId, second.records], ['complete', first.syncId, 15]);
  });

  it('is reported in one line that names the request, without its token, and what to do', async () => {
    const stage = await spoiled(() => '<html>');
    const [line] = stage.world.failures;
    assert.equal(line?.kind, 'wire_format');
    assert.match(String(line?.request), /^GET https:\/\/.*\/v1\/time-registrations\?/);
    assert.doesNotMatch(String(line?.request), /ContinuationToken=[^…]/);
    assert.ok(String(line?.hint).length > 20);
  });

  it('that repeats a continuation token ends as pagination_loop, and the good pages before it are kept', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(30);
    const { answer } = stage.world.model;
    let token: string | null = null;
    stage.world.model.answer = (path, query, nowMs) => {
      const page = JSON.parse(answer(path, query, nowMs).body);
      token ??= page.continuationToken;
      return { status: 200, body: JSON.stringify({ ...page, continuationToken: token }), headers: {} };
    };
    const report = stage.reportOf(await stage.run(), 'time-registrations');
    assert.deepEqual([report.outcome, report.failure?.kind, report.pages], ['failed', 'pagination_loop', 1]);
    stage.world.model.answer = answer;
    await settle(stage.world, stage.dice);
  });

  it('without end, in empty pages with ever new tokens, ends as pagination_loop', async () => {
    const stage = createStage(['time-registrations']);
    let count = 0;
    stage.world.model.answer = () => {
      const body = JSON.stringify({ data: [], continuationToken: `token number ${count++}`, recordCount: 0 });
      return { status: 200, body, headers: {} };
    };
    const report = stage.reportOf(await stage.run(AUTO), 'time-registrations');
    assert.equal(report.failure?.kind, 'pagination_loop');
    assert.ok(report.requests < 1100, `${report.requests} requests were sent`);
  });

  it('with a Date header that is no date still gives a watermark, by our own clock', async () => {
    const stage = createStage(['time-registrations']);
    stage.fill(3);
    const { answer } = stage.world.model;
    stage.world.model.answer = (path, query, nowMs) => {
      const good = answer(path, query, nowMs);
      return { ...good, headers: { ...good.headers, date: 'the day after tomorrow' } };
    };
    const before = stage.world.clock.now();
    const report = stage.reportOf(await stage.run(), 'time-registrations');
    assert.equal(report.outcome, 'complete');
    const watermark = Date.parse(report.watermark ?? '');
    assert.ok(watermark >= before && watermark <= before + HOUR_MS, `watermark ${report.watermark}`);
  });
});

const STREAM = 'time-registrations';
type Page = Record<string, unknown> & { readonly data: readonly object[] };
type Change = (page: Page, ownToken: string | null) => { readonly page: object; readonly headers?: object };

/** Six pages, of which the `only`-th is changed, or every one. */
function changing(change: Change, only?: number): Stage {
  const stage = createStage([STREAM]);
  stage.fill(30);
  const { answer } = stage.world.model;
  let number = 0;
  stage.world.model.answer = (path, query, ...asked): ModelAnswer => {
    const given = answer(path, query, ...asked);
    number += 1;
    if (only !== undefined && number !== only) return given;
    const { page, headers } = change(JSON.parse(given.body), query.get('ContinuationToken'));
    return { ...given, headers: { ...given.headers, ...headers }, body: JSON.stringify(page) };
  };
  return stage;
}

/** Runs a stage whose second page is changed, which must be refused; the runs after it get it whole. */
async function refused(change: Change): Promise<Stage> {
  const stage = changing(change, 2);
  const failed = stage.reportOf(await stage.run(), STREAM);
  assert.deepEqual([failed.outcome, failed.failure?.kind, failed.pages], ['failed', 'wire_format', 1]);
  assert.equal(stage.world.store.records.get(STREAM)?.cursor.watermark, null);
  await settle(stage.world, stage.dice);
  return stage;
}

const withoutToken = ({ continuationToken: _, ...page }: Page) => page;
const nothing = (page: Page) => ({ ...page, data: [], continuationToken: null, recordCount: 0, deletedRecordCount: 0 });

describe('a page without a token', () => {
  for (const members of POINTS_ON) {
    it(`is not the end where it points on with ${JSON.stringify(members)}`, async () => {
      await refused((page) => ({ page: { ...withoutToken(page), ...members } }));
    });
  }

  for (const headers of HEADERS_ON) {
    it(`is not the end where its head points on with ${JSON.stringify(headers)}`, async () => {
      await refused((page) => ({ page: withoutToken(page), headers }));
    });
  }

  const harmless: readonly (readonly [Members, object])[] = [
    ...INNOCENT.map((members) => [members, {}] as const),
    ...INNOCENT_HEADERS.map((headers) => [{}, headers] as const),
  ];
  for (const [members, headers] of harmless) {
    it(`is the end with ${JSON.stringify({ ...members, ...headers })}`, async () => {
      const stage = changing((page) => ({ page: { ...page, ...members }, headers }));
      for (const task of [AUTO, FULL]) assert.equal((await stage.run(task)).outcome, 'complete');
      stage.world.checker.presentStateEqualsSource();
    });
  }

  it('is the end where its links and its head repeat the token that it was asked for with', async () => {
    const stage = changing((page, token) => ({
      page: { ...page, href: `/v1/x?ContinuationToken=${encodeURIComponent(token ?? '')}` },
      headers: { 'x-continuation-token': token ?? '' },
    }));
    assert.equal((await stage.run()).outcome, 'complete');
    stage.world.checker.presentStateEqualsSource();
  });

  it('of item rows is not the end either where its head points on', async () => {
    const stage = createStage(['item-registrations']);
    stage.fill(3);
    const { answer } = stage.world.model;
    stage.world.model.answer = (...asked) => {
      const given = answer(...asked);
      return { ...given, headers: { ...given.headers, link: '</v1/x?page=2>; rel="next"' } };
    };
    assert.equal(stage.reportOf(await stage.run(), 'item-registrations').failure?.kind, 'wire_format');
  });
});

describe('a page that says that it failed', () => {
  for (const members of SAYS_FAILED) {
    it(`is believed, without data and with a part of it: ${JSON.stringify(members)}`, async () => {
      for (const rest of [nothing, (page: Page) => page]) {
        const { world } = await refused((page) => ({ page: { ...rest(page), ...members } }));
        const [line] = world.failures;
        if (JSON.stringify(members).includes('Query timed out')) assert.match(String(line?.detail), /Query timed out/);
        assert.match(String(line?.message), new RegExp(`says that it failed .*${Object.keys(members)[0]}`));
      }
    });
  }

  it('tells what it says also where its data is null', async () => {
    const said = { error: 'InternalError', message: 'Query timed out' };
    const { world } = await refused((page) => ({ page: { ...nothing(page), data: null, ...said } }));
    assert.equal(world.failures[0]?.detail, 'Query timed out');
  });

  it('tells what it says also behind many records', async () => {
    const { world } = await refused((page) => ({
      page: {
        ...page,
        data: page.data.map((record) => ({ ...record, text: 'x'.repeat(10_000) })),
        errors: [{ message: 'shard 3 timed out' }],
      },
    }));
    assert.equal(world.failures[0]?.detail, 'shard 3 timed out');
  });
});
