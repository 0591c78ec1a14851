/**
 * Rows of the failure table for what AWS answers. Data only; `aws-failures.ts` looks them up.
 *
 * Sources: the error lists in the API references of DynamoDB, Secrets Manager, S3 and KMS, "Common errors" of AWS,
 * the retryable errors of the SDK (@smithy/core/retry).
 */

import type { FailureKind } from './errors.ts';
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
  /^(Validation(Exception|Error)|SerializationException|Invalid(Request|Argument|Parameter)(Exception)?|Malformed\w+|MissingContentLength|MissingRequiredParameter|EntityTooLarge|EntityTooSmall|KeyTooLongError|MethodNotAllowed|UnknownOperationException)$/;

interface Service {
  readonly prefix: string;
  /** As a person calls it. */
  readonly name: string;
  readonly kind: FailureKind;
  /** Kind when trying again did not help; the credentials of Ditio are not to blame for a service that is down. */
  readonly exhaustedKind: FailureKind;
  /** What a role needs. */
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

/** Rows that every service has; those of its own come first, because they say more. */
function rowsOf(service: Service, own: readonly FailureRow[]): readonly FailureRow[] {
  const { prefix, name, kind, exhaustedKind } = service;
  const retried = { action: 'retry', kind: exhaustedKind } as const;
  const hard = { action: 'hard', kind } as const;
  return [
    ...own,
    {
      ...retried,
      id: `${prefix}_throttled`,
      when: `${name} limits the rate (ThrottlingException, ProvisionedThroughputExceededException, SlowDown, status 429, …)`,
      hint: `Nothing to do at once, the next run goes on from the same place; if it happens often, see what else uses the same ${name} resource, and lower MAX_CONCURRENT_STREAMS.`,
      codes: THROTTLED,
      statuses: [429],
    },
    {
      ...retried,
      id: `${prefix}_server_error`,
      when: `${name} has trouble (InternalServerError, ServiceUnavailable, status 500, 502, 503 or 504, …)`,
      hint: 'Nothing to do at once, the next run goes on from the same place; if it goes on, look at the AWS Health Dashboard for this region.',
      codes: SERVER_ERROR,
      statuses: [500, 502, 503, 504],
    },
    {
      ...retried,
      id: `${prefix}_unreachable`,
      when: `${name} could not be reached or did not answer in time (TimeoutError, ECONNRESET, ECONNREFUSED, ENOTFOUND, …)`,
      hint: `Check that the function can reach ${name} (VPC endpoint, NAT, security group, ${service.endpointVariable}); the next run goes on from the same place.`,
      codes: NETWORK,
    },
    {
      ...retried,
      id: `${prefix}_damaged_on_the_way`,
      when: `what ${name} received is not what was sent (BadDigest, …)`,
      hint: 'Nothing was stored; if the next run fails the same way, look for a proxy that changes requests or for a failing disk.',
      codes: CORRUPTED_ON_THE_WAY,
    },
    {
      // The SDK takes the clock of the answer over, so that the request that follows is signed with it.
      ...retried,
      id: `${prefix}_clock_skew`,
      when: `our clock and that of ${name} disagree by minutes (RequestTimeTooSkewed, …)`,
      hint: 'Set the clock of this machine: AWS refuses requests that are signed with a time more than five to fifteen minutes off.',
      codes: CLOCK,
    },
    {
      ...hard,
      id: `${prefix}_kms`,
      when: `the key that encrypts it cannot be used (KMSAccessDeniedException, KMSDisabledException, DecryptionFailure, …)`,
      hint: `Check that the KMS key is enabled and that both its policy and the role of the function allow ${service.kmsPermissions}.`,
      codes: KMS,
    },
    {
      ...hard,
      id: `${prefix}_aws_credentials`,
      when: `the AWS credentials or the region are missing, wrong or expired (ExpiredTokenException, UnrecognizedClientException, CredentialsProviderError, …)`,
      hint: 'Check the AWS credentials and AWS_REGION of this process: in Lambda they come with the role of the function, elsewhere from the profile or the environment.',
      codes: AWS_CREDENTIALS,
    },
    {
      ...hard,
      id: `${prefix}_access_denied`,
      when: `the role may not do it (AccessDeniedException, AccessDenied, status 401 or 403)`,
      hint: `Allow the role of the function ${service.permissions}, and check the resource's own policy, its key's policy and the endpoint policy of the VPC.`,
      codes: DENIED,
      statuses: [401, 403],
    },
    {
      ...hard,
      id: `${prefix}_bad_request`,
      when: `${name} refuses the request as it is (ValidationException, InvalidRequest, status 400, …)`,
      hint: `The same request will be refused again: read detail, check the resource that is named in the configuration, and report this line if both look right.`,
      codes: BAD_REQUEST,
      statuses: [400],
    },
    {
      ...hard,
      id: `${prefix}_not_aws`,
      when: `the answer is not one of ${name}`,
      hint: `Check ${service.endpointVariable}, AWS_ENDPOINT_URL and any proxy on the way: something else than ${name} answers there.`,
      codes: /^AnswerNotFromAws$/,
      statuses: [200, 404, 405, 407],
    },
    {
      ...hard,
      id: `${prefix}_unknown`,
      when: 'any other error',
      hint: 'This is not a known failure: keep the line with its code and report it; the next run tries again from the same place.',
    },
  ];
}

const WRONG_REGION_HINT =
  'The bucket is in another region than the function: set AWS_REGION to it, or use a bucket in the region of the function.';

export const AWS_ROWS: Readonly<Record<AwsService, readonly FailureRow[]>> = {
  dynamodb: rowsOf(DYNAMODB, [
    {
      id: 'dynamodb_table_missing',
      when: 'the table does not exist (ResourceNotFoundException)',
      action: 'hard',
      kind: 'state',
      hint: 'Check that STATE_TABLE names a table of this account and region, and that it has been created.',
      codes: /^(ResourceNotFoundException|TableNotFoundException)$/,
    },
    {
      id: 'dynamodb_item_too_large',
      when: 'the state of a stream is larger than an item may be (ItemTooLarge, ItemCollectionSizeLimitExceededException)',
      action: 'hard',
      kind: 'state',
      hint: 'The sync in progress has too many parts to be remembered in one item: reset the stream, and let its next full sync run with fewer streams beside it or a longer timeout, so that its parts become larger.',
      codes: /^(ItemTooLarge|ItemCollectionSizeLimitExceededException)$/,
    },
  ]),
  secrets: rowsOf(SECRETS, [
    {
      id: 'secrets_secret_missing',
      when: 'the secret does not exist or has no value yet (ResourceNotFoundException)',
      action: 'hard',
      kind: 'credentials',
      hint: 'Check that DITIO_SECRET_ID names a secret of this account and region, and that it has a value: JSON with client_id and client_secret.',
      codes: /^ResourceNotFoundException$/,
    },
    {
      id: 'secrets_deleted',
      when: 'the secret is marked for deletion (InvalidRequestException)',
      action: 'hard',
      kind: 'credentials',
      hint: 'The secret named by DITIO_SECRET_ID is marked for deletion: restore it, or set DITIO_SECRET_ID to another one.',
      codes: /^InvalidRequestException$/,
    },
  ]),
  s3: rowsOf(S3, [
    {
      id: 's3_bucket_missing',
      when: 'the bucket does not exist (NoSuchBucket, InvalidBucketName)',
      action: 'hard',
      kind: 'lake',
      hint: 'Check the bucket in LAKE_URL: it does not exist in this partition, or its name is misspelt.',
      codes: /^(NoSuchBucket|InvalidBucketName|NoSuchAccessPoint)$/,
    },
    {
      id: 's3_wrong_region',
      when: 'the bucket is in another region (PermanentRedirect, AuthorizationHeaderMalformed, status 301 or 307)',
      action: 'hard',
      kind: 'lake',
      hint: WRONG_REGION_HINT,
      codes: /^(PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/,
      statuses: [301, 302, 307],
    },
  ]),
};

/** Every row, in the order of the documentation. */
export const AWS_FAILURE_TABLE: readonly FailureRow[] = [...AWS_ROWS.dynamodb, ...AWS_ROWS.secrets, ...AWS_ROWS.s3];
