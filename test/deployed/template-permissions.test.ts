/** What the template makes, what its roles may do, word by word, and that no name of it can collide. */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Evaluated, propertiesOf, STACK } from './evaluate.ts';
import { deploy, EXISTING, KEY, type Stack, statementsOf } from './stack.ts';

describe('the deployed stack', () => {
  let stack: Stack;
  before(() => {
    stack = deploy();
  });

  it('has these resources and no other, so that nobody gets a role or a policy unasked', () => {
    const expected = {
      'AWS::Athena::WorkGroup': 1,
      'AWS::CloudFormation::Stack': 1,
      'AWS::CloudWatch::Alarm': 6,
      'AWS::CloudWatch::Dashboard': 1,
      'AWS::CloudWatch::LogAlarm': 1,
      'AWS::DynamoDB::Table': 1,
      'AWS::Events::Rule': 1,
      'AWS::IAM::ManagedPolicy': 2,
      'AWS::IAM::Role': 4,
      'AWS::Lambda::EventInvokeConfig': 1,
      'AWS::Lambda::Function': 1,
      'AWS::Logs::LogGroup': 1,
      'AWS::Logs::MetricFilter': 1,
      'AWS::Logs::QueryDefinition': 4,
      'AWS::S3::Bucket': 1,
      'AWS::S3::BucketPolicy': 1,
      'AWS::SNS::Topic': 1,
      'AWS::SNS::TopicPolicy': 1,
      'AWS::Scheduler::Schedule': 1,
      'AWS::Scheduler::ScheduleGroup': 1,
      'AWS::SecretsManager::Secret': 1,
    };
    assert.deepEqual(countByType(stack), expected);
    assert.equal(countByType(stack.nested)['AWS::CloudWatch::Alarm'], undefined);
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
    ].map((statement) => ({ Effect: 'Allow', ...statement }));
    const scheduleStatements = [
      { Sid: 'StartRuns', Action: 'lambda:InvokeFunction', Resource: '<ExtractFunction.Arn>' },
    ].map((statement) => ({ Effect: 'Allow', ...statement }));
    const useKey = (Sid: string, Resource: unknown) => ({
      Sid,
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource,
    });

    it('the function', () => assert.deepEqual(statementsOf(stack, 'ExtractRole'), ownStatements));

    it('the schedule', () => assert.deepEqual(statementsOf(stack, 'ScheduleRole'), scheduleStatements));

    it('the query of the alarm, and its mail', () => {
      const readResults = (Action: unknown) => ({ Sid: 'ReadResults', Effect: 'Allow', Action, Resource: '*' });
      assert.deepEqual(statementsOf(stack, 'AlarmQueryRole'), [
        { Sid: 'StartQuery', Effect: 'Allow', Action: 'logs:StartQuery', Resource: '<ExtractLogs.Arn>' },
        readResults(['logs:StopQuery', 'logs:GetQueryResults', 'logs:DescribeLogGroups']),
      ]);
      assert.deepEqual(statementsOf(stack, 'AlarmLinesRole'), [readResults('logs:GetQueryResults')]);
    });

    it('the function in a VPC, which makes and removes its own network interfaces', () => {
      const zone = deploy({ SubnetIds: 'subnet-0a1b', SecurityGroupIds: 'sg-0a1b' });
      const [more, ...others] = statementsOf(zone, 'ExtractRole').slice(ownStatements.length);
      assert.deepEqual(others, []);
      assert.equal(more.Sid, 'UseVpc');
      for (const action of more.Action) assert.match(action, /^ec2:\w*(NetworkInterface|Subnets|PrivateIpAddresses)/);
    });

    const roles = ({ resources }: Evaluated) =>
      Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role');

    it('and no role is given a managed policy, or a name', () => {
      for (const [name, { Properties }] of [...roles(stack), ...roles(stack.nested)]) {
        assert.deepEqual([Properties.ManagedPolicyArns, Properties.RoleName], [undefined, undefined], name);
      }
    });

    it('within a boundary, every role of both templates, where there is one', () => {
      const PermissionsBoundaryArn = 'arn:aws:iam::123456789012:policy/Boundary';
      const bounded = deploy({ PermissionsBoundaryArn });
      assert.equal(roles(bounded).length, 4);
      for (const [name, { Properties }] of [...roles(bounded), ...roles(bounded.nested)]) {
        assert.equal(Properties.PermissionsBoundary, PermissionsBoundaryArn, name);
      }
      for (const [name, { Properties }] of [...roles(stack), ...roles(stack.nested)]) {
        assert.equal(Properties.PermissionsBoundary, undefined, name);
      }
    });

    it('the roles trust one service each, and only for this account, group, query or alarm', () => {
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
      for (const [role, Service, source] of [
        ['AlarmQueryRole', 'logs.amazonaws.com', 'arn:aws:logs:eu-north-1:123456789012:scheduled-query:*'],
        ['AlarmLinesRole', 'cloudwatch.amazonaws.com', 'arn:aws:cloudwatch:eu-north-1:123456789012:alarm:*'],
      ] as const) {
        const [{ Principal, Condition }, ...more] = trust(role);
        assert.deepEqual([Principal, more], [{ Service }, []]);
        assert.deepEqual(Condition, {
          StringEquals: { 'aws:SourceAccount': STACK['AWS::AccountId'] },
          ArnLike: { 'aws:SourceArn': source },
        });
      }
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
      const [, , key] = statementsOf(keyed, 'AlarmQueryRole');
      assert.deepEqual(key, { Sid: 'UseKey', Effect: 'Allow', Action: 'kms:Decrypt', Resource: KEY });
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
            // Names of tables are in the database of the stack.
            .filter(() => Type !== 'AWS::Lambda::EventInvokeConfig' && Type !== 'AWS::Glue::Table')
            // A name that is another resource's gives none.
            .filter(([, value]) => !/^<\w+>$/.test(String(value)))
            .map(([key, value]) => `${logicalId}.${key} = ${value}`),
        ),
      );
      assert.deepEqual(named.toSorted(), [
        'Dashboard.DashboardName = acme-eu-north-1',
        'HardFailuresQuery.Name = acme/hard failures',
        'PayrollWorkGroup.Name = acme-payroll',
        'RebuildWorkGroup.Name = acme-rebuild',
        'RefreshWorkGroup.Name = acme-refresh',
        'SlowestStreamsQuery.Name = acme/slowest streams',
        'StaleStreamsQuery.Name = acme/stale streams',
        'StreamHistoryQuery.Name = acme/history of one stream',
        'UpkeepWorkGroup.Name = acme-upkeep',
        'WorkGroup.Name = acme',
      ]);
      assert.equal(propertiesOf(stack.nested, 'Database').DatabaseInput.Name, 'acme');
      for (const [logicalId, { Type, Properties }] of Object.entries(stack.nested.resources)) {
        if (Type === 'AWS::Glue::Table') assert.equal(Properties.DatabaseName, '<Database>', logicalId);
      }
    });

    it('nor in the lake, where two share a bucket', () => {
      const folder = (more: Readonly<Record<string, string>>) =>
        propertiesOf(deploy(more), 'ExtractFunction').Environment.Variables.LAKE_URL;
      const shared = { ExistingBucketName: 'company-lake' };
      assert.equal(folder(shared), 's3://company-lake/ditio/acme');
      assert.equal(folder({ ...shared, LakePrefix: 'raw/ditio' }), 's3://company-lake/raw/ditio');
    });

    it('nor in metrics, which carry its name', () => {
      assert.deepEqual(propertiesOf(stack, 'StaleStreamsAlarm').Dimensions, [{ Name: 'service', Value: 'acme' }]);
      assert.equal(propertiesOf(stack, 'ExtractFunction').Environment.Variables.POWERTOOLS_SERVICE_NAME, 'acme');
    });
  });
});

function countByType({ resources }: Evaluated): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  return counts;
}
