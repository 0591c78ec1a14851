import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { COMPANIES } from '../../simulator/names.ts';
import { companyId } from '../../simulator/naming.ts';
import { errorOf, everything, ids, type Parameters, startWorld, type World } from './harness.ts';

const DAY_MS = 86_400_000;

describe('crew lists of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ counts: { 'crew-list-registrations': 300 } });
  });
  after(() => world.close());

  const today = (checkIn: unknown) => String(checkIn).startsWith(world.iso().slice(0, 10));

  it('answer for today only without parameters', async () => {
    const { data } = await world.page('crew-list-registrations', { IncludeOpen: true });
    assert.ok(data.length > 0 && data.length < 50);
    assert.ok(data.every(({ checkInDateTime }) => today(checkInDateTime)));
  });

  it('answer for today only with ModifiedSince alone', async () => {
    const { data } = await world.page('crew-list-registrations', { IncludeOpen: true, ModifiedSince: '2000-01-01' });
    assert.ok(data.length > 0 && data.length < 50);
    assert.ok(data.filter(({ isDeleted }) => !isDeleted).every(({ checkInDateTime }) => today(checkInDateTime)));
  });

  it('have their history behind a window', async () => {
    const pages = await world.pages('crew-list-registrations', everything('crew-list-registrations'));
    assert.equal(ids(pages).length, world.simulator.counts()['crew-list-registrations']?.live);
  });

  it('leave out who has not left yet, unless IncludeOpen asks for them', async () => {
    const all = ids(await world.pages('crew-list-registrations', everything('crew-list-registrations')));
    const { IncludeOpen: _, ...closed } = everything('crew-list-registrations');
    const pages = await world.pages('crew-list-registrations', closed);
    assert.ok(ids(pages).length < all.length);
    assert.ok(pages.every(({ data }) => data.every(({ checkOutDateTime }) => checkOutDateTime !== null)));
  });

  it('take several projects in ProjectIds', async () => {
    const all = (await world.pages('crew-list-registrations', everything('crew-list-registrations'))).flatMap(
      ({ data }) => data,
    );
    const [first, second] = [...new Set(all.map(({ projectId }) => projectId))];
    const wanted = all.filter(({ projectId }) => projectId === first || projectId === second).map(({ id }) => id);
    const pages = await world.pages('crew-list-registrations', {
      ...everything('crew-list-registrations'),
      ProjectIds: `${first},${second}`,
    });
    assert.deepEqual(ids(pages), wanted);
  });

  it('may answer with all that changed to ModifiedSince alone', async (t) => {
    const other = await startWorld({ records: 300, crewListModifiedSinceAlone: 'all' }, t);
    const pages = await other.pages('crew-list-registrations', { IncludeOpen: true, ModifiedSince: '2000-01-01' });
    const { live = 0, deleted = 0 } = other.simulator.counts()['crew-list-registrations'] ?? {};
    assert.equal(ids(pages).length, live + deleted);
  });
});

describe('machine registrations of the simulator', () => {
  let old: World;
  let young: World;
  before(async () => {
    old = await startWorld({ records: 2_000 });
    young = await startWorld({ records: 2_000, machineRule: 'new' });
  });
  after(async () => {
    await old.close();
    await young.close();
  });

  const daysAgo = (days: number) => new Date(Date.UTC(2026, 10, 22, 8, 15) - days * DAY_MS).toISOString();
  const rows: ReadonlyArray<readonly [string, () => Parameters, old: number, young: number]> = [
    ['FromDateTime alone', () => ({ FromDateTime: '2026-11-20' }), 400, 400],
    ['ToDateTime alone', () => ({ ToDateTime: '2026-11-20' }), 400, 400],
    ['neither window nor ModifiedSince', () => ({}), 400, 200],
    ['a window of seven days', () => ({ FromDateTime: '2026-10-01', ToDateTime: '2026-10-08' }), 200, 200],
    [
      'a window of seven days and a tick',
      () => ({ FromDateTime: '2026-10-01', ToDateTime: '2026-10-08T00:00:00.0000001Z' }),
      400,
      200,
    ],
    ['a window of a year', () => ({ FromDateTime: '2025-10-01', ToDateTime: '2026-10-01' }), 400, 200],
    ['ModifiedSince three days back', () => ({ ModifiedSince: daysAgo(3) }), 200, 200],
    ['ModifiedSince three days and a second back', () => ({ ModifiedSince: daysAgo(3 + 1 / 86_400) }), 400, 200],
    [
      'ModifiedSince of long ago, within a window',
      () => ({ ModifiedSince: '2020-01-01', FromDateTime: '2026-10-01', ToDateTime: '2026-10-08' }),
      200,
      200,
    ],
  ];
  for (const [name, parameters, oldStatus, youngStatus] of rows) {
    it(`answer ${oldStatus} by the old rule and ${youngStatus} by the new one to ${name}`, async () => {
      const answers = await Promise.all([old, young].map((world) => world.get('machine-registrations', parameters())));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [oldStatus, youngStatus],
      );
      for (const answer of answers.filter(({ status }) => status === 400))
        assert.equal(typeof errorOf(answer).message, 'string');
    });
  }

  it('are all found by windows of seven days that share their edges', async () => {
    const found = new Set<string>();
    for (let from = Date.UTC(2023, 10, 1); from < Date.UTC(2026, 11, 1); from += 7 * DAY_MS) {
      const window = {
        FromDateTime: new Date(from).toISOString(),
        ToDateTime: new Date(from + 7 * DAY_MS).toISOString(),
      };
      for (const id of ids(await old.pages('machine-registrations', { ...window, ChunkLimit: 10_000 }))) found.add(id);
    }
    assert.deepEqual([...found].sort(), [...old.simulator.liveIds('machine-registrations')].sort());
  });
});

describe('absences of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ counts: { 'absence-registrations': 200 } });
  });
  after(() => world.close());

  it('keep the reason of sick leave and the name of a child to themselves, unless asked', async () => {
    const without = (await world.pages('absence-registrations')).flatMap(({ data }) => data);
    const asked = (await world.pages('absence-registrations', { IncludeSensitiveData: true })).flatMap(
      ({ data }) => data,
    );
    for (const field of ['sickLeaveReason', 'childName']) {
      assert.ok(
        without.every((record) => record[field] === null),
        field,
      );
      assert.ok(
        asked.some((record) => typeof record[field] === 'string'),
        field,
      );
    }
  });

  for (const [filter, field] of [
    ['Approved', 'approved'],
    ['ApprovedPayroll', 'payrollApproved'],
    ['Locked', 'locked'],
  ] as const) {
    it(`are filtered by ${filter}, either way`, async () => {
      const all = (await world.pages('absence-registrations')).flatMap(({ data }) => data);
      for (const value of [true, false]) {
        const wanted = all.filter((record) => record[field] === value).map(({ id }) => id);
        assert.ok(wanted.length > 0);
        assert.deepEqual(ids(await world.pages('absence-registrations', { [filter]: value })), wanted);
      }
    });
  }

  it('get another pdfUrl with every new status, on the core host, null until there is one', async () => {
    const all = (await world.pages('absence-registrations')).flatMap(({ data }) => data);
    assert.ok(all.some(({ pdfUrl }) => pdfUrl === null));
    const since = world.iso();
    const [id] =
      world.simulator.change({ changed: 1, streams: ['absence-registrations'] })['absence-registrations']?.changed ??
      [];
    const { data } = await world.page('absence-registrations', { ModifiedSince: since });
    const after = data.find((record) => record.id === id)?.pdfUrl;
    assert.notEqual(after, all.find((record) => record.id === id)?.pdfUrl);
    assert.ok(String(after).startsWith(`${world.simulator.coreUrl}/`));
    const file = await world.ask(String(after));
    assert.deepEqual([file.status, file.headers['content-type']], [200, 'application/pdf']);
    assert.equal((await world.ask(String(after), { token: null })).status, 401);
  });
});

describe('extended payroll lines of the simulator', () => {
  it('are for administrators: others get 403', async (t) => {
    const world = await startWorld({ records: 300, administrator: false }, t);
    assert.equal((await world.get('payroll-lines-extended', everything('payroll-lines-extended'))).status, 403);
    assert.equal((await world.get('payroll-lines')).status, 200);
    world.simulator.client.administrator = true;
    assert.equal((await world.get('payroll-lines-extended', everything('payroll-lines-extended'))).status, 200);
  });

  it('are only the approved ones of those paid by the hour, unless all are asked for', async (t) => {
    const world = await startWorld({ records: 2_000 }, t);
    const live = world.simulator.counts()['payroll-lines-extended']?.live ?? 0;
    const all = ids(await world.pages('payroll-lines-extended', everything('payroll-lines-extended')));
    const narrow = (await world.pages('payroll-lines-extended')).flatMap(({ data }) => data);
    assert.equal(all.length, live);
    assert.ok(narrow.length > 0 && narrow.length < live);
    assert.ok(narrow.every(({ verified }) => verified === true));
  });

  it('carry overtime lines', async (t) => {
    const world = await startWorld({ records: 500, payrollDefaults: 'all' }, t);
    const lines = (await world.pages('payroll-lines-extended')).flatMap(({ data }) =>
      data.flatMap(({ overtimeLines }) => overtimeLines as object[]),
    );
    assert.ok(lines.length > 5);
    for (const line of lines)
      assert.deepEqual(Object.keys(line), ['payrollTypeId', 'name', 'lineType', 'overtimeType', 'sorting', 'qty']);
  });
});

describe('snapshot streams of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.close());

  for (const stream of ['flow-locations', 'flow-mass-types'] as const) {
    it(`${stream}: ignores ModifiedSince and ModifiedBefore, is always full, and forgets the deleted`, async () => {
      const everyone = ids(await world.pages(stream));
      const since = { ModifiedSince: world.iso(), ModifiedBefore: '2001-01-01' };
      const pages = await world.pages(stream, { ...since, ChunkLimit: 5 });
      assert.deepEqual(ids(pages), everyone);
      assert.ok(pages.every(({ syncTypeName }) => syncTypeName === 'full'));
      const [gone = ''] = world.simulator.change({ deleted: 1, streams: [stream] })[stream]?.deleted ?? [];
      assert.deepEqual(
        ids(await world.pages(stream, since)),
        everyone.filter((id) => id !== gone),
      );
      assert.equal(world.simulator.counts()[stream]?.live, everyone.length - 1);
    });
  }
});

describe('images of the simulator', () => {
  it('are filtered by Sources, one or several', async (t) => {
    const world = await startWorld({ counts: { images: 200 } }, t);
    const all = (await world.pages('images')).flatMap(({ data }) => data);
    for (const sources of ['feed', 'alert,checklist', 'FEED']) {
      const wanted = all.filter(({ source }) => sources.toLowerCase().split(',').includes(String(source)));
      assert.ok(wanted.length > 0 && wanted.length < all.length);
      assert.deepEqual(
        ids(await world.pages('images', { Sources: sources })),
        wanted.map(({ id }) => id),
      );
    }
    const file = await world.ask(String(all[0]?.thumbnailUrl));
    assert.deepEqual([file.status, file.headers['content-type']], [200, 'image/png']);
  });
});

describe('item transactions of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ counts: { 'item-registrations': 150 } });
  });
  after(() => world.close());

  const window = { FromDateTime: '2000-01-01', ToDateTime: '2040-01-01' };

  for (const parameters of [
    {},
    { FromDateTime: '2026-01-01' },
    { ToDateTime: '2026-01-01' },
    { ModifiedSince: '2026-01-01' },
  ]) {
    it(`need a window: status 400 to ${JSON.stringify(parameters)}`, async () => {
      assert.equal((await world.get('item-registrations', parameters)).status, 400);
    });
  }

  it('are semicolon-separated text with a Norwegian header, decimal commas, and every living row', async () => {
    const answer = await world.get('item-registrations', window);
    assert.match(String(answer.headers['content-type']), /^text\/csv/);
    const rows = parseCsv(answer.text);
    assert.deepEqual(rows[0]?.slice(0, 3), ['Dato', 'Prosjektnr', 'Prosjekt']);
    assert.equal(rows.length - 1, world.simulator.counts()['item-registrations']?.live);
    assert.ok(rows.every((row) => row.length === 13));
    assert.match(String(rows[1]?.[6]), /^\d+,\d\d$/);
  });

  it('hold quotes, semicolons and line breaks within their values', async () => {
    const values = parseCsv((await world.get('item-registrations', window)).text).flat();
    for (const hard of [';', '"', '\n'])
      assert.ok(
        values.some((value) => value.includes(hard)),
        JSON.stringify(hard),
      );
  });

  it('are not paged: ChunkLimit and ContinuationToken change nothing', async () => {
    const all = await world.get('item-registrations', window);
    const limited = await world.get('item-registrations', { ...window, ChunkLimit: 2 });
    assert.equal(limited.text, all.text);
  });

  it('are filtered by both ends of the window, inclusive to the tick', async () => {
    const rows = parseCsv((await world.get('item-registrations', window)).text).slice(1);
    const [from = '', to = ''] = [rows[20]?.[0], rows[40]?.[0]];
    const within = rows.filter(([at = '']) => at >= from && at <= to);
    const inclusive = { FromDateTime: from, ToDateTime: to };
    assert.equal(parseCsv((await world.get('item-registrations', inclusive)).text).length - 1, within.length);
    const apart = { FromDateTime: from.replace('Z', '.0000001Z'), ToDateTime: to };
    const equal = rows.filter(([at]) => at === from).length;
    assert.equal(parseCsv((await world.get('item-registrations', apart)).text).length - 1, within.length - equal);
  });

  it('lose deleted rows and gain created ones', async () => {
    const count = async () => parseCsv((await world.get('item-registrations', window)).text).length;
    const before = await count();
    world.simulator.change({ created: 5, deleted: 2, streams: ['item-registrations'] });
    assert.equal(await count(), before + 3);
  });

  it('may begin with a byte order mark, and speak English', async (t) => {
    const other = await startWorld({ records: 200, byteOrderMark: true, language: 'en' }, t);
    const { text } = await other.get('item-registrations', window);
    assert.ok(text.startsWith('\ufeffDate;Project no.;'));
    assert.match(String(parseCsv(text)[1]?.[6]), /^\d+\.\d\d$/);
  });
});

describe('the shared filters of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ machineRule: 'new', payrollDefaults: 'all' });
  });
  after(() => world.close());

  const fieldOf = {
    project: 'companyId',
    user: 'companyId',
    'payroll-lines': 'companyId',
    'time-registrations': 'projectCompanyId',
    images: 'projectCompanyId',
  } as const;
  const kinOf = (id: unknown) => COMPANIES[COMPANIES.findIndex((_, company) => companyId(company) === id)]?.kin;
  const rows: ReadonlyArray<readonly [string, Parameters, (kin: string | undefined, id: unknown) => boolean]> = [
    ['OwnCompanyDataOnly leaves out other companies', { OwnCompanyDataOnly: true }, (kin) => kin !== 'other'],
    [
      'ExcludeDataFromSubsidiaries leaves out subsidiaries',
      { ExcludeDataFromSubsidiaries: true },
      (kin) => kin !== 'subsidiary',
    ],
    [
      'both leave only the own company',
      { OwnCompanyDataOnly: true, ExcludeDataFromSubsidiaries: true },
      (kin) => kin === 'own',
    ],
    [
      'set to false they leave out nothing',
      { OwnCompanyDataOnly: false, ExcludeDataFromSubsidiaries: false },
      () => true,
    ],
    ['CompanyId leaves one company', { CompanyId: companyId(1) }, (_, id) => id === companyId(1)],
  ];
  for (const [stream, field] of Object.entries(fieldOf) as ReadonlyArray<[keyof typeof fieldOf, string]>) {
    for (const [name, parameters, keeps] of rows) {
      it(`${stream}: ${name}`, async () => {
        const all = (await world.pages(stream, { ChunkLimit: 10_000 })).flatMap(({ data }) => data);
        const wanted = all.filter((record) => keeps(kinOf(record[field]), record[field])).map(({ id }) => id);
        assert.deepEqual(ids(await world.pages(stream, { ...parameters, ChunkLimit: 50 })), wanted);
      });
    }
  }

  for (const stream of [
    'time-registrations',
    'work-orders',
    'machine-registrations',
    'checklist-registrations',
    'flow-locations',
  ] as const) {
    it(`${stream}: ProjectId leaves one project`, async () => {
      const all = (await world.pages(stream, { ChunkLimit: 10_000 })).flatMap(({ data }) => data);
      const project = all[Math.floor(all.length / 2)]?.projectId;
      const wanted = all.filter(({ projectId }) => projectId === project).map(({ id }) => id);
      assert.deepEqual(ids(await world.pages(stream, { ProjectId: String(project), ChunkLimit: 5 })), wanted);
      assert.deepEqual(ids(await world.pages(stream, { ProjectId: 'unknown' })), []);
    });
  }
});

/** A reader of its own: quotes, doubled quotes, line breaks within quotes. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^;\r\n]*))(;|\r\n|$)/g)) {
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === ';') continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}
