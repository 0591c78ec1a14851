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
      assert.equal(Variables.LAKE_URL, 's3://<LakeBucket>/ditio/acme');
      assert.deepEqual(parseConfig(env, NAMES), parseConfig(bare, NAMES));
    });

    it('with every variable of the contract that is no base URL', () => {
      const contract = readFileSync(join(ROOT, 'src/config.ts'), 'utf8');
      const known = [...contract.matchAll(/^ {4}([A-Z_]{5,}):/gm)].map(([, name]) => name as string);
      const left = known.filter((name) => !/_URL$|^DITIO_CLIENT_/.test(name) || name === 'LAKE_URL');
      const { Variables } = propertiesOf(stack, 'ExtractFunction').Environment;
      // For libraries, the C library and Node, not for the function's own configuration.
      const own = Object.keys(Variables).filter((name) => !/^(POWERTOOLS_|MALLOC_|NODE_)/.test(name));
      assert.ok(left.length >= 18, 'the variables were not found in src/config.ts');
      assert.deepEqual(own.toSorted(), left.toSorted());
    });

    it('with an environment that the function takes, at the bounds of every parameter too', () => {
      let bounds = 0;
      for (const [name, { AllowedValues, MinValue, MaxValue }] of Object.entries(translated.Parameters)) {
        const values =
          (AllowedValues as Json[] | undefined) ?? [MinValue, MaxValue].filter((each) => each !== undefined);
        for (const value of values) {
          bounds += 1;
          const given = { StaleAfterHours: '36', [name]: String(value) };
          const { Variables } = propertiesOf(evaluate(translated, given), 'ExtractFunction').Environment;
          const texts = Object.fromEntries(Object.entries(Variables).map(([key, text]) => [key, String(text)]));
          const env = { ...texts, STATE_TABLE: 'acme-state', LAKE_URL: 's3://acme-lake/ditio' };
          assert.doesNotThrow(() => parseConfig(env, NAMES), `${name} = ${value}`);
        }
      }
      assert.ok(bounds > 60, `only ${bounds} values were tried`);
    });

    it('with a reserve that is never more than a quarter of the limit', () => {
      const { MinValue, MaxValue } = translated.Parameters.ReserveSeconds ?? {};
      const limits = translated.Parameters.TimeoutSeconds?.AllowedValues as Json[];
      assert.ok(Number(MaxValue) <= Math.min(...limits.map(Number)) / 4);
      assert.equal(MinValue, 10);
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
        const given = { IntervalMinutes: String(minutes), StaleAfterHours: '36' };
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
      ['NotificationTopicArn', 'arn:aws:sns:eu-north-1:123456789012:*'],
      ['IntervalMinutes', '7'],
      ['TimeoutSeconds', '10'],
      ['ReserveSeconds', '5'],
      ['PageSize', '10001'],
      ['HistoryStart', '1.1.2020'],
      ['ExistingSecretArn', 'ditio'],
      ['KmsKeyArn', 'alias/ditio'],
      ['DatabaseName', 'Ditio-Lake'],
      ['NotificationEmail', 'vakt'],
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

  it('takes an existing secret, topic and keys by their complete names', () => {
    assert.doesNotThrow(() =>
      evaluate(translated, {
        ExistingSecretArn: 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:prod/ditio-client-AbCd12',
        NotificationTopicArn: 'arn:aws:sns:eu-north-1:123456789012:on-call',
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
