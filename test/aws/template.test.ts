/** The template as AWS's own tools see it, and as the SAM transform makes it, word by word where a word is a permission. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseConfig } from '../../src/config.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import {
  type Evaluated,
  evaluate,
  type Properties,
  propertiesOf,
  readTemplates,
  STACK,
  type Template,
} from './evaluate.ts';
import { ROOT, runTool, toolPath } from './tools.ts';

const KEY = 'arn:aws:kms:eu-north-1:123456789012:key/11111111-2222-3333-4444-555555555555';
const EXISTING = {
  ExistingSecretArn: 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:ditio-AbCdEf',
  ExistingBucketName: 'company-lake',
  LakePrefix: 'raw/ditio',
};
const NAMES = CATALOGUE.map(({ name }) => name);

/** Everything that can be deployed: the parent and its nested stack, both with these parameters. */
function deploy(parameters: Readonly<Record<string, string>> = {}): Evaluated & { readonly nested: Evaluated } {
  const { translated, streams } = readTemplates(parameters);
  const parent = evaluate(translated, parameters);
  const given: Record<string, unknown> = propertiesOf(parent, 'StreamResources').Parameters;
  const nested = evaluate(
    streams,
    Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)])),
  );
  return { ...parent, nested };
}

const statements = (stack: Evaluated, role: string) =>
  propertiesOf(stack, role).Policies.flatMap(({ PolicyDocument }: Properties) => PolicyDocument.Statement);

describe('what AWS and reviewers say of the templates', () => {
  it('are valid for the SAM CLI and its linter', () => {
    const { code, stdout, stderr } = runTool(toolPath('aws-sam-cli', 'bin', 'sam'), ['validate', '--lint']);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /is a valid SAM Template/);
  });

  it('have no finding of cfn-lint', () => {
    const args = ['--regions', 'eu-north-1', '--include-checks', 'I', '--template', 'template.yaml', 'streams.yaml'];
    const { code, stdout, stderr } = runTool(toolPath('cfn-lint', 'bin', 'cfn-lint'), args);
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout.trim(), '');
  });

  it('pass checkov, but for what is left out with a reason', () => {
    const files = ['template.yaml', 'streams.yaml'].flatMap((file) => ['--file', file]);
    const args = ['--framework', 'cloudformation', '--skip-download', '--output', 'json', ...files];
    const { code, stdout, stderr } = runTool(toolPath('checkov', 'bin', 'checkov'), args);
    const { results, summary } = JSON.parse(stdout);
    const failed = results.failed_checks.map(({ check_id, resource }: Properties) => `${check_id} ${resource}`);
    assert.deepEqual(failed, []);
    assert.equal(code, 0, stderr);
    assert.ok(summary.passed >= 20, `only ${summary.passed} checks were applied`);
    for (const { check_id, check_result } of results.skipped_checks) {
      assert.ok(check_result.suppress_comment?.length > 30, `${check_id} is left out without a reason`);
    }
  });
});

describe('sam build', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sam-build-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('makes an artifact that is dist/, byte for byte', () => {
    const { code, stderr } = runTool(toolPath('aws-sam-cli', 'bin', 'sam'), ['build', '--build-dir', folder]);
    assert.equal(code, 0, stderr);
    const built = join(folder, 'ExtractFunction');
    const dist = join(ROOT, 'dist');
    assert.deepEqual(readdirSync(built).toSorted(), ['handler.mjs', 'handler.mjs.map']);
    assert.deepEqual(readdirSync(dist).toSorted(), ['handler.mjs', 'handler.mjs.map']);
    for (const file of readdirSync(dist)) {
      assert.ok(readFileSync(join(built, file)).equals(readFileSync(join(dist, file))), `${file} differs`);
    }
  });

  it('takes the nested template along', () => {
    assert.match(readFileSync(join(folder, 'StreamResources', 'template.yaml'), 'utf8'), /time_registrations_current/);
  });
});

describe('the deployed stack', () => {
  let stack: ReturnType<typeof deploy>;
  let translated: Template;
  before(() => {
    stack = deploy();
    translated = readTemplates().translated;
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
      'AWS::Logs::QueryDefinition': 3,
      'AWS::S3::Bucket': 1,
      'AWS::S3::BucketPolicy': 1,
      'AWS::SQS::Queue': 2,
      'AWS::SQS::QueuePolicy': 2,
      'AWS::Scheduler::Schedule': 1,
      'AWS::Scheduler::ScheduleGroup': 1,
      'AWS::SecretsManager::Secret': 1,
    };
    const types = Object.values(stack.resources).map(({ Type }) => Type);
    assert.deepEqual(
      Object.fromEntries(Object.keys(expected).map((type) => [type, types.filter((each) => each === type).length])),
      expected,
    );
    assert.equal(
      types.length,
      Object.values(expected).reduce((sum, count) => sum + count, 0),
    );
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
      { Sid: 'WriteLake', Action: 's3:PutObject', Resource: 'arn:aws:s3:::<LakeBucket>/ditio/*' },
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

    it('the function', () => assert.deepEqual(statements(stack, 'ExtractRole'), ownStatements));

    it('the schedule', () => assert.deepEqual(statements(stack, 'ScheduleRole'), scheduleStatements));

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
      const role = statements(deploy(EXISTING), 'ExtractRole');
      assert.equal(role[1].Resource, EXISTING.ExistingSecretArn);
      assert.equal(role[3].Resource, 'arn:aws:s3:::company-lake/raw/ditio/*');
    });

    it('uses keys only when there are any', () => {
      const other = 'arn:aws:kms:eu-north-1:123456789012:key/other';
      const keyed = deploy({ KmsKeyArn: KEY, ExistingKeyArns: other });
      const keys = [useKey('UseKey', KEY), useKey('UseExistingKeys', [other])];
      assert.deepEqual(statements(keyed, 'ExtractRole'), [...ownStatements, ...keys]);
      assert.deepEqual(statements(keyed, 'ScheduleRole'), [...scheduleStatements, keys[0]]);
    });
  });

  describe('runs', () => {
    it('as the contract says, on the runtime of the tests', () => {
      const { Runtime, Architectures, Handler, Timeout, LoggingConfig } = propertiesOf(stack, 'ExtractFunction');
      assert.equal(Runtime, `nodejs${process.versions.node.split('.')[0]}.x`);
      assert.deepEqual(Architectures, ['arm64']);
      assert.equal(Handler, 'handler.handler');
      assert.equal(Timeout, '600');
      assert.deepEqual(LoggingConfig, {
        LogFormat: 'JSON',
        ApplicationLogLevel: 'INFO',
        SystemLogLevel: 'INFO',
        LogGroup: '<ExtractLogs>',
      });
      assert.equal(propertiesOf(stack, 'ExtractLogs').RetentionInDays, 30);
    });

    it('with an environment that the function takes, and with its defaults', () => {
      const { Variables } = propertiesOf(stack, 'ExtractFunction').Environment;
      const texts = Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, String(value)]));
      const env = { ...texts, STATE_TABLE: 'acme-state', LAKE_URL: 's3://acme-lake/ditio' };
      const credentials = { DITIO_SECRET_ID: Variables.DITIO_SECRET_ID };
      const bare = { ...credentials, STATE_TABLE: 'acme-state', LAKE_URL: 's3://acme-lake/ditio' };
      assert.equal(Variables.LAKE_URL, 's3://<LakeBucket>/ditio');
      assert.deepEqual(parseConfig(env, NAMES), parseConfig(bare, NAMES));
    });

    it('with every variable of the contract that is no base URL', () => {
      const contract = readFileSync(join(ROOT, 'src/config.ts'), 'utf8');
      const known = [...contract.matchAll(/^ {4}([A-Z_]{5,}):/gm)].map(([, name]) => name as string);
      const left = known.filter((name) => !/_URL$|^DITIO_CLIENT_/.test(name) || name === 'LAKE_URL');
      const { Variables } = propertiesOf(stack, 'ExtractFunction').Environment;
      const own = Object.keys(Variables).filter((name) => !name.startsWith('POWERTOOLS_'));
      assert.ok(left.length >= 18, 'the variables were not found in src/config.ts');
      assert.deepEqual(own.toSorted(), left.toSorted());
    });

    it('with metrics of its own, which can be turned off', () => {
      const variables = (parameters = {}) => propertiesOf(deploy(parameters), 'ExtractFunction').Environment.Variables;
      assert.equal(variables().POWERTOOLS_SERVICE_NAME, 'acme');
      assert.equal(variables().POWERTOOLS_METRICS_DISABLED, 'false');
      assert.equal(variables({ CustomMetrics: 'off' }).POWERTOOLS_METRICS_DISABLED, 'true');
    });
  });

  describe('is invoked', () => {
    const intervals = [5, 10, 15, 20, 30, 60, 120, 240, 720, 1440];
    for (const minutes of intervals) {
      it(`every ${minutes} minutes, and never twice for one tick`, () => {
        const given = { IntervalMinutes: String(minutes) };
        const each = deploy(given);
        const schedule = propertiesOf(each, 'ExtractFunctionSchedule');
        const invoke = propertiesOf(each, 'ExtractFunctionEventInvokeConfig');
        const [, amount, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule.ScheduleExpression) ?? [];
        const factor = { minute: 1, hour: 60, day: 1440 }[unit as 'minute' | 'hour' | 'day'];
        assert.equal(Number(amount) * factor, minutes);
        assert.equal(invoke.MaximumRetryAttempts, 0);
        // Old ticks are worth nothing: age of delivery, and of waiting in Lambda's queue, end before the next one.
        const windowSeconds = schedule.FlexibleTimeWindow.MaximumWindowInMinutes * 60;
        for (const age of [invoke.MaximumEventAgeInSeconds, schedule.Target.RetryPolicy.MaximumEventAgeInSeconds]) {
          assert.ok(age >= 60 && age <= 21_600 && age + windowSeconds <= minutes * 60, `${age} s`);
        }
      });
    }

    it('by a schedule with a zone, a window and a queue for what could not be delivered', () => {
      const schedule = propertiesOf(stack, 'ExtractFunctionSchedule');
      assert.equal(schedule.Name, undefined);
      assert.equal(schedule.GroupName, '<ScheduleGroup>');
      assert.equal(schedule.State, 'ENABLED');
      assert.equal(schedule.ScheduleExpressionTimezone, 'Europe/Oslo');
      assert.deepEqual(schedule.FlexibleTimeWindow, { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 3 });
      assert.deepEqual(schedule.Target, {
        Arn: '<ExtractFunction.Arn>',
        RoleArn: '<ScheduleRole.Arn>',
        Input: '{"action":"sync"}',
        DeadLetterConfig: { Arn: '<UndeliveredTicksQueue.Arn>' },
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 720 },
      });
    });

    it('asynchronously with failures put into a queue', () => {
      const { DestinationConfig, MaximumEventAgeInSeconds } = propertiesOf(stack, 'ExtractFunctionEventInvokeConfig');
      assert.deepEqual(DestinationConfig, { OnFailure: { Destination: '<FailedRunsQueue.Arn>' } });
      assert.equal(MaximumEventAgeInSeconds, 720);
      for (const queue of ['FailedRunsQueue', 'UndeliveredTicksQueue']) {
        assert.equal(propertiesOf(stack, queue).MessageRetentionPeriod, 14 * 86_400);
      }
    });
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
      for (const [policy, action] of [
        ['LakeBucketPolicy', 's3:*'],
        ['FailedRunsQueuePolicy', 'sqs:*'],
        ['UndeliveredTicksQueuePolicy', 'sqs:*'],
      ] as const) {
        const [statement, ...more] = propertiesOf(stack, policy).PolicyDocument.Statement;
        assert.deepEqual(more, []);
        assert.equal(statement.Effect, 'Deny');
        assert.equal(statement.Principal, '*');
        assert.equal(statement.Action, action);
        assert.deepEqual(statement.Condition, { Bool: { 'aws:SecureTransport': 'false' } });
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

  describe('tells', () => {
    const alarms = [
      'HardFailuresAlarm',
      'FunctionErrorsAlarm',
      'DurationAlarm',
      'FailedRunsAlarm',
      'UndeliveredTicksAlarm',
    ];

    it('by an alarm each of hard failures, errors, runs near the limit, and queues that are not empty', () => {
      const metrics = alarms.map(
        (name) => propertiesOf(stack, name).MetricName ?? propertiesOf(stack, name).Metrics[0].Expression,
      );
      assert.deepEqual(metrics, [
        "SELECT SUM(HardFailures) FROM SCHEMA(DitioExtract, service, stream) WHERE service = 'acme'",
        'Errors',
        'Duration',
        'ApproximateNumberOfMessagesVisible',
        'ApproximateNumberOfMessagesVisible',
      ]);
      for (const name of alarms) assert.equal(propertiesOf(stack, name).TreatMissingData, 'notBreaching');
    });

    for (const [seconds, thresholdMs] of [
      ['300', 295_000],
      ['600', 595_000],
      ['900', 895_000],
    ] as const) {
      it(`that a run came near its limit of ${seconds} s, which none does by itself`, () => {
        const each = deploy({ TimeoutSeconds: seconds });
        assert.equal(propertiesOf(each, 'DurationAlarm').Threshold, thresholdMs);
        const least = Number(translated.Parameters.ReserveSeconds?.MinValue);
        assert.ok(
          Number(seconds) * 1000 - least * 1000 < thresholdMs,
          'a run that stops in time would raise the alarm',
        );
      });
    }

    it('when a stream has completed no sync for the hours of the parameter', () => {
      const { nested } = deploy({ StaleAfterHours: '8' });
      const alarm = propertiesOf(nested, 'TimeRegistrationsStaleAlarm');
      assert.equal(alarm.Namespace, 'DitioExtract');
      assert.equal(alarm.MetricName, 'SyncCompleted');
      assert.deepEqual(alarm.Dimensions, [
        { Name: 'service', Value: 'acme' },
        { Name: 'stream', Value: 'time-registrations' },
      ]);
      assert.equal((alarm.Period * alarm.EvaluationPeriods) / 3600, 8);
      assert.equal(alarm.DatapointsToAlarm, alarm.EvaluationPeriods);
      assert.equal(alarm.TreatMissingData, 'breaching');
      for (const { name, snapshot } of CATALOGUE) {
        const each = propertiesOf(
          nested,
          `${name.replace(/(^|-)(.)/g, (_, __, letter) => letter.toUpperCase())}StaleAlarm`,
        );
        const hours = (each.Period * each.EvaluationPeriods) / 3600;
        assert.equal(hours, snapshot ? 48 : 8, name);
        // CloudWatch looks at seven days at most.
        assert.ok(hours <= 168);
      }
    });

    it('of no stream that is not extracted', () => {
      const stale = (parameters: Readonly<Record<string, string>>) =>
        Object.keys(deploy(parameters).nested.resources).filter((name) => name.endsWith('StaleAlarm'));
      assert.equal(stale({}).length, CATALOGUE.length);
      assert.deepEqual(stale({ Streams: 'user,incident-registrations,payroll-lines-extended' }).toSorted(), [
        'IncidentRegistrationsStaleAlarm',
        'PayrollLinesExtendedStaleAlarm',
        'UserStaleAlarm',
      ]);
      assert.deepEqual(stale({ CustomMetrics: 'off' }), []);
    });

    it('whom it was told to', () => {
      const actions = (parameters: Readonly<Record<string, string>>) => {
        const each = deploy(parameters);
        const nested = propertiesOf(each.nested, 'UserStaleAlarm').AlarmActions;
        const own = alarms.map((name) => propertiesOf(each, name).AlarmActions);
        for (const action of own) assert.deepEqual(action, own[0]);
        assert.deepEqual(nested, own[0]);
        return own[0];
      };
      const topic = 'arn:aws:sns:eu-north-1:123456789012:on-call';
      assert.equal(actions({}), undefined);
      assert.deepEqual(actions({ NotificationTopicArn: topic }), [topic]);
      assert.deepEqual(actions({ NotificationEmail: 'vakt@example.com' }), ['<NotificationTopic>']);
      assert.deepEqual(actions({ NotificationTopicArn: topic, NotificationEmail: 'vakt@example.com' }), [topic]);
    });

    it('on a dashboard that is JSON, whatever the limit', () => {
      const body = JSON.parse(propertiesOf(stack, 'Dashboard').DashboardBody);
      const titles = body.widgets.map((widget: Properties) => widget.properties.title);
      assert.equal(titles.length, 6);
      const [limit, alarm] = body.widgets[3].properties.annotations.horizontal;
      assert.deepEqual([limit.value, alarm.value], [600_000, 595_000]);
      assert.match(body.widgets[0].properties.metrics[0][0].label, /^\$\{PROP/);
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
            .map(([key, value]) => `${logicalId}.${key} = ${value}`),
        ),
      );
      assert.deepEqual(named.toSorted(), [
        'Dashboard.DashboardName = acme',
        'HardFailuresQuery.Name = acme/hard failures',
        'SlowestStreamsQuery.Name = acme/slowest streams',
        'StreamHistoryQuery.Name = acme/history of one stream',
        'WorkGroup.Name = acme',
      ]);
      assert.equal(propertiesOf(stack.nested, 'Database').DatabaseInput.Name, 'ditio_3f2a91bc');
    });
  });

  describe('can be queried', () => {
    it('through a table for every stream, where its parts are', () => {
      for (const { name, table } of CATALOGUE) {
        const logicalId = `${name.replace(/(^|-)(.)/g, (_, __, letter) => letter.toUpperCase())}Table`;
        const { TableInput } = propertiesOf(stack.nested, logicalId);
        assert.equal(TableInput.Name, table);
        assert.equal(TableInput.StorageDescriptor.Location, `s3://<LakeBucket>/ditio/${table}/`);
        assert.equal(
          TableInput.Parameters['storage.location.template'],
          `s3://<LakeBucket>/ditio/${table}/date=\${date}`,
        );
      }
    });

    it('and one for the manifests, by table', () => {
      const { TableInput } = propertiesOf(stack.nested, 'ManifestsTable');
      const { Parameters } = TableInput;
      assert.equal(Parameters['storage.location.template'], `s3://<LakeBucket>/ditio/_manifests/\${table_name}`);
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

  it('refuses values that would only fail later', () => {
    const bad: Readonly<Record<string, string>> = {
      LakePrefix: '/ditio/',
      Streams: 'project, user',
      IntervalMinutes: '7',
      TimeoutSeconds: '10',
      ReserveSeconds: '5',
      PageSize: '10001',
      HistoryStart: '1.1.2020',
      ExistingSecretArn: 'ditio',
      KmsKeyArn: 'alias/ditio',
      DatabaseName: 'Ditio-Lake',
      NotificationEmail: 'vakt',
    };
    for (const [name, value] of Object.entries(bad)) {
      assert.throws(() => evaluate(translated, { [name]: value }), new RegExp(`^Error: ${name} may not be`));
    }
  });
});
