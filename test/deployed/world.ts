/** Everything the bundle needs, on loopback: moto with the resources of the template, and Ditio's simulator. */

import {
  CreateTableCommand,
  DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Simulator, startSimulator } from '../../simulator/index.ts';
import { type Evaluated, evaluate, type Properties, propertiesOf, readTemplates } from './evaluate.ts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';
import { startServer, toolPath } from './tools.ts';

export const TABLE = 'acme-StateTable-1X';
export const BUCKET = 'acme-lakebucket-1x';

/** Every stream has something, and pages are several. */
const SMALL = { seed: 4, records: 2000, historyYears: 1 } as const;

export interface AwsWorld {
  readonly stack: Evaluated;
  readonly simulator: Simulator;
  /** Between the bundle and AWS, and between the bundle and Ditio. */
  readonly aws: RecordingProxy;
  readonly ditio: RecordingProxy;
  readonly s3: S3Client;
  readonly secretArn: string;
  /** The environment of the function as the template sets it, with made names, loopback endpoints and a year of history. */
  readonly env: Readonly<Record<string, string>>;
  /** Does what the output `SetSecretCommand` says. */
  setSecret(): Promise<void>;
  close(): Promise<void>;
}

export async function startAwsWorld(): Promise<AwsWorld> {
  const stack = evaluate(readTemplates().translated);
  const moto = await startServer(toolPath('moto', 'bin', 'moto_server'), (port) => ['--port', String(port)]);
  const simulator = await startSimulator(SMALL);
  const aws = await startRecordingProxy(moto.endpoint);
  const ditio = await startRecordingProxy(simulator.identityUrl);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const common = { endpoint: moto.endpoint, region: 'eu-north-1', credentials };
  const dynamodb = new DynamoDBClient(common);
  const s3 = new S3Client({ ...common, forcePathStyle: true });
  const secrets = new SecretsManagerClient(common);

  await createTable(dynamodb, stack);
  await createBucket(s3, stack);
  const { Description } = propertiesOf(stack, 'DitioSecret');
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'DitioSecret-1X', Description }));

  return {
    stack,
    simulator,
    aws,
    ditio,
    s3,
    secretArn: ARN,
    env: {
      ...environmentOf(stack, { '<DitioSecret>': ARN, '<StateTable>': TABLE, '<LakeBucket>': BUCKET }),
      HISTORY_START: new Date(Date.now() - 400 * 86_400_000).toISOString().slice(0, 10),
      DITIO_IDENTITY_URL: ditio.endpoint,
      DITIO_REPORTING_URL: `${ditio.endpoint}/reporting`,
      DITIO_CORE_URL: `${ditio.endpoint}/core`,
      AWS_REGION: 'eu-north-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_DYNAMODB: aws.endpoint,
      AWS_ENDPOINT_URL_S3: aws.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.endpoint,
    },
    async setSecret() {
      const { clientId: client_id, clientSecret: client_secret } = simulator;
      const SecretString = JSON.stringify({ client_id, client_secret });
      await secrets.send(new PutSecretValueCommand({ SecretId: ARN, SecretString }));
    },
    async close() {
      for (const client of [dynamodb, s3, secrets]) client.destroy();
      await Promise.all([aws.close(), ditio.close(), simulator.close(), moto.stop()]);
    },
  };
}

/** As CloudFormation would, with everything that the template says of it. */
async function createTable(dynamodb: DynamoDBClient, stack: Evaluated): Promise<void> {
  const { TimeToLiveSpecification, PointInTimeRecoverySpecification, ...table } = propertiesOf(stack, 'StateTable');
  await dynamodb.send(new CreateTableCommand({ TableName: TABLE, ...table }));
  await dynamodb.send(new UpdateTimeToLiveCommand({ TableName: TABLE, TimeToLiveSpecification }));
  await dynamodb.send(new UpdateContinuousBackupsCommand({ TableName: TABLE, PointInTimeRecoverySpecification }));
}

/** Likewise, but for what moto has no use for: lifecycles, and a policy whose conditions it does not read. */
async function createBucket(s3: S3Client, stack: Evaluated): Promise<void> {
  const bucket = propertiesOf(stack, 'LakeBucket');
  const Bucket = BUCKET;
  const configuration = { LocationConstraint: 'eu-north-1' } as const;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: configuration }));
  const { PublicAccessBlockConfiguration, OwnershipControls, VersioningConfiguration } = bucket;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  const Rules = bucket.BucketEncryption.ServerSideEncryptionConfiguration.map((rule: Properties) => ({
    ApplyServerSideEncryptionByDefault: rule.ServerSideEncryptionByDefault,
  }));
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
}

function environmentOf(stack: Evaluated, made: Readonly<Record<string, string>>): Record<string, string> {
  const { Variables } = propertiesOf(stack, 'ExtractFunction').Environment;
  return Object.fromEntries(
    Object.entries(Variables).map(([name, value]) => [
      name,
      String(value).replace(/<\w+>/g, (marker) => made[marker] ?? marker),
    ]),
  );
}
