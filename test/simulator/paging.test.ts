import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createDitioModel, type DitioModel, type StreamName } from '../../simulator/index.ts';
import { errorOf, type Page, type Parameters, START_MS, startWorld, texts, type World } from './harness.ts';

const STREAMS: readonly StreamName[] = [
  'project',
  'time-registrations',
  'flow-trip-registrations',
  'checklist-registrations',
];
/** More than any traversal here can need. */
const MAX_REQUESTS = 5_000;
const LONG_AGO = '2001-01-01';
const RUNS = Number(process.env.RUNS ?? 30);

/** The same model without a socket, so that many traversals fit in a second. */
function inProcess(model: DitioModel): (stream: StreamName, parameters: Parameters) => Page {
  const form = `grant_type=client_credentials&client_id=${model.clientId}&client_secret=${model.clientSecret}`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const ask = (method: string, url: string, given: Record<string, string>, body?: string) => {
    const answer = model.handle({ method, url, headers: given, ...(body !== undefined && { body }) });
    const text = Buffer.concat([...answer.body]).toString('utf8');
    assert.equal(answer.status, 200, text);
    return JSON.parse(text);
  };
  const { access_token } = ask('POST', '/connect/token', headers, form);
  let asked = 0;
  return (stream, parameters) => {
    asked += 1;
    assert.ok(asked < MAX_REQUESTS, 'the traversal does not end');
    return ask('GET', `/reporting/v1/${stream}?${new URLSearchParams(texts(parameters))}`, {
      authorization: `Bearer ${access_token}`,
    });
  };
}

function versionOf({ isDeleted, modifiedDateTime, deletedDateTime }: Page['data'][number]): string {
  return isDeleted ? `deleted ${deletedDateTime}` : String(modifiedDateTime);
}

const change = fc.record({
  created: fc.integer({ min: 0, max: 4 }),
  changed: fc.integer({ min: 0, max: 12 }),
  deleted: fc.integer({ min: 0, max: 4 }),
  bulk: fc.boolean(),
  passesMs: fc.constantFrom(0, 0, 1, 700, 90_000),
});
const history = fc.record({
  seed: fc.integer({ min: 0, max: 1_000 }),
  stream: fc.constantFrom(...STREAMS),
  limit: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(200, 10_000)),
  wholeDays: fc.boolean(),
  changes: fc.array(change, { maxLength: 12 }),
});

describe('the pages of the simulator, while records are created, changed and deleted between them', () => {
  it('of a full sync hold every record that stays, once, and none twice', () => {
    fc.assert(
      fc.property(history, ({ seed, stream, limit, wholeDays, changes }) => {
        let nowMs = START_MS;
        const model = createDitioModel({ seed, wholeDays, counts: { [stream]: 120 }, records: 400, now: () => nowMs });
        const ask = inProcess(model);
        const atFirst = new Set(model.liveIds(stream));
        const seen: string[] = [];
        const left = [...changes];
        let token: string | null | undefined = '';
        do {
          const page: Page = ask(stream, { ChunkLimit: limit, ContinuationToken: token ?? '' });
          seen.push(...page.data.map(({ id }) => id));
          token = page.continuationToken;
          const next = left.shift();
          if (next) {
            nowMs += next.passesMs;
            model.change({ ...next, streams: [stream] });
          }
        } while (token);
        const atLast = new Set(model.liveIds(stream));
        assert.equal(new Set(seen).size, seen.length, 'a record came twice');
        const staying = [...atFirst].filter((id) => atLast.has(id));
        assert.deepEqual(
          staying.filter((id) => !seen.includes(id)),
          [],
          'a record never came',
        );
      }),
      { numRuns: RUNS },
    );
  });

  it('of an incremental sync hold every version that is not overtaken, once, and end with the present state', () => {
    fc.assert(
      fc.property(history, ({ seed, stream, limit, changes }) => {
        let nowMs = START_MS;
        const model = createDitioModel({ seed, counts: { [stream]: 120 }, records: 400, now: () => nowMs });
        const ask = inProcess(model);
        const copy = new Map<string, string>();
        const versions: string[] = [];
        const left = [...changes];
        let token: string | null | undefined = '';
        do {
          const page: Page = ask(stream, {
            ModifiedSince: LONG_AGO,
            ChunkLimit: limit,
            ContinuationToken: token ?? '',
          });
          for (const record of page.data) {
            versions.push(`${record.id} ${versionOf(record)}`);
            copy.set(record.id, versionOf(record));
          }
          token = page.continuationToken;
          const next = token ? left.shift() : undefined;
          if (next) {
            nowMs += next.passesMs;
            model.change({ ...next, streams: [stream] });
          }
        } while (token);
        assert.equal(new Set(versions).size, versions.length, 'a version came twice');
        const { data } = ask(stream, { ModifiedSince: LONG_AGO, ChunkLimit: 10_000 });
        assert.deepEqual(copy, new Map(data.map((record) => [record.id, versionOf(record)])));
      }),
      { numRuns: RUNS },
    );
  });

  it('never have one timestamp for changes made one after the other, though the clock stands still', () => {
    const model = createDitioModel({ records: 400, now: () => START_MS });
    const stamps = Array.from({ length: 200 }, () => {
      const [id = ''] =
        model.change({ changed: 1, streams: ['time-registrations'] })['time-registrations']?.changed ?? [];
      return model.record('time-registrations', id)?.changedDateTime;
    });
    assert.equal(new Set(stamps).size, stamps.length);
  });

  it('go on from the watermark of the last sync without a gap', () => {
    fc.assert(
      fc.property(history, ({ seed, stream, limit, changes }) => {
        let nowMs = START_MS;
        const model = createDitioModel({ seed, counts: { [stream]: 60 }, records: 200, now: () => nowMs });
        const ask = inProcess(model);
        const copy = new Map<string, boolean>();
        const sync = (since: number) => {
          let token: string | null | undefined = '';
          do {
            const page: Page = ask(stream, {
              ModifiedSince: new Date(since).toISOString(),
              ChunkLimit: limit,
              ContinuationToken: token ?? '',
            });
            for (const { id, isDeleted } of page.data) copy.set(id, isDeleted === true);
            token = page.continuationToken;
          } while (token);
        };
        let watermark = Date.UTC(2001, 0, 1);
        for (const next of changes) {
          const opened = nowMs;
          sync(watermark);
          watermark = opened;
          nowMs += next.passesMs;
          model.change({ ...next, streams: [stream] });
        }
        sync(watermark);
        const living = [...copy].filter(([, deleted]) => !deleted).map(([id]) => id);
        assert.deepEqual(living.sort(), [...model.liveIds(stream)].sort());
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a continuation token of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ machineRule: 'new' });
  });
  after(() => world.close());

  const since = { ModifiedSince: '2020-01-01T00:00:00Z' };
  const window = { FromDateTime: '2024-06-01', ToDateTime: '2026-06-01' };
  const refused: ReadonlyArray<readonly [string, StreamName, Parameters, StreamName, Parameters]> = [
    ['of a full sync, sent with ModifiedSince', 'user', {}, 'user', since],
    ['of an incremental sync, sent without ModifiedSince', 'user', since, 'user', {}],
    ['sent with another ModifiedSince', 'user', since, 'user', { ModifiedSince: '2020-01-02' }],
    [
      'sent with a ModifiedBefore that was not there',
      'user',
      since,
      'user',
      { ...since, ModifiedBefore: '2026-11-01' },
    ],
    ['sent to another stream', 'user', {}, 'resource', {}],
    [
      'sent with another window',
      'time-registrations',
      window,
      'time-registrations',
      { ...window, ToDateTime: '2026-06-02' },
    ],
    ['sent without its window', 'time-registrations', window, 'time-registrations', {}],
    ['sent with another filter', 'user', {}, 'user', { OwnCompanyDataOnly: true }],
    ['sent with another ChunkLimit', 'user', {}, 'user', { ChunkLimit: 7 }],
  ];
  for (const [name, stream, made, other, sent] of refused) {
    it(`${name} is refused with status 400`, async () => {
      const { continuationToken = '' } = await world.page(stream, { ChunkLimit: 4, ...made });
      const repeated = await world.get(stream, { ChunkLimit: 4, ...made, ContinuationToken: continuationToken ?? '' });
      assert.equal(repeated.status, 200, 'the token is good where it belongs');
      const answer = await world.get(other, { ChunkLimit: 4, ...sent, ContinuationToken: continuationToken ?? '' });
      assert.equal(answer.status, 400);
      assert.equal(errorOf(answer).error, 'InvalidContinuationToken');
    });
  }

  it('that was changed or cut is refused', async () => {
    const { continuationToken } = await world.page('user', { ChunkLimit: 4 });
    const token = String(continuationToken);
    for (const bad of [
      token.slice(0, -4),
      `${token}AAAA`,
      token.toLowerCase(),
      `${token} `,
      token.replace(/=*$/, ''),
    ]) {
      if (bad === token) continue;
      assert.equal((await world.get('user', { ChunkLimit: 4, ContinuationToken: bad })).status, 400, bad);
    }
  });

  it('holds characters that must be encoded in a URL', async () => {
    const pages = await world.pages('time-registrations', { ChunkLimit: 10 });
    assert.ok(pages.some(({ continuationToken }) => /[+/=]/.test(String(continuationToken))));
  });

  it('may be sent twice: the same page comes again', async () => {
    const { continuationToken } = await world.page('images', { ChunkLimit: 5 });
    const parameters = { ChunkLimit: 5, ContinuationToken: String(continuationToken) };
    assert.deepEqual(await world.page('images', parameters), await world.page('images', parameters));
  });

  it('is in links.next too, with every other parameter', async () => {
    const first = await world.page('images', { ChunkLimit: 5, Sources: 'feed,alert' });
    assert.match(String(first.links?.next), /^\/v1\/images\?/);
    const next = new URL(`${world.simulator.reportingUrl}${first.links?.next}`);
    assert.equal(next.searchParams.get('ContinuationToken'), first.continuationToken);
    assert.equal(next.searchParams.get('Sources'), 'feed,alert');
    const followed = await world.ask(next.href);
    const sent = await world.page('images', {
      ChunkLimit: 5,
      Sources: 'feed,alert',
      ContinuationToken: String(first.continuationToken),
    });
    assert.deepEqual(JSON.parse(followed.text).data, sent.data);
  });
});

describe('continuation tokens with a lifetime', () => {
  it('are refused once it is over', async (t) => {
    const world = await startWorld({ records: 300, continuationTokenLifetimeSeconds: 60 }, t);
    const { continuationToken } = await world.page('user', { ChunkLimit: 4 });
    const parameters = { ChunkLimit: 4, ContinuationToken: String(continuationToken) };
    world.nowMs += 60_000;
    assert.equal((await world.get('user', parameters)).status, 200);
    world.nowMs += 1;
    assert.equal((await world.get('user', parameters)).status, 400);
  });

  it('may have their ChunkLimit changed where that is allowed', async (t) => {
    const world = await startWorld({ records: 300, bindChunkLimit: false, tokenAlphabet: 'base64url' }, t);
    const first = await world.page('user', { ChunkLimit: 4 });
    const second = await world.page('user', { ChunkLimit: 5, ContinuationToken: String(first.continuationToken) });
    assert.equal(second.data.length, 5);
    assert.match(String(first.continuationToken), /^[\w-]+$/);
  });
});
