import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { StreamName } from '../../simulator/index.ts';
import { parseTicks } from '../../simulator/ticks.ts';
import {
  errorOf,
  everything,
  INCREMENTAL,
  ids,
  PAGED,
  type Page,
  type Parameters,
  startWorld,
  type World,
} from './harness.ts';

/** By what a full sync is ordered, and a window filters, where that is a date. */
const DATES: Partial<Record<StreamName, string>> = {
  'time-registrations': 'workDate',
  'absence-registrations': 'date',
  'payroll-lines': 'transDateTime',
  'payroll-lines-extended': 'transDateTime',
  'flow-trip-registrations': 'loadDateTime',
  'machine-registrations': 'stopDateTime',
};
const WINDOWS: Partial<Record<StreamName, string>> = {
  ...DATES,
  images: 'createdDateTime',
  'crew-list-registrations': 'checkInDateTime',
};

const ticks = (text: unknown) => parseTicks(String(text)) ?? Number.NaN;
/** What has no date stands behind everything else. */
const dateTicks = (text: unknown) =>
  text === null || String(text).startsWith('0001-') ? Number.POSITIVE_INFINITY : ticks(text);
/** The time of change by which an incremental answer is ordered. */
const changedAt = (record: Page['data'][number]) =>
  ticks(record.isDeleted ? record.deletedDateTime : record.modifiedDateTime);
const isRising = (values: readonly number[]) =>
  values.every((value, at) => at === 0 || value >= (values[at - 1] as number));

describe('a full sync of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ records: 2_000, historyYears: 0.4 });
  });
  after(() => world.close());

  for (const stream of PAGED) {
    it(`of ${stream} is every living record once, in its order, and says that it is full`, async () => {
      const pages = await world.pages(stream, { ...everything(stream), ChunkLimit: 90 });
      const records = pages.flatMap(({ data }) => data);
      assert.deepEqual(ids(pages).sort(), [...world.simulator.liveIds(stream)].sort());
      assert.ok(records.every(({ isDeleted }) => isDeleted === false));
      assert.ok(pages.every(({ syncTypeName }) => syncTypeName === 'full'));
      const order = DATES[stream];
      const keys = records.map((record) =>
        order ? dateTicks(record[order]) : Number.parseInt(record.id.slice(18), 16),
      );
      assert.ok(isRising(keys), `not ordered by ${order ?? 'id'}`);
    });
  }

  for (const [stream, field] of Object.entries(DATES)) {
    it(`of ${stream} never splits what has one ${field}`, async () => {
      const pages = await world.pages(stream as StreamName, { ...everything(stream as StreamName), ChunkLimit: 6 });
      assert.ok(pages.length > 5);
      for (let at = 1; at < pages.length; at += 1) {
        assert.notEqual(pages[at]?.data[0]?.[field], pages[at - 1]?.data.at(-1)?.[field]);
      }
      assert.ok(pages.slice(0, -1).every(({ data }) => data.length >= 6));
    });
  }

  for (const [stream, field] of Object.entries(WINDOWS)) {
    it(`of ${stream} filters ${field} by the window, inclusive at both ends`, async () => {
      const name = stream as StreamName;
      const all = (await world.pages(name, { ...everything(name), ChunkLimit: 10_000 })).flatMap(({ data }) => data);
      const sorted = all.map((record) => String(record[field])).sort((a, b) => dateTicks(a) - dateTicks(b));
      const [from = '', to = ''] = [sorted[Math.floor(sorted.length / 3)], sorted[Math.floor(sorted.length / 2)]];
      const within = all.filter((record) => ticks(record[field]) >= ticks(from) && ticks(record[field]) <= ticks(to));
      const pages = await world.pages(name, { ...everything(name), FromDateTime: from, ToDateTime: to, ChunkLimit: 7 });
      assert.ok(within.length > 1);
      assert.deepEqual(ids(pages).sort(), within.map(({ id }) => id).sort());
    });
  }

  const ignoring: readonly StreamName[] = [
    'incident-registrations',
    'machine-incident-registrations',
    'checklist-registrations',
    'machine-checklist-registrations',
    'project',
    'work-orders',
    'resource',
    'user',
  ];
  for (const stream of ignoring) {
    it(`of ${stream} ignores the window`, async () => {
      const window = { FromDateTime: '2001-01-01', ToDateTime: '2001-01-02' };
      const pages = await world.pages(stream, { ...window, ChunkLimit: 10_000 });
      assert.equal(ids(pages).length, world.simulator.counts()[stream]?.live);
    });
  }
});

describe('an incremental sync of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ records: 2_000 });
  });
  after(() => world.close());

  for (const stream of INCREMENTAL) {
    it(`of ${stream} is everything by the time of change, oldest first, never splitting one`, async () => {
      const pages = await world.pages(stream, { ...everything(stream), ModifiedSince: '2000-01-01', ChunkLimit: 9 });
      const records = pages.flatMap(({ data }) => data);
      const { live, deleted } = world.simulator.counts()[stream] ?? { live: 0, deleted: 0 };
      // An image comes once for each record that it hangs on.
      if (stream !== 'images') assert.equal(new Set(ids(pages)).size, live + deleted);
      assert.equal(records.length, live + deleted);
      assert.ok(pages.every(({ syncTypeName }) => syncTypeName === 'incremental'));
      assert.ok(isRising(records.map(changedAt)));
      for (let at = 1; at < pages.length; at += 1) {
        assert.notEqual(
          changedAt(pages[at]?.data[0] as Page['data'][number]),
          changedAt(pages[at - 1]?.data.at(-1) as Page['data'][number]),
        );
      }
    });
  }

  it('meets batches whose records share one timestamp, so that a page exceeds its limit', async () => {
    const pages = await world.pages('time-registrations', { ModifiedSince: '2000-01-01', ChunkLimit: 10 });
    const longest = Math.max(...pages.map(({ data }) => data.length));
    assert.ok(longest > 20, `the longest page has ${longest} records`);
    assert.equal(
      pages.reduce((sum, { recordCount = 0 }) => sum + recordCount, 0),
      ids(pages).length,
    );
  });

  it('includes the lower bound and excludes the upper one, to the tick', async () => {
    const all = (await world.pages('flow-trip-registrations', { ModifiedSince: '2000-01-01' })).flatMap(
      ({ data }) => data,
    );
    const fine = all.filter(
      (record) => /\.\d{7}Z$/.test(String(record.modifiedDateTime)) && record.isDeleted === false,
    );
    const [since, until] = [fine[1], fine.at(-2)].map((record) => String(record?.modifiedDateTime));
    const within = all.filter((record) => changedAt(record) >= ticks(since) && changedAt(record) < ticks(until));
    const pages = await world.pages('flow-trip-registrations', {
      ModifiedSince: String(since),
      ModifiedBefore: String(until),
    });
    assert.ok(fine.length > 10 && within.length > 2);
    assert.deepEqual(
      ids(pages),
      within.map(({ id }) => id),
    );
  });

  it('is empty, full of nothing and without a token when nothing has changed', async () => {
    const page = await world.page('time-registrations', { ModifiedSince: world.iso() });
    assert.deepEqual(page, {
      data: [],
      links: { next: null },
      continuationToken: null,
      syncTypeName: 'incremental',
      recordCount: 0,
      deletedRecordCount: 0,
    });
  });

  it('holds a change made in this very millisecond', async () => {
    const changes = world.simulator.change({ changed: 3, streams: ['user'] });
    const page = await world.page('user', { ModifiedSince: world.iso() });
    assert.deepEqual(page.data.map(({ id }) => id).sort(), changes.user?.changed.sort());
  });

  it('does not hold what is stamped later than now, when the clock was set back', async () => {
    world.simulator.change({ changed: 1, streams: ['resource'] });
    world.nowMs -= 3_600_000;
    const pages = await world.pages('resource', { ModifiedSince: world.iso() });
    assert.equal(ids(pages).length, 0);
    world.nowMs += 3_600_000;
    assert.equal(ids(await world.pages('resource', { ModifiedSince: world.iso() })).length, 1);
  });

  it('finds changes that landed late only below the time they were made', async () => {
    world.nowMs += 60_000;
    const late = world.simulator.change({ changed: 2, streams: ['project'], lateMs: 5_000 });
    assert.equal(ids(await world.pages('project', { ModifiedSince: world.iso() })).length, 0);
    assert.deepEqual(
      ids(await world.pages('project', { ModifiedSince: world.iso(-5_000) })).sort(),
      late.project?.changed.sort(),
    );
  });

  it('applies a window too', async () => {
    const window = { FromDateTime: '2026-01-01', ToDateTime: '2026-03-31' };
    const records = (await world.pages('time-registrations', { ModifiedSince: '2000-01-01', ...window })).flatMap(
      ({ data }) => data,
    );
    assert.ok(records.length > 10);
    const dates = records.filter(({ isDeleted }) => !isDeleted).map(({ workDate }) => ticks(workDate));
    assert.ok(dates.every((at) => at >= ticks('2026-01-01') && at <= ticks('2026-03-31')));
  });
});

describe('the parameters of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ records: 30_000, historyYears: 1 });
  });
  after(() => world.close());

  const limits: ReadonlyArray<readonly [string, Parameters, number]> = [
    ['is 2,500 by default', {}, 2_500],
    ['is raised to 1', { ChunkLimit: 0 }, 1],
    ['is raised to 1 from below zero', { ChunkLimit: -5 }, 1],
    ['is lowered to 10,000', { ChunkLimit: 99_999 }, 10_000],
    ['is taken as it is in between', { ChunkLimit: 17 }, 17],
  ];
  for (const [name, parameters, limit] of limits) {
    it(`ChunkLimit ${name}`, async () => {
      const page = await world.page('time-registrations', parameters);
      const last = page.data.at(-1)?.workDate;
      const ofLastDay = page.data.filter(({ workDate }) => workDate === last).length;
      // What came with the last day is what the page may have in excess of its limit.
      assert.ok(page.data.length >= limit && page.data.length - ofLastDay < limit, `${page.data.length} records`);
    });
  }

  it('are known by their names in any case', async () => {
    assert.equal((await world.page('images', { chunkLIMIT: 5 })).data.length, 5);
  });

  const refused: ReadonlyArray<readonly [string, StreamName, Parameters, string]> = [
    ['ModifiedBefore without ModifiedSince', 'project', { ModifiedBefore: '2026-01-01' }, 'InvalidIncrementalWindow'],
    [
      'ModifiedBefore that equals ModifiedSince',
      'project',
      { ModifiedSince: '2026-01-01', ModifiedBefore: '2026-01-01T00:00:00Z' },
      'InvalidIncrementalWindow',
    ],
    [
      'ModifiedBefore before ModifiedSince',
      'project',
      { ModifiedSince: '2026-01-02', ModifiedBefore: '2026-01-01' },
      'InvalidIncrementalWindow',
    ],
    ['a ModifiedSince that is no time', 'user', { ModifiedSince: 'yesterday' }, 'InvalidParameter'],
    ['a date that does not exist', 'user', { ModifiedSince: '2026-02-30T00:00:00Z' }, 'InvalidParameter'],
    [
      'a + of an offset that was not encoded',
      'user',
      { ModifiedSince: '2026-01-01T00:00:00 01:00' },
      'InvalidParameter',
    ],
    [
      'a window that ends before it begins',
      'time-registrations',
      { FromDateTime: '2026-02-01', ToDateTime: '2026-01-01' },
      'InvalidDateRange',
    ],
    ['a ChunkLimit that is no number', 'user', { ChunkLimit: 'many' }, 'InvalidParameter'],
    ['a switch that is neither true nor false', 'user', { OwnCompanyDataOnly: 'perhaps' }, 'InvalidParameter'],
    ['a made-up continuation token', 'user', { ContinuationToken: 'AAAA' }, 'InvalidContinuationToken'],
    ['an unknown source of images', 'images', { Sources: 'feed,diary' }, 'InvalidParameter'],
    ['an unknown export filter', 'payroll-lines-extended', { ExportFilter: 'Some' }, 'InvalidParameter'],
  ];
  for (const [name, stream, parameters, code] of refused) {
    it(`are refused with status 400: ${name}`, async () => {
      const answer = await world.get(stream, parameters);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(errorOf(answer).error, code);
      assert.equal(typeof errorOf(answer).message, 'string');
    });
  }

  it("in the way of a company that is not the client's get 403", async () => {
    assert.equal((await world.get('user', { CompanyId: '5e8f00000000000000000999' })).status, 403);
  });

  it('that are unknown are ignored', async () => {
    assert.equal((await world.get('user', { Colour: 'blue' })).status, 200);
  });

  it('an unknown path gets 404, another method 405', async () => {
    const { reportingUrl, coreUrl, identityUrl } = world.simulator;
    for (const url of [
      `${reportingUrl}/v1/nothing`,
      `${reportingUrl}/v2/project`,
      `${coreUrl}/api/nothing`,
      `${identityUrl}/else`,
    ]) {
      const answer = await world.ask(url);
      assert.equal(answer.status, 404, url);
      assert.equal(errorOf(answer).error, 'NotFound');
    }
    assert.equal((await world.get('project', {}, { method: 'POST', body: '' })).status, 405);
  });

  it('an unknown path gets 404 even without a token', async () => {
    assert.equal((await world.ask(`${world.simulator.reportingUrl}/v1/nothing`, { token: null })).status, 404);
  });
});
