/**
 * The token request and its answer, as a pair of pure functions.
 *
 * Decides what is sent to the identity server and what counts as a token. When to ask is decided in `tokens.ts`.
 * Source: Ditio's documentation of authentication; RFC 6749, section 4.4.
 */

import { type FailureFacts, HardFailure } from '../../core/failure/errors.ts';
import type { Credentials, HttpRequest } from '../../ports.ts';

/** `POST {identity}/connect/token` with the client credentials in a form. */
export function buildTokenRequest(
  identityUrl: URL,
  credentials: Credentials,
  scopes: readonly string[],
  userAgent: string,
): Omit<HttpRequest, 'signal'> {
  return {
    method: 'POST',
    url: tokenUrl(identityUrl),
    headers: {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': userAgent,
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
      scope: scopes.join(' '),
    }).toString(),
  };
}

/** Where tokens are asked for. */
export function tokenUrl(identityUrl: URL): URL {
  const url = new URL(identityUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/connect/token`;
  return url;
}

export interface FreshToken {
  readonly accessToken: string;
  /** From the request on, in milliseconds. */
  readonly lifetimeMs: number;
}

/**
 * The token in the body of an answer with status 200. Throws `HardFailure('wire_format')` when it holds none that can
 * be used. What other statuses mean is in the failure table (`rowForTokenAnswer`).
 *
 * @param facts what is known of the request, for the failure
 */
export function readToken(bytes: Uint8Array, facts: FailureFacts): FreshToken {
  const answer = parseObject(bytes);
  const { access_token: accessToken, expires_in: expiresIn, token_type: tokenType } = answer ?? {};
  const seconds = typeof expiresIn === 'string' && expiresIn.trim() !== '' ? Number(expiresIn) : expiresIn;
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(accessToken)) {
    throw malformed('access_token', facts);
  }
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) throw malformed('expires_in', facts);
  if (tokenType !== undefined && !/^bearer$/i.test(String(tokenType))) throw malformed('token_type', facts);
  return { accessToken, lifetimeMs: seconds * 1_000 };
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Names the member only: its value may be a token, or half of one. */
function malformed(member: string, facts: FailureFacts): HardFailure {
  return new HardFailure('wire_format', `the identity server answered 200 without a usable ${member}`, {
    ...facts,
    status: 200,
    hint: 'Check DITIO_IDENTITY_URL: what answers there does not answer like an identity server.',
  });
}
