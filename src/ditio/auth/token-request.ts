/** Requests a token from the identity server, through the retry loop. */

import { factsOfRequest, judge, type RequestLabel } from '../../core/failure/judge.ts';
import type { Redactor } from '../../core/failure/redact.ts';
import { DITIO_DELAYS_MS } from '../../core/retry/backoff.ts';
import { retry } from '../../core/retry/retry.ts';
import type { Clock, Random, Scope } from '../../core/scope.ts';
import type { Credentials, Transport } from '../../ports.ts';
import { readSmallBody } from '../http/body.ts';
import { createSecretRemover } from '../http/error-body.ts';
import { withExchange } from '../http/exchange.ts';
import { readRefusal } from '../http/refusal.ts';
import { buildTokenRequest, type FreshToken, readToken, tokenUrl } from './token.ts';

export interface TokenRequestDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** Learns every secret and token, so that no log line can show one. */
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
 * Requests one token. Retries server errors, rate limits and broken connections.
 *
 * Throws `HardFailure` that concerns the whole run (kind `credentials` when the client is refused), or `DeadlineReached`.
 */
export async function requestToken(
  deps: TokenRequestDeps,
  options: TokenRequestOptions,
  credentials: Credentials,
  scope: Scope,
): Promise<FreshToken> {
  const { clock, random } = deps;
  const request = buildTokenRequest(options.identityUrl, credentials, options.scopes, options.userAgent);
  const remover = createSecretRemover(deps.redactor, [credentials.clientSecret]);
  const label: RequestLabel = { place: 'identity', request: `POST ${tokenUrl(options.identityUrl).href}` };
  return await retry(
    { clock, random, budget: scope.budget },
    { delaysMs: DITIO_DELAYS_MS, attemptTimeoutMs: options.requestTimeoutMs },
    scope,
    (error, attempted) => judge(label, error, attempted),
    async ({ signal, soFar }) =>
      await withExchange(deps, request, signal, async (exchange) => {
        const { answer } = exchange;
        if (answer.status !== 200) throw await readRefusal(exchange, clock, request.url, remover);
        const facts = () => ({ ...factsOfRequest(label, soFar()), concerns: 'run' as const });
        return readToken(answer.headers, await readSmallBody(answer, facts), facts(), remover);
      }),
  );
}
