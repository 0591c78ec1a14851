import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { errorOf, ids, startWorld, type World } from './harness.ts';

describe('the core API of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ records: 3_000, payrollDefaults: 'all' });
    world.simulator.change({ created: 3 });
    world.nowMs += 1_000;
  });
  after(() => world.close());

  const api = (path: string) => `${world.simulator.coreUrl}/api/${path}`;
  const DELETE = { method: 'DELETE' } as const;

  it('refuses to delete what others depend on: status 400, deactivate instead', async () => {
    const [referred] = (await world.page('time-registrations', { ChunkLimit: 1 })).data;
    const project = String(referred?.projectId);
    const answer = await world.ask(api(`project/${project}`), DELETE);
    assert.equal(answer.status, 400);
    assert.equal(errorOf(answer).error, 'ResourceHasDependents');
    assert.match(errorOf(answer).message, /dependent data/);
    assert.deepEqual(JSON.parse((await world.ask(api(`project/${project}/is-deletable`))).text), {
      isDeletable: false,
    });
    assert.ok([...world.simulator.liveIds('project')].includes(project));
    const patched = await world.ask(api(`project/${project}`), { method: 'PATCH', body: '{"active":false}' });
    assert.deepEqual([patched.status, patched.text], [204, '']);
  });

  it('deletes a record without dependents: status 204, and the next incremental answer shows it', async () => {
    const since = world.iso();
    for (const [stream, path] of [
      ['project', 'project'],
      ['time-registrations', 'time-registrations'],
      ['work-orders', 'project/work-breakdown-structure'],
    ] as const) {
      const id = [...world.simulator.liveIds(stream)].at(-1) ?? '';
      assert.deepEqual(JSON.parse((await world.ask(api(`${path}/${id}/is-deletable`))).text), { isDeletable: true });
      const answer = await world.ask(api(`${path}/${id}`), DELETE);
      assert.deepEqual([answer.status, answer.text, answer.headers['content-length']], [204, '', undefined]);
      const told = (await world.pages(stream, { ModifiedSince: since }))
        .flatMap(({ data }) => data)
        .find((row) => row.id === id);
      assert.equal(told?.isDeleted, true);
      assert.equal((await world.ask(api(`${path}/${id}`), DELETE)).status, 404);
    }
  });

  it('creates with status 201, and refuses a body without a name in the validation shape', async () => {
    const since = world.iso();
    const created = await world.ask(api('project'), { method: 'POST', body: '{"name":"Ny bro"}' });
    assert.equal(created.status, 201);
    assert.ok(ids(await world.pages('project', { ModifiedSince: since })).includes(JSON.parse(created.text).id));
    const refused = await world.ask(api('project'), { method: 'POST', body: '{"phone":"x"}' });
    assert.equal(refused.status, 400);
    assert.equal(JSON.parse(refused.text).errors[0].category, 'UserInvalidInputError');
    assert.equal((await world.ask(api('project'), { method: 'POST', body: '{' })).status, 400);
  });

  it('answers for single records as pages do', async () => {
    const [first] = (await world.page('user', { ChunkLimit: 1 })).data;
    const answer = await world.ask(api(`user/${first?.id}`));
    assert.deepEqual(JSON.parse(answer.text), first);
  });

  it('knows no record of another id, and no other method', async () => {
    assert.equal((await world.ask(api('user/000000000000000000000000'))).status, 404);
    assert.equal((await world.ask(api('user'))).status, 405);
    const [first] = (await world.page('user', { ChunkLimit: 1 })).data;
    assert.equal((await world.ask(api(`user/${first?.id}`), { method: 'PUT', body: '' })).status, 405);
  });

  const rows: ReadonlyArray<readonly [string, string, number]> = [
    ['45 days', 'fromWorkDate=2026-10-01&toWorkDate=2026-11-15', 200],
    ['46 days', 'fromWorkDate=2026-10-01&toWorkDate=2026-11-16', 400],
    ['no dates', '', 200],
    ['a first date long ago and no last one', 'fromWorkDate=2026-09-01', 400],
    ['dates the wrong way round', 'fromWorkDate=2026-10-05&toWorkDate=2026-10-01', 400],
    ['changes of the last year', 'fromWorkDate=2026-10-01&toWorkDate=2026-11-01&modifiedSinceDate=2025-12-01', 200],
    ['changes of two years ago', 'fromWorkDate=2026-10-01&toWorkDate=2026-11-01&modifiedSinceDate=2024-11-01', 400],
    ['an unknown data filter', 'fromWorkDate=2026-10-01&toWorkDate=2026-11-01&dataFilter=7', 400],
    ['an unknown kind of user', 'fromWorkDate=2026-10-01&toWorkDate=2026-11-01&userPayrollTypeFilter=everybody', 400],
  ];
  for (const [name, query, status] of rows) {
    it(`answers ${status} to a payroll export of ${name}`, async () => {
      assert.equal((await world.ask(api(`payroll-export/readonly?${query}`))).status, status);
    });
  }

  it('exports payroll lines in one answer, approved, locked or all, by kind of pay', async () => {
    const dates = 'fromWorkDate=2026-10-01&toWorkDate=2026-11-10';
    const lines = async (query: string) =>
      JSON.parse((await world.ask(api(`payroll-export/readonly?${dates}${query}`))).text) as {
        transDateTime: string;
        locked: boolean;
      }[];
    const everyone = '&userPayrollTypeFilter=all-users';
    const [approved, locked, all] = [
      await lines(everyone),
      await lines(`&dataFilter=5${everyone}`),
      await lines(`&dataFilter=10${everyone}`),
    ];
    assert.ok(all.length > approved.length && approved.length > locked.length && locked.length > 0);
    assert.ok(all.every(({ transDateTime }) => transDateTime >= '2026-10-01' && transDateTime < '2026-11-11'));
    const [byHour, fixed] = [
      await lines('&dataFilter=10'),
      await lines('&dataFilter=10&userPayrollTypeFilter=fixed-pay'),
    ];
    assert.equal(byHour.length + fixed.length, all.length);
    assert.ok(byHour.length > 0 && fixed.length > 0);
  });

  it('exports the last fourteen days unless dates are given, under both of its paths', async () => {
    for (const path of ['payroll-export/', 'payroll-export/readonly']) {
      const answer = await world.ask(api(`${path}?dataFilter=10`));
      const days = (JSON.parse(answer.text) as { transDateTime: string }[]).map((line) =>
        line.transDateTime.slice(0, 10),
      );
      assert.ok(days.length > 0 && days.every((day) => day >= '2026-11-08' && day <= '2026-11-22'), path);
    }
  });

  it('lists machines, with their details when these are asked for', async () => {
    const list = async (query: string) => JSON.parse((await world.ask(api(`v4/integration/machines${query}`))).text);
    const [plain, detailed] = [await list(''), await list('?includeEquipmentDetails=true')];
    assert.ok(plain.length > 5);
    assert.deepEqual(Object.keys(detailed[0]).slice(-3), ['hourMeter', 'serviceDate', 'emissionClass']);
    assert.ok(!('hourMeter' in plain[0]));
    assert.ok(plain.every(({ typeBaseName }: { typeBaseName: string }) => typeBaseName !== 'Human'));
  });

  it('serves the files behind the addresses in records, and nothing else', async () => {
    const checklists = (await world.pages('checklist-registrations')).flatMap(({ data }) => data);
    const withImages = checklists.find(({ hasImages }) => hasImages === true);
    const [section] = (withImages?.sections ?? []) as { attachments: { url: string }[]; images: { url: string }[] }[];
    for (const url of [section?.attachments[0]?.url, section?.images[0]?.url]) {
      assert.equal((await world.ask(String(url))).status, 200, String(url));
    }
    assert.equal((await world.ask(api('file/000000000000000000000000'))).status, 404);
  });
});
