import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import { networkError, rejection } from './fakes.ts';
import {
  breaking,
  createPageWorld,
  drip,
  fallingSilent,
  issued,
  PAGE,
  type PageWorldOptions,
  REQUEST,
  readText,
  STORED_TOKEN,
  status,
  times,
} from './page-world.ts';

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
  ...[429, 500, 501, 502, 503, 504, 507, 520, 525, 530, 598, 408, 425].map((code) => ({
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
    name: 'status 401 renews the token and sends the request again when the new token is a second old',
    pages: [status(401), PAGE],
    tokens: [issued('new-token')],
    requests: 2,
    ends: 'page',
    atMs: 1_000,
  },
  {
    name: 'a new token that gets 401 too is the end',
    pages: [status(401), status(401)],
    tokens: [issued('new-token')],
    requests: 2,
    ends: 'unauthorized',
  },
  {
    name: 'status 401 to a token that was just issued renews it as well',
    pages: [status(401), PAGE],
    stored: false,
    tokens: [issued('new-token'), issued('newer-token')],
    requests: 2,
    ends: 'page',
    atMs: 1_000,
  },
  {
    name: 'status 401 with HTML renews the token once and is then blocked, not unauthorized',
    pages: times(2, status(401, { 'content-type': 'text/html' }, '<title>Sign in</title>')),
    tokens: [issued('new-token')],
    requests: 2,
    ends: 'blocked',
  },
  {
    name: 'status 403 with HTML is blocked, not forbidden',
    pages: [status(403, { 'content-type': 'text/html' }, '<title>Web App - Stopped</title>')],
    requests: 1,
    ends: 'blocked',
  },
  {
    name: 'status 403 with the plain text of Cloudflare is blocked, not forbidden',
    pages: [status(403, { 'content-type': 'text/plain; charset=UTF-8' }, 'error code: 1020')],
    requests: 1,
    ends: 'blocked',
  },
  {
    name: 'status 404 with HTML is blocked, not not_found',
    pages: [status(404, {}, '<!DOCTYPE html><title>404 Web Site not found</title>')],
    requests: 1,
    ends: 'blocked',
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
    name: 'a body that falls silent is given up, and asked for again',
    pages: [{ body: fallingSilent }, PAGE],
    requests: 2,
    waits: [1_000],
    ends: 'page',
    atMs: 121_000,
  },
  {
    name: 'a body that is slow but never silent is read until the deadline',
    pages: [{ body: drip }],
    requests: 1,
    ends: 'deadline',
    atMs: 885_000,
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

test('an unknown stream is refused before anything is sent', async () => {
  const { source, scope, transport } = createPageWorld({ pages: [] });
  const failure = await rejection(source.fetchPage({ ...REQUEST, stream: 'hours' }, readText, scope));
  assert.ok(failure instanceof HardFailure && failure.kind === 'unexpected');
  assert.equal(transport.sent.length, 0);
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
  for (const secret of [STORED_TOKEN, 'new-token', 'newer-token', 'secret-of-client-a', 'opaque-continuation']) {
    assert.ok(!text.includes(secret), `${secret} leaked: ${text}`);
  }
}
