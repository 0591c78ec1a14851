/** Tests what a fetch reports: its failure, its log lines, its request and the times of its answer. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HardFailure } from '../../src/core/failure/errors.ts';
import { createPageSplitter } from '../../src/core/page/page-splitter.ts';
import { formatInstant } from '../../src/core/time/instant.ts';
import type { PageAnswer } from '../../src/ports.ts';
import { networkError, rejection, type Step } from './fakes.ts';
import {
  createPageWorld,
  ITEM_REQUEST,
  issued,
  PAGE,
  REQUEST,
  readText,
  STORED_TOKEN,
  status,
  times,
} from './page-world.ts';

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

test('a refusal that repeats the request is reported without its tokens', async () => {
  const echo = `no: Bearer ${STORED_TOKEN}, ${REQUEST.continuationToken}, ${encodeURIComponent(REQUEST.continuationToken ?? '')}`;
  const { source, scope } = createPageWorld({ pages: [status(400, {}, JSON.stringify({ message: echo }))] });
  const failure = await rejection(source.fetchPage(REQUEST, readText, scope));
  assert.ok(failure instanceof HardFailure);
  const told = `${failure.message} ${JSON.stringify(failure.facts)} ${failure.cause}`;
  assert.match(told, /no: Bearer \[redacted\]/);
  assert.doesNotMatch(told, /stored-token|opaque-continuation/);
});

test('a page that says that it failed is reported with what it says, without its tokens', async () => {
  const page = {
    data: [],
    error: 'InternalError',
    message: `Query timed out for Bearer ${STORED_TOKEN}, ${REQUEST.continuationToken}`,
  };
  const { source, scope } = createPageWorld({ pages: [{ body: JSON.stringify(page) }] });
  const read = async (answer: PageAnswer) => {
    const splitter = createPageSplitter(Buffer.from('{'), REQUEST.continuationToken);
    for await (const chunk of answer.body) splitter.push(chunk);
    return splitter.finish();
  };
  const failure = await rejection(source.fetchPage(REQUEST, read, scope));
  assert.ok(failure instanceof HardFailure && failure.kind === 'wire_format');
  const { code, detail, hint } = failure.facts;
  assert.deepEqual([code, detail], ['InternalError', 'Query timed out for Bearer [redacted], [redacted]']);
  assert.match(hint ?? '', /Read detail/);
  assert.doesNotMatch(`${failure.message} ${failure.cause}`, /stored-token|opaque-continuation/);
});

test('the answer tells whether its head points to a next page', async () => {
  const headers = { link: '</v1/x?page=2>; rel="next"', 'x-continuation-token': REQUEST.continuationToken ?? '' };
  const { source, scope } = createPageWorld({ pages: [{ ...PAGE, headers }, PAGE] });
  const nextPageSign = () => source.fetchPage(REQUEST, async (answer) => answer.nextPageSign, scope);
  assert.deepEqual([await nextPageSign(), await nextPageSign()], ['link', null]);
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
  assert.deepEqual(scope.tally, { requests: 3, retries: 2, throttled: 1, hasStartedRequest: true });
});

test('the request carries the token, what it accepts, and who asks', async () => {
  const { source, scope, transport } = createPageWorld({
    pages: [PAGE, { headers: { 'content-length': '4' }, body: 'a;b\n' }],
  });
  await source.fetchPage(REQUEST, readText, scope);
  await source.fetchPage(ITEM_REQUEST, readText, scope);
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

test('a Date that cannot be read is ignored', async () => {
  const { source, scope } = createPageWorld({ pages: [{ ...PAGE, headers: { date: 'yesterday' } }] });
  const serverDate = await source.fetchPage(REQUEST, async (page) => page.serverDate, scope);
  assert.equal(serverDate, null);
});

test('a check of the token says what was proved, without the token', async () => {
  const { source, scope } = createPageWorld({ pages: [], tokens: [issued('new-token')] });
  const sentence = await source.checkToken(scope);
  assert.equal(sentence, 'a token for reportingapiv1 was issued, valid for 30 min (until 2026-11-22T08:45:00.000Z)');
});

test('a check of the token with a wrong secret says so', async () => {
  const { source, scope } = createPageWorld({ pages: [], tokens: [status(400, {}, '{"error":"invalid_client"}')] });
  const failure = await rejection(source.checkToken(scope));
  assert.ok(failure instanceof HardFailure && failure.kind === 'credentials');
});

async function told(answer: Step, request = REQUEST): Promise<HardFailure> {
  const { source, scope } = createPageWorld({ pages: [answer] });
  const failure = await rejection(source.fetchPage(request, readJson, scope));
  assert.ok(failure instanceof HardFailure);
  return failure;
}

/** A reader that wants a page, as the splitter does. */
async function readJson(answer: PageAnswer): Promise<void> {
  const text = await readText(answer);
  if (!text.startsWith('{"data":[')) throw new HardFailure('wire_format', 'the page has no "data"');
}

test('an error with status 200 instead of a page is reported in its own words', async () => {
  const { kind, message, facts } = await told({
    headers: { 'content-type': 'application/json' },
    body: '{"error":"Maintenance","message":"Back at noon.","traceId":"made-up"}',
  });
  assert.equal(kind, 'wire_format');
  assert.equal(message, 'the page has no "data"; the answer says Maintenance: Back at noon.');
  assert.deepEqual(
    [facts.status, facts.code, facts.detail, facts.traceId, facts.attempts],
    [200, 'Maintenance', 'Back at noon.', 'made-up', 1],
  );
});

test('a broken page that holds records is not quoted', async () => {
  const { facts, message } = await told({ body: '{"Data":[{"message":"made-up content"}],"message":"x"}' });
  assert.doesNotMatch(`${message} ${JSON.stringify(facts)}`, /made-up content/);
});

test('a page of HTML with status 200 is reported by its title', async () => {
  const { kind, facts } = await told({
    headers: { 'content-type': 'text/html' },
    body: '<html><head><title>Sign in to continue</title></head></html>',
  });
  assert.deepEqual([kind, facts.detail, facts.status], ['wire_format', 'Sign in to continue', 200]);
});

test('a refusal without a body is reported by its headers', async () => {
  const { facts } = await told(
    status(403, { 'www-authenticate': 'Bearer error="insufficient_scope"', 'x-azure-ref': 'made-up-ref' }),
  );
  assert.deepEqual([facts.code, facts.traceId], ['insufficient_scope', 'made-up-ref']);
});

test('a redirect is reported by its target host only, without path and query', async () => {
  const { facts } = await told(status(307, { location: 'https://login.example.test/sso?ticket=abc' }));
  assert.equal(facts.detail, 'redirects to https://login.example.test');
});

test('item text in another charset has a sentence of its own', async () => {
  const failure = await told(
    { headers: { 'content-type': 'text/csv; charset=ISO-8859-1', 'content-length': '4' }, body: 'a;b\n' },
    ITEM_REQUEST,
  );
  assert.equal(failure.kind, 'wire_format');
  assert.match(failure.message, /text in iso-8859-1, not in UTF-8$/);
  assert.match(failure.facts.hint ?? '', /UTF-8/);
});
