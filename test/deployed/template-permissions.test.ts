/** What the template makes, what its roles may do, word by word, and that no name of it can collide. */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { type Evaluated, propertiesOf, STACK } from './evaluate.ts';
import { deploy, EXISTING, KEY, type Stack, statementsOf } from './stack.ts';

describe('the deployed stack', () => {
  let stack: Stack;
  before(() => {
    stack = deploy();
  });

  it('has these resources and no other, so that nobody gets a role or a policy unasked', () => {
    const expected = {
      'AWS::CloudFormation::Stack': 1,
      'AWS::CloudWatch::Alarm': 5,
      'AWS::CloudWatch::Dashboard': 1,
      'AWS::DynamoDB::Table': 1,
      'AWS::IAM::Role': 2,
      'AWS::Lambda::EventInvokeConfig': 1,
      'AWS::Lambda::Function': 1,
      'AWS::Logs::LogGroup': 1,
      'AWS::Logs::MetricFilter': 1,
      'AWS::Logs::QueryDefinition': 3,
      'AWS::S3::Bucket': 1,
      'AWS::S3::BucketPolicy': 1,
      'AWS::SQS::Queue': 2,
      'AWS::SQS::QueuePolicy': 2,
      'AWS::Scheduler::Schedule': 1,
      'AWS::Scheduler::ScheduleGroup': 1,
      'AWS::SecretsManager::Secret': 1,
    };
    assert.deepEqual(countByType(stack), expected);
    assert.deepEqual(countByType(stack.nested), {
      'AWS::Athena::NamedQuery': CATALOGUE.length,
      'AWS::Athena::WorkGroup': 1,
      'AWS::CloudWatch::Alarm': CATALOGUE.length,
      'AWS::Glue::Database': 1,
      'AWS::Glue::Table': CATALOGUE.length + 1,
    });
  });

  describe('may do only what it must', () => {
    const ownStatements = [
      { Sid: 'WriteOwnLogs', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '<ExtractLogs.Arn>' },
      { Sid: 'ReadCredentials', Action: 'secretsmanager:GetSecretValue', Resource: '<DitioSecret>' },
      {
        Sid: 'KeepState',
        Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        Resource: '<StateTable.Arn>',
      },
      { Sid: 'WriteLake', Action: 's3:PutObject', Resource: 'arn:aws:s3:::<LakeBucket>/ditio/acme/*' },
      { Sid: 'ReportFailedRuns', Action: 'sqs:SendMessage', Resource: '<FailedRunsQueue.Arn>' },
    ].map((statement) => ({ Effect: 'Allow', ...statement }));
    const scheduleStatements = [
      { Sid: 'StartRuns', Action: 'lambda:InvokeFunction', Resource: '<ExtractFunction.Arn>' },
      { Sid: 'ReportUndeliveredTicks', Action: 'sqs:SendMessage', Resource: '<UndeliveredTicksQueue.Arn>' },
    ].map((statement) => ({ Effect: 'Allow', ...statement }));
    const useKey = (Sid: string, Resource: unknown) => ({
      Sid,
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource,
    });

    it('the function', () => assert.deepEqual(statementsOf(stack, 'ExtractRole'), ownStatements));

    it('the schedule', () => assert.deepEqual(statementsOf(stack, 'ScheduleRole'), scheduleStatements));

    it('and is given no managed policy', () => {
      for (const role of ['ExtractRole', 'ScheduleRole']) {
        const { ManagedPolicyArns, PermissionsBoundary, RoleName } = propertiesOf(stack, role);
        assert.deepEqual([ManagedPolicyArns, PermissionsBoundary, RoleName], [undefined, undefined, undefined]);
      }
    });

    it('the roles trust one service each, the schedule only in its own group', () => {
      const trust = (role: string) => propertiesOf(stack, role).AssumeRolePolicyDocument.Statement;
      assert.deepEqual(trust('ExtractRole'), [
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]);
      assert.deepEqual(trust('ScheduleRole'), [
        {
          Effect: 'Allow',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:SourceAccount': STACK['AWS::AccountId'], 'aws:SourceArn': '<ScheduleGroup.Arn>' },
          },
        },
      ]);
    });

    it('names the bucket and the secret that were there before', () => {
      const role = statementsOf(deploy(EXISTING), 'ExtractRole');
      assert.equal(role[1].Resource, EXISTING.ExistingSecretArn);
      assert.equal(role[3].Resource, 'arn:aws:s3:::company-lake/raw/ditio/*');
    });

    it('uses keys only when there are any', () => {
      const other = 'arn:aws:kms:eu-north-1:123456789012:key/other';
      const keyed = deploy({ KmsKeyArn: KEY, ExistingKeyArns: other });
      const keys = [useKey('UseKey', KEY), useKey('UseExistingKeys', [other])];
      assert.deepEqual(statementsOf(keyed, 'ExtractRole'), [...ownStatements, ...keys]);
      assert.deepEqual(statementsOf(keyed, 'ScheduleRole'), [...scheduleStatements, keys[0]]);
    });
  });

  describe('collides with no other', () => {
    it('because only names that hold the name of the stack are given', () => {
      const named = [stack, stack.nested].flatMap(({ resources }) =>
        Object.entries(resources).flatMap(([logicalId, { Type, Properties }]) =>
          Object.entries(Properties)
            .filter(([key]) =>
              /^(Name|BucketName|TableName|FunctionName|RoleName|QueueName|TopicName|LogGroupName|AlarmName|DashboardName)$/.test(
                key,
              ),
            )
            .filter(() => Type !== 'AWS::Lambda::EventInvokeConfig' && Type !== 'AWS::Athena::NamedQuery')
            // A name that is another resource's gives none.
            .filter(([, value]) => !/^<\w+>$/.test(String(value)))
            .map(([key, value]) => `${logicalId}.${key} = ${value}`),
        ),
      );
      assert.deepEqual(named.toSorted(), [
        'Dashboard.DashboardName = acme-eu-north-1',
        'HardFailuresQuery.Name = acme/hard failures',
        'SlowestStreamsQuery.Name = acme/slowest streams',
        'StreamHistoryQuery.Name = acme/history of one stream',
        'WorkGroup.Name = acme',
      ]);
      assert.equal(propertiesOf(stack.nested, 'Database').DatabaseInput.Name, 'ditio_3f2a91bc');
    });

    it('nor in the lake, where two share a bucket', () => {
      const folder = (more: Readonly<Record<string, string>>) =>
        propertiesOf(deploy(more), 'ExtractFunction').Environment.Variables.LAKE_URL;
      const shared = { ExistingBucketName: 'company-lake' };
      assert.equal(folder(shared), 's3://company-lake/ditio/acme');
      assert.equal(folder({ ...shared, LakePrefix: 'raw/ditio' }), 's3://company-lake/raw/ditio');
    });

    it('nor in metrics, which carry its name', () => {
      const { MetricTransformations } = propertiesOf(stack, 'HardFailureLines');
      assert.equal(MetricTransformations[0].MetricNamespace, 'DitioExtract/acme');
      assert.equal(propertiesOf(stack, 'ExtractFunction').Environment.Variables.POWERTOOLS_SERVICE_NAME, 'acme');
    });
  });
});

function countByType({ resources }: Evaluated): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  return counts;
}
