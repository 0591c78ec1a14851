/**
 * The access token of the configured client: from memory, then from the store, then from the identity server.
 *
 * Decides when a token is asked for, and that it is asked for once: by one caller at a time, whom the others join, and
 * not again where another token would not help. What is sent and what counts as an answer is decided in `token.ts`.
 */

import { createHash } from 'node:crypto';
import { DeadlineReached, HardFailure } from '../../core/failure/errors.ts';
import type { Deadline } from '../../core/time/deadline.ts';
import { addMs, formatInstant, type Instant } from '../../core/time/instant.ts';
import type { Clock, Credentials, Scope, SecretSource, StoredToken, TokenStore } from '../../ports.ts';
import type { FreshToken } from './token.ts';
import { requestToken, type TokenRequestDeps, type TokenRequestOptions } from './token-request.ts';

export interface TokensDeps extends TokenRequestDeps {
  readonly credentials: SecretSource;
  readonly store: TokenStore;
}

export interface Tokens {
  /** A token that is good for at least the renewal margin. Throws `HardFailure('credentials')` when there is none. */
  current(scope: Scope): Promise<string>;
  /**
   * Another token, after this one was refused with status 401; `null` where another would not help, because the
   * refused one was new and never worked. Asks nothing when the refused token is no longer the current one.
   */
  renew(refused: string, scope: Scope): Promise<string | null>;
  /** The token worked: if it is refused later, another one may help. */
  accepted(token: string): void;
  /** Asks for a new token whatever is cached; returns when it ends. */
  prove(scope: Scope): Promise<Instant>;
}

/** A token is renewed so long before its end, but never more than a quarter of its lifetime. Milliseconds. */
export const RENEWAL_MARGIN_MS = 60_000;

type Reason = 'none' | 'expiring' | 'refused' | 'check';

interface Held {
  readonly accessToken: string;
  readonly expiresAt: Instant;
  readonly renewAt: Instant;
  readonly fromStore: boolean;
  worked: boolean;
  /** The run in which it was refused without ever having worked; a later run may try another. */
  futileIn: Deadline | null;
}

export function createTokens(deps: TokensDeps, options: TokenRequestOptions): Tokens {
  const { clock, redactor } = deps;
  let held: Held | null = null;
  let flight: Promise<Held> | null = null;
  let lastRefused: string | null = null;
  let refusal: { readonly run: Deadline; readonly failure: HardFailure } | null = null;

  function isUsable(scope: Scope): boolean {
    return held !== null && clock.now() < held.renewAt && (held.futileIn ?? scope.deadline) === scope.deadline;
  }

  async function current(scope: Scope): Promise<string> {
    if (held && isUsable(scope)) return held.accessToken;
    return (await share(scope, held === null ? 'none' : 'expiring')).accessToken;
  }

  async function renew(refused: string, scope: Scope): Promise<string | null> {
    lastRefused = refused;
    if (flight) {
      const { accessToken } = await share(scope, 'refused');
      if (accessToken !== refused) return accessToken;
    }
    if (held && held.accessToken !== refused && isUsable(scope)) return held.accessToken;
    if (held?.accessToken === refused && !held.fromStore && !held.worked) {
      held.futileIn = scope.deadline;
      return null;
    }
    return (await share(scope, 'refused')).accessToken;
  }

  /** Joins the renewal that is going on, or begins one. A joiner keeps its own deadline, not that of the beginner. */
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
    if (refusal?.run === scope.deadline && reason !== 'check') throw refusal.failure;
    const credentials = await deps.credentials.read(false, scope);
    redactor.learn(credentials.clientSecret);
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
      // Remembered for the run: the other streams need not ask with credentials that were refused.
      if (error instanceof HardFailure && error.kind === 'credentials') {
        refusal = { run: scope.deadline, failure: error };
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
      token = await requestToken(deps, options, used, scope);
    }
    redactor.learn(token.accessToken);
    const expiresAt = addMs(askedAt, token.lifetimeMs);
    const renewAt = addMs(expiresAt, -Math.min(RENEWAL_MARGIN_MS, token.lifetimeMs / 4));
    const { accessToken } = token;
    scope.log.info('token_renewed', { reason, expires_at: formatInstant(expiresAt) });
    await writeStore(used, { accessToken, expiresAt }, scope);
    return { accessToken, expiresAt, renewAt, fromStore: false, worked: false, futileIn: null };
  }

  async function readStore(credentials: Credentials, scope: Scope): Promise<Held | null> {
    try {
      const stored = await deps.store.read(tokenKey(options, credentials.clientId), scope);
      const renewAt = stored && addMs(stored.expiresAt, -RENEWAL_MARGIN_MS);
      if (!stored || !renewAt || renewAt <= clock.now() || stored.accessToken === lastRefused) return null;
      redactor.learn(stored.accessToken);
      return { ...stored, renewAt, fromStore: true, worked: false, futileIn: null };
    } catch (error) {
      // The store is a cache: without it a token is asked for. What is wrong with it, it says itself.
      if (error instanceof DeadlineReached) throw error;
      return null;
    }
  }

  /** A token that could not be stored costs the next process one token request and nothing more. */
  async function writeStore(credentials: Credentials, token: StoredToken, scope: Scope): Promise<void> {
    await deps.store.write(tokenKey(options, credentials.clientId), token, scope).catch(() => undefined);
  }

  return {
    current,
    renew,
    accepted(token) {
      if (held?.accessToken === token) held.worked = true;
    },
    async prove(scope) {
      return (await share(scope, 'check')).expiresAt;
    },
  };
}

/** Where a token is kept: by environment, client and scopes, never by the secret. */
export function tokenKey(options: Pick<TokenRequestOptions, 'identityUrl' | 'scopes'>, clientId: string): string {
  const parts = [options.identityUrl.href, clientId, [...options.scopes].sort().join(' ')];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** Whether a rotated secret would explain the refusal: `invalid_client`, or a refusal that gives no reason. */
function mayBeRotated(error: unknown): boolean {
  return error instanceof HardFailure && error.kind === 'credentials' && error.facts.code !== 'invalid_scope';
}

/** Waits for somebody else's work, but not past one's own deadline. */
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
