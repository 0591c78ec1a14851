/** The page source under its contract: over a scripted transport on virtual time, and over real sockets. */

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { createRedactor } from '../../src/core/failure/redact.ts';
import type { Clock } from '../../src/core/scope.ts';
import { createTokens } from '../../src/ditio/auth/tokens.ts';
import { createHostGate } from '../../src/ditio/http/host-gate.ts';
import { createTransport } from '../../src/ditio/http/transport.ts';
import { createPageSource } from '../../src/ditio/pages.ts';
import type { Transport } from '../../src/ports.ts';
import { createScriptedTransport, fixedRandom, networkError, type Step } from '../ditio/fakes.ts';
import { serveHttp } from '../ditio/http/loopback.ts';
import { issued } from '../ditio/page-world.ts';
import { NO_FILTERS } from '../fakes/filters.ts';
import { createHurriedClock } from '../fakes/hurried-clock.ts';
import { createMemorySecretSource } from '../fakes/memory-secret-source.ts';
import { createMemoryTokenStore } from '../fakes/memory-token-store.ts';
import { testScope } from '../fakes/scope.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';
import { type PlannedAnswer, pageSourceSuite } from './page-source.ts';

pageSourceSuite('over a scripted transport on virtual time', async () => {
  const clock = createVirtualClock();
  const transport = createScriptedTransport(clock, { '/connect/token': [issued('made-up-token')], '/v1/': [] });
  return {
    source: sourceOver(transport, clock, new URL('https://ditio.example.test')),
    scope: (workMs) => testScope({ clock, workMs }),
    plan: (...answers) => void transport.add('/v1/', ...answers.map(stepOf)),
    asked: () => transport.sent.filter(({ method }) => method === 'GET').map(({ url }) => tokenIn(url)),
    async close() {
      transport.assertUsedUp('/v1/');
    },
  };
});

pageSourceSuite('over real sockets', async () => {
  const clock = createHurriedClock();
  const planned: PlannedAnswer[] = [];
  const asked: (string | null)[] = [];
  const server = await serveHttp((request, response) => {
    if (request.url === '/connect/token') {
      const token = { access_token: 'made-up-token', expires_in: 1_800, token_type: 'Bearer' };
      return void response.end(JSON.stringify(token));
    }
    asked.push(tokenIn(new URL(request.url ?? '', server.url)));
    give(response, planned.shift() ?? { kind: 'status', status: 599 });
  });
  const transport = createTransport({ baseUrls: [server.url], silenceMs: 120_000, env: {} });
  return {
    source: sourceOver(transport, clock, server.url),
    scope: (workMs) => testScope({ clock, workMs }),
    plan: (...answers) => void planned.push(...answers),
    asked: () => asked,
    async close() {
      await transport.close();
      await server.close();
      assert.deepEqual(planned, [], 'planned answers without a request');
    },
  };
});

function sourceOver(transport: Transport, clock: Clock, url: URL) {
  const shared = { transport, clock, random: fixedRandom(), redactor: createRedactor() };
  const requests = { requestTimeoutMs: 120_000, userAgent: 'test' };
  const tokens = createTokens(
    { ...shared, credentials: createMemorySecretSource(), store: createMemoryTokenStore() },
    { ...requests, identityUrl: url, scopes: ['reportingapiv1'] },
  );
  return createPageSource(
    { ...shared, tokens, gate: createHostGate(clock) },
    { ...requests, baseUrls: { reporting: url }, filters: NO_FILTERS },
  );
}

function tokenIn(url: URL): string | null {
  return url.searchParams.get('ContinuationToken');
}

function stepOf(answer: PlannedAnswer): Step {
  switch (answer.kind) {
    case 'page':
      return { body: answer.text, headers: answer.date === undefined ? {} : { date: answer.date } };
    case 'broken':
      return {
        body: async function* () {
          yield Buffer.from(answer.text);
          throw networkError('UND_ERR_SOCKET');
        },
      };
    case 'status':
      return {
        status: answer.status,
        headers: answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter },
      };
    case 'silence':
      return 'hang';
  }
}

function give(response: ServerResponse, answer: PlannedAnswer): void {
  switch (answer.kind) {
    case 'page':
      if (answer.date !== undefined) response.setHeader('date', answer.date);
      response.end(answer.text);
      return;
    case 'broken':
      response.write(answer.text, () => response.socket?.resetAndDestroy());
      return;
    case 'status':
      response.writeHead(answer.status, answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter });
      response.end();
      return;
    case 'silence':
      return;
  }
}
