import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineReached, HardFailure, TransferBroken } from '../../src/core/errors.ts';
import { formatInstant } from '../../src/core/instant.ts';
import type { Clock, PageAnswer } from '../../src/ports.ts';
import { networkError, rejection, type ScriptedAnswer, type Step } from './fakes.ts';
import { createPageWorld, issued, type PageWorldOptions, REQUEST, readText, STORED_TOKEN } from './page-world.ts';

const PAGE: ScriptedAnswer = { headers: { 'content-type': 'application/json' }, body: '{"data":[]}' };
const status = (code: number, headers: Readonly<Record<string, string>> = {}, body = ''): Step => ({
  status: code,
  headers,
  body,
});
const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);

/** A body that gives its bytes and then breaks. */
function breaking(text: string, error: Error) {
  return async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
    throw error;
  };
}

/** A body that never ends, a byte a second. */
async function* drip(clock: Clock): AsyncGenerator<Uint8Array> {
  for (;;) {
    await clock.sleep(1_000);
    yield Buffer.from(' ');
  }
}

interface Row extends PageWorldOptions {
  readonly name: string;
  /** Requests of pages, and waits between them in milliseconds. */
  readonly requests: number;
  readonly waits?: readonly number[];
  readonly ends: 'page' | 'deadline' | HardFailure['kind'];
  readonly atMs?: number;
}

const rows: readonly Row[] = [
  { name: 'a good page is asked for once', pages: [PAGE], requests: 1, ends: 'page' },
  ...[429, 500, 502, 503, 504, 408].map((code) => ({
    name: `status ${code} is tried again after a second`,
    pages: [status(code), PAGE],
    requests: 2,
    waits: [1_000],
    ends: 'page' as const,
  })),
  ...(
    [
      [400, 'bad_request'],
      [403, 'forbidden'],
      [404, 'not_found'],
      [409, 'unexpected'],
      [501, 'unexpected'],
      [204, 'wire_format'],
      [302, 'wire_format'],
    ] as const
  ).map(([code, ends]) => ({
    name: `status ${code} is never tried again`,
    pages: [status(code, { location: 'https://elsewhere.example.test/' })],
    requests: 1,
    ends,
  })),
  {
    name: 'a server that stays in trouble is given up after five attempts',
    pages: times(5, status(503)),
    requests: 5,
    waits: [1_000, 2_000, 4_000, 8_000],
    ends: 'retries_exhausted',
    atMs: 15_000,
  },
  {
    name: 'jitter lengthens the waits',
    pages: [status(500), status(500), PAGE],
    random: 0.8,
    requests: 3,
    waits: [1_200, 2_400],
    ends: 'page',
  },
  {
    name: 'Retry-After in seconds is kept',
    pages: [status(429, { 'retry-after': '30' }), PAGE],
    requests: 2,
    waits: [30_000],
    ends: 'page',
  },
  {
    name: "Retry-After as a date is taken on the server's clock",
    pages: [
      status(503, { date: 'Sun, 22 Nov 2026 10:00:00 GMT', 'retry-after': 'Sun, 22 Nov 2026 10:00:45 GMT' }),
      PAGE,
    ],
    requests: 2,
    waits: [45_000],
    ends: 'page',
  },
  {
    name: 'Retry-After: 0 does not burn the attempts in a burst',
    pages: [...times(4, status(429, { 'retry-after': '0' })), PAGE],
    requests: 5,
    waits: [1_000, 2_000, 4_000, 8_000],
    ends: 'page',
  },
  {
    name: 'stops before a Retry-After that does not fit',
    pages: [status(429, { 'retry-after': '120' })],
    remainingMs: 60_000,
    requests: 1,
    ends: 'deadline',
    atMs: 0,
  },
  {
    name: 'status 401 renews the token and sends the request again at once',
    pages: [status(401), PAGE],
    tokens: [issued('new-token')],
    requests: 2,
    ends: 'page',
    atMs: 0,
  },
  {
    name: 'a new token that gets 401 too is the end',
    pages: [status(401), status(401)],
    tokens: [issued('new-token')],
    requests: 2,
    ends: 'unauthorized',
  },
  {
    name: 'a token that is new already and gets 401 is not renewed',
    pages: [status(401)],
    stored: false,
    tokens: [issued('new-token')],
    requests: 1,
    ends: 'unauthorized',
  },
  {
    name: 'a 401 is not counted as one of the five attempts',
    pages: [status(503), status(401), status(503), status(503), status(503), PAGE],
    tokens: [issued('new-token')],
    requests: 6,
    waits: [1_000, 2_000, 4_000, 8_000],
    ends: 'page',
  },
  {
    name: 'a client that is refused a token gets no page',
    pages: [],
    stored: false,
    tokens: [status(400, {}, '{"error":"invalid_client"}')],
    requests: 0,
    ends: 'credentials',
  },
  ...['ECONNRESET', 'UND_ERR_SOCKET', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'ENOTFOUND'].map((code) => ({
    name: `the network's ${code} is tried again`,
    pages: [networkError(code), PAGE],
    requests: 2,
    waits: [1_000],
    ends: 'page' as const,
  })),
  {
    name: 'a certificate that is not trusted is not tried again',
    pages: [networkError('CERT_HAS_EXPIRED')],
    requests: 1,
    ends: 'unexpected',
  },
  {
    name: 'a defect of the transport is not tried again',
    pages: [new TypeError('x is undefined')],
    requests: 1,
    ends: 'unexpected',
  },
  {
    name: 'an answer that never comes is given up when the attempt is over, and asked for again',
    pages: ['hang', PAGE],
    requests: 2,
    waits: [1_000],
    ends: 'page',
    atMs: 121_000,
  },
  {
    name: 'answers that never come use the attempts up',
    pages: times(5, 'hang'),
    requests: 5,
    waits: [1_000, 2_000, 4_000, 8_000],
    ends: 'retries_exhausted',
    atMs: 615_000,
  },
  {
    name: 'an answer that does not come before the deadline is no failure',
    pages: ['hang'],
    remainingMs: 60_000,
    requests: 1,
    ends: 'deadline',
    atMs: 45_000,
  },
  { name: 'nothing is sent once work is over', pages: [], remainingMs: 0, requests: 0, ends: 'deadline', atMs: 0 },
  {
    name: 'a body that breaks midway is asked for again',
    pages: [{ body: breaking('{"da', networkError('UND_ERR_SOCKET')) }, PAGE],
    requests: 2,
    waits: [1_000],
    ends: 'page',
  },
  {
    name: 'a body that is shorter than announced is asked for again',
    pages: [{ headers: { 'content-length': '12' }, body: '{"data":[]}' }, PAGE],
    requests: 2,
    waits: [1_000],
    ends: 'page',
  },
  {
    name: 'a body that drips for ever is given up when the attempt is over, and asked for again',
    pages: [{ body: drip }, PAGE],
    requests: 2,
    waits: [1_000],
    ends: 'page',
    atMs: 121_000,
  },
  {
    name: 'a body that does not end before the deadline is no failure',
    pages: [{ body: drip }],
    remainingMs: 60_000,
    requests: 1,
    ends: 'deadline',
    atMs: 45_000,
  },
  {
    name: 'a refusal counts although its body never ends',
    pages: [{ status: 403, body: drip }],
    requests: 1,
    ends: 'forbidden',
    atMs: 5_000,
  },
  {
    name: 'HTML with status 200 is no page',
    pages: [{ headers: { 'content-type': 'Text/HTML; charset=utf-8' }, body: '<html>login</html>' }],
    requests: 1,
    ends: 'wire_format',
  },
  {
    name: 'a page in an unknown encoding is no page',
    pages: [{ headers: { 'content-encoding': 'zstd' }, body: '???' }],
    requests: 1,
    ends: 'wire_format',
  },
];

for (const row of rows) {
  test(row.name, async () => {
    // Prepare
    const { source, scope, transport, clock } = createPageWorld(row);

    // Act
    const outcome = await source.fetchPage(REQUEST, readText, scope).catch((error: unknown) => error);

    // Assess
    assert.equal(endOf(outcome), row.ends);
    if (row.ends === 'page') assert.equal(outcome, '{"data":[]}');
    transport.assertUsedUp();
    assert.equal(transport.open(), 0, 'an exchange was left open');
    const sent = transport.sent.filter((request) => request.url.pathname.includes('/v1/'));
    assert.equal(sent.length, row.requests);
    assert.equal(scope.tally.requests, row.requests);
    const waits = scope.log.of('retry_wait').map((fields) => fields.delay_ms);
    assert.deepEqual(waits, row.waits ?? []);
    assert.equal(scope.tally.retries, waits.length);
    if (row.atMs !== undefined) assert.equal(clock.monotonicMs(), row.atMs);
    assert.equal(
      new Set(sent.map((request) => request.url.href)).size,
      Math.min(1, sent.length),
      'always the same request',
    );
    assertNoSecrets([scope.log.lines, outcome]);
  });
}

test('what ends a fetch for good tells everything a person needs', async () => {
  const body = JSON.stringify({
    message: 'Validation failed',
    errors: [{ code: 'ValidationError', field: 'ChunkLimit' }],
  });
  const { source, scope } = createPageWorld({ pages: [status(503), { status: 400, body, afterMs: 250 }] });
  const failure = await rejection(source.fetchPage(REQUEST, readText, scope));
  assert.ok(failure instanceof HardFailure);
  const { hint, ...facts } = failure.facts;
  assert.deepEqual(facts, {
    status: 400,
    detail: 'Validation failed',
    errors: [{ code: 'ValidationError', field: 'ChunkLimit' }],
    request:
      'GET https://core-api.example.test/reporting/v1/time-registrations?ModifiedSince=2026-11-22T08%3A05%3A00.000Z&ChunkLimit=5000&ContinuationToken=…',
    attempts: 2,
    elapsedMs: 1_250,
  });
  assert.ok(hint);
  assert.ok(failure.cause instanceof Error);
});

test('an exhausted fetch tells what came last, and a timeout names the settings that help', async () => {
  const exhausted = async (pages: readonly Step[]) => {
    const { source, scope } = createPageWorld({ pages });
    const failure = await rejection(source.fetchPage(REQUEST, readText, scope));
    assert.ok(failure instanceof HardFailure && failure.kind === 'retries_exhausted');
    return failure.facts;
  };
  const server = await exhausted([...times(4, status(500)), status(502, {}, '<h1>Bad gateway</h1>')]);
  assert.deepEqual([server.status, server.detail, server.attempts, server.elapsedMs], [502, 'Bad gateway', 5, 15_000]);
  const network = await exhausted(times(5, networkError('ECONNRESET')));
  assert.deepEqual([network.status, network.code, network.attempts], [undefined, 'ECONNRESET', 5]);
  const timeout = await exhausted(times(5, 'hang'));
  assert.match(timeout.hint ?? '', /PAGE_SIZE.*REQUEST_TIMEOUT_SECONDS/);
});

test('every wait has its line', async () => {
  const { source, scope } = createPageWorld({
    pages: [status(429, { 'retry-after': '20' }), networkError('ECONNRESET'), PAGE],
  });
  await source.fetchPage(REQUEST, readText, scope);
  const request =
    'GET https://core-api.example.test/reporting/v1/time-registrations?ModifiedSince=2026-11-22T08%3A05%3A00.000Z&ChunkLimit=5000&ContinuationToken=…';
  assert.deepEqual(
    scope.log.lines.filter((line) => line.event === 'retry_wait'),
    [
      {
        level: 'warn',
        event: 'retry_wait',
        fields: {
          request,
          attempt: 1,
          delay_ms: 20_000,
          throttled: true,
          reason: 'rate_limited',
          status: 429,
          code: null,
        },
      },
      {
        level: 'warn',
        event: 'retry_wait',
        fields: {
          request,
          attempt: 2,
          delay_ms: 2_000,
          throttled: false,
          reason: 'connection_broken',
          status: null,
          code: 'ECONNRESET',
        },
      },
    ],
  );
  assert.deepEqual(scope.tally, { requests: 3, retries: 2, throttled: 1 });
});

test('the request carries the token, what it accepts, and who asks', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: [PAGE, { headers: { 'content-length': '4' }, body: 'a;b\n' }],
  });
  await source.fetchPage(REQUEST, readText, scope);
  const window = { from: REQUEST.modifiedSince ?? assert.fail(), to: REQUEST.modifiedSince ?? assert.fail() };
  const items = { ...REQUEST, stream: 'item-registrations', modifiedSince: null, continuationToken: null, window };
  await source.fetchPage(items, readText, scope);
  assert.deepEqual(
    transport.sent.map(({ method, headers, body }) => ({ method, headers, body })),
    [
      {
        method: 'GET',
        headers: {
          accept: 'application/json',
          'accept-encoding': 'gzip',
          authorization: `Bearer ${STORED_TOKEN}`,
          'user-agent': 'ditio-extract/0.0.0',
        },
        body: undefined,
      },
      {
        method: 'GET',
        headers: {
          accept: 'text/csv, text/plain;q=0.9',
          'accept-encoding': 'gzip',
          authorization: `Bearer ${STORED_TOKEN}`,
          'user-agent': 'ditio-extract/0.0.0',
        },
        body: undefined,
      },
    ],
  );
});

test('the answer tells both clocks and how long it took', async () => {
  const answer = { ...PAGE, headers: { date: 'Sun, 22 Nov 2026 08:20:01 GMT' }, afterMs: 700 };
  const { source, scope } = createPageWorld({ pages: [status(503), answer] });
  const seen = await source.fetchPage(
    REQUEST,
    async (page: PageAnswer) => {
      await readText(page);
      return page;
    },
    scope,
  );
  assert.equal(seen.serverDate && formatInstant(seen.serverDate), '2026-11-22T08:20:01.000Z');
  assert.equal(formatInstant(seen.requestedAt), '2026-11-22T08:15:01.000Z');
  assert.equal(formatInstant(seen.answeredAt), '2026-11-22T08:15:01.700Z');
  assert.equal(seen.waitedMs, 700);
});

test('a date that is none is no date', async () => {
  const { source, scope } = createPageWorld({ pages: [{ ...PAGE, headers: { date: 'yesterday' } }] });
  const serverDate = await source.fetchPage(REQUEST, async (page) => page.serverDate, scope);
  assert.equal(serverDate, null);
});

test('a 429 holds back every stream of the host, and none of them sends meanwhile', async () => {
  const { source, scope, transport, clock } = createPageWorld({
    pages: [status(429, { 'retry-after': '30' }), PAGE, PAGE, PAGE],
  });
  const first = source.fetchPage(REQUEST, readText, scope);
  await clock.sleep(100);
  const others = ['user', 'project'].map((stream) => source.fetchPage({ ...REQUEST, stream }, readText, scope));
  await Promise.all([first, ...others]);
  assert.deepEqual(
    transport.sent.map((request) => request.atMs),
    [0, 30_000, 30_000, 30_000],
  );
  assert.equal(scope.tally.retries, 1, 'waiting for the host is not a retry');
});

test('a stream that would wait for the host past its deadline stops at once', async () => {
  const { source, scope, clock } = createPageWorld({
    pages: [status(429, { 'retry-after': '120' })],
    remainingMs: 60_000,
  });
  assert.ok((await rejection(source.fetchPage(REQUEST, readText, scope))) instanceof DeadlineReached);
  assert.ok((await rejection(source.fetchPage(REQUEST, readText, scope))) instanceof DeadlineReached);
  assert.equal(clock.monotonicMs(), 0);
  assert.equal(scope.tally.requests, 1);
});

test('a token that ends during a long wait is renewed before the request is sent again', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: [status(429, { 'retry-after': '120' }), PAGE],
    stored: false,
    tokens: [issued('short', 60), issued('long')],
  });
  await source.fetchPage(REQUEST, readText, scope);
  const used = transport.sent
    .filter((request) => request.method === 'GET')
    .map((request) => request.headers.authorization);
  assert.deepEqual(used, ['Bearer short', 'Bearer long']);
});

test('streams that are refused together renew the token once', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: [...times(4, status(401)), ...times(4, PAGE)],
    tokens: [issued('new-token')],
  });
  await Promise.all(Array.from({ length: 4 }, () => source.fetchPage(REQUEST, readText, scope)));
  transport.assertUsedUp();
});

test('a client whose every token is refused costs one token and one request per stream', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: times(19, status(401)),
    stored: false,
    tokens: [issued('t')],
  });
  for (let stream = 0; stream < 19; stream++) {
    const failure = await rejection(source.fetchPage(REQUEST, readText, scope));
    assert.ok(failure instanceof HardFailure && failure.kind === 'unauthorized');
    assert.match(failure.facts.hint ?? '', /emulation user/);
    assert.equal(failure.facts.status, 401);
  }
  transport.assertUsedUp();
});

test('consume runs anew for each attempt, and only for answers with status 200', async () => {
  const { source, scope } = createPageWorld({
    pages: [status(503), { body: breaking('ha', networkError('ECONNRESET')) }, { body: 'whole' }],
  });
  const begun: string[] = [];
  const text = await source.fetchPage(
    REQUEST,
    async (answer) => {
      begun.push(formatInstant(answer.requestedAt));
      return await readText(answer);
    },
    scope,
  );
  assert.equal(text, 'whole');
  assert.equal(begun.length, 2);
});

for (const error of [
  new Error('disk full'),
  new TypeError('a defect'),
  new HardFailure('lake', 'no'),
  new DeadlineReached('x'),
]) {
  test(`an error of consume ends the fetch as it is: ${error.name}`, async () => {
    const { source, scope, transport } = createPageWorld({ pages: [PAGE] });
    const thrown = await rejection(
      source.fetchPage(
        REQUEST,
        async () => {
          throw error;
        },
        scope,
      ),
    );
    assert.equal(thrown, error);
    assert.equal(transport.open(), 0, 'the unread body was not given back');
  });
}

test('a reader that says itself that the transfer broke gets another attempt', async () => {
  const { source, scope } = createPageWorld({ pages: [{ body: 'half' }, { body: 'whole' }] });
  const text = await source.fetchPage(
    REQUEST,
    async (answer) => {
      const got = await readText(answer);
      if (got === 'half') throw new TransferBroken('the envelope is not closed');
      return got;
    },
    scope,
  );
  assert.equal(text, 'whole');
});

test('a reader that overlooks a broken body cannot pass off half a page', async () => {
  const { source, scope } = createPageWorld({
    pages: [{ body: breaking('half', networkError('EPIPE')) }, { body: 'whole' }],
  });
  const text = await source.fetchPage(REQUEST, (answer) => readText(answer).catch(() => 'half'), scope);
  assert.equal(text, 'whole');
});

test('a reader may leave the body unread', async () => {
  const { source, scope, transport } = createPageWorld({ pages: [PAGE] });
  assert.equal(await source.fetchPage(REQUEST, async () => 'enough', scope), 'enough');
  assert.equal(transport.open(), 0);
});

test('text whose end cannot be told from a broken connection is refused', async () => {
  const { source, scope } = createPageWorld({ pages: [{ body: 'a;b\n' }] });
  const window = { from: REQUEST.modifiedSince ?? assert.fail(), to: REQUEST.modifiedSince ?? assert.fail() };
  const items = { ...REQUEST, stream: 'item-registrations', modifiedSince: null, continuationToken: null, window };
  const failure = await rejection(source.fetchPage(items, readText, scope));
  assert.ok(failure instanceof HardFailure && failure.kind === 'wire_format');
});

test('an unknown stream is refused before anything is sent', async () => {
  const { source, scope, transport } = createPageWorld({ pages: [] });
  const failure = await rejection(source.fetchPage({ ...REQUEST, stream: 'hours' }, readText, scope));
  assert.ok(failure instanceof HardFailure && failure.kind === 'unexpected');
  assert.equal(transport.sent.length, 0);
});

test('a dying service is not hammered: the retries of a run are bounded over all streams', async () => {
  const { source, scope, transport } = createPageWorld({ pages: times(1_000, status(503)), remainingMs: 10_000_000 });
  const fetches = 60;
  for (let index = 0; index < fetches; index++) await rejection(source.fetchPage(REQUEST, readText, scope));
  assert.equal(transport.sent.length, fetches + 100);
});

test('a check of the token says what was proved, without the token', async () => {
  const { source, scope } = createPageWorld({ pages: [], tokens: [issued('new-token')] });
  const sentence = await source.checkToken(scope);
  assert.equal(sentence, 'a token for reportingapiv1 was issued, good for 30 min (until 2026-11-22T08:45:00.000Z)');
});

test('a check of the token with a wrong secret says so', async () => {
  const { source, scope } = createPageWorld({ pages: [], tokens: [status(400, {}, '{"error":"invalid_client"}')] });
  const failure = await rejection(source.checkToken(scope));
  assert.ok(failure instanceof HardFailure && failure.kind === 'credentials');
});

function endOf(outcome: unknown): string {
  if (outcome instanceof DeadlineReached) return 'deadline';
  if (outcome instanceof HardFailure) return outcome.kind;
  return outcome instanceof Error ? String(outcome) : 'page';
}

function assertNoSecrets(values: readonly unknown[]): void {
  const text = values
    .map((value) =>
      value instanceof HardFailure
        ? `${value.message} ${JSON.stringify(value.facts)} ${value.cause}`
        : JSON.stringify(value),
    )
    .join(' ');
  for (const secret of [STORED_TOKEN, 'new-token', 'secret-of-client-a', 'opaque-continuation']) {
    assert.ok(!text.includes(secret), `${secret} leaked: ${text}`);
  }
}
