import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AWS_TABLES } from '../../../src/core/failure/aws-rows.ts';
import { type AwsService, classify, type DiskPlace } from '../../../src/core/failure/classify.ts';
import { DISK_TABLES } from '../../../src/core/failure/disk-rows.ts';
import { DeadlineReached, HardFailure } from '../../../src/core/failure/errors.ts';
import { diskFailure, hardFailure, judge } from '../../../src/core/failure/judge.ts';

const ONCE = { attempt: 1, elapsedMs: 3 };

/** As the SDK throws it: the name of the error, and the status of the answer when there was one. */
function sdkError(name: string, status?: number, more: object = {}): Error {
  const $metadata = status === undefined ? {} : { httpStatusCode: status };
  return Object.assign(new Error('made-up message'), { name, $metadata, ...more });
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made-up message`), { code });
}

const reached = new Set<string>();

describe('an error of AWS', () => {
  const rows: ReadonlyArray<readonly [string, AwsService, Error, string]> = [
    ['on-demand throttling', 'dynamodb', sdkError('ThrottlingException', 400), 'dynamodb_throttled'],
    [
      'provisioned throttling',
      'dynamodb',
      sdkError('ProvisionedThroughputExceededException', 400),
      'dynamodb_throttled',
    ],
    ['account throttling', 'dynamodb', sdkError('RequestLimitExceeded', 400), 'dynamodb_throttled'],
    ['status 429 of a proxy', 'dynamodb', sdkError('Unknown', 429), 'dynamodb_throttled'],
    ['an internal error', 'dynamodb', sdkError('InternalServerError', 500), 'dynamodb_server_error'],
    ['HTML with status 503', 'dynamodb', sdkError('SyntaxError', 503), 'dynamodb_server_error'],
    [
      'a broken connection',
      'dynamodb',
      sdkError('TimeoutError', undefined, { code: 'ECONNRESET' }),
      'dynamodb_unreachable',
    ],
    ['a timeout', 'dynamodb', sdkError('TimeoutError'), 'dynamodb_unreachable'],
    ['a name that is not resolved', 'dynamodb', systemError('ENOTFOUND'), 'dynamodb_unreachable'],
    [
      'a refused connection, as a cause',
      'dynamodb',
      new Error('x', { cause: systemError('ECONNREFUSED') }),
      'dynamodb_unreachable',
    ],
    ['a damaged request', 'dynamodb', sdkError('BadDigest', 400), 'dynamodb_damaged_on_the_way'],
    ['a clock that is off', 'dynamodb', sdkError('RequestTimeTooSkewed', 403), 'dynamodb_clock_skew'],
    ['a missing table', 'dynamodb', sdkError('ResourceNotFoundException', 400), 'dynamodb_table_missing'],
    ['a state that is too large', 'dynamodb', sdkError('ItemTooLarge'), 'dynamodb_item_too_large'],
    ['a key that is disabled', 'dynamodb', sdkError('KMSDisabledException', 400), 'dynamodb_kms'],
    ['an expired session', 'dynamodb', sdkError('ExpiredTokenException', 400), 'dynamodb_aws_credentials'],
    ['a role that may not', 'dynamodb', sdkError('AccessDeniedException', 400), 'dynamodb_access_denied'],
    ['a bad request', 'dynamodb', sdkError('ValidationException', 400), 'dynamodb_bad_request'],
    ['status 400 without a name', 'dynamodb', sdkError('Unknown', 400), 'dynamodb_bad_request'],
    ['HTML with status 200', 'dynamodb', sdkError('SyntaxError', 200), 'dynamodb_not_aws'],
    ['anything else', 'dynamodb', sdkError('SomethingNew', 418), 'dynamodb_unknown'],

    ['throttling', 'secrets', sdkError('ThrottlingException', 400), 'secrets_throttled'],
    ['an internal error', 'secrets', sdkError('InternalServiceError', 500), 'secrets_server_error'],
    ['a silent server', 'secrets', sdkError('AttemptTimedOut'), 'secrets_unreachable'],
    ['a damaged request', 'secrets', sdkError('XAmzContentSHA256Mismatch', 400), 'secrets_damaged_on_the_way'],
    ['a clock that is off', 'secrets', sdkError('RequestExpired', 400), 'secrets_clock_skew'],
    ['a missing secret', 'secrets', sdkError('ResourceNotFoundException', 400), 'secrets_secret_missing'],
    ['a secret marked for deletion', 'secrets', sdkError('InvalidRequestException', 400), 'secrets_deleted'],
    ['a key that may not be used', 'secrets', sdkError('DecryptionFailure', 400), 'secrets_kms'],
    ['an unknown key id', 'secrets', sdkError('UnrecognizedClientException', 400), 'secrets_aws_credentials'],
    ['no credentials at all', 'secrets', sdkError('CredentialsProviderError'), 'secrets_aws_credentials'],
    ['a role that may not', 'secrets', sdkError('AccessDeniedException', 400), 'secrets_access_denied'],
    ['a bad parameter', 'secrets', sdkError('InvalidParameterException', 400), 'secrets_bad_request'],
    ['an answer from elsewhere', 'secrets', sdkError('Unknown', 404), 'secrets_not_aws'],
    ['anything else', 'secrets', new Error('x'), 'secrets_unknown'],

    ['throttling', 's3', sdkError('SlowDown', 503), 's3_throttled'],
    ['an internal error', 's3', sdkError('InternalError', 500), 's3_server_error'],
    ['a conflict with another write', 's3', sdkError('OperationAborted', 409), 's3_server_error'],
    ['a conflict with another conditional write', 's3', sdkError('ConditionalRequestConflict', 409), 's3_conflict'],
    ['a conflict without a name', 's3', sdkError('Unknown', 409), 's3_unknown'],
    ['status 502 without a name', 's3', sdkError('Unknown', 502), 's3_server_error'],
    ['an upload that was too slow', 's3', sdkError('RequestTimeout', 400), 's3_unreachable'],
    ['an upload that was cut short', 's3', sdkError('IncompleteBody', 400), 's3_unreachable'],
    ['a damaged part', 's3', sdkError('BadDigest', 400), 's3_damaged_on_the_way'],
    ['a clock that is off', 's3', sdkError('RequestTimeTooSkewed', 403), 's3_clock_skew'],
    ['a missing bucket', 's3', sdkError('NoSuchBucket', 404), 's3_bucket_missing'],
    ['a bucket in another region', 's3', sdkError('PermanentRedirect', 301), 's3_wrong_region'],
    ['a redirect without a name', 's3', sdkError('Unknown', 307), 's3_wrong_region'],
    ['a disabled key', 's3', sdkError('KMS.DisabledException', 400), 's3_kms'],
    ['a wrong key id', 's3', sdkError('InvalidAccessKeyId', 403), 's3_aws_credentials'],
    ['an expired session', 's3', sdkError('ExpiredToken', 400), 's3_aws_credentials'],
    ['a role that may not', 's3', sdkError('AccessDenied', 403), 's3_access_denied'],
    ['status 403 without a name', 's3', sdkError('Unknown', 403), 's3_blocked'],
    ['HTML of a proxy with status 403', 'dynamodb', sdkError('SyntaxError', 403), 'dynamodb_blocked'],
    ['a proxy that wants a login', 'secrets', sdkError('Unknown', 407), 'secrets_blocked'],
    ['status 520 of a gateway', 's3', sdkError('Unknown', 520), 's3_server_error'],
    ['status 408 of a proxy', 's3', sdkError('Unknown', 408), 's3_unreachable'],
    ['a request that S3 does not know', 's3', sdkError('NotImplemented', 501), 's3_bad_request'],
    [
      'a table with other keys',
      'dynamodb',
      sdkError('ValidationException', 400, { message: 'Query condition missed key schema element: id' }),
      'dynamodb_other_keys',
    ],
    [
      'a table with a key of another type',
      'dynamodb',
      sdkError('ValidationException', 400, { message: 'The provided key element does not match the schema' }),
      'dynamodb_other_keys',
    ],
    [
      'a secret without a value',
      'secrets',
      sdkError('ResourceNotFoundException', 400, {
        message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
      }),
      'secrets_secret_empty',
    ],
    ['a part that is too large', 's3', sdkError('EntityTooLarge', 400), 's3_bad_request'],
    ['status 200 of something else', 's3', sdkError('AnswerNotFromAws'), 's3_not_aws'],
    ['anything else', 's3', sdkError('SomethingNew', 418), 's3_unknown'],
  ];
  for (const [name, service, error, id] of rows) {
    it(`of ${service}: ${name} is ${id}`, () => {
      assert.equal(classify(service, error).id, id);
    });
    reached.add(id);
  }

  const retried = /_(throttled|server_error|unreachable|damaged_on_the_way|clock_skew|conflict)$/;
  it('is tried again when it passes by itself, and only then', () => {
    for (const [name, service, error, id] of rows) {
      assert.equal(
        judge({ place: service, request: 'X' }, error, ONCE).action,
        retried.test(id) ? 'retry' : 'hard',
        name,
      );
    }
  });

  it('is throttling when the service says so', () => {
    const isThrottled = (error: Error) => {
      const verdict = judge({ place: 's3', request: 'S3 PutObject' }, error, ONCE);
      return verdict.action === 'retry' && verdict.throttled;
    };
    assert.deepEqual(
      [sdkError('SlowDown', 503), sdkError('Unknown', 429), sdkError('InternalError', 500)].map(isThrottled),
      [true, true, false],
    );
  });

  it('that was refused for its clock is tried again under any name, once the SDK has set its own clock', () => {
    const corrected = { $metadata: { httpStatusCode: 403, clockSkewCorrected: true } };
    assert.equal(classify('s3', sdkError('SignatureDoesNotMatch', 403, corrected)).id, 's3_clock_skew');
    assert.equal(classify('s3', sdkError('SignatureDoesNotMatch', 403)).id, 's3_aws_credentials');
  });

  it('is of the kind that tells where to look', () => {
    const denied = (service: AwsService) => classify(service, sdkError('AccessDeniedException', 400)).kind;
    assert.deepEqual([denied('dynamodb'), denied('secrets'), denied('s3')], ['state', 'credentials', 'lake']);
    const down = (service: AwsService) => classify(service, sdkError('Unknown', 500)).kind;
    assert.deepEqual([down('dynamodb'), down('secrets'), down('s3')], ['state', 'retries_exhausted', 'lake']);
  });

  it('that a proxy on the way answered is blocked, and not blamed on the role', () => {
    for (const service of ['dynamodb', 'secrets', 's3'] as const) {
      const html = sdkError('Error', 403, { $responseBodyText: '<html><head><title>Access denied</title>' });
      const failure = hardFailure({ place: service, request: 'X' }, html, ONCE);
      assert.deepEqual([failure.kind, failure.facts.detail], ['blocked', 'Access denied']);
      assert.match(failure.facts.hint ?? '', /the role of the function is not the cause/);
    }
  });

  it('about a secret without a value has a code of its own', () => {
    const message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
    const error = sdkError('ResourceNotFoundException', 400, { message });
    const failure = hardFailure({ place: 'secrets', request: 'X' }, error, ONCE);
    assert.deepEqual([failure.kind, failure.facts.code, failure.concerns], ['credentials', 'SecretEmpty', 'run']);
  });

  it('concerns the run where no stream can work, and a stream where it is about its own item or its rate', () => {
    const concerns = (service: AwsService, name: string, status: number) =>
      hardFailure({ place: service, request: 'X' }, sdkError(name, status), ONCE).concerns;
    for (const service of ['dynamodb', 'secrets', 's3'] as const) {
      assert.equal(concerns(service, 'AccessDenied', 403), 'run');
      assert.equal(concerns(service, 'ExpiredToken', 400), 'run');
    }
    assert.equal(concerns('dynamodb', 'ResourceNotFoundException', 400), 'run');
    assert.equal(concerns('s3', 'NoSuchBucket', 404), 'run');
    assert.equal(concerns('dynamodb', 'ItemTooLarge', 400), 'stream');
    assert.equal(concerns('dynamodb', 'ThrottlingException', 400), 'stream');
    assert.equal(concerns('s3', 'EntityTooLarge', 400), 'stream');
  });

  it('becomes a failure with all its evidence', () => {
    const error = sdkError('NoSuchBucket', 404, { $metadata: { httpStatusCode: 404, requestId: 'made-up-id' } });
    const failure = hardFailure({ place: 's3', request: 'S3 PutObject' }, error, { attempt: 3, elapsedMs: 700 });
    assert.equal(failure.kind, 'lake');
    assert.equal(failure.cause, error);
    assert.deepEqual(failure.facts, {
      concerns: 'run',
      hint: classify('s3', error).hint,
      status: 404,
      code: 'NoSuchBucket',
      traceId: 'made-up-id',
      detail: 'made-up message',
      request: 'S3 PutObject',
      attempts: 3,
      elapsedMs: 700,
    });
  });

  it('is quoted by its first line, and not at any length', () => {
    const message = `${'x'.repeat(5000)}\nadvice`;
    const error = Object.assign(sdkError('Odd', 418), { message });
    const { facts } = hardFailure({ place: 's3', request: 'X' }, error, ONCE);
    assert.equal(facts.detail, 'x'.repeat(1000));
  });
});

describe('an error of the disk', () => {
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['ENOSPC', 'full'],
    ['EDQUOT', 'full'],
    ['EACCES', 'not_writable'],
    ['EROFS', 'not_writable'],
    ['EPERM', 'not_writable'],
    ['ENOENT', 'not_a_folder'],
    ['ENOTDIR', 'not_a_folder'],
    ['EMFILE', 'too_many_files'],
    ['EIO', 'disk_error'],
  ];
  for (const place of ['folder', 'spool'] as const satisfies readonly DiskPlace[]) {
    for (const [code, id] of rows) {
      it(`in the ${place}: ${code} is ${place}_${id}, of kind lake`, () => {
        const error = systemError(code);
        const failure = diskFailure(place, 'writing a page', error);
        assert.ok(failure instanceof HardFailure);
        assert.equal(failure.kind, 'lake');
        assert.equal(failure.facts.code, code);
        assert.equal(failure.cause, error);
        assert.equal(classify(place, error).id, `${place}_${id}`);
        assert.equal(failure.facts.hint, classify(place, error).hint);
      });
      reached.add(`${place}_${id}`);
    }
  }

  it('that has nothing to do with the disk is unexpected', () => {
    for (const error of [new Error('x'), Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' })]) {
      const failure = diskFailure('folder', 'x', error);
      assert.equal(failure instanceof HardFailure && failure.kind, 'unexpected');
    }
  });

  it('that was classified before stays what it is', () => {
    const failure = new HardFailure('state', 'x');
    const deadline = new DeadlineReached('x');
    assert.equal(diskFailure('folder', 'x', failure), failure);
    assert.equal(diskFailure('folder', 'x', deadline), deadline);
  });
});

describe('the tables', () => {
  const all = [...Object.values(AWS_TABLES).flat(), ...Object.values(DISK_TABLES).flat()];

  it('have a case above for every row', () => {
    assert.deepEqual(
      all.map(({ id }) => id).filter((id) => !reached.has(id)),
      [],
    );
  });

  it('name each row once, and say in one sentence what to do', () => {
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    for (const { id, hint } of all) assert.match(hint, /^[^.]{20,}(\.\w[^.]*)*\.$/, id);
  });
});
