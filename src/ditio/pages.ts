/**
 * Fetches pages of Ditio's extraction endpoints: authenticates, retries where that can help, and streams the body.
 *
 * This file has only the order of steps within one fetch. Other files decide: the URL (`page-url.ts`), the token
 * (`tokens.ts`), the meaning of an answer (the failure table), when to try again (`core/retry`), how long a host is left
 * alone after a 429 (`host-gate.ts`), the limits of a body (`body.ts`).
 */

import { ANSWER_ROWS } from '../core/failure/ditio-rows.ts';
import { AnswerRefused, HardFailure, TransferBroken } from '../core/failure/errors.ts';
import {
  type Attempted,
  factsOfRequest,
  failureFrom,
  judge as judgeError,
  type RequestLabel,
  type Verdict,
} from '../core/failure/judge.ts';
import type { Redactor } from '../core/failure/redact.ts';
import { nextPageHeader } from '../core/page/next-page-sign.ts';
import type { Outcome } from '../core/retry/attempt.ts';
import { DITIO_DELAYS_MS } from '../core/retry/backoff.ts';
import { type AttemptContext, retry } from '../core/retry/retry.ts';
import type { Clock, Random, Scope } from '../core/scope.ts';
import { formatInstant } from '../core/time/instant.ts';
import type { HttpAnswer, PageAnswer, PageRequest, PageSource, Transport } from '../ports.ts';
import type { Tokens } from './auth/tokens.ts';
import { type CatalogueRow, findStream, SCOPES } from './catalogue.ts';
import { type BodyLimits, PAGE_LIMITS, readBody } from './http/body.ts';
import { charsetOf, createSecretRemover, isMarkupType, type SecretRemover } from './http/error-body.ts';
import { type Exchange, withExchange } from './http/exchange.ts';
import type { HostGate } from './http/host-gate.ts';
import { keepStart, readRefusal, withRequest } from './http/refusal.ts';
import { type BaseUrls, buildPageUrl, describeRequest, type PageFilters } from './page-url.ts';

export interface PageSourceDeps {
  readonly transport: Transport;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly random: Random;
  /** Shared by everything that sends to the same host. */
  readonly gate: HostGate;
  readonly redactor: Redactor;
}

export interface PageSettings {
  readonly baseUrls: BaseUrls;
  readonly filters: PageFilters;
  readonly userAgent: string;
  readonly limits?: BodyLimits;
}

export function createPageSource(deps: PageSourceDeps, settings: PageSettings) {
  const { clock, gate, random, tokens } = deps;

  async function fetchPage<T>(
    request: PageRequest,
    consume: (answer: PageAnswer) => Promise<T>,
    scope: Scope,
  ): Promise<T> {
    const row = findStream(request.stream);
    if (!row) throw new HardFailure('unexpected', `there is no stream named ${request.stream}`);
    const url = buildPageUrl(row, request, settings.filters, settings.baseUrls);
    const label: RequestLabel = { place: 'ditio', request: describeRequest('GET', url) };
    const fetch: Fetch = { deps, settings, row, request, scope, url, label };
    const state: TokenState = { token: '', renewal: 'unused' };
    const outcome = await retry(
      {
        clock,
        random,
        budget: scope.budget,
        pauseOf: () => gate.pauseOf(url),
        prepare: () => prepareToken(fetch, state),
        onRetry: (info) => {
          scope.tally.retries += 1;
          gate.noteRetry(url, info);
        },
      },
      // The transport ends an attempt when the server falls silent; the deadline ends it in any case.
      { delaysMs: DITIO_DELAYS_MS, attemptTimeoutMs: Number.POSITIVE_INFINITY },
      scope,
      (error, attempted) => judge(label, state, error, attempted),
      (context) => attempt(fetch, state, context, consume),
    );
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  return {
    fetchPage,
    async checkToken(scope) {
      const expiresAt = await tokens.prove(scope);
      const minutes = Math.round((expiresAt - clock.now()) / 60_000);
      return `a token for ${SCOPES.join(' ')} was issued, valid for ${minutes} min (until ${formatInstant(expiresAt)})`;
    },
  } satisfies PageSource;
}

/** What the attempts of one fetch share. */
interface Fetch {
  readonly deps: PageSourceDeps;
  readonly settings: PageSettings;
  readonly row: CatalogueRow;
  readonly request: PageRequest;
  readonly scope: Scope;
  readonly url: URL;
  readonly label: RequestLabel;
}

/** The token of a fetch. It changes from one attempt to the next. */
interface TokenState {
  token: string;
  /** The one renewal that a fetch may ask for. */
  renewal: 'unused' | 'due' | 'used';
}

/** Before each attempt: gets a valid token, or a new one after the first status 401. */
async function prepareToken({ deps: { tokens }, scope }: Fetch, state: TokenState): Promise<void> {
  scope.tally.hasStartedRequest = true;
  if (state.renewal !== 'due') {
    state.token = await tokens.current(scope);
    return;
  }
  state.token = await tokens.renew(state.token, scope);
  state.renewal = 'used';
}

function judge(label: RequestLabel, state: TokenState, error: unknown, attempted: Attempted): Verdict {
  if (error instanceof AnswerRefused && error.status === 401 && state.renewal === 'unused') {
    state.renewal = 'due';
    return { action: 'again' };
  }
  return judgeError(label, error, attempted);
}

/**
 * One attempt: sends the request, and passes the page to `consume`. An error of `consume` is returned, so that it ends the
 * fetch unchanged and without a retry; every other error is thrown.
 */
async function attempt<T>(
  fetch: Fetch,
  { token }: TokenState,
  context: AttemptContext,
  consume: (answer: PageAnswer) => Promise<T>,
): Promise<Outcome<T>> {
  const { deps, settings, row, request, scope, url } = fetch;
  scope.tally.requests += 1;
  const remover = createSecretRemover(deps.redactor, [token, request.continuationToken ?? '']);
  const head = { method: 'GET' as const, url, headers: headersFor(row, token, settings.userAgent) };
  return await withExchange(deps, head, context.signal, async (exchange) => {
    if (exchange.answer.status !== 200) throw await refusal(fetch, exchange, remover);
    await checkIsPage(fetch, exchange, context, remover);
    return await consumeBody(fetch, exchange, context, remover, consume);
  });
}

async function refusal(
  { deps: { clock, gate }, scope, url }: Fetch,
  exchange: Exchange,
  remover: SecretRemover,
): Promise<AnswerRefused> {
  gate.noteStatus(url, exchange.answer.status);
  const refused = await readRefusal(exchange, clock, url, remover);
  if (gate.noteRefusal(url, refused)) scope.tally.throttled += 1;
  return refused;
}

/**
 * Refuses HTML, which a wrong host or a proxy sends even with status 200. Also refuses text that does not tell its end: a
 * page of JSON shows by itself that it is whole.
 */
async function checkIsPage(
  { deps: { clock }, row, url, label }: Fetch,
  exchange: Exchange,
  context: AttemptContext,
  remover: SecretRemover,
): Promise<void> {
  const { headers } = exchange.answer;
  const facts = { status: 200, ...factsOfRequest(label, context.soFar()) };
  if (isMarkupType(headers)) {
    const { details } = await readRefusal(exchange, clock, url, remover);
    throw failureFrom(ANSWER_ROWS.html, `${label.request} was answered with HTML`, { ...facts, ...details });
  }
  if (row.format !== 'semicolon-text') return;
  const charset = charsetOf(headers);
  if (charset !== null && charset !== 'utf-8' && charset !== 'us-ascii') {
    const message = `${label.request} was answered with text in ${charset}, not in UTF-8`;
    throw failureFrom(ANSWER_ROWS.charset, message, facts);
  }
  if (!tellsItsEnd(headers))
    throw failureFrom(ANSWER_ROWS.body, `${label.request} was answered with text of unknown length`, facts);
}

/** Otherwise a body ends where the connection closes, so one that broke off looks complete. */
function tellsItsEnd(headers: HttpAnswer['headers']): boolean {
  return ['content-length', 'transfer-encoding', 'content-encoding'].some((name) => Object.hasOwn(headers, name));
}

async function consumeBody<T>(
  { settings, request, label }: Fetch,
  exchange: Exchange,
  context: AttemptContext,
  remover: SecretRemover,
  consume: (answer: PageAnswer) => Promise<T>,
): Promise<Outcome<T>> {
  const { answer, ...times } = exchange;
  const facts = () => ({ status: 200, ...factsOfRequest(label, context.soFar()) });
  const start = keepStart(readBody(answer, settings.limits ?? PAGE_LIMITS, facts));
  const nextPageSign = nextPageHeader(answer.headers, request.continuationToken);
  try {
    return { ok: true, value: await consume({ body: start.body, ...times, nextPageSign }) };
  } catch (error) {
    if (error instanceof TransferBroken || context.signal.aborted) throw error;
    const isCut = error instanceof HardFailure && error.cause instanceof TransferBroken;
    if (isCut && !tellsItsEnd(answer.headers)) throw error.cause;
    const explained = start.explain(error, answer.headers, remover);
    return { ok: false, error: withRequest(explained, label, context.soFar()) };
  }
}

function headersFor(row: CatalogueRow, token: string, userAgent: string): Record<string, string> {
  return {
    accept: row.format === 'json' ? 'application/json' : 'text/csv, text/plain;q=0.9',
    'accept-encoding': 'gzip',
    authorization: `Bearer ${token}`,
    'user-agent': userAgent,
  };
}
