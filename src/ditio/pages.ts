/**
 * Fetches pages of Ditio's extraction endpoints: authenticates, retries where that can help, and streams the body.
 *
 * This file has only the order of steps within one fetch. Other files decide: the URL (`page-url.ts`), the token
 * (`tokens.ts`), the meaning of an answer (the failure table), when to try again (`core/retry`), the limits of a body
 * (`body.ts`).
 */

import { ANSWER_ROWS } from '../core/failure/ditio-rows.ts';
import { AnswerRefused, HardFailure, TransferBroken } from '../core/failure/errors.ts';
import {
  type Asked,
  type Attempted,
  factsOfRequest,
  failureFrom,
  judge as judgeError,
  type Verdict,
} from '../core/failure/judge.ts';
import type { Redactor } from '../core/failure/redact.ts';
import { nextPageHeader } from '../core/page/next-page-sign.ts';
import { DITIO_DELAYS_MS } from '../core/retry/backoff.ts';
import { type AttemptContext, retry } from '../core/retry/retry.ts';
import type { Clock, Random, Scope } from '../core/scope.ts';
import { formatInstant } from '../core/time/instant.ts';
import type { PageAnswer, PageRequest, PageSource, Transport } from '../ports.ts';
import type { Tokens } from './auth/tokens.ts';
import { type CatalogueRow, findStream, SCOPES } from './catalogue.ts';
import { type BodyLimits, PAGE_LIMITS, readBody } from './http/body.ts';
import { type CleanText, charsetOf, createCleanText, isMarkupType } from './http/error-body.ts';
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
  const { clock, tokens } = deps;

  async function fetchPage<T>(
    request: PageRequest,
    consume: (answer: PageAnswer) => Promise<T>,
    scope: Scope,
  ): Promise<T> {
    const row = findStream(request.stream);
    if (!row) throw new HardFailure('unexpected', `there is no stream named ${request.stream}`);
    const fetch = createFetch(deps, settings, row, request, scope);
    const outcome = await retry(
      fetch.retryDeps,
      // The transport ends an attempt when the server falls silent; the deadline ends it in any case.
      { delaysMs: DITIO_DELAYS_MS, attemptTimeoutMs: Number.POSITIVE_INFINITY },
      scope,
      fetch.judge,
      (context) => fetch.attempt(context, consume),
    );
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  return {
    fetchPage,
    async checkToken(scope) {
      const expiresAt = await tokens.prove(scope);
      const minutes = Math.round((expiresAt - clock.now()) / 60_000);
      return `a token for ${SCOPES.join(' ')} was issued, good for ${minutes} min (until ${formatInstant(expiresAt)})`;
    },
  } satisfies PageSource;
}

/** The result of `consume`, or the error that it threw, which ends the fetch unchanged and without a retry. */
type Consumed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** State of one fetch between its attempts. */
function createFetch(
  deps: PageSourceDeps,
  settings: PageSettings,
  row: CatalogueRow,
  request: PageRequest,
  scope: Scope,
) {
  const { clock, gate, tokens } = deps;
  const { tally } = scope;
  const url = buildPageUrl(row, request, settings.filters, settings.baseUrls);
  const asked: Asked = { place: 'ditio', request: describeRequest('GET', url) };
  let token = '';
  /** The one renewal of the token that a fetch may ask for. */
  let renewal: 'unused' | 'due' | 'used' = 'unused';

  /** Before each attempt: gets a valid token, or a new one after the first status 401. */
  async function prepare(): Promise<void> {
    tally.hasAsked = true;
    token = renewal === 'due' ? await tokens.renew(token, scope) : await tokens.current(scope);
    if (renewal === 'due') renewal = 'used';
  }

  function judge(error: unknown, attempted: Attempted): Verdict {
    if (error instanceof AnswerRefused && error.status === 401 && renewal === 'unused') {
      renewal = 'due';
      return { action: 'again' };
    }
    return judgeError(asked, error, attempted);
  }

  async function attempt<T>(
    context: AttemptContext,
    consume: (answer: PageAnswer) => Promise<T>,
  ): Promise<Consumed<T>> {
    tally.requests += 1;
    const used = token;
    const clean = createCleanText(deps.redactor, [used, request.continuationToken ?? '']);
    const head = { method: 'GET' as const, url, headers: headersFor(row, used, settings.userAgent) };
    return await withExchange(deps, head, context.signal, async (exchange) => {
      if (exchange.answer.status !== 200) throw await refusal(exchange, clean);
      await refuseWhatIsNoPage(exchange, context, clean);
      return await consumeBody(exchange, context, clean, consume);
    });
  }

  async function refusal(exchange: Exchange, clean: CleanText): Promise<AnswerRefused> {
    const { status } = exchange.answer;
    // Before the refusal is read, so that no stream sends a request in the meantime.
    if (status === 429) gate.pause(url, DITIO_DELAYS_MS[0] ?? 0);
    const refused = await readRefusal(exchange, clock, url, clean);
    if (status === 429) {
      tally.throttled += 1;
      gate.pause(url, refused.retryAfterMs ?? 0, refused.retryAfterMs);
    }
    return refused;
  }

  /**
   * A wrong host or a proxy answers with HTML, also with status 200. Text without a length that is neither chunked nor
   * compressed ends where the connection ends: half of it would look like the whole.
   */
  async function refuseWhatIsNoPage(exchange: Exchange, context: AttemptContext, clean: CleanText): Promise<void> {
    const { headers } = exchange.answer;
    const facts = { status: 200, ...factsOfRequest(asked, context.soFar()) };
    if (isMarkupType(headers)) {
      const { said } = await readRefusal(exchange, clock, url, clean);
      throw failureFrom(ANSWER_ROWS.html, `${asked.request} was answered with HTML`, { ...facts, ...said });
    }
    if (row.format !== 'semicolon-text') return;
    const charset = charsetOf(headers);
    if (charset !== null && charset !== 'utf-8' && charset !== 'us-ascii') {
      const message = `${asked.request} was answered with text in ${charset}, not in UTF-8`;
      throw failureFrom(ANSWER_ROWS.charset, message, facts);
    }
    const hasEnd = ['content-length', 'transfer-encoding', 'content-encoding'].some((name) =>
      Object.hasOwn(headers, name),
    );
    if (!hasEnd)
      throw failureFrom(ANSWER_ROWS.body, `${asked.request} was answered with text of unknown length`, facts);
  }

  async function consumeBody<T>(
    exchange: Exchange,
    context: AttemptContext,
    clean: CleanText,
    consume: (answer: PageAnswer) => Promise<T>,
  ): Promise<Consumed<T>> {
    const { answer, ...times } = exchange;
    const facts = () => ({ status: 200, ...factsOfRequest(asked, context.soFar()) });
    const start = keepStart(readBody(answer, settings.limits ?? PAGE_LIMITS, facts));
    const pointsOn = nextPageHeader(answer.headers, request.continuationToken);
    try {
      return { ok: true, value: await consume({ body: start.body, ...times, pointsOn }) };
    } catch (error) {
      if (error instanceof TransferBroken || context.signal.aborted) throw error;
      const explained = start.explain(error, answer.headers, clean);
      return { ok: false, error: withRequest(explained, asked, context.soFar()) };
    }
  }

  return {
    judge,
    attempt,
    retryDeps: {
      clock,
      random: deps.random,
      budget: scope.budget,
      pauseOf: () => gate.pauseOf(url),
      prepare,
      onRetry: (info: { readonly delayMs: number; readonly throttled: boolean }) => {
        tally.retries += 1;
        if (info.throttled) gate.pause(url, info.delayMs);
      },
    },
  };
}

function headersFor(row: CatalogueRow, token: string, userAgent: string): Record<string, string> {
  return {
    accept: row.format === 'json' ? 'application/json' : 'text/csv, text/plain;q=0.9',
    'accept-encoding': 'gzip',
    authorization: `Bearer ${token}`,
    'user-agent': userAgent,
  };
}
