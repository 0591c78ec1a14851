/**
 * Plays the identity server: issues tokens to its one client, and checks whether a token is still valid.
 *
 * Tokens need no memory: they contain their claims under a seal. Source: Ditio's documentation of authentication;
 * RFC 6749, sections 4.4 and 5.2; RFC 6750, section 3.
 */

import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { jsonReply, type ModelRequest, type Reply } from './answer.ts';
import type { FilledModelOptions } from './options.ts';

/** What can happen to a client while its tokens are still valid; the APIs answer each with 401. */
export type ClientTrouble = 'deleted' | 'disabled' | 'no-scopes' | 'emulation-user-missing' | 'emulation-user-disabled';

export interface ClientControl {
  /** Null without trouble. Deleted and disabled clients get no tokens either. */
  trouble: ClientTrouble | null;
  /** Epoch milliseconds after which the client is no longer valid; null for no end. */
  validUntilMs: number | null;
  /** May be replaced: the secret is rotated. */
  secret: string;
  administrator: boolean;
  /** Gets only that person's own stays in the crew list, without a sign of it; is not an administrator. */
  fieldWorker: boolean;
  scopes: readonly string[];
  /** Lifetime of the tokens issued from now on. */
  tokenLifetimeSeconds: number;
  /** Makes every token issued so far invalid. */
  revokeTokens(): void;
  /** How many tokens were issued. */
  readonly issued: number;
}

export interface Identity {
  readonly client: ClientControl;
  tokenReply(request: ModelRequest): Reply;
  /** Scopes of a valid token, or the reason why it is invalid. */
  judge(authorization: string | undefined): { readonly scopes: readonly string[] } | { readonly refused: string };
}

interface Claims {
  readonly client: string;
  readonly scopes: readonly string[];
  readonly exp: number;
  readonly jti: number;
}

const NO_STORE = { 'cache-control': 'no-store, no-cache, max-age=0', pragma: 'no-cache' } as const;
const HEADER = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt' })).toString('base64url');

export function createIdentity(options: FilledModelOptions): Identity {
  const key = `identity ${options.seed} ${options.clientSecret}`;
  let issued = 0;
  let revokedBelow = 0;
  const client: ClientControl = {
    trouble: null,
    validUntilMs: null,
    secret: options.clientSecret,
    administrator: options.administrator,
    fieldWorker: options.fieldWorker,
    scopes: options.scopes,
    tokenLifetimeSeconds: options.tokenLifetimeSeconds,
    revokeTokens() {
      revokedBelow = issued;
    },
    get issued() {
      return issued;
    },
  };

  const nowSeconds = () => options.now() / 1000;
  const sealOf = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
  const isOver = () => client.validUntilMs !== null && options.now() >= client.validUntilMs;

  function tokenReply(request: ModelRequest): Reply {
    if (request.method !== 'POST') return refuse('invalid_request', 405);
    if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? ''))
      return refuse('invalid_request');
    const form = new URLSearchParams(request.body ?? '');
    const unknown = form.get('client_id') !== options.clientId || form.get('client_secret') !== client.secret;
    if (unknown || client.trouble === 'deleted' || client.trouble === 'disabled' || isOver())
      return refuse('invalid_client');
    if (form.get('grant_type') !== 'client_credentials') return refuse('unsupported_grant_type');
    const allowed = client.trouble === 'no-scopes' ? [] : client.scopes;
    const asked = (form.get('scope') ?? allowed.join(' ')).split(' ').filter((scope) => scope !== '');
    if (asked.length === 0 || asked.some((scope) => !allowed.includes(scope))) return refuse('invalid_scope');
    const claims: Claims = {
      client: options.clientId,
      scopes: asked,
      exp: Math.floor(nowSeconds()) + client.tokenLifetimeSeconds,
      jti: issued,
    };
    issued += 1;
    const text = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    const token = {
      access_token: `${text}.${sealOf(text)}`,
      expires_in: client.tokenLifetimeSeconds,
      token_type: 'Bearer',
      scope: asked.join(' '),
    };
    return jsonReply(200, token, NO_STORE);
  }

  return {
    client,
    tokenReply,
    judge(authorization) {
      if (authorization === undefined) return { refused: '' };
      const token = /^Bearer ([\w-]+\.[\w-]+)\.([\w-]+)$/i.exec(authorization);
      const [, text = '', seal = ''] = token ?? [];
      if (!token || !isSame(seal, sealOf(text))) return { refused: 'The token is not valid' };
      const claims = JSON.parse(Buffer.from(text.split('.')[1] as string, 'base64url').toString()) as Claims;
      if (nowSeconds() >= claims.exp) return { refused: 'The token expired' };
      if (claims.jti < revokedBelow) return { refused: 'The token was revoked' };
      if (client.trouble !== null || isOver()) return { refused: 'The client may not be used' };
      return { scopes: claims.scopes };
    },
  };
}

function refuse(error: string, status = 400): Reply {
  return jsonReply(status, { error }, NO_STORE);
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** 401 as RFC 6750 has it: without a token no error is named. */
export function unauthorizedReply(why: string): Reply {
  const error = why === '' ? '' : ` error="invalid_token", error_description="${why}"`;
  return { status: 401, headers: { 'www-authenticate': `Bearer${error}` }, body: [] };
}
