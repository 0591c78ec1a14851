import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { StreamName } from '../../simulator/index.ts';
import { everything, INCREMENTAL, ids, type Page, startWorld, type World } from './harness.ts';

type Row = Page['data'][number];

const KINDS: Record<'tombstone' | 'last version' | 'full record', readonly StreamName[]> = {
  tombstone: [
    'time-registrations',
    'absence-registrations',
    'machine-registrations',
    'incident-registrations',
    'machine-incident-registrations',
    'crew-list-registrations',
    'payroll-lines',
    'payroll-lines-extended',
    'flow-trip-registrations',
    'images',
  ],
  'last version': ['project', 'work-orders', 'resource', 'user'],
  'full record': ['checklist-registrations', 'machine-checklist-registrations'],
};

describe('a deletion in the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ payrollDefaults: 'all' });
  });
  after(() => world.close());

  /** Deletes one record of the stream and returns it as it was, and as the next incremental answer has it. */
  async function deleteOne(
    stream: StreamName,
  ): Promise<{ readonly before: Row; readonly after: Row; readonly page: Page }> {
    world.nowMs += 60_000;
    const all = (await world.pages(stream, { ...everything(stream), ChunkLimit: 10_000 })).flatMap(({ data }) => data);
    const since = world.iso();
    const [id] = world.simulator.change({ deleted: 1, streams: [stream] })[stream]?.deleted ?? [];
    const page = await world.page(stream, { ...everything(stream), ModifiedSince: since });
    const [before, after] = [all, page.data].map((rows) => rows.find((row) => row.id === id));
    assert.ok(before && after, `${stream} ${id}`);
    return { before, after, page };
  }

  for (const stream of KINDS.tombstone) {
    it(`of ${stream} comes as a tombstone: id, flags and times, the rest there but empty`, async () => {
      const { before, after, page } = await deleteOne(stream);
      assert.deepEqual(Object.keys(after), Object.keys(before));
      const { id, isDeleted, modifiedDateTime, deletedDateTime, ...rest } = after;
      assert.equal(id, before.id);
      assert.equal(isDeleted, true);
      assert.equal(modifiedDateTime, deletedDateTime);
      assert.ok(String(deletedDateTime) >= world.iso().slice(0, 19));
      for (const [name, value] of Object.entries(rest)) {
        const empty =
          value === null ||
          value === 0 ||
          value === false ||
          value === '0001-01-01T00:00:00Z' ||
          (Array.isArray(value) && value.length === 0);
        assert.ok(empty, `${name} is ${JSON.stringify(value)}`);
      }
      assert.deepEqual([page.recordCount, page.deletedRecordCount], [1, 1]);
    });
  }

  for (const stream of KINDS['last version']) {
    it(`of ${stream} comes as its last version, modified before it was deleted`, async () => {
      const { before, after } = await deleteOne(stream);
      assert.equal(after.isDeleted, true);
      assert.ok(String(after.deletedDateTime) >= world.iso().slice(0, 19));
      assert.ok(String(after.modifiedDateTime) < String(after.deletedDateTime));
      assert.deepEqual({ ...after, isDeleted: false, deletedDateTime: null }, before);
    });
  }

  for (const stream of KINDS['full record']) {
    it(`of ${stream} comes as the full record`, async () => {
      const { before, after } = await deleteOne(stream);
      assert.equal(after.isDeleted, true);
      assert.equal(after.modifiedDateTime, after.deletedDateTime);
      assert.deepEqual(after.sections, before.sections);
      assert.equal(after.templateName, before.templateName);
      assert.equal(after.projectName, before.projectName);
    });
  }

  it('is never told by a full sync', async () => {
    for (const stream of INCREMENTAL) {
      world.simulator.change({ created: 2, streams: [stream] });
      world.nowMs += 1_000;
      const [id = ''] = world.simulator.change({ deleted: 1, streams: [stream] })[stream]?.deleted ?? [];
      const pages = await world.pages(stream, { ...everything(stream), ChunkLimit: 10_000 });
      assert.ok(id !== '' && !ids(pages).includes(id), stream);
      const told = pages.reduce((sum, { deletedRecordCount = 0 }) => sum + deletedRecordCount, 0);
      assert.equal(told, 0, stream);
    }
  });

  it('stands in the order of change at the time of the deletion', async () => {
    const since = world.iso();
    const happened: string[] = [];
    for (const change of [{ changed: 1 }, { deleted: 1 }, { changed: 1 }, { created: 1 }]) {
      world.nowMs += 1_000;
      const done = world.simulator.change({ ...change, streams: ['time-registrations'] })['time-registrations'];
      happened.push(...(done ? [...done.changed, ...done.deleted, ...done.created] : []));
    }
    assert.equal(new Set(happened).size, 4);
    const page = await world.page('time-registrations', { ModifiedSince: since });
    assert.deepEqual(page.data.map(({ id }) => id).slice(-4), happened);
  });

  it('has happened in history too', async () => {
    for (const stream of INCREMENTAL) {
      const { deleted = 0 } = world.simulator.counts()[stream] ?? {};
      const pages = await world.pages(stream, {
        ...everything(stream),
        ModifiedSince: '2000-01-01',
        ChunkLimit: 10_000,
      });
      const told = pages.reduce((sum, page) => sum + (page.deletedRecordCount ?? 0), 0);
      assert.equal(told, deleted, stream);
    }
    assert.ok((world.simulator.counts()['time-registrations']?.deleted ?? 0) > 5);
  });
});

describe('deletions where the sources are silent', () => {
  it('may be told twice, on the page of their own and on the next', async (t) => {
    const world = await startWorld({ records: 3_000, repeatDeletions: true }, t);
    const parameters = { ModifiedSince: '2000-01-01', ChunkLimit: 20 };
    const pages = await world.pages('time-registrations', parameters);
    const tombstones = pages.flatMap(({ data }) => data.filter(({ isDeleted }) => isDeleted).map(({ id }) => id));
    assert.ok(tombstones.length > new Set(tombstones).size, 'some come twice');
    const living = pages.flatMap(({ data }) => data.filter(({ isDeleted }) => !isDeleted).map(({ id }) => id));
    assert.equal(new Set(living).size, living.length, 'only deletions do');
    for (const { data, recordCount, deletedRecordCount } of pages) {
      assert.equal(recordCount, data.length);
      assert.equal(deletedRecordCount, data.filter(({ isDeleted }) => isDeleted).length);
    }
  });

  for (const [hides, name] of [
    [false, 'are within the window that their record was in'],
    [true, 'may be hidden by a window, their dates being empty'],
  ] as const) {
    it(name, async (t) => {
      const world = await startWorld({ records: 400, windowHidesTombstones: hides }, t);
      const since = world.iso();
      world.simulator.change({ deleted: 3, streams: ['crew-list-registrations'] });
      const page = await world.page('crew-list-registrations', {
        FromDateTime: '2015-01-01',
        IncludeOpen: true,
        ModifiedSince: since,
      });
      assert.equal(page.deletedRecordCount, hides ? 0 : 3);
    });
  }
});
