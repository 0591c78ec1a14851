/** Asks the identity server for a token, through the retry loop. */

import { DITIO_DELAYS_MS } from '../core/backoff.ts';
import { rowForTokenAnswer } from '../core/failures.ts';
import { retry } from '../core/retry.ts';
import type { Credentials, Scope } from '../ports.ts';
import { readSmallBody } from './body.ts';
import { createCleanText } from './error-body.ts';
import { readRefusal, withExchange } from './exchange.ts';
import { type Asked, exhausted, factsOfRequest, judgeError, logRetry, withTarget } from './refusal.ts';
import { buildTokenRequest, type FreshToken, readToken, tokenUrl } from './token.ts';
import type { TokensDeps, TokensOptions } from './tokens.ts';

/**
 * One token. Server errors, rate limits and broken connections are tried again; throws `HardFailure` (`credentials`
 * where the client was refused) or `DeadlineReached`.
 */
export async function requestToken(
  deps: TokensDeps,
  options: TokensOptions,
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
