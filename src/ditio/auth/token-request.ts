/** Requests a token from the identity server, through the retry loop. */

import { type Asked, factsOfRequest, judge } from '../../core/failure/judge.ts';
import type { Redactor } from '../../core/failure/redact.ts';
import { DITIO_DELAYS_MS } from '../../core/retry/backoff.ts';
import { retry } from '../../core/retry/retry.ts';
import type { Clock, Random, Scope } from '../../core/scope.ts';
import type { Credentials, Transport } from '../../ports.ts';
import { readSmallBody } from '../http/body.ts';
import { createCleanText } from '../http/error-body.ts';
import { withExchange } from '../http/exchange.ts';
import { readRefusal } from '../http/refusal.ts';
import { buildTokenRequest, type FreshToken, readToken, tokenUrl } from './token.ts';

export interface TokenRequestDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** Gets every secret and token, so that no log line can contain one. */
  readonly redactor: Redactor;
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
 * Requests one token. Retries server errors, rate limits and broken connections. Throws `HardFailure`, which concerns the
 * whole run (`credentials` where the client was refused), or `DeadlineReached`.
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
  const asked: Asked = { place: 'identity', request: `POST ${tokenUrl(options.identityUrl).href}` };
  return await retry(
    { clock, random, budget: scope.budget },
    { delaysMs: DITIO_DELAYS_MS, attemptTimeoutMs: options.requestTimeoutMs },
    scope,
    (error, attempted) => judge(asked, error, attempted),
    async ({ signal, soFar }) =>
      await withExchange(deps, request, signal, async (exchange) => {
        const { answer } = exchange;
        if (answer.status !== 200) throw await readRefusal(exchange, clock, request.url, clean);
        const facts = () => ({ ...factsOfRequest(asked, soFar()), concerns: 'run' as const });
        return readToken(answer.headers, await readSmallBody(answer, facts), facts(), clean);
      }),
  );
}
