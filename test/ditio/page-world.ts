/** A page source on a virtual clock and a scripted transport, for tables of answers → requests and waits. */

import assert from 'node:assert/strict';
import { createRedactor } from '../../src/core/failure/redact.ts';
import type { Clock } from '../../src/core/scope.ts';
import { addMs, parseInstant } from '../../src/core/time/instant.ts';
import { createTokens, tokenKey } from '../../src/ditio/auth/tokens.ts';
import { createHostGate } from '../../src/ditio/http/host-gate.ts';
import { createPageSource, type PageSettings } from '../../src/ditio/pages.ts';
import type { PageAnswer, PageRequest, StoredToken } from '../../src/ports.ts';
import { NO_FILTERS } from '../fakes/filters.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';
import { createScope, createScriptedTransport, fixedRandom, type ScriptedAnswer, type Step } from './fakes.ts';

export const STORED_TOKEN = 'stored-token-0123456789';
const IDENTITY = new URL('https://identity.example.test');
const SCOPES = ['reportingapiv1'];

export interface PageWorldOptions {
  readonly pages: readonly Step[];
  /** Answers of the token endpoint; without any, a token that was stored earlier is used. */
  readonly tokens?: readonly Step[];
  readonly stored?: boolean;
  readonly settings?: Partial<PageSettings>;
  readonly random?: number;
  readonly remainingMs?: number;
}

export const issued = (token: string, seconds = 1_800): Step => ({
  body: JSON.stringify({ access_token: token, expires_in: seconds, token_type: 'Bearer' }),
});

export function createPageWorld(options: PageWorldOptions) {
  const clock = createVirtualClock();
  const transport = createScriptedTransport(clock, { '/connect/token': options.tokens ?? [], '/v1/': options.pages });
  const stored = new Map<string, StoredToken>();
  if (options.stored ?? true) {
    const key = tokenKey({ identityUrl: IDENTITY, scopes: SCOPES }, 'client-a');
    stored.set(key, { accessToken: STORED_TOKEN, expiresAt: addMs(clock.now(), 3_600_000) });
  }
  const random = fixedRandom(options.random ?? 0);
  const redactor = createRedactor();
  const tokens = createTokens(
    {
      credentials: { read: async () => ({ clientId: 'client-a', clientSecret: 'secret-of-client-a' }) },
      store: { read: async (key) => stored.get(key), write: async (key, token) => void stored.set(key, token) },
      transport,
      clock,
      random,
      redactor,
    },
    { identityUrl: IDENTITY, scopes: SCOPES, requestTimeoutMs: 30_000, userAgent: 'ditio-extract/0.0.0' },
  );
  const source = createPageSource(
    { transport, tokens, clock, random, gate: createHostGate(clock), redactor },
    {
      baseUrls: { reporting: new URL('https://core-api.example.test/reporting') },
      filters: NO_FILTERS,
      userAgent: 'ditio-extract/0.0.0',
      ...options.settings,
    },
  );
  const scope = createScope(clock, options.remainingMs ?? 900_000);
  return { clock, transport, tokens, source, scope };
}

export const REQUEST: PageRequest = {
  stream: 'time-registrations',
  modifiedSince: parseInstant('2026-11-22T08:05:00Z') ?? null,
  modifiedBefore: null,
  window: null,
  continuationToken: 'opaque-continuation+/=token',
  pageSize: 5000,
};

/** Reads a page whole, as text. */
export async function readText(answer: PageAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

export const PAGE: ScriptedAnswer = { headers: { 'content-type': 'application/json' }, body: '{"data":[]}' };
export const status = (code: number, headers: Readonly<Record<string, string>> = {}, body = ''): Step => ({
  status: code,
  headers,
  body,
});
export const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);

/** A body that gives its bytes and then breaks. */
export function breaking(text: string, error: Error) {
  return async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
    throw error;
  };
}

/** A body that never ends, a byte a second. */
export async function* drip(clock: Clock): AsyncGenerator<Uint8Array> {
  for (;;) {
    await clock.sleep(1_000);
    yield Buffer.from(' ');
  }
}

/** A body that begins, and then does not go on for an hour. */
export async function* fallingSilent(clock: Clock): AsyncGenerator<Uint8Array> {
  yield Buffer.from(' ');
  await clock.sleep(3_600_000);
}

/** A request for text instead of JSON. */
const EDGE = REQUEST.modifiedSince ?? assert.fail();
export const ITEM_REQUEST: PageRequest = {
  ...REQUEST,
  stream: 'item-registrations',
  modifiedSince: null,
  continuationToken: null,
  window: { from: EDGE, to: EDGE },
};
