/**
 * Builds the token request and reads its answer, as a pair of pure functions.
 *
 * Source: Ditio's documentation of authentication; RFC 6749, section 4.4.
 */

import { type FailureFacts, HardFailure } from '../../core/failure/errors.ts';
import { WRONG_HOST_HINT } from '../../core/failure/hints.ts';
import type { Credentials, HttpAnswer, HttpRequest } from '../../ports.ts';
import { readErrorInPage, type SecretRemover } from '../http/error-body.ts';

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

/** Where tokens are requested. */
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

/** Lifetime of a token without a usable `expires_in`. It is short, because renewing early costs only requests. */
export const ASSUMED_LIFETIME_MS = 5 * 60_000;
/** Ditio's longest lifetime (authentication page). A longer one is cut to this. */
export const MAX_LIFETIME_MS = 24 * 60 * 60_000;

/**
 * The token in the body of an answer with status 200. Throws `HardFailure('wire_format')` when it holds no usable token.
 *
 * A missing or impossible `expires_in` is no reason to refuse a token (RFC 6749 only recommends the field): a token that
 * expires earlier than assumed is renewed after its 401. Of `token_type`, only a scheme other than `Bearer` is refused,
 * because a server that leaves it empty has no other in mind.
 *
 * @param facts what is known of the request, for the failure
 */
export function readToken(
  headers: HttpAnswer['headers'],
  bytes: Uint8Array,
  facts: FailureFacts,
  remover: SecretRemover,
): FreshToken {
  const answer = parseObject(bytes);
  const { access_token: accessToken, expires_in: expiresIn, token_type: tokenType } = answer ?? {};
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(accessToken)) {
    throw malformed('access_token', { ...facts, ...readErrorInPage(headers, bytes, remover) });
  }
  if (!/^(bearer)?$/i.test(String(tokenType ?? '').trim())) throw malformed('token_type', facts);
  return { accessToken, lifetimeMs: lifetimeOf(expiresIn) };
}

function lifetimeOf(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' && expiresIn.trim() !== '' ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== 'number' || !(seconds > 0)) return ASSUMED_LIFETIME_MS;
  return Math.min(seconds * 1_000, MAX_LIFETIME_MS);
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The message names only the member: its value may be a token or part of one. */
function malformed(member: string, facts: FailureFacts): HardFailure {
  const said = facts.detail === undefined ? '' : `: ${facts.detail.slice(0, 200).toWellFormed()}`;
  return new HardFailure('wire_format', `the identity server answered 200 without a usable ${member}${said}`, {
    ...facts,
    status: 200,
    hint: WRONG_HOST_HINT,
  });
}
