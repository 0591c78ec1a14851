/** What is kept, for how long and under which key, and the tables through which it is read. */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { type Properties, propertiesOf, readTemplates } from './evaluate.ts';
import { deploy, EXISTING, KEY, logicalId, type Stack } from './stack.ts';

describe('the deployed stack', () => {
  let stack: Stack;
  before(() => {
    stack = deploy();
  });

  describe('keeps', () => {
    it('lake, state and secret when it is removed or a resource is replaced, and no orphan of a failed creation', () => {
      const kept = Object.entries(deploy({ AccessLogDays: '90' }).resources).flatMap(([name, resource]) =>
        String(resource.DeletionPolicy).startsWith('Retain') ? [[name, resource] as const] : [],
      );
      assert.deepEqual(Object.fromEntries(kept.map(([name, { DeletionPolicy }]) => [name, DeletionPolicy])), {
        // Its deletion protection would make the rollback fail.
        StateTable: 'Retain',
        DitioSecret: 'RetainExceptOnCreate',
        LakeBucket: 'RetainExceptOnCreate',
        LakeBucketPolicy: 'RetainExceptOnCreate',
        AccessLogBucket: 'RetainExceptOnCreate',
        AccessLogBucketPolicy: 'RetainExceptOnCreate',
      });
      for (const [name, { UpdateReplacePolicy }] of kept) assert.equal(UpdateReplacePolicy, 'Retain', name);
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

    it('nothing of what was erased for longer than a month, all copies together', () => {
      const { Rules } = propertiesOf(stack, 'LakeBucket').LifecycleConfiguration;
      const rule = (id: string) => Rules.find(({ Id }: Properties) => Id === id);
      const versions = rule('old-versions').NoncurrentVersionExpiration.NoncurrentDays;
      const results = rule('query-results');
      // S3 counts from the next midnight and then queues: three days are kept for that, and a week for the work.
      assert.ok(versions + 3 + 7 <= 30);
      assert.ok(results.ExpirationInDays + results.NoncurrentVersionExpiration.NoncurrentDays + 3 + 7 <= 30);
      assert.equal(propertiesOf(stack, 'ExtractLogs').RetentionInDays, 30);
    });

    it('lines for as long as the parameter says, in every folder of the lake and in no other', () => {
      const bucket = propertiesOf(deploy({ KeepLinesDays: '400', LakePrefix: 'raw/ditio' }), 'LakeBucket');
      const expiring = bucket.LifecycleConfiguration.Rules.filter(
        ({ Prefix, ExpirationInDays }: Properties) => ExpirationInDays && Prefix !== 'athena-results/',
      );
      assert.deepEqual(
        expiring.map(({ Prefix }: Properties) => Prefix).toSorted(),
        [...CATALOGUE.map(({ table }) => table), 'manifests'].map((folder) => `raw/ditio/${folder}/`).toSorted(),
      );
      for (const { ExpirationInDays, Status } of expiring)
        assert.deepEqual([ExpirationInDays, Status], ['400', 'Enabled']);
    });

    it('lines always for longer than two rounds of full syncs, so that the newest one never goes', () => {
      const { AllowedValues } = readTemplates().translated.Parameters.KeepLinesDays ?? {};
      const { FULL_SYNC_EVERY_DAYS } = propertiesOf(stack, 'ExtractFunction').Environment.Variables;
      const days = (AllowedValues as string[]).map(Number).filter((each) => each !== 0);
      assert.ok(days.length >= 4);
      for (const each of days) assert.ok(each > 2 * Number(FULL_SYNC_EVERY_DAYS) && Number(FULL_SYNC_EVERY_DAYS) > 0);
    });

    it('a log of every access where it is asked for, and only of its own bucket', () => {
      const logged = deploy({ AccessLogDays: '90' });
      assert.deepEqual(propertiesOf(logged, 'LakeBucket').LoggingConfiguration, {
        DestinationBucketName: '<AccessLogBucket>',
        LogFilePrefix: 'lake/',
      });
      const [rule] = propertiesOf(logged, 'AccessLogBucket').LifecycleConfiguration.Rules;
      assert.deepEqual([rule.ExpirationInDays, rule.Status], ['90', 'Enabled']);
      assert.equal(propertiesOf(stack, 'LakeBucket').LoggingConfiguration, undefined);
      assert.equal(stack.resources.AccessLogBucket, undefined);
    });

    it('to no promise that it cannot keep: what an existing bucket would not do is refused', () => {
      assert.throws(() => deploy({ ...EXISTING, KeepLinesDays: '400' }), /KeepLinesDays is for the created bucket/);
      assert.throws(() => deploy({ ...EXISTING, AccessLogDays: '90' }), /AccessLogDays is for the created bucket/);
      assert.doesNotThrow(() => deploy(EXISTING));
    });

    it('its bucket closed to requests without TLS', () => {
      for (const [policy, Action, Resource] of [
        ['LakeBucketPolicy', 's3:*', ['<LakeBucket.Arn>', '<LakeBucket.Arn>/*']],
      ] as const) {
        const { Bucket, PolicyDocument } = propertiesOf(stack, policy);
        assert.equal(Bucket, `<${policy.replace(/Policy$/, '')}>`);
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
        NotificationTopic: 'KmsMasterKeyId',
      };
      for (const [resource, property] of Object.entries(named)) {
        assert.equal(propertiesOf(keyed, resource)[property], KEY, resource);
      }
      const { ResultConfiguration } = propertiesOf(keyed.nested, 'WorkGroup').WorkGroupConfiguration;
      assert.deepEqual(ResultConfiguration.EncryptionConfiguration, { EncryptionOption: 'SSE_KMS', KmsKey: KEY });
    });
  });

  describe('can be queried', () => {
    it('through a table for every stream, where its parts are', () => {
      for (const { name, table } of CATALOGUE) {
        const { TableInput } = propertiesOf(stack.nested, `${logicalId(name)}Lines`);
        assert.equal(TableInput.Name, `${table}_lines`);
        assert.equal(TableInput.StorageDescriptor.Location, `s3://<LakeBucket>/ditio/acme/${table}/`);
        assert.equal(
          TableInput.Parameters['storage.location.template'],
          `s3://<LakeBucket>/ditio/acme/${table}/sync_date=\${sync_date}/`,
        );
      }
    });

    it('and one for the manifests, by table, mode and month', () => {
      const { TableInput } = propertiesOf(stack.nested, 'ManifestLines');
      const { Parameters } = TableInput;
      assert.equal(
        Parameters['storage.location.template'],
        `s3://<LakeBucket>/ditio/acme/manifests/\${table_name}/\${mode}/\${month}/`,
      );
      assert.equal(Parameters['projection.table_name.values'], CATALOGUE.map(({ table }) => table).join(','));
      assert.deepEqual(
        TableInput.PartitionKeys.map(({ Name }: Properties) => Name),
        ['table_name', 'mode', 'month'],
      );
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
