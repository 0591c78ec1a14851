/**
 * The failure tables of DynamoDB, Secrets Manager and S3. Data only.
 *
 * Sources: the error lists in the API references of DynamoDB, Secrets Manager, S3 and KMS, "Common errors" of AWS,
 * the retryable errors of the SDK (@smithy/core/retry).
 */

import { type FailureKind, SECRET_EMPTY } from './errors.ts';
import type { FailureRow } from './failure-row.ts';

/** Where an operation goes: a service of AWS. */
export type AwsService = 'dynamodb' | 'secrets' | 's3';

const THROTTLED =
  /^(Throttling|ThrottlingException|ThrottledException|RequestThrottled(Exception)?|RequestLimitExceeded|TooManyRequestsException|ProvisionedThroughputExceededException|BandwidthLimitExceeded|PriorRequestNotComplete|SlowDown|RequestRateTooHigh)$/;
const SERVER_ERROR =
  /^(InternalServerError|InternalServiceError(Exception)?|InternalFailure|InternalError|ServiceUnavailable(Exception)?|ServiceFailure|OperationAborted|TransactionConflictException|TransactionInProgressException|ReplicatedWriteConflictException)$/;
const NETWORK =
  /^(TimeoutError|AbortError|AttemptTimedOut|RequestTimeout(Exception)?|IncompleteBody|E(SOCKET)?TIMEDOUT|ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ENETRESET|ENETDOWN|ENETUNREACH|EHOSTDOWN|EHOSTUNREACH|EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+)$/;
const CORRUPTED_ON_THE_WAY = /^(BadDigest|XAmzContentChecksumMismatch|XAmzContentSHA256Mismatch|ChecksumDiffers)$/;
const CLOCK = /^(RequestTimeTooSkewed|RequestInTheFuture|RequestExpired|ClockSkewCorrected)$/;
const AWS_CREDENTIALS =
  /^(ExpiredToken(Exception)?|TokenRefreshRequired|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken|InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature(Exception)?|MissingAuthenticationToken(Exception)?|AuthFailure|CredentialsProviderError|RegionMissing|NotSignedUp|OptInRequired|InvalidSecurity)$/;
const DENIED = /^(AccessDenied(Exception)?|AllAccessDisabled|AccountProblem|UnauthorizedOperation|NotAuthorized\w*)$/;
const KMS = /^(KMS[.\w]*|DecryptionFailure|EncryptionFailure|InaccessibleEncryption\w*)$/;
const BAD_REQUEST =
  /^(Validation(Exception|Error)|SerializationException|Invalid(Request|Argument|Parameter)(Exception)?|Malformed\w+|MissingContentLength|MissingRequiredParameter|EntityTooLarge|EntityTooSmall|KeyTooLongError|MethodNotAllowed|NotImplemented|UnknownOperationException)$/;

interface Service {
  readonly prefix: string;
  /** As a person calls it. */
  readonly name: string;
  readonly kind: FailureKind;
  /** Kind when all attempts failed: a service that is down says nothing about the credentials of Ditio. */
  readonly exhaustedKind: FailureKind;
  /** What the role needs. */
  readonly permissions: string;
  readonly kmsPermissions: string;
  readonly endpointVariable: string;
}

const DYNAMODB: Service = {
  prefix: 'dynamodb',
  name: 'DynamoDB',
  kind: 'state',
  exhaustedKind: 'state',
  permissions: 'dynamodb:GetItem, dynamodb:Query and dynamodb:UpdateItem on STATE_TABLE',
  kmsPermissions: 'kms:Decrypt',
  endpointVariable: 'AWS_ENDPOINT_URL_DYNAMODB',
};
const SECRETS: Service = {
  prefix: 'secrets',
  name: 'Secrets Manager',
  kind: 'credentials',
  exhaustedKind: 'retries_exhausted',
  permissions: 'secretsmanager:GetSecretValue on DITIO_SECRET_ID',
  kmsPermissions: 'kms:Decrypt',
  endpointVariable: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
};
const S3: Service = {
  prefix: 's3',
  name: 'S3',
  kind: 'lake',
  exhaustedKind: 'lake',
  permissions: 's3:PutObject below LAKE_URL',
  kmsPermissions: 'kms:GenerateDataKey and kms:Decrypt',
  endpointVariable: 'AWS_ENDPOINT_URL_S3',
};

/** The rows of one service. Its own rows come first, because they say more. */
function rowsOf(service: Service, own: readonly FailureRow[]): readonly FailureRow[] {
  const { prefix, name, kind, exhaustedKind } = service;
  const retried = { action: 'retry', kind: exhaustedKind } as const;
  const hard = { action: 'hard', kind } as const;
  const run = { concerns: 'run' } as const;
  return [
    ...own,
    {
      ...retried,
      id: `${prefix}_throttled`,
      when: `${name} limits the rate (ThrottlingException, ProvisionedThroughputExceededException, SlowDown, status 429, …)`,
      throttled: true,
      hint: `Wait for the next run, which continues from the same place; if it happens often, check what else uses the same ${name} resource, and lower MAX_CONCURRENT_STREAMS.`,
      codes: THROTTLED,
      statuses: [429],
    },
    {
      ...retried,
      ...run,
      id: `${prefix}_server_error`,
      when: `${name} has trouble (InternalServerError, ServiceUnavailable, status 500 to 599, …)`,
      hint: 'Wait for the next run, which continues from the same place; if the failure continues, look at the AWS Health Dashboard for this region.',
      codes: SERVER_ERROR,
      statuses: [[500, 599]],
    },
    {
      ...retried,
      ...run,
      id: `${prefix}_unreachable`,
      when: `${name} could not be reached or did not answer in time (TimeoutError, ECONNRESET, ECONNREFUSED, ENOTFOUND, status 408, …)`,
      hint: `Check that the function can reach ${name} (VPC endpoint, NAT, security group, ${service.endpointVariable}); the next run continues from the same place.`,
      codes: NETWORK,
      statuses: [408, 425],
    },
    {
      ...retried,
      id: `${prefix}_damaged_on_the_way`,
      when: `what ${name} received is not what was sent (BadDigest, …)`,
      hint: 'If the next run fails the same way, look for a proxy that changes requests or for a failing disk; nothing was stored.',
      codes: CORRUPTED_ON_THE_WAY,
    },
    {
      // The SDK adopts the clock of the answer, so that the next request is signed with it.
      ...retried,
      ...run,
      id: `${prefix}_clock_skew`,
      when: `our clock and that of ${name} disagree by minutes (RequestTimeTooSkewed, …)`,
      hint: 'Set the clock of this machine, because AWS refuses requests that are signed with a time more than five to fifteen minutes off.',
      codes: CLOCK,
    },
    {
      ...hard,
      ...run,
      id: `${prefix}_kms`,
      when: `the key that encrypts it cannot be used (KMSAccessDeniedException, KMSDisabledException, DecryptionFailure, …)`,
      hint: `Check that the KMS key is enabled and that both its policy and the role of the function allow ${service.kmsPermissions}.`,
      codes: KMS,
    },
    {
      ...hard,
      ...run,
      id: `${prefix}_aws_credentials`,
      when: `the AWS credentials or the region are missing, wrong or expired (ExpiredTokenException, UnrecognizedClientException, CredentialsProviderError, …)`,
      hint: 'Check the AWS credentials and AWS_REGION of this process: in Lambda they come with the role of the function, elsewhere from the profile or the environment.',
      codes: AWS_CREDENTIALS,
    },
    {
      ...hard,
      ...run,
      id: `${prefix}_access_denied`,
      when: 'the role may not do it (AccessDeniedException, AccessDenied, …)',
      hint: `Allow the role of the function ${service.permissions}, and check the resource's own policy, its key's policy and the endpoint policy of the VPC.`,
      codes: DENIED,
    },
    {
      // An answer of AWS names its error. This one comes from something on the way, so the role is not to blame.
      action: 'hard',
      kind: 'blocked',
      ...run,
      id: `${prefix}_blocked`,
      when: `something before ${name} refused the request (status 401, 403 or 407 without an error of AWS)`,
      hint: `Check the proxy, the firewall and ${service.endpointVariable} on the way to ${name}, because the refusal did not come from ${name}; the role of the function is not the cause.`,
      statuses: [401, 403, 407],
    },
    {
      ...hard,
      id: `${prefix}_bad_request`,
      when: `${name} refuses the request as it is (ValidationException, InvalidRequest, status 400, …)`,
      hint: 'Read detail and check the resource that the configuration names, and report this line if both look right; the same request will be refused again.',
      codes: BAD_REQUEST,
      statuses: [400],
    },
    {
      ...hard,
      ...run,
      id: `${prefix}_not_aws`,
      when: `the answer is not one of ${name}`,
      hint: `Check ${service.endpointVariable}, AWS_ENDPOINT_URL and any proxy on the way, because the answer did not come from ${name}.`,
      codes: /^AnswerNotFromAws$/,
      statuses: [200, 404, 405],
    },
    {
      ...hard,
      id: `${prefix}_unknown`,
      when: 'any other error',
      hint: 'Keep this line with its code and report it, because this failure is not a known one; the next run tries again from the same place.',
    },
  ];
}

const WRONG_REGION_HINT = 'Set AWS_REGION to the region of the bucket, or use a bucket in the region of the function.';

const NO_TABLE = { action: 'hard', kind: 'state', concerns: 'run' } as const;
const NO_SECRET = { action: 'hard', kind: 'credentials' } as const;
const NO_BUCKET = { action: 'hard', kind: 'lake', concerns: 'run' } as const;

export const AWS_TABLES: Readonly<Record<AwsService, readonly FailureRow[]>> = {
  dynamodb: rowsOf(DYNAMODB, [
    {
      id: 'dynamodb_table_missing',
      when: 'the table does not exist (ResourceNotFoundException)',
      ...NO_TABLE,
      hint: 'Check that STATE_TABLE names a table of this account and region, and that it has been created.',
      codes: /^(ResourceNotFoundException|TableNotFoundException)$/,
    },
    {
      id: 'dynamodb_other_keys',
      when: 'the table has other keys than pk and sk (ValidationException about the key)',
      ...NO_TABLE,
      hint: 'Use a table whose partition key is pk and whose sort key is sk, both of type string, because the table that STATE_TABLE names has other keys.',
      codes: /^ValidationException$/,
      says: /key (element|schema|condition)|schema element|missing the key|number of conditions on the keys/i,
    },
    {
      id: 'dynamodb_item_too_large',
      when: 'the state of a stream is larger than an item may be (ItemTooLarge, ItemCollectionSizeLimitExceededException)',
      action: 'hard',
      kind: 'state',
      hint: 'Reset the stream and let its next full sync run with fewer other streams or a longer timeout, so that its parts become larger; the open sync has too many parts for one item.',
      codes: /^(ItemTooLarge|ItemCollectionSizeLimitExceededException)$/,
    },
  ]),
  // Without the secret no stream can work.
  secrets: rowsOf(SECRETS, [
    {
      id: 'secrets_secret_empty',
      when: 'the secret exists but has no value yet (ResourceNotFoundException about AWSCURRENT)',
      ...NO_SECRET,
      hint: 'Store JSON with the two texts client_id and client_secret in the secret that DITIO_SECRET_ID names, as Ditio gave them to you for this environment.',
      codes: /^ResourceNotFoundException$/,
      says: /AWSCURRENT/,
      code: SECRET_EMPTY,
    },
    {
      id: 'secrets_secret_missing',
      when: 'the secret does not exist (ResourceNotFoundException)',
      ...NO_SECRET,
      hint: 'Check that DITIO_SECRET_ID names a secret of this account and region.',
      codes: /^ResourceNotFoundException$/,
    },
    {
      id: 'secrets_deleted',
      when: 'the secret is marked for deletion (InvalidRequestException)',
      ...NO_SECRET,
      hint: 'Restore the secret that DITIO_SECRET_ID names, or set DITIO_SECRET_ID to another one, because it is marked for deletion.',
      codes: /^InvalidRequestException$/,
    },
  ]).map((row) => ({ ...row, concerns: 'run' as const })),
  s3: rowsOf(S3, [
    {
      // "On a 409 failure you should retry the upload" (API reference of S3, PutObject, If-None-Match).
      id: 's3_conflict',
      when: 'another write of the same object was going on (ConditionalRequestConflict)',
      action: 'retry',
      kind: 'lake',
      hint: 'Wait for the next run, which continues from the same place; if it happens again, look for another program or a replication rule that writes below LAKE_URL.',
      codes: /^ConditionalRequestConflict$/,
    },
    {
      id: 's3_bucket_missing',
      when: 'the bucket does not exist (NoSuchBucket, InvalidBucketName)',
      ...NO_BUCKET,
      hint: 'Check the name of the bucket in LAKE_URL, because it does not exist in this partition.',
      codes: /^(NoSuchBucket|InvalidBucketName|NoSuchAccessPoint)$/,
    },
    {
      id: 's3_wrong_region',
      when: 'the bucket is in another region (PermanentRedirect, AuthorizationHeaderMalformed, status 301 or 307)',
      ...NO_BUCKET,
      hint: WRONG_REGION_HINT,
      codes: /^(PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/,
      statuses: [301, 302, 307],
    },
  ]),
};
