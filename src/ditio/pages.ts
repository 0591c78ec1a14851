/**
 * Pages of Ditio's extraction endpoints: authenticated, tried again where that can help, read as they arrive.
 *
 * Decides the order of things within one fetch; each decision of its own is made elsewhere: the URL (`page-url.ts`),
 * the token (`tokens.ts`), what an answer means (the failure table), when to try again (`core/retry.ts`), what a body
 * may be (`body.ts`).
 */

import { HardFailure, TransferBroken } from '../core/failure/errors.ts';
import { ROWS } from '../core/failure/failure-table.ts';
import { failureFrom, rowForStatus } from '../core/failure/failures.ts';
import type { Redactor } from '../core/failure/redact.ts';
import { DITIO_DELAYS_MS } from '../core/retry/backoff.ts';
import { type AttemptContext, retry, type Verdict } from '../core/retry/retry.ts';
import type { RetryBudget } from '../core/retry/retry-budget.ts';
import type { Deadline } from '../core/time/deadline.ts';
import { formatInstant } from '../core/time/instant.ts';
import type { Clock, PageAnswer, PageRequest, PageSource, Random, Scope, Transport } from '../ports.ts';
import type { Tokens } from './auth/tokens.ts';
import { type CatalogueRow, findStream, SCOPES } from './catalogue.ts';
import { type BodyLimits, PAGE_LIMITS, readBody } from './http/body.ts';
import { createCleanText } from './http/error-body.ts';
import { type Exchange, readRefusal, withExchange } from './http/exchange.ts';
import type { HostGate } from './http/host-gate.ts';
import {
  AnswerRefused,
  type Asked,
  exhausted,
  factsOfRequest,
  hardFailure,
  judgeError,
  logRetry,
  withRequest,
  withTarget,
} from './http/refusal.ts';
import { type BaseUrls, buildPageUrl, describeRequest, type PageFilters } from './page-url.ts';

export interface PageSourceDeps {
  readonly transport: Transport;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly random: Random;
  /** Shared by everything that sends to the same host. */
  readonly gate: HostGate;
  readonly redactor: Redactor;
  readonly budgetOf: (deadline: Deadline) => RetryBudget;
}

export interface PageSettings {
  readonly baseUrls: BaseUrls;
  readonly filters: PageFilters;
  /** Longest single attempt, head and body, in milliseconds. */
  readonly requestTimeoutMs: number;
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
      {
        delaysMs: DITIO_DELAYS_MS,
        attemptTimeoutMs: settings.requestTimeoutMs,
        exhausted: (cause, attempts, elapsedMs) => exhausted(fetch.asked, cause, attempts, elapsedMs),
      },
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

/** What `consume` made of the page, or what it threw: that ends the fetch as it is, past the retry loop. */
type Consumed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** What one fetch remembers between its attempts. */
function createFetch(
  deps: PageSourceDeps,
  settings: PageSettings,
  row: CatalogueRow,
  request: PageRequest,
  scope: Scope,
) {
  const { clock, gate, tokens } = deps;
  const { tally, log } = scope;
  const url = buildPageUrl(row, request, settings.filters, settings.baseUrls);
  const startedMs = clock.monotonicMs();
  let sent = 0;
  let lastAttempt = 0;
  let token = '';
  let unauthorized: AnswerRefused | null = null;
  let renewed = false;
  const asked: Asked = {
    request: describeRequest('GET', url),
    sent: () => sent,
    elapsedMs: () => clock.monotonicMs() - startedMs,
  };

  /** Before each attempt: a token that is good, or a new one after status 401. */
  async function prepare(): Promise<void> {
    if (!unauthorized || renewed) {
      token = await tokens.current(scope);
      return;
    }
    const another = await tokens.renew(token, scope);
    if (another === null) throw hardFailure(unauthorized, asked);
    renewed = true;
    token = another;
  }

  function judge(error: unknown): Verdict {
    if (error instanceof AnswerRefused && error.row.action === 'renew_token' && !unauthorized) {
      unauthorized = error;
      return { action: 'again' };
    }
    return judgeError(error, asked);
  }

  async function attempt<T>(
    context: AttemptContext,
    consume: (answer: PageAnswer) => Promise<T>,
  ): Promise<Consumed<T>> {
    sent += 1;
    tally.requests += 1;
    if (context.attempt > Math.max(1, lastAttempt)) tally.retries += 1;
    lastAttempt = context.attempt;
    const used = token;
    const head = { method: 'GET' as const, url, headers: headersFor(row, used, settings.userAgent) };
    return await withExchange(deps, head, context.signal, async (exchange) => {
      if (exchange.answer.status !== 200) throw await refusal(exchange, used);
      tokens.accepted(used);
      refuseWhatIsNoPage(exchange, row, asked);
      return await consumeBody(exchange, context, consume);
    });
  }

  async function refusal(exchange: Exchange, used: string): Promise<AnswerRefused> {
    const { status } = exchange.answer;
    // At once, so that no stream sends while the refusal is still being read.
    if (status === 429) gate.pause(url.host, DITIO_DELAYS_MS[0] ?? 0);
    const clean = createCleanText(deps.redactor, [used, request.continuationToken ?? '']);
    const read = await readRefusal(exchange, clock, (body) => rowForStatus(status, 'GET', body), clean);
    const refused = withTarget(read, exchange.answer.headers.location, url);
    if (status === 429) {
      tally.throttled += 1;
      gate.pause(url.host, refused.retryAfterMs ?? 0);
    } else if (status === 400 || status === 403) {
      tokens.accepted(used);
    }
    return refused;
  }

  async function consumeBody<T>(
    exchange: Exchange,
    context: AttemptContext,
    consume: (answer: PageAnswer) => Promise<T>,
  ): Promise<Consumed<T>> {
    const { answer, ...times } = exchange;
    let broken: unknown;
    const body = remember(
      readBody(answer, settings.limits ?? PAGE_LIMITS, () => ({ status: 200, ...factsOfRequest(asked) })),
      (error) => {
        broken = error;
      },
    );
    try {
      const value = await consume({ body, ...times, request: asked.request });
      // A reader that overlooks a broken body must not pass off half a page as a whole one.
      if (broken !== undefined) throw broken;
      return { ok: true, value };
    } catch (error) {
      if (error instanceof TransferBroken || context.signal.aborted) throw error;
      return { ok: false, error: withRequest(error, asked) };
    }
  }

  return {
    asked,
    judge,
    attempt,
    retryDeps: {
      clock,
      random: deps.random,
      budget: deps.budgetOf(scope.deadline),
      pauseMs: () => gate.pauseMs(url.host),
      prepare,
      onRetry: (info: Parameters<typeof logRetry>[2]) => {
        if (info.throttled) gate.pause(url.host, info.delayMs);
        logRetry(log, asked, info);
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

/**
 * A page for people is what a wrong host or a proxy answers with, status 200 or not. And text that is neither counted,
 * chunked nor compressed ends where the connection ends: half of it would look like the whole.
 */
function refuseWhatIsNoPage({ answer: { headers } }: Exchange, row: CatalogueRow, asked: Asked): void {
  const facts = { status: 200, ...factsOfRequest(asked) };
  if (/^\s*(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '')) {
    throw failureFrom(ROWS.html, `${asked.request} was answered with HTML`, facts);
  }
  const hasEnd = ['content-length', 'transfer-encoding', 'content-encoding'].some((name) =>
    Object.hasOwn(headers, name),
  );
  if (row.format === 'semicolon-text' && !hasEnd) {
    throw failureFrom(ROWS.body, `${asked.request} was answered with text of unknown length`, facts);
  }
}

/** The same body; tells how reading it failed. */
async function* remember(
  body: AsyncIterable<Uint8Array>,
  onBroken: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    onBroken(error);
    throw error;
  }
}
