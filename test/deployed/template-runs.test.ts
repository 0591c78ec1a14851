/** How the function runs and is invoked, and which parameters it takes. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { parseConfig } from '../../src/config.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { evaluate, type Json, propertiesOf, readTemplates, type Template } from './evaluate.ts';
import { deploy, KEY, type Stack } from './stack.ts';
import { ROOT } from './tools.ts';

const NAMES = CATALOGUE.map(({ name }) => name);

describe('the deployed stack', () => {
  let stack: Stack;
  let translated: Template;
  before(() => {
    stack = deploy();
    translated = readTemplates().translated;
  });

  describe('runs', () => {
    it('as the contract says, on the runtime of the tests', () => {
      const { Runtime, Architectures, Handler, Timeout, LoggingConfig } = propertiesOf(stack, 'ExtractFunction');
      assert.equal(Runtime, `nodejs${process.versions.node.split('.')[0]}.x`);
      assert.deepEqual(Architectures, ['arm64']);
      assert.equal(Handler, 'handler.handler');
      assert.equal(Timeout, 600);
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
      // Of the template's own: KeepLinesDays depends on it.
      const { FULL_SYNC_EVERY_DAYS } = texts;
      const bare = {
        ...credentials,
        ...(FULL_SYNC_EVERY_DAYS && { FULL_SYNC_EVERY_DAYS }),
        STATE_TABLE: 'acme-state',
        LAKE_URL: 's3://acme-lake/ditio',
      };
      assert.equal(Variables.LAKE_URL, 's3://<LakeBucket>/ditio/acme');
      assert.deepEqual(parseConfig(env, NAMES), parseConfig(bare, NAMES));
    });

    it('with variables that the function knows, and no other', () => {
      const config = readFileSync(join(ROOT, 'src/config.ts'), 'utf8');
      const known = [...config.matchAll(/^ {4}([A-Z_]{5,}):/gm)].map(([, name]) => name as string);
      const { Variables } = propertiesOf(stack, 'ExtractFunction').Environment;
      // For libraries, the C library and Node, not for the function's own configuration.
      const own = Object.keys(Variables).filter((name) => !/^(POWERTOOLS_|HTTPS_PROXY)/.test(name));
      assert.ok(known.length >= 20, 'the variables were not found in src/config.ts');
      assert.deepEqual(
        own.filter((name) => !known.includes(name)),
        ['DITIO_SECRET_ID'].filter((name) => !known.includes(name)),
      );
    });

    it('with an environment that the function takes, at the bounds of every parameter too', () => {
      let bounds = 0;
      for (const [name, { AllowedValues, MinValue, MaxValue }] of Object.entries(translated.Parameters)) {
        const values =
          (AllowedValues as Json[] | undefined) ?? [MinValue, MaxValue].filter((each) => each !== undefined);
        for (const value of values) {
          bounds += 1;
          const given = { [name]: String(value) };
          const { Variables } = propertiesOf(evaluate(translated, given), 'ExtractFunction').Environment;
          const texts = Object.fromEntries(Object.entries(Variables).map(([key, text]) => [key, String(text)]));
          const env = { ...texts, STATE_TABLE: 'acme-state', LAKE_URL: 's3://acme-lake/ditio' };
          assert.doesNotThrow(() => parseConfig(env, NAMES), `${name} = ${value}`);
        }
      }
      assert.ok(bounds > 30, `only ${bounds} values were tried`);
    });

    it('with metrics of every run, and by stream where they are asked for', () => {
      const variables = (parameters = {}) => propertiesOf(deploy(parameters), 'ExtractFunction').Environment.Variables;
      assert.equal(variables().POWERTOOLS_SERVICE_NAME, 'acme');
      assert.equal(variables().METRICS_BY_STREAM, 'off');
      assert.equal(variables({ MetricsByStream: 'on' }).METRICS_BY_STREAM, 'on');
    });

    it('in subnets, through a proxy and with signed code, where an account asks for it', () => {
      const zone = deploy({
        SubnetIds: 'subnet-0a1b,subnet-2c3d',
        SecurityGroupIds: 'sg-0a1b',
        HttpsProxy: 'http://proxy.example.com:3128',
        CodeSigningConfigArn: 'arn:aws:lambda:eu-north-1:123456789012:code-signing-config:csc-0123456789abcdef0',
      });
      const { VpcConfig, CodeSigningConfigArn, Environment } = propertiesOf(zone, 'ExtractFunction');
      assert.deepEqual(VpcConfig, { SubnetIds: ['subnet-0a1b', 'subnet-2c3d'], SecurityGroupIds: ['sg-0a1b'] });
      assert.match(CodeSigningConfigArn, /csc-0123456789abcdef0$/);
      assert.equal(Environment.Variables.HTTPS_PROXY, 'http://proxy.example.com:3128');
      const without = propertiesOf(stack, 'ExtractFunction');
      assert.deepEqual([without.VpcConfig, without.CodeSigningConfigArn], [undefined, undefined]);
      assert.equal(without.Environment.Variables.HTTPS_PROXY, '');
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
        const [, amount, unit] = /^rate\((\d+) (minute|hour)s?\)$/.exec(schedule.ScheduleExpression) ?? [];
        const factor = { minute: 1, hour: 60 }[unit as 'minute' | 'hour'];
        if (minutes === 1440) assert.equal(schedule.ScheduleExpression, 'cron(0 4 * * ? *)');
        else assert.equal(Number(amount) * factor, minutes);
        // Looking twice at one run, or at none between two, is what makes alarms restless.
        const { STALE_AFTER_HOURS } = propertiesOf(each, 'ExtractFunction').Environment.Variables;
        assert.ok(Number(STALE_AFTER_HOURS) * 60 >= 1.5 * minutes);
        const staleAlarm = propertiesOf(each, 'StaleStreamsAlarm');
        assert.ok(staleAlarm.Period < minutes * 60 - schedule.FlexibleTimeWindow.MaximumWindowInMinutes * 60 + 60);
        assert.equal(invoke.MaximumRetryAttempts, 0);
        // Old ticks are worth nothing: age of delivery, and of waiting in Lambda's queue, end before the next one.
        const windowSeconds = schedule.FlexibleTimeWindow.MaximumWindowInMinutes * 60;
        for (const age of [invoke.MaximumEventAgeInSeconds, schedule.Target.RetryPolicy.MaximumEventAgeInSeconds]) {
          assert.ok(age >= 60 && age <= 21_600 && age + windowSeconds <= minutes * 60, `${age} s`);
        }
      });
    }

    it('by a schedule with a window, in a group of its own', () => {
      const schedule = propertiesOf(stack, 'ExtractFunctionSchedule');
      assert.equal(schedule.Name, undefined);
      assert.equal(schedule.GroupName, '<ScheduleGroup>');
      assert.equal(schedule.State, 'ENABLED');
      assert.equal(schedule.ScheduleExpressionTimezone, undefined);
      assert.deepEqual(schedule.FlexibleTimeWindow, { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 3 });
      assert.deepEqual(schedule.Target, {
        Arn: '<ExtractFunction.Arn>',
        RoleArn: '<ScheduleRole.Arn>',
        Input: '{"action":"sync"}',
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 720 },
      });
    });

    it('once a day at the hour of the parameter, in Oslo', () => {
      const daily = propertiesOf(deploy({ IntervalMinutes: '1440', DailySyncHour: '2' }), 'ExtractFunctionSchedule');
      assert.equal(daily.ScheduleExpression, 'cron(0 2 * * ? *)');
      assert.equal(daily.ScheduleExpressionTimezone, 'Europe/Oslo');
    });

    it('asynchronously, without a queue that nobody empties', () => {
      const { DestinationConfig, MaximumEventAgeInSeconds } = propertiesOf(stack, 'ExtractFunctionEventInvokeConfig');
      assert.deepEqual(DestinationConfig ?? {}, {});
      assert.equal(MaximumEventAgeInSeconds, 720);
    });
  });

  it('asks for at most 24 parameters, and needs none of them', () => {
    const parameters = Object.entries(translated.Parameters);
    assert.ok(parameters.length <= 24, `${parameters.length} parameters`);
    for (const [name, { Default }] of parameters) assert.notEqual(Default, undefined, name);
  });

  it('refuses values that would only fail later', () => {
    const bad: readonly (readonly [string, string])[] = [
      ['LakePrefix', '/ditio/'],
      // What lies there in the created bucket is removed after a month.
      ['LakePrefix', 'athena-results'],
      ['LakePrefix', 'athena-results/ditio'],
      ['Streams', 'project, user'],
      ['Streams', 'projects'],
      ['Streams', 'all,user'],
      ['CompanyId', 'a company'],
      ['HistoryStart', '2020-13-01'],
      ['HistoryStart', '1999-12-31'],
      // A star would be one in the role's policy.
      ['ExistingSecretArn', 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:*'],
      ['ExistingSecretArn', 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:ditio'],
      ['ExistingKeyArns', '*'],
      ['ExistingKeyArns', 'arn:aws:kms:eu-north-1:123456789012:key/one,*'],
      ['KmsKeyArn', 'arn:aws:kms:eu-north-1:123456789012:key/*'],
      ['IntervalMinutes', '7'],
      ['HistoryStart', '1.1.2020'],
      ['ExistingSecretArn', 'ditio'],
      ['KmsKeyArn', 'alias/ditio'],
      ['NotificationEmail', 'vakt'],
      ['DailySyncHour', '24'],
      ['KeepLinesDays', '30'],
      ['PermissionsBoundaryArn', 'arn:aws:iam::123456789012:policy/*'],
      ['PermissionsBoundaryArn', 'boundary'],
      ['SubnetIds', 'vpc-1'],
      ['SecurityGroupIds', '*'],
      ['CodeSigningConfigArn', 'csc-1'],
      ['HttpsProxy', 'http://user:password@proxy:3128'],
      ['HttpsProxy', 'proxy:3128'],
    ];
    for (const [name, value] of bad) {
      assert.throws(() => evaluate(translated, { [name]: value }), new RegExp(`^Error: ${name} may not be`), value);
    }
  });

  it('takes each stream of the catalogue, and all of them', () => {
    for (const Streams of [...NAMES, NAMES.join(','), NAMES.toReversed().join(','), 'all']) {
      assert.doesNotThrow(() => evaluate(translated, { Streams }));
    }
  });

  it('takes an existing secret, keys and a boundary by their complete names', () => {
    assert.doesNotThrow(() =>
      evaluate(translated, {
        ExistingSecretArn: 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:prod/ditio-client-AbCd12',
        PermissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/landing-zone/Boundary',
        ExistingKeyArns: `${KEY},arn:aws:kms:eu-north-1:123456789012:key/mrk-1234abcd`,
        LakePrefix: 'raw/ditio/athena-results',
        CompanyId: '5f1b',
      }),
    );
  });

  it('bounds every parameter by values, a range or a pattern', () => {
    for (const [name, rules] of Object.entries(translated.Parameters)) {
      const bounded =
        'AllowedValues' in rules || 'AllowedPattern' in rules || ('MinValue' in rules && 'MaxValue' in rules);
      assert.ok(bounded, `${name} takes anything`);
      assert.ok(String(rules.Description).length >= 20, `${name} is not described`);
    }
  });
});
