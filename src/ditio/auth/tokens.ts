/**
 * Provides the access token of the configured client: from memory, then from the store, then from the identity server.
 *
 * One caller at a time requests a token, and the others wait for it. `token.ts` builds the request and reads the answer.
 */

import { createHash } from 'node:crypto';
import { DeadlineReached, HardFailure } from '../../core/failure/errors.ts';
import type { Clock, Scope } from '../../core/scope.ts';
import { addMs, formatInstant, type Instant } from '../../core/time/instant.ts';
import type { Credentials, SecretSource, StoredToken, TokenStore } from '../../ports.ts';
import type { FreshToken } from './token.ts';
import { requestToken, type TokenRequestDeps, type TokenRequestOptions } from './token-request.ts';

export interface TokensDeps extends TokenRequestDeps {
  readonly credentials: SecretSource;
  readonly store: TokenStore;
}

export interface Tokens {
  /** A token that is good for at least the renewal margin. Throws `HardFailure` when no token can be obtained. */
  current(scope: Scope): Promise<string>;
  /**
   * A different token, for one more attempt after this one got status 401. Resolves when the token is old enough that
   * every server accepts it, see {@link SETTLE_MS}.
   */
  renew(refused: string, scope: Scope): Promise<string>;
  /** Requests a new token without any cache; returns when it expires. */
  prove(scope: Scope): Promise<Instant>;
}

/** How long before its end a token is renewed, but at most a quarter of its lifetime. Milliseconds. */
export const RENEWAL_MARGIN_MS = 60_000;

/** Servers accept a new token some 100 ms late, so a refused request is sent again only with a token older than this. Milliseconds. */
export const SETTLE_MS = 1_000;

type Reason = 'none' | 'expiring' | 'refused' | 'check';

interface Held {
  readonly clientId: string;
  readonly accessToken: string;
  readonly expiresAt: Instant;
  readonly renewAt: Instant;
  /** When it was issued, by the monotonic clock; null where it was read from the store. */
  readonly issuedMs: number | null;
}

export function createTokens(deps: TokensDeps, options: TokenRequestOptions): Tokens {
  const { clock, redactor } = deps;
  let held: Held | null = null;
  let flight: Promise<Held> | null = null;
  let lastRefused: string | null = null;
  let client: { readonly runId: string; readonly clientId: string } | null = null;
  let refusal: { readonly runId: string; readonly failure: HardFailure } | null = null;

  async function current(scope: Scope): Promise<string> {
    if (held) {
      const { clientId } = await deps.credentials.read(false, scope);
      keepClient(clientId, scope);
      if (held.clientId !== clientId) held = null;
    }
    if (held && clock.now() < held.renewAt) return held.accessToken;
    return (await share(scope, held === null ? 'none' : 'expiring')).accessToken;
  }

  /** A run stores what it reads under the client that the secret named at its beginning. */
  function keepClient(clientId: string, { runId }: Scope): void {
    if (client?.runId !== runId) client = { runId, clientId };
    if (client.clientId === clientId) return;
    throw new DeadlineReached('the secret names another client now: the next run reads as that one');
  }

  async function renew(refused: string, scope: Scope): Promise<string> {
    lastRefused = refused;
    let next = flight ? await share(scope, 'refused') : held;
    if (!next || clock.now() >= next.renewAt || next.accessToken === refused) next = await share(scope, 'refused');
    await settle(next, scope);
    return next.accessToken;
  }

  async function settle({ issuedMs }: Held, scope: Scope): Promise<void> {
    const waitMs = issuedMs === null ? 0 : issuedMs + SETTLE_MS - clock.monotonicMs();
    if (waitMs <= 0) return;
    if (waitMs >= scope.deadline.workLeftMs()) throw new DeadlineReached('a new token came too late to be used');
    await clock.sleep(waitMs);
  }

  /** Joins the renewal in progress, or starts one. A caller that joins keeps its own deadline. */
  async function share(scope: Scope, reason: Reason): Promise<Held> {
    for (;;) {
      if (!flight) {
        const begun = obtain(scope, reason).finally(() => {
          flight = null;
        });
        flight = begun;
        return await begun;
      }
      try {
        return await within(clock, scope, flight);
      } catch (error) {
        if (!(error instanceof DeadlineReached) || scope.deadline.workLeftMs() <= 0) throw error;
      }
    }
  }

  async function obtain(scope: Scope, reason: Reason): Promise<Held> {
    if (refusal?.runId === scope.runId && reason !== 'check') throw refusal.failure;
    const credentials = await deps.credentials.read(false, scope);
    redactor.learn(credentials.clientSecret);
    if (reason !== 'check') keepClient(credentials.clientId, scope);
    if (reason === 'none' || reason === 'expiring') {
      const stored = await readStore(credentials, scope);
      if (stored) {
        held = stored;
        return stored;
      }
    }
    try {
      held = await mint(credentials, scope, reason);
      return held;
    } catch (error) {
      // Kept for the run, so that the other streams do not repeat a request with refused credentials.
      if (error instanceof HardFailure && error.kind === 'credentials') {
        refusal = { runId: scope.runId, failure: error };
      }
      throw error;
    }
  }

  async function mint(credentials: Credentials, scope: Scope, reason: Reason): Promise<Held> {
    let used = credentials;
    const askedAt = clock.now();
    let token: FreshToken;
    try {
      token = await requestToken(deps, options, used, scope);
    } catch (error) {
      if (!mayBeRotated(error)) throw error;
      used = await deps.credentials.read(true, scope);
      redactor.learn(used.clientSecret);
      const rotated = used.clientId !== credentials.clientId || used.clientSecret !== credentials.clientSecret;
      if (!rotated) throw error;
      if (reason !== 'check') keepClient(used.clientId, scope);
      token = await requestToken(deps, options, used, scope);
    }
    const issuedMs = clock.monotonicMs();
    redactor.learn(token.accessToken);
    const expiresAt = addMs(askedAt, token.lifetimeMs);
    const renewAt = addMs(expiresAt, -Math.min(RENEWAL_MARGIN_MS, token.lifetimeMs / 4));
    const { accessToken } = token;
    scope.log.info('token_renewed', { reason, expires_at: formatInstant(expiresAt) });
    await writeStore(used, { accessToken, expiresAt }, scope);
    return { clientId: used.clientId, accessToken, expiresAt, renewAt, issuedMs };
  }

  async function readStore(credentials: Credentials, scope: Scope): Promise<Held | null> {
    try {
      const stored = await deps.store.read(tokenKey(options, credentials.clientId), scope);
      const renewAt = stored && addMs(stored.expiresAt, -RENEWAL_MARGIN_MS);
      if (!stored || !renewAt || renewAt <= clock.now() || stored.accessToken === lastRefused) return null;
      redactor.learn(stored.accessToken);
      return { ...stored, clientId: credentials.clientId, renewAt, issuedMs: null };
    } catch (error) {
      // The store is a cache and logs its own failures. Without it a token is requested.
      if (error instanceof DeadlineReached) throw error;
      return null;
    }
  }

  /** A token that could not be stored only costs the next process one token request. */
  async function writeStore(credentials: Credentials, token: StoredToken, scope: Scope): Promise<void> {
    await deps.store.write(tokenKey(options, credentials.clientId), token, scope).catch(() => undefined);
  }

  return {
    current,
    renew,
    async prove(scope) {
      return (await share(scope, 'check')).expiresAt;
    },
  };
}

/** The key of a stored token: environment, client and scopes, never the secret. */
export function tokenKey(options: Pick<TokenRequestOptions, 'identityUrl' | 'scopes'>, clientId: string): string {
  const parts = [options.identityUrl.href, clientId, [...options.scopes].sort().join(' ')];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** Whether a rotated secret would explain the refusal: `invalid_client`, or a refusal that gives no reason. */
function mayBeRotated(error: unknown): boolean {
  return error instanceof HardFailure && error.kind === 'credentials' && error.facts.code !== 'invalid_scope';
}

/** Waits for another caller's work, but not past the caller's own deadline. */
async function within<T>(clock: Clock, scope: Scope, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const expiry = clock.sleep(Math.max(0, scope.deadline.workLeftMs()), timer.signal).then(() => {
    throw new DeadlineReached('the deadline came while a token was being renewed');
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    timer.abort();
  }
}
