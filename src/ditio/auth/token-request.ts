/** Asks the identity server for a token, through the retry loop. */

import { rowForTokenAnswer } from '../../core/failure/failures.ts';
import type { Redactor } from '../../core/failure/redact.ts';
import { DITIO_DELAYS_MS } from '../../core/retry/backoff.ts';
import { retry } from '../../core/retry/retry.ts';
import type { RetryBudget } from '../../core/retry/retry-budget.ts';
import type { Deadline } from '../../core/time/deadline.ts';
import type { Clock, Credentials, Random, Scope, Transport } from '../../ports.ts';
import { readSmallBody } from '../http/body.ts';
import { createCleanText } from '../http/error-body.ts';
import { readRefusal, withExchange } from '../http/exchange.ts';
import { type Asked, exhausted, factsOfRequest, judgeError, logRetry, withTarget } from '../http/refusal.ts';
import { buildTokenRequest, type FreshToken, readToken, tokenUrl } from './token.ts';

export interface TokenRequestDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** Learns every secret and token, so that no log line can hold one. */
  readonly redactor: Redactor;
  readonly budgetOf: (deadline: Deadline) => RetryBudget;
}

export interface TokenRequestOptions {
  readonly identityUrl: URL;
  /** OAuth scopes the token must carry. */
  readonly scopes: readonly string[];
  /** Longest single token request, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
}

/**
 * One token. Server errors, rate limits and broken connections are tried again; throws `HardFailure` (`credentials`
 * where the client was refused) or `DeadlineReached`.
 */
export async function requestToken(
  deps: TokenRequestDeps,
  options: TokenRequestOptions,
  credentials: Credentials,
  scope: Scope,
): Promise<FreshToken> {
  const { clock, random } = deps;
  const request = buildTokenRequest(options.identityUrl, credentials, options.scopes, options.userAgent);
  const clean = createCleanText(deps.redactor, [credentials.clientSecret]);
  const startedMs = clock.monotonicMs();
  let sent = 0;
  const asked: Asked = {
    request: `POST ${tokenUrl(options.identityUrl).href}`,
    sent: () => sent,
    elapsedMs: () => clock.monotonicMs() - startedMs,
  };
  const facts = () => factsOfRequest(asked);
  return await retry(
    {
      clock,
      random,
      budget: deps.budgetOf(scope.deadline),
      onRetry: (info) => logRetry(scope.log, asked, info),
    },
    {
      delaysMs: DITIO_DELAYS_MS,
      attemptTimeoutMs: options.requestTimeoutMs,
      exhausted: (cause, attempts, elapsedMs) => exhausted(asked, cause, attempts, elapsedMs),
    },
    scope,
    (error) => judgeError(error, asked),
    async ({ signal }) => {
      sent += 1;
      return await withExchange(deps, request, signal, async (exchange) => {
        const { answer } = exchange;
        if (answer.status !== 200) {
          const read = await readRefusal(exchange, clock, (body) => rowForTokenAnswer(answer.status, body), clean);
          throw withTarget(read, answer.headers.location, request.url);
        }
        return readToken(await readSmallBody(answer, facts), facts());
      });
    },
  );
}
