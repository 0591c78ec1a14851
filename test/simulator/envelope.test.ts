import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SimulatorOptions } from '../../simulator/index.ts';
import { parseHttpDate } from '../../src/core/time/http-date.ts';
import { errorOf, START_MS, startWorld } from './harness.ts';

describe('the answers of the simulator', () => {
  it('have data, links, token, mode and counts', async (t) => {
    const world = await startWorld({}, t);
    const page = await world.page('time-registrations', { ModifiedSince: '2000-01-01', ChunkLimit: 100 });
    assert.deepEqual(Object.keys(page), [
      'data',
      'links',
      'continuationToken',
      'syncTypeName',
      'recordCount',
      'deletedRecordCount',
    ]);
    assert.equal(page.recordCount, page.data.length);
    assert.equal(page.deletedRecordCount, page.data.filter(({ isDeleted }) => isDeleted).length);
    assert.ok((page.deletedRecordCount ?? 0) > 0);
  });

  it('lack mode and counts in older versions', async (t) => {
    const world = await startWorld({ legacyEnvelope: true }, t);
    assert.deepEqual(Object.keys(await world.page('user', { ChunkLimit: 2 })), ['data', 'links', 'continuationToken']);
  });

  const lasts: ReadonlyArray<readonly [NonNullable<SimulatorOptions['lastToken']>, unknown]> = [
    ['absent', undefined],
    ['null', null],
    ['empty', ''],
  ];
  for (const [lastToken, expected] of lasts) {
    it(`have no token on the last page: ${lastToken}`, async (t) => {
      const world = await startWorld({ lastToken }, t);
      const page = await world.page('flow-mass-types');
      assert.equal(page.continuationToken, expected);
      assert.equal('continuationToken' in page, lastToken !== 'absent');
      assert.equal(page.links?.next, null);
      assert.ok((await world.pages('user', { ChunkLimit: 5 })).length > 1);
    });
  }

  it('may name the next page by its whole address, or by none', async (t) => {
    const absolute = await startWorld({ records: 200, nextLink: 'absolute' }, t);
    const page = await absolute.page('user', { ChunkLimit: 2 });
    assert.ok(page.links?.next?.startsWith(`${absolute.simulator.reportingUrl}/v1/user?`));
    const absent = await startWorld({ records: 200, nextLink: 'absent' }, t);
    const other = await absent.page('user', { ChunkLimit: 2 });
    assert.ok(!('links' in other) && typeof other.continuationToken === 'string');
  });

  it('may end with an empty page', async (t) => {
    const world = await startWorld({ emptyLastPage: true }, t);
    const pages = await world.pages('user', { ChunkLimit: world.simulator.counts().user?.live ?? 0 });
    assert.deepEqual(
      pages.map(({ data }) => data.length > 0),
      [true, false],
    );
  });

  for (const dataPlace of ['first', 'middle', 'last'] as const) {
    it(`have data ${dataPlace} among their members`, async (t) => {
      const world = await startWorld({ dataPlace }, t);
      const names = Object.keys(await world.page('user', { ChunkLimit: 3 }));
      assert.equal(names.indexOf('data'), { first: 0, middle: 1, last: names.length - 1 }[dataPlace]);
    });
  }

  for (const pretty of [true, 'crlf'] as const) {
    it(`are indented without a digit or an escape changed: ${pretty}`, async (t) => {
      const [compact, indented] = [await startWorld({ seed: 4 }, t), await startWorld({ seed: 4, pretty }, t)];
      const [plain, spread] = [
        await compact.get('time-registrations', { ChunkLimit: 400 }),
        await indented.get('time-registrations', { ChunkLimit: 400 }),
      ];
      assert.equal(spread.text.includes('\r\n'), pretty === 'crlf');
      assert.match(spread.text, /^\{\r?\n {2}"data": \[\r?\n {4}\{\r?\n {6}"id": "/);
      assert.ok(spread.text.includes('1.0') && spread.text.includes('12345678901234567890'));
      // Outside of strings white space is all that differs.
      const squeezed = spread.text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
      const withoutHost = (text: string) => text.replace(/"next":"[^"]*"/, '');
      assert.equal(withoutHost(squeezed), withoutHost(plain.text));
    });
  }

  it('are compressed when gzip is accepted, and only then', async (t) => {
    const world = await startWorld({}, t);
    const plain = await world.get('user');
    assert.equal(plain.headers['content-encoding'], undefined);
    for (const accepts of ['gzip', 'br, gzip;q=0.8', '*']) {
      const zipped = await world.get('user', {}, { headers: { 'accept-encoding': accepts } });
      assert.equal(zipped.headers['content-encoding'], 'gzip', accepts);
      assert.equal(zipped.text, plain.text);
      assert.ok(zipped.bytes.length < plain.bytes.length / 2);
    }
    for (const refuses of ['br', 'identity', 'gzip;q=0', 'gzip; q=0.0']) {
      const answer = await world.get('user', {}, { headers: { 'accept-encoding': refuses } });
      assert.equal(answer.headers['content-encoding'], undefined, refuses);
    }
  });

  it('are never compressed where that is switched off', async (t) => {
    const world = await startWorld({ gzip: false }, t);
    const answer = await world.get('user', {}, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(answer.headers['content-encoding'], undefined);
  });

  it("carry the Date of the server's own clock, cut off to whole seconds", async (t) => {
    const world = await startWorld({}, t);
    world.nowMs = START_MS + 90_000_999;
    const answer = await world.get('user', {}, { token: null });
    assert.equal(parseHttpDate(String(answer.headers.date)), START_MS + 90_000_000);
  });

  it('may lack a Date', async (t) => {
    const world = await startWorld({ dateHeader: false }, t);
    assert.equal((await world.get('user')).headers.date, undefined);
  });

  it('begin late where there is latency', async (t) => {
    const world = await startWorld({ latencyMs: 40 }, t);
    await world.get('user');
    const began = performance.now();
    await world.get('user');
    assert.ok(performance.now() - began >= 39);
  });

  it('refuse in the shape that is chosen', async (t) => {
    const simple = await startWorld({ records: 100 }, t);
    const other = await startWorld({ records: 100, refusalShape: 'validation' }, t);
    const html = await startWorld({ records: 100, refusalShape: 'html' }, t);
    const parameters = { ModifiedSince: 'never' };
    assert.deepEqual(Object.keys(errorOf(await simple.get('user', parameters))), ['error', 'message']);
    const validation = JSON.parse((await other.get('user', parameters)).text);
    assert.equal(validation.message, 'Validation failed');
    assert.deepEqual(Object.keys(validation.errors[0]), ['category', 'code', 'field', 'message']);
    assert.equal(validation.errors[0].field, 'ModifiedSince');
    assert.match((await html.get('user', parameters)).text, /^<html>/);
  });

  it('are the same from the cache, until something changes', async (t) => {
    const world = await startWorld({ pageCacheBytes: 10_000_000 }, t);
    const parameters = { ChunkLimit: 300 };
    const zip = { headers: { 'accept-encoding': 'gzip' } };
    const [first, second, plain] = [
      await world.get('time-registrations', parameters, zip),
      await world.get('time-registrations', parameters, zip),
      await world.get('time-registrations', parameters),
    ];
    assert.equal(first.headers['content-length'], undefined, 'made while it was sent');
    assert.equal(Number(second.headers['content-length']), second.bytes.length, 'kept');
    assert.deepEqual(second.bytes, first.bytes);
    assert.equal(plain.text, first.text);
    world.simulator.change({ changed: 200, streams: ['time-registrations'] });
    const changed = await world.get('time-registrations', parameters, zip);
    const [fresh] = JSON.parse(changed.text).data.filter(({ description }: { description: string }) =>
      /endret/.test(description),
    );
    assert.ok(changed.text.includes(world.simulator.record('time-registrations', fresh.id)?.json ?? '-'));
  });

  it('are remembered in the order of the requests, without secrets', async (t) => {
    const world = await startWorld({ records: 100 }, t);
    await world.get('user', { ChunkLimit: 2 });
    await world.get('images', { ModifiedSince: 'never' });
    const [token, first, second] = world.simulator.requests;
    assert.deepEqual([token?.path, token?.stream, token?.status], ['/connect/token', null, 200]);
    assert.deepEqual([first?.stream, first?.query, first?.status], ['user', { ChunkLimit: '2' }, 200]);
    assert.deepEqual([second?.stream, second?.status, second?.fault], ['images', 400, null]);
    assert.ok(!JSON.stringify(world.simulator.requests).includes(world.simulator.clientSecret));
  });
});

describe('the rate limit of the simulator', () => {
  for (const [retryAfter, expected] of [
    ['seconds', '5'],
    ['date', new Date(START_MS + 10_000).toUTCString()],
    ['none', undefined],
  ] as const) {
    it(`answers 429 to what is too much, until the window is over; Retry-After: ${retryAfter}`, async (t) => {
      const world = await startWorld({ records: 100, rateLimit: { requests: 3, perSeconds: 10, retryAfter } }, t);
      world.nowMs += 5_000;
      const statuses = [];
      for (let request = 0; request < 5; request += 1) statuses.push((await world.get('user')).status);
      assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
      const answer = await world.get('user');
      assert.equal(answer.headers['retry-after'], expected);
      assert.equal(errorOf(answer).error, 'TooManyRequests');
      world.nowMs += 5_000;
      assert.equal((await world.get('user')).status, 200);
    });
  }
});
