import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../../src/core/failure/classify.ts';
import { ALL_DITIO_ROWS, IDENTITY_TABLE } from '../../../src/core/failure/ditio-rows.ts';
import {
  AnswerRefused,
  AttemptTimedOut,
  type ErrorDetails,
  FAILURE_KINDS,
  HardFailure,
  TransferBroken,
} from '../../../src/core/failure/errors.ts';
import { codeOf } from '../../../src/core/failure/evidence.ts';
import { KIND_HINTS } from '../../../src/core/failure/hints.ts';
import { failureFrom, judge, type RequestLabel } from '../../../src/core/failure/judge.ts';
import { networkError } from '../../ditio/fakes.ts';

const answered = (status: number, details: ErrorDetails = {}) => classify('ditio', new AnswerRefused(status, details));
const html = (status: number) => classify('ditio', new AnswerRefused(status, { detail: 'Web App - Stopped' }, true));
const tokenAnswered = (status: number, details: ErrorDetails = {}) =>
  classify('identity', new AnswerRefused(status, details));
const thrown = (error: unknown) => classify('ditio', error);

const statuses: ReadonlyArray<readonly [status: number, action: string, kind: string]> = [
  [201, 'hard', 'wire_format'],
  [202, 'hard', 'wire_format'],
  [204, 'hard', 'wire_format'],
  [206, 'hard', 'wire_format'],
  [301, 'hard', 'wire_format'],
  [302, 'hard', 'wire_format'],
  [304, 'hard', 'wire_format'],
  [307, 'hard', 'wire_format'],
  [400, 'hard', 'bad_request'],
  [401, 'renew_token', 'unauthorized'],
  [403, 'hard', 'forbidden'],
  [404, 'hard', 'not_found'],
  [405, 'hard', 'unexpected'],
  [407, 'hard', 'unexpected'],
  [408, 'retry', 'retries_exhausted'],
  [409, 'hard', 'unexpected'],
  [410, 'hard', 'not_found'],
  [418, 'hard', 'unexpected'],
  [422, 'hard', 'bad_request'],
  [425, 'retry', 'retries_exhausted'],
  [429, 'retry', 'retries_exhausted'],
  [431, 'hard', 'unexpected'],
  [500, 'retry', 'retries_exhausted'],
  [501, 'retry', 'retries_exhausted'],
  [502, 'retry', 'retries_exhausted'],
  [503, 'retry', 'retries_exhausted'],
  [504, 'retry', 'retries_exhausted'],
  ...[505, 507, 511, 520, 521, 522, 523, 524, 525, 526, 527, 530, 598, 599].map(
    (status) => [status, 'retry', 'retries_exhausted'] as const,
  ),
  [600, 'hard', 'unexpected'],
  [999, 'hard', 'unexpected'],
];
for (const [status, action, kind] of statuses) {
  test(`status ${status} is ${action}, and ends as ${kind}`, () => {
    const row = answered(status);
    assert.deepEqual([row.action, row.kind], [action, kind]);
  });
}

const badRequests: ReadonlyArray<{
  readonly name: string;
  readonly body: ErrorDetails;
  readonly kind: string;
}> = [
  { name: 'ModifiedBefore alone', body: { detail: 'ModifiedBefore requires ModifiedSince.' }, kind: 'invalid_window' },
  {
    name: 'the missing parameter of the documented example',
    body: { code: 'ArgumentIsNull', detail: "The 'ModifiedSince' parameter is required." },
    kind: 'invalid_window',
  },
  {
    name: 'half a date window',
    body: { detail: 'fromDateTime and toDateTime must be given together' },
    kind: 'invalid_window',
  },
  {
    name: 'a window named by the field of an entry only',
    body: { detail: 'Validation failed', errors: [{ code: 'ValidationError', field: 'ToDateTime' }] },
    kind: 'invalid_window',
  },
  {
    name: 'a window that is too long',
    body: { detail: 'The date range must not exceed 7 days' },
    kind: 'invalid_window',
  },
  { name: 'another parameter', body: { detail: 'ChunkLimit is not a number' }, kind: 'bad_request' },
  { name: 'a continuation token', body: { detail: 'The continuation token is not valid' }, kind: 'bad_request' },
  { name: 'nothing said', body: {}, kind: 'bad_request' },
  {
    name: 'a deletion of what other data depends on',
    body: { detail: 'The project has dependent time registrations and cannot be deleted.' },
    kind: 'deletion_blocked',
  },
  {
    name: 'a read that speaks of dependent data',
    body: { detail: 'The project has dependent time registrations' },
    kind: 'bad_request',
  },
  { name: 'a code that looks like a timeout', body: { code: 'TimeoutError' }, kind: 'bad_request' },
  { name: 'a code that looks like a broken connection', body: { code: 'ECONNRESET' }, kind: 'bad_request' },
];
for (const { name, body, kind } of badRequests) {
  test(`status 400 for ${name} is ${kind} and never tried again`, () => {
    const row = answered(400, body);
    assert.deepEqual([row.action, row.kind], ['hard', kind]);
  });
}

const tokenAnswers: ReadonlyArray<readonly [status: number, code: string | undefined, action: string, kind: string]> = [
  [400, 'invalid_client', 'hard', 'credentials'],
  [401, 'invalid_client', 'hard', 'credentials'],
  [400, 'INVALID_CLIENT', 'hard', 'credentials'],
  [400, 'unauthorized_client', 'hard', 'credentials'],
  [400, 'invalid_scope', 'hard', 'credentials'],
  [400, 'invalid_grant', 'hard', 'credentials'],
  [400, 'unsupported_grant_type', 'hard', 'credentials'],
  [400, 'invalid_request', 'hard', 'credentials'],
  [400, undefined, 'hard', 'credentials'],
  [401, undefined, 'hard', 'credentials'],
  [403, undefined, 'hard', 'credentials'],
  [400, 'temporarily_unavailable', 'retry', 'retries_exhausted'],
  [400, 'server_error', 'retry', 'retries_exhausted'],
  [404, undefined, 'hard', 'not_found'],
  [429, undefined, 'retry', 'retries_exhausted'],
  [503, undefined, 'retry', 'retries_exhausted'],
  [302, undefined, 'hard', 'wire_format'],
];
for (const [status, code, action, kind] of tokenAnswers) {
  test(`the token endpoint's ${status} ${code ?? 'without a code'} is ${action}, and ends as ${kind}`, () => {
    const row = tokenAnswered(status, code === undefined ? {} : { code });
    assert.deepEqual([row.action, row.kind], [action, kind]);
  });
}

const codes: ReadonlyArray<readonly [id: string, codes: readonly string[]]> = [
  ['timeout', ['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']],
  ['timeout', ['UND_ERR_BODY_TIMEOUT', 'UND_ERR_ABORTED', 'ABORT_ERR', 'ERR_TLS_HANDSHAKE_TIMEOUT']],
  ['connection_broken', ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'Z_BUF_ERROR']],
  ['connection_broken', ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ERR_STREAM_PREMATURE_CLOSE', 'HPE_INVALID_EOF_STATE']],
  ['unreachable', ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']],
  ['name_not_resolved', ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']],
  ['certificate', ['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'EPROTO']],
  ['certificate', ['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_SSL_WRONG_VERSION_NUMBER']],
  ['not_http', ['HPE_INVALID_CONSTANT', 'HPE_INVALID_VERSION', 'UND_ERR_HEADERS_OVERFLOW']],
  ['not_compressed_as_said', ['Z_DATA_ERROR', 'Z_NEED_DICT', 'ERR__ERROR_FORMAT_PADDING_1']],
  ['unknown_exception', ['UND_ERR_DESTROYED', 'UND_ERR_INVALID_ARG', 'EMFILE', 'Z_MEM_ERROR', 'EWHATEVER']],
];
for (const [id, list] of codes) {
  for (const code of list) {
    test(`error code ${code} is ${id}`, () => {
      assert.equal(thrown(networkError(code)).id, id);
    });
  }
}

const exceptions: ReadonlyArray<readonly [name: string, error: unknown, id: string, code: string | undefined]> = [
  ['a timeout of the attempt', new AttemptTimedOut(120_000), 'timeout', undefined],
  ['an AbortError without a code', Object.assign(new Error('x'), { name: 'AbortError' }), 'timeout', undefined],
  ['a broken transfer without a cause', new TransferBroken('short'), 'connection_broken', undefined],
  [
    'a broken transfer says less than its cause',
    new TransferBroken('short', { cause: networkError('UND_ERR_BODY_TIMEOUT') }),
    'timeout',
    'UND_ERR_BODY_TIMEOUT',
  ],
  [
    'a cause of a cause',
    new Error('a', { cause: new Error('b', { cause: networkError('ECONNRESET') }) }),
    'connection_broken',
    'ECONNRESET',
  ],
  [
    'several addresses that all refused',
    new AggregateError([networkError('ECONNREFUSED'), networkError('ENETUNREACH')]),
    'unreachable',
    'ECONNREFUSED',
  ],
  [
    "undici's parser error, which has no code",
    Object.assign(new Error('Response does not match the HTTP/1.1 protocol'), { name: 'HTTPParserError' }),
    'not_http',
    'HPE_INVALID',
  ],
  [
    "undici's parser error for an answer that ended early",
    Object.assign(new Error('Response does not match … (Invalid EOF state)'), { name: 'HTTPParserError' }),
    'connection_broken',
    'HPE_INVALID_EOF_STATE',
  ],
  ['an unknown error', new Error('?'), 'unknown_exception', undefined],
  ['something that is no error', 'oops', 'unknown_exception', undefined],
  ['a numeric code', Object.assign(new Error('x'), { code: 42 }), 'unknown_exception', undefined],
];
for (const [name, error, id, code] of exceptions) {
  test(`exception: ${name}`, () => {
    assert.equal(thrown(error).id, id);
    assert.equal(codeOf(error), code);
  });
}

test('a timeout of the attempt is one, however the attempt was broken off', () => {
  assert.equal(thrown(new AttemptTimedOut(1_000, networkError('CERT_HAS_EXPIRED'))).id, 'timeout');
  assert.equal(codeOf(new AttemptTimedOut(1_000, networkError('CERT_HAS_EXPIRED'))), undefined);
});

test('causes in a ring end', () => {
  const a = new Error('a');
  a.cause = new Error('b', { cause: a });
  assert.equal(thrown(a).id, 'unknown_exception');
});

test('every row and every kind tells a person what to do, in one sentence', () => {
  for (const { id, hint } of [...ALL_DITIO_ROWS, ...Object.entries(KIND_HINTS).map(([id, hint]) => ({ id, hint }))]) {
    assert.match(hint, /^[A-Z].{30,320}\.$/s, id);
    assert.doesNotMatch(hint, /\.\s+[A-Z]/, `${id} says more than one sentence`);
  }
  assert.deepEqual(Object.keys(KIND_HINTS), [...FAILURE_KINDS]);
});

test('rows have names of their own and kinds of the contract', () => {
  const ids = ALL_DITIO_ROWS.map((row) => row.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const row of ALL_DITIO_ROWS) {
    assert.ok(FAILURE_KINDS.includes(row.kind), row.id);
    assert.equal(row.action === 'retry', row.kind === 'retries_exhausted', row.id);
  }
});

const namedInHints: ReadonlyArray<readonly [what: string, hint: string, words: readonly RegExp[]]> = [
  ['401', answered(401).hint, [/deleted/, /disabled/, /ValidUntil/, /scopes/, /emulation user/]],
  ['401 for another reason', answered(401).hint, [/lacks the scope reportingapiv1/, /same environment/]],
  ['403 of what needs an administrator', answered(403).hint, [/project, resource, user and payroll-lines-extended/]],
  ['a page of HTML', html(403).hint, [/gateway/, /firewall/, /stopped application/]],
  [
    'a client of the other environment',
    tokenAnswered(400, { code: 'invalid_client' }).hint,
    [/other Ditio environment/],
  ],
  ['403', answered(403).hint, [/scope/, /another company/, /administrator/]],
  ['a timeout', thrown(networkError('UND_ERR_HEADERS_TIMEOUT')).hint, [/PAGE_SIZE/, /REQUEST_TIMEOUT_SECONDS/]],
  ['429', answered(429).hint, [/MAX_CONCURRENT_STREAMS/]],
  ['5xx', answered(503).hint, [/support/]],
  ['a broken connection', thrown(networkError('ECONNRESET')).hint, [/VPC/]],
  ['a redirect', answered(302).hint, [/DITIO_REPORTING_URL/]],
  ['a name', thrown(networkError('ENOTFOUND')).hint, [/DITIO_REPORTING_URL/]],
  ['a window', answered(400, { detail: 'ModifiedBefore' }).hint, [/modifiedBefore/, /modifiedSince/]],
  ['a wrong secret', tokenAnswered(400, { code: 'invalid_client' }).hint, [/client_secret/, /rotated/]],
  ['a scope', tokenAnswered(400, { code: 'invalid_scope' }).hint, [/reportingapiv1/]],
];
for (const [what, hint, words] of namedInHints) {
  test(`the hint for ${what} names what to look at`, () => {
    for (const word of words) assert.match(hint, word);
  });
}

test('each way to use up the attempts has a hint of its own', () => {
  const hints = [
    answered(429),
    answered(503),
    thrown(networkError('ECONNRESET')),
    thrown(networkError('ETIMEDOUT')),
    thrown(networkError('ENOTFOUND')),
  ].map((row) => row.hint);
  assert.equal(new Set(hints).size, hints.length);
});

for (const status of [400, 403, 404, 405, 407, 410, 418, 451]) {
  test(`HTML with status ${status} is refused before the API: blocked, and never tried again`, () => {
    const row = html(status);
    assert.deepEqual([row.action, row.kind], ['hard', 'blocked']);
    for (const wrong of [/COMPANY_ID/, /client_secret/, /scope/, /administrator/]) assert.doesNotMatch(row.hint, wrong);
  });
}

test('an OAuth error counts for the identity server only, and only in a refusal', () => {
  assert.equal(answered(400, { code: 'invalid_client' }).kind, 'bad_request');
  assert.equal(answered(403, { code: 'invalid_scope' }).kind, 'forbidden');
  assert.equal(tokenAnswered(503, { code: 'invalid_client' }).action, 'retry');
  assert.equal(tokenAnswered(404, { code: 'invalid_client' }).kind, 'not_found');
});

test('HTML with status 401 renews the token once, and ends as blocked', () => {
  assert.deepEqual([html(401).action, html(401).kind], ['renew_token', 'blocked']);
});

test('HTML with a status that passes by itself is tried again', () => {
  for (const status of [408, 425, 429, 500, 502, 503, 520, 530]) assert.equal(html(status).action, 'retry');
});

test('plain text of Cloudflare is blocked, but not one that Ditio may have written', () => {
  assert.equal(answered(403, { detail: 'error code: 1020' }).kind, 'blocked');
  assert.equal(answered(429, { detail: 'error code: 1015' }).action, 'retry');
  assert.equal(answered(403, { detail: 'error code: 1020 of the company' }).kind, 'forbidden');
});

test('HTML of the identity server is not blamed on the credentials', () => {
  for (const status of [400, 403]) {
    assert.equal(classify('identity', new AnswerRefused(status, {}, true)).kind, 'blocked');
  }
});

test('a body whose checksum is wrong or whose middle is damaged is tried again, one that was never compressed is not', () => {
  const zlib = (message: string) =>
    thrown(new TransferBroken('x', { cause: networkError('Z_DATA_ERROR', message) })).id;
  for (const message of [
    'incorrect data check',
    'incorrect length check',
    'header crc mismatch',
    'invalid block type',
    'invalid distance too far back',
    'too many length or distance symbols',
  ]) {
    assert.equal(zlib(message), 'damaged_on_the_way', message);
  }
  for (const message of ['incorrect header check', 'unknown compression method', 'invalid window size']) {
    assert.equal(zlib(message), 'not_compressed_as_said', message);
  }
});

test('what stops every stream concerns the run, and nothing else does', () => {
  for (const row of IDENTITY_TABLE) assert.equal(row.concerns, 'run', row.id);
  for (const code of ['ENOTFOUND', 'ECONNREFUSED', 'CERT_HAS_EXPIRED']) {
    assert.equal(thrown(networkError(code)).concerns, 'run', code);
  }
  for (const status of [302, 400, 401, 403, 404, 429, 500, 503]) assert.equal(answered(status).concerns, undefined);
  for (const code of ['ECONNRESET', 'UND_ERR_HEADERS_TIMEOUT', 'Z_BUF_ERROR']) {
    assert.equal(thrown(networkError(code)).concerns, undefined, code);
  }
  assert.equal(new HardFailure('forbidden', 'x').concerns, 'stream');
});

const PAGE: RequestLabel = { place: 'ditio', request: 'GET x' };
const ONCE = { attempt: 1, elapsedMs: 3 };

test('a failure carries the hint of its row unless the facts bring a better one', () => {
  const row = answered(403);
  const cause = new Error('evidence');
  const failure = failureFrom(row, 'no', { status: 403 }, cause);
  assert.deepEqual([failure.kind, failure.facts.status, failure.facts.hint], ['forbidden', 403, row.hint]);
  assert.equal(failure.cause, cause);
  assert.equal(failureFrom(row, 'no', { hint: 'Do this.' }).facts.hint, 'Do this.');
});

test('a verdict to try again brings the failure it ends in, with attempts, time and what came last', () => {
  const details = { detail: 'busy', traceId: 'made-up-trace' };
  const error = new AnswerRefused(503, details, false, 30_000);
  const verdict = judge(PAGE, error, { attempt: 5, elapsedMs: 16_250 });
  assert.ok(verdict.action === 'retry');
  assert.deepEqual([verdict.reason, verdict.throttled, verdict.retryAfterMs], ['server_error', false, 30_000]);
  const { failure } = verdict;
  assert.equal(failure.kind, 'retries_exhausted');
  assert.equal(failure.message, 'gave up after 5 attempts in 16.3 s: GET x failed: status 503: busy');
  assert.deepEqual(failure.facts, {
    hint: answered(503).hint,
    status: 503,
    ...details,
    request: 'GET x',
    attempts: 5,
    elapsedMs: 16_250,
  });
  assert.equal(failure.cause, error);
});

test('a verdict on too many requests is throttling', () => {
  const verdict = judge(PAGE, new AnswerRefused(429), ONCE);
  assert.ok(verdict.action === 'retry' && verdict.throttled);
});

test('a verdict on a 401 is hard: only who holds the token can renew it', () => {
  const verdict = judge(PAGE, new AnswerRefused(401), { attempt: 2, elapsedMs: 3 });
  assert.ok(verdict.action === 'hard');
  assert.equal(verdict.failure.message, 'GET x failed: status 401, also with a new token');
});
