import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { Agent, request } from 'undici';
import { createDitioModel, type Fault } from '../../simulator/index.ts';
import { type Answer, errorOf, type Page, START_MS, startWorld, urlOf, type World } from './harness.ts';

const ZIP = { headers: { 'accept-encoding': 'gzip' } };

describe('a fault of the simulator', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ records: 1_000 });
  });
  after(() => world.close());
  afterEach(() => {
    world.simulator.faults.clear();
  });

  /** What a request meets, and that the next one is good again. */
  async function meet(fault: Fault, judge: (answer: Answer) => void): Promise<void> {
    world.simulator.faults.add({ fault, streams: ['user'] });
    judge(await world.get('user', { ChunkLimit: 5 }, ZIP));
    const good = await world.get('user', { ChunkLimit: 5 }, ZIP);
    assert.equal(good.status, 200);
    assert.ok(JSON.parse(good.text).data.length > 0);
  }

  const pageOf = (answer: Answer) => JSON.parse(answer.text) as Page;
  const statuses = [400, 403, 404, 429, 500, 502, 503, 504] as const;
  for (const status of statuses) {
    it(`is status ${status} with the simple body`, () =>
      meet({ kind: 'status', status }, (answer) => {
        assert.equal(answer.status, status);
        assert.deepEqual(Object.keys(errorOf(answer)), ['error', 'message']);
        assert.equal(answer.headers['retry-after'], undefined);
      }));
  }

  const answers: ReadonlyArray<readonly [string, Fault, (answer: Answer) => void]> = [
    [
      '401 although the token is good',
      { kind: 'status', status: 401 },
      ({ status, headers }) => {
        assert.equal(status, 401);
        assert.match(String(headers['www-authenticate']), /invalid_token/);
      },
    ],
    [
      'status 503 with HTML',
      { kind: 'status', status: 503, body: 'html' },
      ({ status, text }) => {
        assert.equal(status, 503);
        assert.match(text, /<h1>503/);
      },
    ],
    [
      'status 502 without a body',
      { kind: 'status', status: 502, body: 'empty' },
      ({ status, text }) => assert.deepEqual([status, text], [502, '']),
    ],
    [
      'status 400 in the validation shape',
      { kind: 'status', status: 400, body: 'validation' },
      ({ text }) => assert.equal(JSON.parse(text).errors.length, 1),
    ],
    [
      '429 with any Retry-After',
      { kind: 'status', status: 429, retryAfter: '-7' },
      ({ headers }) => assert.equal(headers['retry-after'], '-7'),
    ],
    [
      '429 with Retry-After as a date',
      { kind: 'status', status: 429, retryAfter: { dateInSeconds: 90 } },
      ({ headers }) => assert.equal(headers['retry-after'], new Date(START_MS + 90_000).toUTCString()),
    ],
    [
      'an error with its own words',
      { kind: 'status', status: 400, code: 'Odd', message: 'Because.' },
      (answer) => assert.deepEqual(errorOf(answer), { error: 'Odd', message: 'Because.' }),
    ],
    [
      'a redirect',
      { kind: 'redirect', status: 307, location: 'https://elsewhere.example/' },
      ({ status, headers }) => assert.deepEqual([status, headers.location], [307, 'https://elsewhere.example/']),
    ],
    [
      'HTML with status 200',
      { kind: 'html' },
      ({ status, text, headers }) => {
        assert.equal(status, 200);
        assert.match(text, /^<!doctype html>/);
        assert.equal(headers['content-type'], 'text/html');
      },
    ],
    [
      'an empty body with status 200',
      { kind: 'empty' },
      ({ status, text }) => assert.deepEqual([status, text], [200, '']),
    ],
    [
      'a Date that cannot be read',
      { kind: 'date-header', text: 'soon' },
      ({ status, headers }) => assert.deepEqual([status, headers.date], [200, 'soon']),
    ],
    ['no Date', { kind: 'date-header', text: null }, ({ headers }) => assert.equal(headers.date, undefined)],
    [
      'data that is missing',
      { kind: 'data-missing' },
      (answer) => assert.ok(!('data' in pageOf(answer)) && 'links' in pageOf(answer)),
    ],
    ['data that is null', { kind: 'data-null' }, (answer) => assert.equal(pageOf(answer).data, null)],
    [
      'data that is no array',
      { kind: 'data-not-array' },
      (answer) => assert.deepEqual(pageOf(answer).data, { items: [] }),
    ],
    [
      'a count that is off',
      { kind: 'count-off', by: -2 },
      (answer) => assert.equal(pageOf(answer).recordCount, pageOf(answer).data.length - 2),
    ],
    [
      'a count of deletions that is off',
      { kind: 'deleted-count-off' },
      (answer) => assert.equal(pageOf(answer).deletedRecordCount, 1),
    ],
    [
      'the wrong mode',
      { kind: 'wrong-sync-type' },
      (answer) => assert.equal(pageOf(answer).syncTypeName, 'incremental'),
    ],
    [
      'an unknown mode',
      { kind: 'wrong-sync-type', text: 'partial' },
      (answer) => assert.equal(pageOf(answer).syncTypeName, 'partial'),
    ],
    [
      'a token that is not text',
      { kind: 'token-not-text' },
      (answer) => assert.equal(typeof pageOf(answer).continuationToken, 'object'),
    ],
    [
      'one key twice',
      { kind: 'duplicate-keys' },
      ({ text }) => assert.match(text, /\{"id":"double","id":"[0-9a-f]{24}"/),
    ],
    [
      'a record without an id',
      { kind: 'record-without-id' },
      (answer) =>
        assert.deepEqual(
          pageOf(answer).data.map(({ id }) => id === undefined),
          [true, false, false, false, false],
        ),
    ],
    [
      'a record that is no object',
      { kind: 'record-not-object' },
      (answer) => assert.equal(pageOf(answer).data[0], 'just text'),
    ],
    ['bytes that are no UTF-8', { kind: 'invalid-utf8' }, ({ text }) => assert.ok(text.includes('abc\ufffddef'))],
    ['deep nesting', { kind: 'deep-nesting', depth: 5_000 }, ({ text }) => assert.ok(text.includes('['.repeat(5_000)))],
    [
      'dates that cannot be read',
      { kind: 'bad-dates' },
      (answer) => assert.equal(pageOf(answer).data[0]?.modifiedDateTime, 'i går'),
    ],
    [
      'JSON that stops in the middle',
      { kind: 'truncated-json' },
      ({ status, text }) => {
        assert.equal(status, 200);
        assert.throws(() => JSON.parse(text), SyntaxError);
      },
    ],
  ];
  for (const [name, fault, judge] of answers) {
    it(`is ${name}`, () => meet(fault, judge));
  }

  const broken: ReadonlyArray<readonly [string, Fault, RegExp]> = [
    ['a connection reset before the head', { kind: 'reset-before-head' }, /ECONNRESET|UND_ERR_SOCKET/],
    ['a connection reset midway', { kind: 'reset-midway' }, /ECONNRESET|UND_ERR_SOCKET/],
    ['gzip that is cut off', { kind: 'truncated-gzip' }, /Z_BUF_ERROR/],
    [
      'a length that promises too much',
      { kind: 'wrong-content-length', byBytes: 50 },
      /UND_ERR_SOCKET|ECONNRESET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH/,
    ],
    [
      'a length that promises too little',
      { kind: 'wrong-content-length', byBytes: -50 },
      /Z_BUF_ERROR|Z_DATA_ERROR|HPE_|UND_ERR_/,
    ],
  ];
  for (const [name, fault, code] of broken) {
    it(`is ${name}`, async () => {
      world.simulator.faults.add({ fault, streams: ['user'] });
      await assert.rejects(world.get('user', { ChunkLimit: 5 }, ZIP), (error: NodeJS.ErrnoException) =>
        code.test(String(error.code)),
      );
      assert.equal((await world.get('user', { ChunkLimit: 5 }, ZIP)).status, 200);
    });
  }

  for (const [name, fault] of [
    ['a head that never comes', { kind: 'stalled-head' }],
    ['a body that stops for good', { kind: 'stalled-body', afterBytes: 10 }],
    ['a body that drips for longer than anyone waits', { kind: 'dripping-body', bytes: 1, everyMs: 50 }],
    ['an answer that comes late', { kind: 'slow', ms: 60_000 }],
  ] as const) {
    it(`is ${name}`, async () => {
      world.simulator.faults.add({ fault, streams: ['user'] });
      await assert.rejects(world.get('user', {}, { signal: AbortSignal.timeout(150) }), /abort|timeout/i);
      // Where the machine is busy, the request was given up before it met the fault, and the next one would.
      world.simulator.faults.clear();
      assert.equal((await world.get('user')).status, 200);
    });
  }

  it('is a slow answer, good all the same', async () => {
    world.simulator.faults.add({ fault: { kind: 'slow', ms: 60 }, streams: ['user'] });
    const began = performance.now();
    assert.equal((await world.get('user')).status, 200);
    assert.ok(performance.now() - began >= 59);
  });

  it('is a dripping body that arrives in the end', async () => {
    world.simulator.faults.add({
      fault: { kind: 'dripping-body', bytes: 400, everyMs: 2 },
      streams: ['flow-mass-types'],
    });
    assert.equal((await world.page('flow-mass-types')).data.length, 12);
  });

  for (const filler of ['spaces', 'records'] as const) {
    it(`is a body that never ends: ${filler}`, async () => {
      world.simulator.faults.add({ fault: { kind: 'endless-body', of: filler }, streams: ['user'] });
      assert.ok((await readUntil(5_000_000)) >= 5_000_000);
    });
  }

  it('is a compression bomb: a thousand times as large as it seems', async () => {
    world.simulator.faults.add({ fault: { kind: 'compression-bomb', expandedBytes: 50_000_000 }, streams: ['user'] });
    const answer = await world.get('user', {}, ZIP);
    assert.ok(answer.text.length >= 50_000_000 && answer.bytes.length < 1_000_000, `${answer.bytes.length} bytes`);
    assert.deepEqual(JSON.parse(answer.text).data, []);
  });

  it('is a continuation token that comes again and again', async () => {
    world.simulator.faults.add({ fault: { kind: 'repeated-token' }, streams: ['user'], times: 10 });
    const first = await world.page('user', { ChunkLimit: 5 });
    const second = await world.page('user', { ChunkLimit: 5, ContinuationToken: String(first.continuationToken) });
    assert.equal(second.continuationToken, first.continuationToken);
  });

  it('is a traversal that never ends, every token another', async () => {
    world.simulator.faults.add({ fault: { kind: 'endless-tokens' }, streams: ['user'], times: 100 });
    const tokens = new Set<string>();
    let token = '';
    for (let page = 0; page < 40; page += 1) {
      token = String((await world.page('user', { ChunkLimit: 5, ContinuationToken: token })).continuationToken);
      tokens.add(token);
    }
    assert.equal(tokens.size, 40);
  });

  it('is a refused continuation token: only requests with one are refused', async () => {
    world.simulator.faults.add({ fault: { kind: 'refused-token' }, streams: ['user'] });
    const { continuationToken } = await world.page('user', { ChunkLimit: 5 });
    const parameters = { ChunkLimit: 5, ContinuationToken: String(continuationToken) };
    const answer = await world.get('user', parameters);
    assert.deepEqual([answer.status, errorOf(answer).error], [400, 'InvalidContinuationToken']);
    assert.equal((await world.get('user', parameters)).status, 200);
  });

  it('of the token endpoint meets token requests only', async () => {
    world.simulator.faults.add({ fault: { kind: 'status', status: 503 }, endpoint: 'token' });
    assert.equal((await world.get('user')).status, 200);
    await assert.rejects(world.token(), /503|ServiceUnavailable/);
    assert.ok(await world.token());
  });

  async function readUntil(bytes: number): Promise<number> {
    const agent = new Agent();
    const headers = { authorization: `Bearer ${await world.token()}`, 'accept-encoding': 'gzip' };
    const answer = await request(urlOf(world.simulator, 'user'), { dispatcher: agent, headers });
    let read = 0;
    const plain = answer.body.pipe(createGunzip());
    for await (const piece of plain) {
      read += (piece as Buffer).length;
      if (read >= bytes) break;
    }
    answer.body.destroy();
    await agent.destroy();
    return read;
  }
});

describe('the switchboard of faults', () => {
  const model = createDitioModel({ records: 300, now: () => START_MS });
  const fault: Fault = { kind: 'status', status: 500 };

  /** Statuses of so many requests for a stream, without a token: 401 where no fault is met. */
  function statuses(requests: number, path = 'user', query = ''): number[] {
    return Array.from(
      { length: requests },
      () => model.handle({ method: 'GET', url: `/reporting/v1/${path}${query}`, headers: {} }).status,
    );
  }
  afterEach(() => {
    model.faults.clear();
  });

  it('fires once where nothing else is said', () => {
    model.faults.add({ fault });
    assert.deepEqual(statuses(3), [500, 401, 401]);
  });

  it('fires so many times', () => {
    model.faults.add({ fault, times: 2 });
    assert.deepEqual(statuses(4), [500, 500, 401, 401]);
  });

  it('fires at the n-th request of its streams, counted from when it was added', () => {
    statuses(3);
    model.faults.add({ fault, nth: [2, 4], streams: ['user'] });
    assert.deepEqual(statuses(1, 'resource'), [401]);
    assert.deepEqual(statuses(5), [401, 500, 401, 500, 401]);
  });

  it('fires by chance, and by the same chance with the same seed', () => {
    const run = () => {
      const other = createDitioModel({ records: 100, seed: 9, now: () => START_MS });
      other.faults.add({ fault, probability: 0.3 });
      return Array.from(
        { length: 300 },
        () => other.handle({ method: 'GET', url: '/reporting/v1/user', headers: {} }).status,
      );
    };
    const share = run().filter((status) => status === 500).length / 300;
    assert.ok(share > 0.2 && share < 0.4, `${share}`);
    assert.deepEqual(run(), run());
  });

  it('tells first pages from later ones', () => {
    model.faults.add({ fault, on: 'later-pages', times: 9 });
    assert.deepEqual([...statuses(1), ...statuses(1, 'user', '?ContinuationToken=x')], [401, 500]);
    model.faults.clear();
    model.faults.add({ fault, on: 'first-page', times: 9 });
    assert.deepEqual([...statuses(1), ...statuses(1, 'user', '?ContinuationToken=x')], [500, 401]);
  });

  it('lets the rule added first go first', () => {
    model.faults.add({ fault: { kind: 'status', status: 429 } });
    model.faults.add({ fault, times: 1 });
    assert.deepEqual(statuses(3), [429, 500, 401]);
  });

  it('forgets a rule that is removed, and counts what fired', () => {
    const other = createDitioModel({ records: 100, now: () => START_MS });
    const rule = other.faults.add({ fault, times: 10 });
    const ask = () => other.handle({ method: 'GET', url: '/reporting/v1/user', headers: {} }).status;
    assert.deepEqual([ask(), ask()], [500, 500]);
    assert.equal(rule.fired, 2);
    rule.remove();
    assert.equal(ask(), 401);
    assert.deepEqual({ ...other.faults.fired }, { status: 2 });
    assert.equal(other.requests.filter(({ fault: kind }) => kind === 'status').length, 2);
  });

  it('refuses a stream that does not exist', () => {
    assert.throws(() => model.faults.add({ fault, streams: ['users'] }), RangeError);
  });

  it('passes faults of the wire on, and does not wait itself', () => {
    model.faults.add({ fault: { kind: 'reset-midway' } });
    model.faults.add({ fault: { kind: 'slow', ms: 5_000 } });
    const ask = () => model.handle({ method: 'GET', url: '/reporting/v1/user', headers: {} });
    assert.deepEqual(ask().wire, { kind: 'reset-midway' });
    assert.equal(ask().delayMs, 5_000);
    assert.deepEqual([ask().wire, ask().delayMs], [null, 0]);
  });
});

describe('a simulator that is closed', () => {
  it('lets go of every connection, of stalled ones too', async () => {
    const world = await startWorld({ records: 100 });
    world.simulator.faults.add({ fault: { kind: 'stalled-head' }, streams: ['user'] });
    const stalled = world.get('user').catch((error: unknown) => error);
    await delay(30);
    await world.simulator.close();
    assert.ok((await stalled) instanceof Error);
    await world.close();
  });
});
