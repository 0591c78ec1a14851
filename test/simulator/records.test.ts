import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDitioModel, type DitioModel, STREAM_NAMES, type StreamName } from '../../simulator/index.ts';
import { COMPANIES } from '../../simulator/names.ts';
import { companyId } from '../../simulator/naming.ts';
import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';
import { START_MS } from './harness.ts';

type Row = Readonly<Record<string, unknown>>;

/** Field names that Ditio documents, by stream. */
const FIELDS: Partial<Record<StreamName, string>> = {
  'time-registrations': `workDate startDateTime stopDateTime qty unitName unitQty unitPrice price amount costPriceBase costPriceMan
    costPriceMachine costAmount costAmountMan costAmountMachine breakQty description descriptionInternal approved
    approvedByName approvedDateTime payrollApproved payrollApprovedDateTime locked lockedByName lockedDateTime invoiced
    projectId projectNumber projectName projectExternalNumber projectCompanyId projectCompanyName projectLeaderName
    projectMainForemanName taskId taskName taskNameLong taskWbsNumber taskChapterId taskPieceWorkId resourceId
    resourceNumber resourceName resourceTypeName primaryResourceName machineEmissionClass userId userName
    userEmployeeNumber userCompanyName userCompanyOrgNr userWorkTitle userWorkShiftSettingName createdDateTime`,
  'machine-registrations': `startDateTime stopDateTime qty description approved machineId machineName resourceNumber machineTypeName
    driverId driverName driverCompanyName projectId projectNumber projectName projectExternalNumber projectCompanyName
    createdDateTime`,
  'absence-registrations': `registrationId date startTime qty absenceTypeId absenceTypeCode absenceTypeName employeeNumber userId
    projectId approved approvedByName approvedDateTime payrollApproved payrollApprovedDateTime locked lockedDateTime
    pdfUrl`,
  'payroll-lines': 'transDateTime',
  'payroll-lines-extended': `transDateTime userId userName employeeNumber companyId qty standardQty overtime50Qty overtime100Qty
    timebankQty breakQty absenceQty absenceApprovedQty absenceLockedQty totalVerifiedQty approvedQty lockedQty verified
    verifiedByName verifiedDateTime approved approvedByName approvedDateTime overtimeLines`,
  'incident-registrations': `serialNumberWithPrefix serialNumber title description typeName baseType baseTypeText status statusText risk
    riskText damageTypeText absenceDays measures requiresFurtherAction resolvedOnLocation companyName projectId projectNumber projectName projectCompanyName taskId
    taskName machineId machineName latitude longitude createdAt statusUpdatedAt pdfUrl`,
  'checklist-registrations': `documentNumber serialNumber templateName templateVersion baseTypeName statusText hasDeviation hasComment
    hasImages projectId projectNumber projectName activityId activityNumber activityName machineId resourceNumber createdByUserName
    createdDateTime submittedByUserName submittedDateTime approvedByUserName latitude longitude pdfUrl sections`,
  'flow-trip-registrations': `loadDateTime dumpDateTime costStartDateTime costEndDateTime quantity quantityM3 registeredQuantity
    verifiedQuantity unitOfMeasureText massTypeId massType m3PerHour totalCycleTimeSeconds totalCycleTimeHours
    utilizationRate distance averageSpeedKmh netAltitudeChange totalAscent maxGradient averageGradient loadLocationName
    dumpLocationName loadCoordinates dumpCoordinates loaderId loaderName loaderNumber loaderDriverName dumperId
    dumperName dumperNumber dumperRegistrationNumber dumperDriverName dumperDriverCompanyName trailer verified approved
    invoiced receiptNumber customerName comment projectId projectNumber projectName projectExternalNumber
    projectCompanyName taskId taskName isFlowData`,
  project: `number name externalNumber externalDim01 externalDim02 companyId companyName active isExternal createdDateTime`,
  'work-orders': `projectId number name nameWithNumber chapterId externalNumber externalDim01 externalDim02 externalPieceWorkId
    parentName fullPathName companyId companyName isExternal`,
  resource: `number name typeName typeBaseName registrationNumber serialNumber department emissionClass buildYear weight
    capacity costPrice price companyId companyName active isExternal`,
  user: `identityUserId employeeNumber name firstName lastName email workTitle department companyId companyName
    employmentCompanyId employmentCompanyName isActiveEmployment isDisabled startDate endDate`,
  'crew-list-registrations': 'projectId projectNumber hseCardId checkInDateTime checkOutDateTime',
  images: `originalFilename type size source projectId projectNumber projectName taskId taskName activityId activityNumber
    companyId projectCompanyId createdByUserId createdByUserName createdDateTime latitude longitude accuracy
    roadReference url thumbnailUrl mediumUrl largeUrl`,
};
FIELDS['machine-incident-registrations'] = FIELDS['incident-registrations'] ?? '';
FIELDS['machine-checklist-registrations'] = FIELDS['checklist-registrations'] ?? '';

const JSON_STREAMS: readonly StreamName[] = STREAM_NAMES.filter((name) => name !== 'item-registrations');

function textsOf(model: DitioModel, stream: StreamName): string[] {
  return Array.from(model.rows(stream), ({ json }) => json);
}

describe('the records of the simulator', () => {
  const model = createDitioModel({ records: 6_000, now: () => START_MS });
  model.change({ created: 20, changed: 40, deleted: 5 });
  const texts = new Map(JSON_STREAMS.map((stream) => [stream, textsOf(model, stream)]));
  const rows = new Map(
    JSON_STREAMS.map((stream) => [stream, (texts.get(stream) ?? []).map((text) => JSON.parse(text) as Row)]),
  );
  const living = new Map(STREAM_NAMES.map((stream) => [stream, new Set(model.liveIds(stream))]));

  for (const stream of JSON_STREAMS) {
    it(`of ${stream} have every documented field, and more`, () => {
      const documented = `id modifiedDateTime isDeleted deletedDateTime ${FIELDS[stream] ?? ''}`.trim().split(/\s+/);
      for (const row of rows.get(stream) ?? []) {
        const missing = documented.filter((field) => !Object.hasOwn(row, field));
        assert.deepEqual(missing, []);
        assert.equal(row.isDeleted, false);
      }
      const [first = {}] = rows.get(stream) ?? [];
      assert.ok(Object.keys(first).length >= documented.length);
    });

    it(`of ${stream} have members of one name only once, and one type each`, () => {
      const types = new Map<string, string>();
      for (const text of texts.get(stream) ?? []) {
        const row = JSON.parse(text) as Row;
        assert.equal(topLevelMembers(text), Object.keys(row).length, text);
        for (const [name, value] of Object.entries(row)) {
          if (value === null) continue;
          const type = Array.isArray(value) ? 'array' : typeof value;
          assert.equal(types.get(name) ?? type, type, name);
          types.set(name, type);
        }
      }
    });

    it(`of ${stream} have ids of their own, in the order in which they were made`, () => {
      const ids = (rows.get(stream) ?? []).map(({ id }) => String(id));
      if (stream !== 'images') assert.equal(new Set(ids).size, ids.length);
      assert.deepEqual(ids, [...ids].sort());
      assert.ok(ids.every((id) => /^[0-9a-f]{24}$/.test(id)));
    });
  }

  const REFERENCES: Readonly<Record<string, StreamName>> = {
    projectId: 'project',
    taskId: 'work-orders',
    taskChapterId: 'work-orders',
    chapterId: 'work-orders',
    activityId: 'work-orders',
    resourceId: 'resource',
    machineId: 'resource',
    loaderId: 'resource',
    dumperId: 'resource',
    massTypeId: 'flow-mass-types',
  };
  for (const [field, target] of Object.entries(REFERENCES)) {
    it(`refer by ${field} to ${target} that exist`, () => {
      let references = 0;
      for (const stream of JSON_STREAMS) {
        for (const row of rows.get(stream) ?? []) {
          const id = row[field];
          if (id === null || id === undefined) continue;
          references += 1;
          assert.ok(living.get(target)?.has(String(id)), `${stream} ${row.id}: ${field} ${id}`);
        }
      }
      assert.ok(references > 20);
    });
  }

  it('name people by identityUserId, which is no id of a profile', () => {
    const people = new Set((rows.get('user') ?? []).map(({ identityUserId }) => identityUserId));
    assert.ok([...people].some((id) => /^auth0\|/.test(String(id))));
    let references = 0;
    for (const row of JSON_STREAMS.flatMap((stream) => rows.get(stream) ?? [])) {
      for (const id of [row.userId, row.driverId, row.createdByUserId]) {
        if (id === null || id === undefined) continue;
        references += 1;
        assert.ok(people.has(id) && !living.get('user')?.has(String(id)), String(id));
      }
    }
    assert.ok(references > 100);
  });

  const ENUMERATIONS: ReadonlyArray<readonly [StreamName, field: string, values: readonly string[]]> = [
    ['incident-registrations', 'baseTypeText', ['HSE', 'QA', 'Environmental', 'Machine', 'Other']],
    ['incident-registrations', 'statusText', ['Open', 'InProgress', 'Closed']],
    ['machine-incident-registrations', 'baseTypeText', ['HSE', 'QA', 'Environmental', 'Machine', 'Other']],
    ['checklist-registrations', 'statusText', ['Pending', 'SentForApproval', 'Approved', 'Rejected', 'Reported']],
    ['flow-trip-registrations', 'unitOfMeasureText', ['Ton', 'CubicMeter']],
    ['resource', 'typeBaseName', ['Human', 'Machine', 'Vehicle', 'SeaVessel', 'AirVessel', 'StaticObject', 'Other']],
    ['images', 'source', ['feed', 'alert', 'checklist']],
  ];
  for (const [stream, field, values] of ENUMERATIONS) {
    it(`of ${stream} have an English ${field}`, () => {
      const seen = new Set((rows.get(stream) ?? []).map((row) => String(row[field])));
      assert.ok(seen.size > (stream.startsWith('machine') ? 0 : 1));
      assert.deepEqual(
        [...seen].filter((value) => !values.includes(value)),
        [],
      );
    });
  }

  it('of images come once for each parent of an image, with different keys', () => {
    const key = STREAM_SPECS.find(({ name }) => name === 'images')?.key ?? [];
    const images = rows.get('images') ?? [];
    const byId = [...Map.groupBy(images, ({ id }) => id).values()];
    assert.ok(byId.some((group) => group.length === 2));
    assert.equal(new Set(images.map((row) => JSON.stringify(key.map((field) => row[field])))).size, images.length);
    for (const [first, second] of byId.filter((group) => group.length === 2)) {
      assert.equal(first?.url, second?.url);
      assert.notEqual(first?.source, second?.source);
    }
  });

  it('of the column types that the catalogue gives them', () => {
    for (const { name, columns, format } of STREAM_SPECS) {
      if (format !== 'json') continue;
      for (const row of rows.get(name as StreamName) ?? []) {
        for (const { name: column, type } of columns) {
          const value = row[column];
          if (value === null || value === undefined) continue;
          const found = typeof value === 'object' ? 'json' : typeof value;
          const good = {
            boolean: found === 'boolean',
            integer: Number.isInteger(value),
            number: found === 'number',
            json: found === 'json',
            timestamp: found === 'string',
            date: found === 'string',
            text: found !== 'json',
            'decimal-text': found === 'string',
            'local-datetime-text': found === 'string',
          }[type];
          assert.ok(good, `${name}.${column} is ${JSON.stringify(value)}, not ${type}`);
        }
      }
    }
  });

  it('of machines may still run, or have a mistyped date', () => {
    const machines = rows.get('machine-registrations') ?? [];
    const stops = machines.map(({ stopDateTime }) => String(stopDateTime ?? '0001-'));
    assert.ok(stops.some((stop) => stop.startsWith('0001-')));
    assert.ok(stops.some((stop) => stop > '2026-12-01'));
    assert.ok(stops.some((stop) => stop < '2015-01-01' && !stop.startsWith('0001-')));
  });

  it('say of what they refer to the same as it says of itself', () => {
    const byId = (stream: StreamName) => new Map((rows.get(stream) ?? []).map((row) => [row.id, row]));
    const [projects, tasks, massTypes] = [byId('project'), byId('work-orders'), byId('flow-mass-types')];
    const places = new Set((rows.get('flow-locations') ?? []).map(({ name }) => name));
    for (const row of rows.get('flow-trip-registrations') ?? []) {
      assert.equal(row.projectName, projects.get(row.projectId)?.name);
      assert.equal(row.projectNumber, projects.get(row.projectId)?.number);
      assert.equal(tasks.get(row.taskId)?.projectId, row.projectId);
      assert.equal(row.massType, massTypes.get(row.massTypeId)?.name);
      assert.ok(places.has(row.loadLocationName) && places.has(row.dumpLocationName));
    }
    const employers = (rows.get('user') ?? []).filter((row) => row.companyId === row.employmentCompanyId);
    const people = new Map(employers.map((row) => [row.identityUserId, row]));
    for (const row of rows.get('time-registrations') ?? []) {
      assert.equal(row.userName, people.get(row.userId)?.name);
      assert.equal(row.userEmployeeNumber, people.get(row.userId)?.employeeNumber);
      assert.equal(row.projectCompanyId, projects.get(row.projectId)?.companyId);
    }
  });

  it('have coordinates as [lon, lat] in Norway', () => {
    for (const row of rows.get('flow-trip-registrations') ?? []) {
      const [lon, lat] = row.loadCoordinates as [number, number];
      assert.ok(lon > 4 && lon < 32 && lat > 57 && lat < 72);
    }
  });

  it('have people with a profile in more than one company', () => {
    const profiles = Map.groupBy(rows.get('user') ?? [], ({ identityUserId }) => identityUserId);
    const twice = [...profiles.values()].filter((of) => of.length === 2);
    assert.ok(twice.length > 0);
    for (const of of twice) {
      assert.equal(new Set(of.map((profile) => profile.companyId)).size, 2);
      assert.equal(of.filter((profile) => profile.companyId === profile.employmentCompanyId).length, 1);
    }
    const companies = COMPANIES.map((_, company) => companyId(company));
    assert.ok((rows.get('user') ?? []).every(({ companyId: id }) => companies.includes(String(id))));
  });

  it('are never modified before they were made, nor after now', () => {
    for (const stream of STREAM_NAMES) {
      for (const id of model.liveIds(stream)) {
        const changed = model.record(stream, id)?.changedDateTime ?? '';
        assert.ok(Number.parseInt(id.slice(0, 8), 16) * 1000 <= Date.parse(changed), `${stream} ${id}`);
        assert.ok(Date.parse(changed) <= START_MS + 1);
      }
    }
  });

  const all = [...texts.values()].flat().join('\n');
  const hard: ReadonlyArray<readonly [string, string | RegExp]> = [
    ['escaped quotes', '\\"Brua\\"'],
    ['a backslash at the end of a text', 'skråstrek \\\\"'],
    ['braces and what looks like a record within a text', '{ \\"id\\": \\"ikke-en-post\\"'],
    ['escapes that need not be', '\\u00e5'],
    ['an escaped slash', '\\/'],
    ['emoji', '👷🏽‍♀️'],
    ['pairs of surrogates as escapes', '\\ud83d\\ude9c'],
    ['combining characters', 'A\u030a'],
    ['line separators', '\u2028'],
    ['the number 1.0', /:1\.0[,}]/],
    ['the number 1e3', /[:[]1e3[,}]/],
    ['an integer beyond 2^53', '12345678901234567890'],
    ['integers that a double would round', /"externalTransactionId":1234567890\d{10}[,}]/],
    ['an empty time', '"0001-01-01T00:00:00Z"'],
    ['times of seven digits', /\.\d{7}Z"/],
    ['times without an offset', /"date":"[\d-]+T00:00:00"/],
    ['ids of things within the record before its own', /\{"sections":\[\{"id":"s0"/],
    ['isDeleted true of things within a living record', /"isDeleted":true[^}]*\}.*"isDeleted":false/],
    ['long descriptions', /"description":"(?:[^"\\]|\\.){4000,}"/],
  ];
  for (const [name, pattern] of hard) {
    it(`hold hard values: ${name}`, () => {
      assert.ok(typeof pattern === 'string' ? all.includes(pattern) : pattern.test(all));
    });
  }

  it('show a change: another text, a later time, an approval that is not taken back', () => {
    const other = createDitioModel({ records: 2_000, now: () => START_MS });
    const before = new Map(
      [...other.liveIds('time-registrations')].map((id) => [id, other.record('time-registrations', id)]),
    );
    for (const id of other.change({ changed: 50, streams: ['time-registrations'] })['time-registrations']?.changed ??
      []) {
      const [old, young] = [before.get(id), other.record('time-registrations', id)].map((record) =>
        JSON.parse(record?.json ?? ''),
      );
      assert.notEqual(young.description, old.description);
      assert.ok(young.modifiedDateTime > old.modifiedDateTime);
      assert.ok(young.approved && (young.locked || !old.locked));
      assert.equal(young.workDate, old.workDate);
    }
  });
});

describe('the data of the simulator', () => {
  const worldOf = (seed: number, now = START_MS) => {
    const model = createDitioModel({ seed, records: 1_500, now: () => now });
    model.change({ created: 3, changed: 5, deleted: 2 });
    return STREAM_NAMES.flatMap((stream) => textsOf(model, stream));
  };

  it('is the same for the same seed', () => {
    assert.deepEqual(worldOf(7), worldOf(7));
  });

  it('is another for another seed', () => {
    const other = new Set(worldOf(8));
    assert.equal(worldOf(7).filter((text) => other.has(text)).length, 0);
  });

  for (const records of [0, 1, 500, 20_000, 1_000_000]) {
    it(`is about as large as asked for: ${records} records`, () => {
      const counts = Object.values(createDitioModel({ records, now: () => START_MS }).counts());
      const total = counts.reduce((sum, { live, deleted }) => sum + live + deleted, 0);
      assert.ok(
        Math.abs(total - records) <= Math.max(300, records / 1_000) && (records > 0 || total === 0),
        `${total}`,
      );
    });
  }

  it('has most time registrations, then trips, payroll lines and machine registrations', () => {
    const counts = createDitioModel({ records: 100_000, now: () => START_MS }).counts();
    const order = Object.entries(counts)
      .sort(([, a], [, b]) => b.live - a.live)
      .map(([name]) => name);
    assert.deepEqual(order.slice(0, 4), [
      'time-registrations',
      'flow-trip-registrations',
      'payroll-lines',
      'machine-registrations',
    ]);
    assert.ok((counts['time-registrations']?.live ?? 0) > 33_000);
  });

  it('may be of one stream only, whose records then refer to nothing', () => {
    const counts = Object.fromEntries(STREAM_NAMES.map((name) => [name, name === 'time-registrations' ? 40 : 0]));
    const model = createDitioModel({ counts, now: () => START_MS });
    const rows = textsOf(model, 'time-registrations').map((text) => JSON.parse(text) as Row);
    assert.ok(rows.length > 30);
    assert.ok(
      rows.every(({ projectId, userId, taskId, resourceId }) =>
        [projectId, userId, taskId, resourceId].every((id) => id === null),
      ),
    );
  });

  it('answers for ten million records without making them', () => {
    const before = process.memoryUsage().rss;
    const model = createDitioModel({ records: 10_000_000, now: () => START_MS });
    let seen = 0;
    for (const id of model.liveIds('time-registrations')) {
      assert.ok(model.record('time-registrations', id));
      seen += 1;
      if (seen === 100) break;
    }
    assert.ok(process.memoryUsage().rss - before < 200e6);
  });
});

/** How many members the outermost object has, by its text. */
function topLevelMembers(text: string): number {
  let depth = 0;
  let members = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token === ':' && depth === 1) members += 1;
  }
  return members;
}
