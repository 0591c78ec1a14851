import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HardFailure } from '../../../src/core/failure/errors.ts';
import { createRedactor } from '../../../src/core/failure/redact.ts';
import {
  ASSUMED_LIFETIME_MS,
  buildTokenRequest,
  MAX_LIFETIME_MS,
  readToken,
  tokenUrl,
} from '../../../src/ditio/auth/token.ts';
import { createSecretRemover } from '../../../src/ditio/http/error-body.ts';

const clean = createSecretRemover(createRedactor(), []);
const read = (text: string) => readToken({}, Buffer.from(text), { request: 'POST x' }, clean);

test('the token request is a form with the client credentials', () => {
  const request = buildTokenRequest(
    new URL('https://identity.example.test/'),
    { clientId: 'client a', clientSecret: 's&=+/é' },
    ['reportingapiv1', 'ditioapiv3'],
    'ditio-extract/1.2.3',
  );
  assert.equal(request.method, 'POST');
  assert.equal(request.url.href, 'https://identity.example.test/connect/token');
  assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.equal(request.headers['user-agent'], 'ditio-extract/1.2.3');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), {
    grant_type: 'client_credentials',
    client_id: 'client a',
    client_secret: 's&=+/é',
    scope: 'reportingapiv1 ditioapiv3',
  });
});

test('the token path goes below the path of the identity server', () => {
  assert.equal(
    tokenUrl(new URL('http://127.0.0.1:8787/identity/')).href,
    'http://127.0.0.1:8787/identity/connect/token',
  );
});

const good: ReadonlyArray<readonly [name: string, answer: object, lifetimeMs: number]> = [
  ['as documented', { access_token: 'abc', expires_in: 1800, token_type: 'Bearer' }, 1_800_000],
  ['without a type', { access_token: 'abc', expires_in: 60 }, 60_000],
  ['a type in lower case', { access_token: 'abc', expires_in: 60, token_type: 'bearer' }, 60_000],
  ['a type of null', { access_token: 'abc', expires_in: 60, token_type: null }, 60_000],
  ['an empty type', { access_token: 'abc', expires_in: 60, token_type: '' }, 60_000],
  ['a type of blanks', { access_token: 'abc', expires_in: 60, token_type: ' ' }, 60_000],
  ['a type with a blank', { access_token: 'abc', expires_in: 60, token_type: 'bearer ' }, 60_000],
  ['seconds as text', { access_token: 'abc', expires_in: '3600', token_type: 'Bearer' }, 3_600_000],
  ['no lifetime, which gets a short one', { access_token: 'abc' }, ASSUMED_LIFETIME_MS],
  ['a lifetime of nothing', { access_token: 'abc', expires_in: 0 }, ASSUMED_LIFETIME_MS],
  ['a lifetime before now', { access_token: 'abc', expires_in: -1 }, ASSUMED_LIFETIME_MS],
  ['a lifetime that is no number', { access_token: 'abc', expires_in: 'soon' }, ASSUMED_LIFETIME_MS],
  ['a lifetime of no type', { access_token: 'abc', expires_in: null }, ASSUMED_LIFETIME_MS],
  ['a lifetime of centuries', { access_token: 'abc', expires_in: 1e12 }, MAX_LIFETIME_MS],
];
for (const [name, answer, lifetimeMs] of good) {
  test(`a token answer: ${name}`, () => {
    assert.deepEqual(read(JSON.stringify(answer)), { accessToken: 'abc', lifetimeMs });
  });
}

const bad: ReadonlyArray<readonly [name: string, text: string, member: RegExp]> = [
  ['nothing', '', /access_token/],
  ['HTML', '<html>', /access_token/],
  ['null', 'null', /access_token/],
  ['no token', '{"expires_in":60}', /access_token/],
  ['an empty token', '{"access_token":"","expires_in":60}', /access_token/],
  ['a token that would split the header', '{"access_token":"a\\r\\nx: y","expires_in":60}', /access_token/],
  ['a token that is not text', '{"access_token":7,"expires_in":60}', /access_token/],
  ['a type of token that is not text', '{"access_token":"abc","expires_in":60,"token_type":7}', /token_type/],
  ['another type of token, with a blank', '{"access_token":"abc","expires_in":60,"token_type":" mac"}', /token_type/],
  ['another type of token', '{"access_token":"abc","expires_in":60,"token_type":"DPoP"}', /token_type/],
];
for (const [name, text, member] of bad) {
  test(`not a token answer: ${name}`, () => {
    assert.throws(
      () => read(text),
      (error: unknown) => {
        assert.ok(error instanceof HardFailure && error.kind === 'wire_format');
        assert.match(error.message, member);
        assert.doesNotMatch(error.message, /abc/);
        assert.equal(error.facts.request, 'POST x');
        return true;
      },
    );
  });
}

test('the reason for a missing token is quoted, with the trace id', () => {
  assert.throws(
    () => read('{"error":"maintenance","message":"Back at noon.","traceId":"made-up"}'),
    (error: unknown) => {
      assert.ok(error instanceof HardFailure);
      assert.match(error.message, /without a usable access_token: Back at noon\.$/);
      assert.deepEqual([error.facts.code, error.facts.traceId], ['maintenance', 'made-up']);
      return true;
    },
  );
  assert.throws(() => read('<html><title>Sign in</title></html>'), /access_token: Sign in$/);
});

test('an answer that was cut off inside its token is not quoted', () => {
  assert.throws(
    () => read('{"access_token":"abcdefghij'),
    (error: unknown) => {
      assert.ok(error instanceof HardFailure);
      assert.doesNotMatch(`${error.message} ${JSON.stringify(error.facts)}`, /abcdef/);
      return true;
    },
  );
});
