/** Tokens on a virtual clock and a scripted identity server. */

import { createRedactor } from '../../../src/core/failure/redact.ts';
import { addMs } from '../../../src/core/time/instant.ts';
import { createTokens, tokenKey } from '../../../src/ditio/auth/tokens.ts';
import type { Credentials, SecretSource, StoredToken, TokenStore } from '../../../src/ports.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';
import { createScope, createScriptedTransport, fixedRandom, type Step } from '../fakes.ts';

export const IDENTITY = new URL('https://identity.example.test');
export const SCOPES = ['reportingapiv1'];
export const OLD: Credentials = { clientId: 'client-a', clientSecret: 'old-secret' };
export const NEW: Credentials = { clientId: 'client-a', clientSecret: 'new-secret' };

export const issued = (token: string, seconds = 1_800): Step => ({
  body: JSON.stringify({ access_token: token, expires_in: seconds, token_type: 'Bearer' }),
});
export const refused = (error: string, status = 400): Step => ({ status, body: JSON.stringify({ error }) });

export interface World {
  readonly answers: readonly Step[];
  /** The cached secret, and the secret of a fresh read. */
  readonly secrets?: readonly [cached: Credentials, fresh: Credentials];
  readonly stored?: { readonly token: string; readonly forMs: number };
  readonly store?: Partial<TokenStore>;
}

export function setUp({ answers, secrets = [OLD, OLD], stored, store }: World) {
  const clock = createVirtualClock();
  const transport = createScriptedTransport(clock, { '/connect/token': answers });
  const items = new Map<string, StoredToken>();
  const reads: boolean[] = [];
  const credentials: SecretSource = {
    async read(fresh) {
      reads.push(fresh);
      return secrets[fresh || reads.includes(true) ? 1 : 0];
    },
  };
  if (stored) {
    const key = tokenKey({ identityUrl: IDENTITY, scopes: SCOPES }, 'client-a');
    items.set(key, { accessToken: stored.token, expiresAt: addMs(clock.now(), stored.forMs) });
  }
  const memory: TokenStore = {
    read: async (key) => items.get(key),
    write: async (key, token) => void items.set(key, token),
  };
  const redactor = createRedactor();
  const tokens = createTokens(
    {
      credentials,
      store: { ...memory, ...store },
      transport,
      clock,
      random: fixedRandom(),
      redactor,
    },
    { identityUrl: IDENTITY, scopes: SCOPES, requestTimeoutMs: 30_000, userAgent: 'test' },
  );
  return { clock, transport, items, reads, credentials, redactor, tokens, scope: createScope(clock) };
}
