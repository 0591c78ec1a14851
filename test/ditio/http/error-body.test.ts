import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ErrorDetails } from '../../../src/core/failure/errors.ts';
import { MAX_DETAIL } from '../../../src/core/failure/evidence.ts';
import { createRedactor } from '../../../src/core/failure/redact.ts';
import {
  charsetOf,
  createSecretRemover,
  MAX_ERRORS,
  readErrorDetails,
  readErrorInPage,
  readFailedPage,
} from '../../../src/ditio/http/error-body.ts';

const plain = createSecretRemover(createRedactor(), []);
const parse = (text: string, clean = plain): ErrorDetails => readErrorDetails({}, Buffer.from(text), clean).details;

const bodies: ReadonlyArray<{ readonly name: string; readonly text: string; readonly expected: ErrorDetails }> = [
  {
    name: "Ditio's simple shape",
    text: `{"error":"ArgumentIsNull","message":"The 'ModifiedSince' parameter is required."}`,
    expected: { code: 'ArgumentIsNull', detail: "The 'ModifiedSince' parameter is required." },
  },
  {
    name: "Ditio's validation shape",
    text: JSON.stringify({
      message: 'Validation failed',
      errors: [{ category: 'UserInvalidInputError', code: 'ValidationError', field: 'Phone', message: 'Too long' }],
    }),
    expected: {
      detail: 'Validation failed',
      errors: [{ category: 'UserInvalidInputError', code: 'ValidationError', field: 'Phone', message: 'Too long' }],
    },
  },
  {
    name: 'names in another case',
    text: '{"Error":"X","Message":"M","Errors":[{"Code":"C","Message":"m"}]}',
    expected: { code: 'X', detail: 'M', errors: [{ code: 'C', message: 'm' }] },
  },
  {
    name: 'an OAuth error',
    text: '{"error":"invalid_client","error_description":"Client is disabled"}',
    expected: { code: 'invalid_client', detail: 'Client is disabled' },
  },
  { name: 'an OAuth error without words', text: '{"error":"invalid_scope"}', expected: { code: 'invalid_scope' } },
  {
    name: 'an error that is an object',
    text: '{"error":{"code":"E1","message":"inner"}}',
    expected: { code: 'E1', detail: 'inner' },
  },
  {
    name: "ASP.NET's problem details",
    text: '{"type":"x","title":"One or more validation errors occurred.","status":400,"errors":{"ToDateTime":["bad","worse"]}}',
    expected: {
      detail: 'One or more validation errors occurred.',
      errors: [
        { field: 'ToDateTime', message: 'bad' },
        { field: 'ToDateTime', message: 'worse' },
      ],
    },
  },
  {
    name: 'a list alone speaks for itself',
    text: '[{"field":"Phone","message":"Too long"},{"message":"Also this"},7,null,"text"]',
    expected: {
      detail: 'Phone: Too long; Also this; text',
      errors: [{ field: 'Phone', message: 'Too long' }, { message: 'Also this' }, { message: 'text' }],
    },
  },
  {
    name: 'problem+json with a trace id',
    text: '{"type":"x","title":"Bad Request","status":400,"traceId":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}',
    expected: { detail: 'Bad Request', traceId: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' },
  },
  {
    name: 'problem+json with a detail, which says more than its title',
    text: '{"title":"Forbidden","detail":"The scope is missing.","requestId":"r-1"}',
    expected: { detail: 'The scope is missing.', traceId: 'r-1' },
  },
  { name: 'a JSON string', text: '"Rate limit exceeded"', expected: { detail: 'Rate limit exceeded' } },
  { name: 'an object that says nothing', text: '{"status":500}', expected: {} },
  { name: 'members of other types', text: '{"error":7,"message":null,"errors":"x"}', expected: {} },
  { name: 'nothing', text: '', expected: {} },
  { name: 'space', text: ' \r\n ', expected: {} },
  { name: 'half a JSON object', text: '{"error":"Arg', expected: { detail: '{"error":"Arg' } },
  { name: 'plain text', text: 'Service Unavailable', expected: { detail: 'Service Unavailable' } },
  {
    name: 'a page of a proxy',
    text: '<!doctype html><html><head><title>502 Bad Gateway</title><style>b{}</style></head><body><!-- x --><h1>Bad\n gateway</h1><script>alert(1)</script></body></html>',
    expected: { detail: '502 Bad Gateway' },
  },
  {
    name: 'a page whose title is spelled in entities',
    text: '<html><head><title>Web App &#8211; Stopped &amp; &#x66;orgotten, p&aring; vent</title></head></html>',
    expected: { detail: 'Web App – Stopped & forgotten, på vent' },
  },
  {
    name: 'a page without a title',
    text: '<html><head><title> </title></head><body><h1>Maintenance</h1><p>until 5</p></body></html>',
    expected: { detail: 'Maintenance until 5' },
  },
  { name: 'XML', text: '<?xml version="1.0"?><Error><Code>X</Code></Error>', expected: { detail: 'X' } },
  { name: 'half a page', text: '<html><script>var x = "', expected: {} },
  {
    name: 'control characters that would forge a log line',
    text: '{"error":"A\\u0000B","message":"one\\r\\ntwo\\u001b[31m\\u202Ethree"}',
    expected: { code: 'A B', detail: 'one two [31m three' },
  },
  { name: 'half a character', text: '{"message":"\\ud800x"}', expected: { detail: '\ufffdx' } },
];
for (const { name, text, expected } of bodies) {
  test(`error body: ${name}`, () => {
    assert.deepEqual(parse(text), expected);
  });
}

test('a detail is cut at its longest', () => {
  const { detail = '' } = parse(JSON.stringify({ message: 'x'.repeat(5_000) }));
  assert.equal(detail.length, MAX_DETAIL);
  assert.ok(detail.endsWith('…'));
});

test('a list of errors is cut at its longest, in both shapes', () => {
  const list = Array.from({ length: 500 }, (_, index) => ({ message: `m${index}` }));
  const byField = Object.fromEntries(list.map(({ message }) => [message, [message]]));
  assert.equal(parse(JSON.stringify({ errors: list })).errors?.length, MAX_ERRORS);
  assert.equal(parse(JSON.stringify({ errors: byField })).errors?.length, MAX_ERRORS);
  assert.ok((parse(JSON.stringify({ errors: list })).detail ?? '').length <= MAX_DETAIL);
});

const SECRET = 'hemmelig/nøkkel+42';
const secrets: ReadonlyArray<readonly [name: string, text: string]> = [
  ['in a message', JSON.stringify({ message: `client ${SECRET} is unknown` })],
  ['in a code', JSON.stringify({ error: SECRET })],
  ['in an entry', JSON.stringify({ errors: [{ field: SECRET, message: `got ${SECRET}` }] })],
  ['percent-encoded', `you sent ${encodeURIComponent(SECRET)}`],
  ['in plain text', `you sent ${SECRET}`],
  ['in HTML', `<p>${SECRET}</p>`],
  ['in HTML entities', `<p>${[...SECRET].map((char) => `&#x${char.codePointAt(0)?.toString(16)};`).join('')}</p>`],
  ['in HTML with its marks as names', `<p>${SECRET.replaceAll('/', '&sol;').replaceAll('+', '&plus;')}</p>`],
  ['in the title of a page', `<title>Blocked: ${encodeURIComponent(SECRET)}</title>`],
];
for (const [name, text] of secrets) {
  test(`a secret that a server repeats is cut out: ${name}`, () => {
    const said = JSON.stringify(parse(text, createSecretRemover(createRedactor(), [SECRET])));
    assert.doesNotMatch(said, /hemmelig/);
    assert.match(said, /redacted/);
  });
}

const MARKED = 'pw/Ab+c9"d<e&f=g';
const marked: ReadonlyArray<readonly [name: string, text: string, expected: ErrorDetails]> = [
  [
    'raw, with what looks like a tag in it',
    `<p>Blocked: ${MARKED} for now</p>`,
    { detail: 'Blocked: [redacted] for now' },
  ],
  ['raw, in a title', `<title>Blocked: ${MARKED}</title>`, { detail: 'Blocked: [redacted]' }],
  [
    'with a place for a line break',
    `<p>Got ${MARKED.slice(0, 8)}<wbr>${MARKED.slice(8)}</p>`,
    { detail: 'Got [redacted]' },
  ],
  [
    'in HTML within HTML',
    `<p>Got ${[...MARKED].map((char) => `&amp;#${char.charCodeAt(0)};`).join('')}</p>`,
    { detail: 'Got [redacted]' },
  ],
  [
    'with a mark of direction inside',
    JSON.stringify({ message: `got ${MARKED.slice(0, 8)}\u200e${MARKED.slice(8)}` }),
    { detail: 'got [redacted]' },
  ],
  [
    'in the name of a field',
    JSON.stringify({ title: 'bad', errors: { [MARKED]: ['wrong'] } }),
    { detail: 'bad', errors: [{ field: '[redacted]', message: 'wrong' }] },
  ],
];
for (const [name, text, expected] of marked) {
  test(`a secret with special characters that a server repeats is cut out: ${name}`, () => {
    assert.deepEqual(parse(text, createSecretRemover(createRedactor(), [MARKED])), expected);
  });
}

test('a secret with a quote in it is cut out of a challenge', () => {
  const headers = { 'www-authenticate': `Bearer error_description="unknown ${MARKED}"` };
  const { details: said } = readErrorDetails(headers, Buffer.from(''), createSecretRemover(createRedactor(), [MARKED]));
  assert.equal(said.detail, 'unknown [redacted]');
});

test('no part of a secret is left where a long text is cut', () => {
  // Cleaning shortens the text, so that any place of it may come to the end of what is kept.
  const mail = 'a.very.long.name.of.a.person@a-company-with-a-very-long-name.example ';
  for (let before = 3_950; before < 4_010; before++) {
    const message = `${mail.repeat(57)}${'. '.repeat(40)}`.slice(0, before - 1);
    const { detail = '' } = parse(
      JSON.stringify({ message: `${message} ${SECRET} ${mail}` }),
      createSecretRemover(createRedactor(), [SECRET]),
    );
    assert.doesNotMatch(detail, /hemm|very/, `after ${before}`);
  }
});

test('a page keeps its words behind a style of any length', () => {
  const page = `<style>${'b{}'.repeat(3_000)}</style><p>Blocked</p>`;
  assert.deepEqual(parse(`<html>${page}</html>`), { detail: 'Blocked' });
});

test('a bearer token is cut out even when it was not learned', () => {
  const said = JSON.stringify(parse('{"message":"bad header Authorization: Bearer abc.def-ghi_123"}'));
  assert.doesNotMatch(said, /abc\.def/);
});

test('anything at all is read without a throw and within bounds', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        const body = readErrorDetails({}, bytes, plain).details;
        assert.ok((body.detail ?? '').length <= MAX_DETAIL);
        assert.ok((body.errors ?? []).length <= MAX_ERRORS);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        assert.doesNotMatch(`${body.code}${body.detail}`, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      },
    ),
  );
});

const heads: ReadonlyArray<{
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly expected: ErrorDetails;
}> = [
  {
    name: 'an empty 401 says why in WWW-Authenticate',
    headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="The audience 'x' is invalid"` },
    expected: { code: 'invalid_token', detail: "The audience 'x' is invalid" },
  },
  {
    name: 'a challenge with an escaped quote and no quotes around the code',
    headers: {
      'www-authenticate': 'Bearer realm="api", error=insufficient_scope, error_description="needs \\"read\\""',
    },
    expected: { code: 'insufficient_scope', detail: 'needs "read"' },
  },
  {
    name: 'a challenge without an error is quoted as it is',
    headers: { 'www-authenticate': 'Negotiate, Digest realm="proxy"' },
    expected: { detail: 'Negotiate, Digest realm="proxy"' },
  },
  {
    name: 'a body that says something counts before the challenge',
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    body: '{"message":"The client is disabled."}',
    expected: { detail: 'The client is disabled.' },
  },
  ...['x-request-id', 'x-azure-ref', 'traceparent', 'x-correlation-id', 'apim-request-id', 'cf-ray'].map((name) => ({
    name: `the head names the request: ${name}`,
    headers: { [name]: 'made-up-reference-1' },
    body: '{"message":"no"}',
    expected: { detail: 'no', traceId: 'made-up-reference-1' },
  })),
  {
    name: 'the id of the server counts before that of a gateway',
    headers: { 'cf-ray': 'of-the-gateway', traceparent: 'of-the-server' },
    expected: { traceId: 'of-the-server' },
  },
  {
    name: 'the trace id of the body counts before that of the head',
    headers: { 'x-request-id': 'of-the-head' },
    body: '{"title":"no","traceId":"of-the-body"}',
    expected: { detail: 'no', traceId: 'of-the-body' },
  },
];
for (const { name, headers, body = '', expected } of heads) {
  test(`head: ${name}`, () => assert.deepEqual(readErrorDetails(headers, Buffer.from(body), plain).details, expected));
}

test('a secret that a challenge repeats is cut out', () => {
  const headers = { 'www-authenticate': `Bearer error_description="unknown ${SECRET}"` };
  const { details: said } = readErrorDetails(headers, Buffer.from(''), createSecretRemover(createRedactor(), [SECRET]));
  assert.equal(said.detail, 'unknown [redacted]');
});

test('markup is known by its declaration or by its beginning', () => {
  const isMarkup = (type: string, body: string) =>
    readErrorDetails({ 'content-type': type }, Buffer.from(body), plain).isMarkup;
  assert.deepEqual(
    [
      isMarkup('text/html; charset=utf-8', ''),
      isMarkup('application/json', '\ufeff <!DOCTYPE html>'),
      isMarkup('application/xml', '<?xml?>'),
      isMarkup('application/json', '{"message":"<b>"}'),
      isMarkup('text/plain', 'error code: 1020'),
    ],
    [true, true, true, false, false],
  );
});

test('an error in place of a page is read, and what may be records or a token is not', () => {
  const instead = (text: string) => readErrorInPage({}, Buffer.from(text), plain);
  assert.deepEqual(instead('{"error":"Busy","message":"Come back later."}'), {
    code: 'Busy',
    detail: 'Come back later.',
  });
  assert.deepEqual(instead('{"Data":null,"error":"Busy"}'), { code: 'Busy' });
  assert.deepEqual(instead('<html><title>Sign in</title></html>'), { detail: 'Sign in' });
  for (const text of [
    '{"data":[{"message":"a record"}],"message":"x"}',
    '{"Data":[],"error":"x"}',
    '{"access_token":7,"error":"x"}',
    '{"access_token":"abc',
    '{"id":1,"name":"x"}',
    'Kari;Nordmann',
    '[{"message":"a record"}]',
  ]) {
    assert.equal(instead(text), undefined, text);
  }
});

const FAILED_PAGES: readonly (readonly [members: object, said: object | undefined])[] = [
  [
    { error: 'Busy', message: 'Come back later.' },
    { code: 'Busy', detail: 'Come back later.' },
  ],
  [{ Error: 'The query took too long.' }, { code: 'The query took too long.', detail: 'The query took too long.' }],
  [
    { errors: [{ code: 'Timeout', message: 'shard 3' }], traceId: '7' },
    { detail: 'shard 3', errors: [{ code: 'Timeout', message: 'shard 3' }], traceId: '7' },
  ],
  [{ error: ['shard 3'] }, { detail: 'shard 3', errors: [{ message: 'shard 3' }] }],
  [{ errors: 'shard 3' }, { detail: 'shard 3' }],
  [{ errorMessage: 'shard 3' }, { detail: 'shard 3' }],
  [{ success: false }, undefined],
];

for (const [members, said] of FAILED_PAGES) {
  test(`a page that failed tells in its detail: ${JSON.stringify(members)}`, () => {
    assert.deepEqual(readFailedPage({ data: [], recordCount: 0, ...members }, plain), said);
  });
}

test('the declared charset is read in any case and with quotes', () => {
  const charset = (type?: string) => charsetOf(type === undefined ? {} : { 'content-type': type });
  assert.deepEqual(
    [
      charset(),
      charset('text/csv'),
      charset('text/csv; charset=UTF8'),
      charset('text/csv;Charset="Windows-1252"; x=y'),
    ],
    [null, null, 'utf-8', 'windows-1252'],
  );
});
