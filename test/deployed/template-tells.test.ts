/** Alarms and dashboard: what is told, when, and to whom. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { evaluate, type Properties, propertiesOf, readTemplates, type Template } from './evaluate.ts';
import { deploy, logicalId, type Stack } from './stack.ts';
import { ROOT } from './tools.ts';

const LOG_SCHEMA: Properties = JSON.parse(readFileSync(join(ROOT, 'docs/log-schema.json'), 'utf8'));

describe('the deployed stack', () => {
  let stack: Stack;
  let translated: Template;
  before(() => {
    stack = deploy();
    translated = readTemplates().translated;
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
      const metrics = alarms.map((name) => propertiesOf(stack, name).MetricName);
      assert.deepEqual(metrics, [
        'HardFailureLines',
        'Errors',
        'Duration',
        'ApproximateNumberOfMessagesVisible',
        'ApproximateNumberOfMessagesVisible',
      ]);
      for (const name of alarms) {
        const { TreatMissingData, Threshold, ComparisonOperator, EvaluationPeriods } = propertiesOf(stack, name);
        assert.deepEqual(
          [TreatMissingData, ComparisonOperator, EvaluationPeriods],
          ['notBreaching', 'GreaterThanThreshold', 1],
        );
        if (name !== 'DurationAlarm') assert.equal(Threshold, 0, name);
      }
      const queues = alarms.slice(-2).map((name) => propertiesOf(stack, name).Dimensions[0].Value);
      assert.deepEqual(queues, ['<FailedRunsQueue.QueueName>', '<UndeliveredTicksQueue.QueueName>']);
    });

    it('of hard failures by the log lines, metrics or no metrics', () => {
      const each = deploy({ CustomMetrics: 'off' });
      const { LogGroupName, FilterPattern, MetricTransformations } = propertiesOf(each, 'HardFailureLines');
      const { Namespace, MetricName, Statistic } = propertiesOf(each, 'HardFailuresAlarm');
      assert.deepEqual([LogGroupName, FilterPattern], ['<ExtractLogs>', '{ $.event = "hard_failure" }']);
      assert.equal(MetricTransformations.length, 1);
      assert.deepEqual(
        [
          MetricTransformations[0].MetricNamespace,
          MetricTransformations[0].MetricName,
          MetricTransformations[0].MetricValue,
        ],
        [Namespace, MetricName, '1'],
      );
      assert.equal(Statistic, 'Sum');
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
        const each = propertiesOf(nested, `${logicalId(name)}StaleAlarm`);
        const hours = (each.Period * each.EvaluationPeriods) / 3600;
        assert.equal(hours, snapshot ? 48 : 8, name);
        // CloudWatch looks at seven days at most.
        assert.ok(hours <= 168);
      }
    });

    it('with patience for one and a half intervals at least, so that none is raised between two syncs', () => {
      for (const minutes of [5, 10, 15, 20, 30, 60, 120, 240, 720, 1440]) {
        const least = Math.max(1, Math.ceil((1.5 * minutes) / 60));
        const given = (hours: number) => ({ IntervalMinutes: String(minutes), StaleAfterHours: String(hours) });
        assert.doesNotThrow(() => evaluate(translated, given(least)), String(minutes));
        for (let hours = 1; hours < least; hours += 1) {
          const refusal = new RegExp(`With IntervalMinutes ${minutes}, StaleAfterHours must be at least ${least}\\.`);
          assert.throws(() => evaluate(translated, given(hours)), refusal);
          assert.doesNotThrow(() => evaluate(translated, { ...given(hours), CustomMetrics: 'off' }));
        }
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

    it('on a dashboard that shows what it should, from metrics that there are', () => {
      const body = propertiesOf(stack, 'Dashboard').DashboardBody;
      const shown = [...body.matchAll(/MetricName=\\"(\w+)\\"/g)].map(([, name]) => name);
      assert.deepEqual(shown, ['RecordsWritten', 'WatermarkAgeSeconds', 'HardFailures', 'Retries', 'Throttled']);
      const known: string[] = LOG_SCHEMA.$defs.metric_name.enum;
      assert.deepEqual(
        shown.filter((name) => !known.includes(name)),
        [],
      );
      assert.equal(body.match(/service=\\"acme\\"/g)?.length, shown.length, 'a graph shows other stacks too');
      assert.match(body, /"AWS\/Lambda", "Duration", "FunctionName", "<ExtractFunction>"/);
      const search = JSON.parse(body).widgets[0].properties.metrics[0][0].expression;
      assert.match(
        search,
        /^SEARCH\('\{DitioExtract,service,stream\} service="acme" MetricName="RecordsWritten"', 'Sum', 900\)$/,
      );
    });

    it('by saved queries over fields that the log lines have', () => {
      const queries = ['HardFailuresQuery', 'SlowestStreamsQuery', 'StreamHistoryQuery'].map((name) =>
        propertiesOf(stack, name),
      );
      for (const { QueryString, LogGroupNames, Name } of queries) {
        assert.deepEqual(LogGroupNames, ['<ExtractLogs>']);
        const [, event] = /event = '(\w+)'/.exec(QueryString) ?? [];
        const events: string[] = event ? [event] : LOG_SCHEMA.$defs.log_line.properties.event.enum;
        const known = new Set(
          ['log_line', ...events].flatMap((each) => Object.keys(LOG_SCHEMA.$defs[each].properties)),
        );
        const [, listed = ''] = /^\| fields (.+)$/m.exec(QueryString) ?? [];
        const counted = [...QueryString.matchAll(/(?:max|avg|sum)\((\w+)\)/g)].map(([, field]) => field);
        const used = [...listed.split(', ').filter(Boolean), ...counted];
        assert.ok(used.length >= 4, Name);
        assert.deepEqual(
          used.filter((field) => !known.has(field)),
          [],
          Name,
        );
      }
    });
  });
});
