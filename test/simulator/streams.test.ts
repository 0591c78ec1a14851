import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { COMPANIES } from '../../simulator/names.ts';
import { companyId } from '../../simulator/naming.ts';
import { errorOf, everything, ids, PAGED, type Parameters, startWorld, type World } from './harness.ts';

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

  it('answer with everything that changed to ModifiedSince alone, for any day of check-in', async () => {
    const pages = await world.pages('crew-list-registrations', { ModifiedSince: '2000-01-01' });
    const { live = 0, deleted = 0 } = world.simulator.counts()['crew-list-registrations'] ?? {};
    assert.equal(ids(pages).length, live + deleted);
  });

  it('have their history behind a window', async () => {
    const pages = await world.pages('crew-list-registrations', everything('crew-list-registrations'));
    assert.equal(ids(pages).length, world.simulator.counts()['crew-list-registrations']?.live);
  });

  it('hold those who have not left yet, unless IncludeOpen leaves them out', async () => {
    const all = await world.pages('crew-list-registrations', everything('crew-list-registrations'));
    const some = (name: string, pages: typeof all) =>
      pages.some(({ data }) => data.some((row) => row[name] === null && row.isDeleted === false));
    assert.ok(some('checkOutDateTime', all));
    const closed = { ...everything('crew-list-registrations'), IncludeOpen: false };
    const pages = await world.pages('crew-list-registrations', closed);
    assert.ok(ids(pages).length < ids(all).length);
    assert.ok(!some('checkOutDateTime', pages));
  });

  it('take one project in ProjectId too', async () => {
    const pages = await world.pages('crew-list-registrations', everything('crew-list-registrations'));
    const all = pages.flatMap(({ data }) => data);
    const project = String(all[0]?.projectId);
    const wanted = all.filter(({ projectId }) => projectId === project).map(({ id }) => id);
    const one = { ...everything('crew-list-registrations'), ProjectId: project };
    assert.deepEqual(ids(await world.pages('crew-list-registrations', one)), wanted);
    assert.deepEqual(ids(await world.pages('crew-list-registrations', { ...one, ProjectIds: project })), wanted);
  });

  it('show a field worker the own stays only, with status 200 and nothing that tells', async (t) => {
    const other = await startWorld({ counts: { 'crew-list-registrations': 300 }, fieldWorker: true }, t);
    const own = (await other.pages('crew-list-registrations', everything('crew-list-registrations'))).flatMap(
      ({ data }) => data,
    );
    assert.ok(own.length > 0 && own.length < 100);
    assert.equal(new Set(own.map(({ userId }) => userId)).size, 1);
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

  it('may answer for today only to ModifiedSince alone', async (t) => {
    const other = await startWorld({ records: 300, crewListModifiedSinceAlone: 'today' }, t);
    const { data } = await other.page('crew-list-registrations', { ModifiedSince: '2000-01-01' });
    assert.ok(data.length > 0 && data.length < 50);
    assert.ok(data.filter(({ isDeleted }) => !isDeleted).every(({ checkInDateTime }) => today(checkInDateTime)));
  });
});

describe('machine registrations of the simulator', () => {
  let old: World;
  let young: World;
  before(async () => {
    old = await startWorld({ records: 2_000, machineRule: 'old' });
    young = await startWorld({ records: 2_000 });
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

  it('are all found by windows of seven days that share their edges, but those that run or are mistyped', async () => {
    const isOrdinary = (json: string) => {
      const stop = String(JSON.parse(json).stopDateTime ?? '0001-');
      return stop >= '2023-11-01' && stop < '2026-12-01';
    };
    const ordinary = [...old.simulator.rows('machine-registrations')].filter(({ json }) => isOrdinary(json));
    assert.equal([...old.simulator.liveIds('machine-registrations')].length - ordinary.length, 9);
    const found = new Set<string>();
    for (let from = Date.UTC(2023, 10, 1); from < Date.UTC(2026, 11, 1); from += 7 * DAY_MS) {
      const window = {
        FromDateTime: new Date(from).toISOString(),
        ToDateTime: new Date(from + 7 * DAY_MS).toISOString(),
      };
      for (const id of ids(await old.pages('machine-registrations', { ...window, ChunkLimit: 10_000 }))) found.add(id);
    }
    assert.deepEqual([...found].sort(), ordinary.map(({ id }) => id).sort());
  });

  it('that run come without a window and by ModifiedSince, and have a stop time once they are changed', async () => {
    const running = (rows: readonly Readonly<Record<string, unknown>>[]) =>
      rows.filter(({ stopDateTime }) => String(stopDateTime ?? '0001-').startsWith('0001-')).map(({ id }) => id);
    const full = (await young.pages('machine-registrations', { ChunkLimit: 50 })).flatMap(({ data }) => data);
    assert.ok(running(full).length >= 5);
    assert.deepEqual(
      running(full),
      full.slice(-running(full).length).map(({ id }) => id),
      'they stand at the end',
    );
    const since = young.iso();
    young.simulator.change({ changed: full.length, streams: ['machine-registrations'] });
    const changed = (await young.pages('machine-registrations', { ModifiedSince: since })).flatMap(({ data }) => data);
    assert.equal(changed.length, full.length);
    assert.deepEqual(running(changed), []);
    const later = await young.pages('machine-registrations', { ChunkLimit: 50 });
    assert.deepEqual([...ids(later)].sort(), full.map(({ id }) => id).sort());
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

describe('what the simulator keeps for administrators', () => {
  for (const options of [{ administrator: false }, { fieldWorker: true }]) {
    it(`is refused with 403 to others: ${JSON.stringify(options)}`, async (t) => {
      const world = await startWorld({ records: 300, ...options }, t);
      const refused: string[] = [];
      for (const stream of PAGED) {
        const { status } = await world.get(stream, everything(stream));
        if (status === 403) refused.push(stream);
        else assert.equal(status, 200, stream);
      }
      assert.deepEqual(refused, ['project', 'resource', 'user', 'payroll-lines-extended']);
    });
  }
});

describe('extended payroll lines of the simulator', () => {
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

describe('deletions of images in the simulator', () => {
  it('end every row of the id', async (t) => {
    const world = await startWorld({ counts: { images: 60 } }, t);
    const rows = () => [...world.simulator.rows('images')];
    const shared = rows()
      .map(({ id }) => id)
      .find((id, at, all) => all.indexOf(id) !== at);
    const since = world.iso();
    for (let tries = 0; tries < 60 && rows().some(({ id }) => id === shared); tries += 1) {
      world.simulator.change({ deleted: 1, streams: ['images'] });
    }
    const told = (await world.pages('images', { ModifiedSince: since })).flatMap(({ data }) => data);
    assert.equal(told.filter(({ id, isDeleted }) => id === shared && isDeleted).length, 2);
  });
});

describe('item transactions of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ counts: { 'item-registrations': 150 } });
  });
  after(() => world.close());

  const all = everything('item-registrations');
  const rowsOf = (text: string) =>
    text
      .split('\r\n')
      .slice(1, -1)
      .map((row) => row.split(';'));
  const dayOf = (row: readonly string[]) => String(row[6]).replace(/^(\d\d)\.(\d\d)\.(\d{4}) .*$/, '$3-$2-$1');

  it('are text of sixteen fields a row, under a header that does not line up with them', async () => {
    const answer = await world.get('item-registrations', all);
    assert.match(String(answer.headers['content-type']), /^text\/csv/);
    assert.match(answer.text, /^Dato;Prosjektnr;Prosjekt;/);
    const rows = rowsOf(answer.text);
    assert.equal(rows.length, world.simulator.counts()['item-registrations']?.live);
    assert.ok(rows.every((row) => row.length === 16));
    assert.notEqual(answer.text.split('\r\n')[0]?.split(';').length, 16);
  });

  it('have decimal commas, a minus of their own, local times, empty fields and quotes as they are', async () => {
    const rows = rowsOf((await world.get('item-registrations', all)).text);
    const [quantities, times, costs] = [8, 6, 9].map((at) => rows.map((row) => String(row[at])));
    assert.ok(quantities?.every((text) => /^\u2212?\d+,\d\d$/.test(text)));
    assert.ok(quantities?.some((text) => text.startsWith('\u2212')));
    assert.ok(times?.every((text) => /^\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d$/.test(text)));
    assert.ok(costs?.includes(''));
    for (const text of ['8" rør, PE', '"Kjetting" 13 mm', '"', '""', 'Levert på "Brua"'])
      assert.ok(
        rows.some((row) => row.includes(text)),
        text,
      );
  });

  it('take whole days, both inclusive', async () => {
    const days = rowsOf((await world.get('item-registrations', all)).text).map(dayOf);
    const [from = '', to = ''] = [days[20], days[40]];
    const window = await world.get('item-registrations', { FromDate: from, ToDate: to });
    const wanted = days.filter((day) => day >= from && day <= to);
    assert.ok(wanted.length > 20);
    assert.deepEqual(rowsOf(window.text).map(dayOf), wanted);
    const [one, other] = [
      await world.get('item-registrations', { FromDate: from, ToDate: from }),
      await world.get('item-registrations', { fromdate: `${from}T18:00:00Z`, TODATE: from }),
    ];
    assert.equal(one.text, other.text);
  });

  it('come for the days around as well, where the server is of that kind', async (t) => {
    const other = await startWorld({ counts: { 'item-registrations': 150 }, itemDaysAround: 20 }, t);
    const days = rowsOf((await world.get('item-registrations', all)).text).map(dayOf);
    const middle = days[75] ?? '';
    const from = new Date(Date.parse(middle) - 20 * 86_400_000).toISOString().slice(0, 10);
    const to = new Date(Date.parse(middle) + 20 * 86_400_000).toISOString().slice(0, 10);
    const wanted = days.filter((day) => day >= from && day <= to);
    assert.ok(new Set(wanted).size > 1, 'days around');
    const answer = await other.get('item-registrations', { FromDate: middle, ToDate: middle });
    assert.deepEqual(rowsOf(answer.text).map(dayOf), wanted);
  });

  it('know no other parameter, and have a range of their own without days', async () => {
    const own = await world.get('item-registrations');
    const days = rowsOf(own.text).map(dayOf);
    assert.ok(days.length > 0 && days.every((day) => day >= '2026-10-23' && day <= '2026-11-22'));
    for (const parameters of [
      { FromDateTime: '2000-01-01', ToDateTime: '2040-01-01' },
      { ModifiedSince: '2026-11-22' },
      { ChunkLimit: 2 },
      { CompanyId: companyId(3) },
    ]) {
      assert.equal((await world.get('item-registrations', parameters)).text, own.text, JSON.stringify(parameters));
    }
  });

  it('are answered by that range where the days are parameters that the server does not know', async (t) => {
    const other = await startWorld(
      { counts: { 'item-registrations': 150 }, ignoreParameters: ['FromDate', 'ToDate'] },
      t,
    );
    const [old, own] = [
      await other.get('item-registrations', { FromDate: '2024-01-01', ToDate: '2024-12-31' }),
      await other.get('item-registrations'),
    ];
    assert.equal(old.text, own.text);
  });

  it('lose deleted rows and gain created ones', async () => {
    const count = async () => rowsOf((await world.get('item-registrations', all)).text).length;
    const before = await count();
    world.simulator.change({ created: 5, deleted: 2, streams: ['item-registrations'] });
    assert.equal(await count(), before + 3);
  });

  it('may begin with a byte order mark, speak English, and quote what needs it', async (t) => {
    const other = await startWorld(
      { counts: { 'item-registrations': 150 }, byteOrderMark: true, language: 'en', itemTexts: 'quoted' },
      t,
    );
    const { text } = await other.get('item-registrations', all);
    assert.ok(text.startsWith('\ufeffDate;Project no.;'));
    const rows = parseCsv(text).slice(1);
    assert.equal(rows.length, other.simulator.counts()['item-registrations']?.live);
    assert.ok(rows.every((row) => row.length === 16 && /^-?\d+\.\d\d$/.test(String(row[8]))));
    for (const hard of [';', '"', '\n'])
      assert.ok(
        rows.flat().some((value) => value.includes(hard)),
        JSON.stringify(hard),
      );
  });
});

describe('the shared filters of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ payrollDefaults: 'all' });
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
