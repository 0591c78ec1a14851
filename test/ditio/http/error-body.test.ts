import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ErrorBody } from '../../../src/core/failure/failures.ts';
import { createRedactor } from '../../../src/core/failure/redact.ts';
import { createCleanText, MAX_DETAIL, MAX_ERRORS, parseErrorBody } from '../../../src/ditio/http/error-body.ts';

const plain = createCleanText(createRedactor(), []);
const parse = (text: string, clean = plain): ErrorBody => parseErrorBody(Buffer.from(text), clean);

const bodies: ReadonlyArray<{ readonly name: string; readonly text: string; readonly expected: ErrorBody }> = [
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
    expected: { detail: '502 Bad Gateway Bad gateway' },
  },
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
];
for (const [name, text] of secrets) {
  test(`a secret that a server repeats is cut out: ${name}`, () => {
    const said = JSON.stringify(parse(text, createCleanText(createRedactor(), [SECRET])));
    assert.doesNotMatch(said, /hemmelig/);
    assert.match(said, /redacted/);
  });
}

test('a bearer token is cut out even when nobody named it', () => {
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
        const body = parseErrorBody(bytes, plain);
        assert.ok((body.detail ?? '').length <= MAX_DETAIL);
        assert.ok((body.errors ?? []).length <= MAX_ERRORS);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        assert.doesNotMatch(`${body.code}${body.detail}`, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      },
    ),
  );
});
