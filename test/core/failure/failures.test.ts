import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAILURE_KINDS, TransferBroken } from '../../../src/core/failure/errors.ts';
import { FAILURE_TABLE } from '../../../src/core/failure/failure-table.ts';
import {
  codeOf,
  type ErrorBody,
  exhaustedFailure,
  failureFrom,
  rowForError,
  rowForStatus,
  rowForTokenAnswer,
} from '../../../src/core/failure/failures.ts';
import { KIND_HINTS } from '../../../src/core/failure/hints.ts';
import { AttemptTimedOut } from '../../../src/core/retry/retry.ts';
import { networkError } from '../../ditio/fakes.ts';

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
  [425, 'hard', 'unexpected'],
  [429, 'retry', 'retries_exhausted'],
  [431, 'hard', 'unexpected'],
  [500, 'retry', 'retries_exhausted'],
  [501, 'hard', 'unexpected'],
  [502, 'retry', 'retries_exhausted'],
  [503, 'retry', 'retries_exhausted'],
  [504, 'retry', 'retries_exhausted'],
  [505, 'hard', 'unexpected'],
  [599, 'hard', 'unexpected'],
];
for (const [status, action, kind] of statuses) {
  test(`status ${status} is ${action}, and ends as ${kind}`, () => {
    const row = rowForStatus(status, 'GET', {});
    assert.deepEqual([row.action, row.kind], [action, kind]);
  });
}

const badRequests: ReadonlyArray<{
  readonly name: string;
  readonly method?: string;
  readonly body: ErrorBody;
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
    name: 'a deletion with dependent data',
    method: 'DELETE',
    body: { detail: 'The project has dependent time registrations' },
    kind: 'deletion_blocked',
  },
  {
    name: 'a deletion refused for something else',
    method: 'DELETE',
    body: { detail: 'The id is malformed' },
    kind: 'bad_request',
  },
  {
    name: 'a read that speaks of dependent data',
    body: { detail: 'The project has dependent time registrations' },
    kind: 'bad_request',
  },
];
for (const { name, method, body, kind } of badRequests) {
  test(`status 400 for ${name} is ${kind} and never tried again`, () => {
    const row = rowForStatus(400, method ?? 'GET', body);
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
    const row = rowForTokenAnswer(status, code === undefined ? {} : { code });
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
      assert.equal(rowForError(networkError(code)).id, id);
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
  ['an error nobody knows', new Error('?'), 'unknown_exception', undefined],
  ['something that is no error', 'oops', 'unknown_exception', undefined],
  ['a numeric code', Object.assign(new Error('x'), { code: 42 }), 'unknown_exception', undefined],
];
for (const [name, error, id, code] of exceptions) {
  test(`exception: ${name}`, () => {
    assert.equal(rowForError(error).id, id);
    assert.equal(codeOf(error), code);
  });
}

test('causes in a ring end', () => {
  const a = new Error('a');
  a.cause = new Error('b', { cause: a });
  assert.equal(rowForError(a).id, 'unknown_exception');
});

test('every row and every kind tells a person what to do, in one sentence', () => {
  for (const { id, hint } of [...FAILURE_TABLE, ...Object.entries(KIND_HINTS).map(([id, hint]) => ({ id, hint }))]) {
    assert.match(hint, /^[A-Z].{30,300}\.$/s, id);
    assert.doesNotMatch(hint, /\.\s+[A-Z]/, `${id} says more than one sentence`);
  }
  assert.deepEqual(Object.keys(KIND_HINTS), [...FAILURE_KINDS]);
});

test('rows have names of their own and kinds of the contract', () => {
  const ids = FAILURE_TABLE.map((row) => row.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const row of FAILURE_TABLE) {
    assert.ok(FAILURE_KINDS.includes(row.kind), row.id);
    assert.equal(row.action === 'retry', row.kind === 'retries_exhausted', row.id);
  }
});

const namedInHints: ReadonlyArray<readonly [what: string, hint: string, words: readonly RegExp[]]> = [
  ['401', rowForStatus(401, 'GET', {}).hint, [/deleted/, /disabled/, /ValidUntil/, /scopes/, /emulation user/]],
  ['403', rowForStatus(403, 'GET', {}).hint, [/scope/, /another company/, /administrator/]],
  ['a timeout', rowForError(networkError('UND_ERR_HEADERS_TIMEOUT')).hint, [/PAGE_SIZE/, /REQUEST_TIMEOUT_SECONDS/]],
  ['429', rowForStatus(429, 'GET', {}).hint, [/MAX_CONCURRENT_STREAMS/]],
  ['5xx', rowForStatus(503, 'GET', {}).hint, [/support/]],
  ['a broken connection', rowForError(networkError('ECONNRESET')).hint, [/VPC/]],
  ['a redirect', rowForStatus(302, 'GET', {}).hint, [/DITIO_REPORTING_URL/]],
  ['a name', rowForError(networkError('ENOTFOUND')).hint, [/DITIO_REPORTING_URL/]],
  ['a window', rowForStatus(400, 'GET', { detail: 'ModifiedBefore' }).hint, [/modifiedBefore/, /modifiedSince/]],
  ['a wrong secret', rowForTokenAnswer(400, { code: 'invalid_client' }).hint, [/client_secret/, /rotated/]],
  ['a scope', rowForTokenAnswer(400, { code: 'invalid_scope' }).hint, [/reportingapiv1/]],
];
for (const [what, hint, words] of namedInHints) {
  test(`the hint for ${what} names what to look at`, () => {
    for (const word of words) assert.match(hint, word);
  });
}

test('each way to use up the attempts has a hint of its own', () => {
  const hints = [
    rowForStatus(429, 'GET', {}),
    rowForStatus(503, 'GET', {}),
    rowForError(networkError('ECONNRESET')),
    rowForError(networkError('ETIMEDOUT')),
    rowForError(networkError('ENOTFOUND')),
  ].map((row) => row.hint);
  assert.equal(new Set(hints).size, hints.length);
});

test('a failure carries the hint of its row unless the facts bring a better one', () => {
  const row = rowForStatus(403, 'GET', {});
  const cause = new Error('evidence');
  const failure = failureFrom(row, 'no', { status: 403 }, cause);
  assert.deepEqual([failure.kind, failure.facts.status, failure.facts.hint], ['forbidden', 403, row.hint]);
  assert.equal(failure.cause, cause);
  assert.equal(failureFrom(row, 'no', { hint: 'Do this.' }).facts.hint, 'Do this.');
});

test('an exhausted failure tells attempts, time and what came last', () => {
  const row = rowForStatus(503, 'GET', {});
  const failure = exhaustedFailure(row, 'status 503', { status: 503, attempts: 5, elapsedMs: 16_250 }, new Error('e'));
  assert.equal(failure.kind, 'retries_exhausted');
  assert.equal(failure.message, 'gave up after 5 attempts in 16.3 s: status 503');
  assert.equal(failure.facts.hint, row.hint);
});
