/** What is kept, for how long and under which key, and the tables through which it is read. */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { type Properties, propertiesOf } from './evaluate.ts';
import { deploy, EXISTING, KEY, logicalId, type Stack } from './stack.ts';

describe('the deployed stack', () => {
  let stack: Stack;
  before(() => {
    stack = deploy();
  });

  describe('keeps', () => {
    const retained = ['LakeBucket', 'LakeBucketPolicy', 'StateTable'];

    it('lake and state when it is removed or a resource is replaced', () => {
      const kept = Object.entries(stack.resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
      assert.deepEqual(kept.map(([name]) => name).toSorted(), retained);
      for (const name of retained) assert.equal(stack.resources[name]?.UpdateReplacePolicy, 'Retain');
    });

    it('its state in a table that is on demand, recoverable, protected, and forgets old tokens', () => {
      const table = propertiesOf(stack, 'StateTable');
      assert.deepEqual(table, {
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      });
    });

    it('its lake in a bucket that is private, encrypted and versioned', () => {
      const bucket = propertiesOf(stack, 'LakeBucket');
      assert.equal(bucket.BucketName, undefined);
      assert.deepEqual(Object.values(bucket.PublicAccessBlockConfiguration), [true, true, true, true]);
      assert.deepEqual(bucket.BucketEncryption.ServerSideEncryptionConfiguration, [
        { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
      ]);
      assert.deepEqual(bucket.VersioningConfiguration, { Status: 'Enabled' });
      assert.deepEqual(bucket.OwnershipControls, { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] });
      const rules = Object.fromEntries(bucket.LifecycleConfiguration.Rules.map((rule: Properties) => [rule.Id, rule]));
      assert.deepEqual(rules['old-versions'].NoncurrentVersionExpiration, { NoncurrentDays: 30 });
      assert.deepEqual(rules['aborted-uploads'].AbortIncompleteMultipartUpload, { DaysAfterInitiation: 1 });
      // The only rule that lets current objects go, and not one of the lake.
      const expiring = bucket.LifecycleConfiguration.Rules.filter(
        ({ ExpirationInDays }: Properties) => ExpirationInDays,
      );
      assert.deepEqual(
        expiring.map(({ Prefix }: Properties) => Prefix),
        ['athena-results/'],
      );
    });

    it('bucket and queues closed to whatever comes without TLS', () => {
      for (const [policy, Action, Resource] of [
        ['LakeBucketPolicy', 's3:*', ['<LakeBucket.Arn>', '<LakeBucket.Arn>/*']],
        ['FailedRunsQueuePolicy', 'sqs:*', '<FailedRunsQueue.Arn>'],
        ['UndeliveredTicksQueuePolicy', 'sqs:*', '<UndeliveredTicksQueue.Arn>'],
      ] as const) {
        const { Bucket, Queues, PolicyDocument } = propertiesOf(stack, policy);
        assert.equal(Bucket ?? Queues[0], `<${policy.replace(/Policy$/, '')}>`);
        assert.deepEqual(PolicyDocument.Statement, [
          {
            Sid: 'OnlyOverTls',
            Effect: 'Deny',
            Principal: '*',
            Action,
            Resource,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ]);
      }
    });

    it('its secret without a value, so that no deployment writes over the real one', () => {
      const { SecretString, GenerateSecretString, Name } = propertiesOf(stack, 'DitioSecret');
      assert.deepEqual([SecretString, GenerateSecretString, Name], [undefined, undefined, undefined]);
    });

    it('nothing of its own where bucket and secret were there before', () => {
      const existing = deploy(EXISTING);
      for (const name of ['LakeBucket', 'LakeBucketPolicy', 'DitioSecret']) {
        assert.equal(existing.resources[name], undefined);
      }
      const { Variables } = propertiesOf(existing, 'ExtractFunction').Environment;
      assert.equal(Variables.LAKE_URL, 's3://company-lake/raw/ditio');
      assert.equal(Variables.DITIO_SECRET_ID, EXISTING.ExistingSecretArn);
    });

    it('everything under the customer key, when there is one', () => {
      const keyed = deploy({ KmsKeyArn: KEY, NotificationEmail: 'vakt@example.com' });
      const table = propertiesOf(keyed, 'StateTable').SSESpecification;
      assert.deepEqual(table, { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KEY });
      const [rule] = propertiesOf(keyed, 'LakeBucket').BucketEncryption.ServerSideEncryptionConfiguration;
      assert.deepEqual(rule, {
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
      });
      const named: Readonly<Record<string, string>> = {
        ExtractFunction: 'KmsKeyArn',
        ExtractFunctionSchedule: 'KmsKeyArn',
        ExtractLogs: 'KmsKeyId',
        DitioSecret: 'KmsKeyId',
        FailedRunsQueue: 'KmsMasterKeyId',
        UndeliveredTicksQueue: 'KmsMasterKeyId',
        NotificationTopic: 'KmsMasterKeyId',
      };
      for (const [resource, property] of Object.entries(named)) {
        assert.equal(propertiesOf(keyed, resource)[property], KEY, resource);
      }
      const { ResultConfiguration } = propertiesOf(keyed.nested, 'WorkGroup').WorkGroupConfiguration;
      assert.deepEqual(ResultConfiguration.EncryptionConfiguration, { EncryptionOption: 'SSE_KMS', KmsKey: KEY });
      for (const queue of ['FailedRunsQueue', 'UndeliveredTicksQueue']) {
        assert.equal(propertiesOf(stack, queue).SqsManagedSseEnabled, true);
      }
    });
  });

  describe('can be queried', () => {
    it('through a table for every stream, where its parts are', () => {
      for (const { name, table } of CATALOGUE) {
        const { TableInput } = propertiesOf(stack.nested, `${logicalId(name)}Table`);
        assert.equal(TableInput.Name, table);
        assert.equal(TableInput.StorageDescriptor.Location, `s3://<LakeBucket>/ditio/acme/${table}/`);
        assert.equal(
          TableInput.Parameters['storage.location.template'],
          `s3://<LakeBucket>/ditio/acme/${table}/date=\${date}`,
        );
      }
    });

    it('and one for the manifests, by table', () => {
      const { TableInput } = propertiesOf(stack.nested, 'ManifestsTable');
      const { Parameters } = TableInput;
      assert.equal(Parameters['storage.location.template'], `s3://<LakeBucket>/ditio/acme/_manifests/\${table_name}`);
      assert.equal(Parameters['projection.table_name.values'], CATALOGUE.map(({ table }) => table).join(','));
    });

    it('with results that are encrypted, in the bucket, beside the lake', () => {
      const { ResultConfiguration } = propertiesOf(stack.nested, 'WorkGroup').WorkGroupConfiguration;
      assert.deepEqual(ResultConfiguration, {
        OutputLocation: 's3://<LakeBucket>/athena-results/acme/',
        EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
      });
    });
  });
});
