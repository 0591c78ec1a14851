/** Alarms and dashboard: what is told, when, and to whom. */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { type Properties, propertiesOf, readTemplates, type Template } from './evaluate.ts';
import { deploy, logicalId, type Stack } from './stack.ts';

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
        const each = propertiesOf(nested, `${logicalId(name)}StaleAlarm`);
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
});
