/** The page source over real sockets and zlib, against servers that misbehave. */

import assert from 'node:assert/strict';
import type { RequestListener, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import { createRedactor } from '../../src/core/failure/redact.ts';
import { createPageSplitter } from '../../src/core/page/page-splitter.ts';
import { createTokens } from '../../src/ditio/auth/tokens.ts';
import { PAGE_LIMITS } from '../../src/ditio/http/body.ts';
import { createHostGate } from '../../src/ditio/http/host-gate.ts';
import { createTransport } from '../../src/ditio/http/transport.ts';
import { createPageSource, type PageSettings } from '../../src/ditio/pages.ts';
import type { PageAnswer } from '../../src/ports.ts';
import { cutPage } from '../../src/sync/pages/page.ts';
import { NO_FILTERS } from '../fakes/filters.ts';
import { createHurriedClock } from '../fakes/hurried-clock.ts';
import { createMemoryTokenStore } from '../fakes/memory-token-store.ts';
import { createScope, fixedRandom, rejection } from './fakes.ts';
import { serveHttp } from './http/loopback.ts';
import { REQUEST, readText } from './page-world.ts';

const OPTIONS = { timeout: 20_000 };
const PAGE = JSON.stringify({
  data: Array.from({ length: 3_000 }, (_, id) => ({ id: `rad-${id}`, name: 'Bjørn Ås' })),
});
const PACKED = gzipSync(PAGE);

type Answer = (response: ServerResponse) => void;

const good: Answer = (response) => {
  response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': PACKED.length }).end(PACKED);
};

/** A page source against a server that gives these answers in turn; `asked` tells how often it was asked. */
async function world(
  t: TestContext,
  answers: readonly Answer[],
  settings: Partial<PageSettings> & { readonly silenceMs?: number } = {},
) {
  const { silenceMs = 10_000 } = settings;
  const left = [...answers];
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    if (request.url === '/connect/token') {
      const token = { access_token: 'loopback-token', expires_in: 1_800, token_type: 'Bearer' };
      return void response.end(JSON.stringify(token));
    }
    asked.push(request.url ?? '');
    const answer = left.shift() ?? assert.fail('one request too many');
    answer(response);
  };
  const server = await serveHttp(listener);
  const clock = createHurriedClock();
  const transport = createTransport({ baseUrls: [server.url], silenceMs, env: {} });
  t.after(async () => {
    await transport.close();
    await server.close();
  });
  const shared = { transport, clock, random: fixedRandom(), redactor: createRedactor() };
  const tokens = createTokens(
    {
      ...shared,
      credentials: { read: async () => ({ clientId: 'a', clientSecret: 'secret-of-a' }) },
      store: createMemoryTokenStore(),
    },
    { identityUrl: server.url, scopes: ['reportingapiv1'], requestTimeoutMs: 30_000, userAgent: 'test' },
  );
  const source = createPageSource(
    { ...shared, tokens, gate: createHostGate(clock) },
    {
      baseUrls: { reporting: server.url },
      filters: NO_FILTERS,
      userAgent: 'test',
      ...settings,
    },
  );
  return { source, asked, clock, server, left, transport };
}

/** JSON that ends where the connection is closed, as of a proxy that speaks HTTP/1.0; `bytes` of it come. */
const untilClosed =
  (bytes: number): Answer =>
  (response) => {
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { connection: 'close' }).end(PAGE.slice(0, bytes));
  };

const countRecords = async (answer: PageAnswer) => {
  const drain = async (lines: AsyncIterable<Uint8Array>) => {
    for await (const _ of lines);
  };
  return (await cutPage(answer, createPageSplitter(Buffer.from('{'), null), drain, () => {})).summary.records;
};

for (const bytes of [0, 500]) {
  test(
    `JSON that does not tell its end, and broke off after ${bytes} bytes, is asked for again`,
    OPTIONS,
    async (t) => {
      const { source, asked, clock } = await world(t, [untilClosed(bytes), untilClosed(PAGE.length)]);
      assert.equal(await source.fetchPage(REQUEST, countRecords, createScope(clock)), 3_000);
      assert.equal(asked.length, 2);
    },
  );
}

test('JSON that tells its end, and is not whole, is not asked for again', OPTIONS, async (t) => {
  const { source, clock, asked } = await world(t, [(response) => void response.end(PAGE.slice(0, 500))]);
  const error = await rejection(source.fetchPage(REQUEST, countRecords, createScope(clock)));
  assert.ok(error instanceof HardFailure && error.kind === 'wire_format', String(error));
  assert.match(error.message, /the body broke off/);
  assert.equal(asked.length, 1);
});

const passing: ReadonlyArray<readonly [name: string, answer: Answer]> = [
  [
    'truncated gzip',
    (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(PACKED.subarray(0, -50)),
  ],
  [
    'fewer bytes than announced',
    (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': PACKED.length });
      response.write(PACKED.subarray(0, 500), () => response.socket?.end());
    },
  ],
  [
    'a connection that is reset midway',
    (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.write(PACKED.subarray(0, 500), () => response.socket?.resetAndDestroy());
    },
  ],
  ['a connection that is closed before the answer', (response) => void response.socket?.destroy()],
  ['a server that is busy', (response) => void response.writeHead(503).end('<h1>busy</h1>')],
];
for (const [name, answer] of passing) {
  test(`the next good answer recovers: ${name}`, OPTIONS, async (t) => {
    const { source, asked, clock, left } = await world(t, [answer, good]);
    const scope = createScope(clock);
    assert.equal(await source.fetchPage(REQUEST, readText, scope), PAGE);
    assert.equal(asked.length, 2);
    assert.equal(left.length, 0);
    assert.deepEqual(scope.tally, { requests: 2, retries: 1, throttled: 0, hasStartedRequest: true });
  });
}

const hopeless: ReadonlyArray<readonly [name: string, answer: Answer, kind: string]> = [
  ['a redirect', (response) => void response.writeHead(302, { location: '/reporting/login' }).end(), 'wire_format'],
  [
    'HTML',
    (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello</p>'),
    'wire_format',
  ],
  [
    'a body that is called gzip and is not',
    (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(PAGE),
    'wire_format',
  ],
  [
    'a compression bomb',
    (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(30_000_000))),
    'wire_format',
  ],
  [
    'a body without end',
    (response) => {
      response.writeHead(200);
      const fill = () => {
        while (!response.destroyed)
          if (!response.write(Buffer.alloc(65_536, ' '))) return void response.once('drain', fill);
      };
      fill();
    },
    'wire_format',
  ],
];
for (const [name, answer, kind] of hopeless) {
  test(`is refused immediately, and the next good answer recovers: ${name}`, OPTIONS, async (t) => {
    const limits = { ...PAGE_LIMITS, compressedBytes: 5_000_000, ratioFromBytes: 1_000_000 };
    const { source, asked, clock } = await world(t, [answer, good], { limits });
    const failure = await rejection(source.fetchPage(REQUEST, readText, createScope(clock)));
    assert.ok(failure instanceof HardFailure && failure.kind === kind, String(failure));
    assert.equal(asked.length, 1);
    assert.equal(await source.fetchPage(REQUEST, readText, createScope(clock)), PAGE);
  });
}

test('a body that falls silent is given up, and asked for again', OPTIONS, async (t) => {
  const begin: Answer = (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.write(PACKED.subarray(0, 100));
  };
  const { source, asked, clock } = await world(t, [begin, good], { silenceMs: 100 });
  assert.equal(await source.fetchPage(REQUEST, readText, createScope(clock)), PAGE);
  assert.equal(asked.length, 2);
});

test('a body that does not end before the deadline is no failure', OPTIONS, async (t) => {
  const { source, clock } = await world(t, [(response) => void response.writeHead(200).write('{"da')]);
  const error = await rejection(source.fetchPage(REQUEST, readText, createScope(clock, 400, 100)));
  assert.ok(error instanceof DeadlineReached, String(error));
});

test('a connection that the server closes between two invocations costs nothing', OPTIONS, async (t) => {
  const closing: Answer = (response) => {
    const { socket } = response;
    good(response);
    response.once('finish', () => setImmediate(() => socket?.destroy()));
  };
  const { source, asked, clock, transport } = await world(t, [closing, good]);
  await source.fetchPage(REQUEST, readText, createScope(clock));
  await transport.close();
  const scope = createScope(clock);
  assert.equal(await source.fetchPage(REQUEST, readText, scope), PAGE);
  assert.equal(asked.length, 2);
  assert.equal(scope.tally.retries, 0);
});

test('a continuation token arrives at the server as it was', OPTIONS, async (t) => {
  const { source, asked, clock, server } = await world(t, [good]);
  const continuationToken = 'æ/+ =&?#%25"\'<>\u0000\n🚜';
  await source.fetchPage({ ...REQUEST, continuationToken }, readText, createScope(clock));
  assert.equal(new URL(asked[0] ?? '', server.url).searchParams.get('ContinuationToken'), continuationToken);
});
