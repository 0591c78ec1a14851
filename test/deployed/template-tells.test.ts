/** Alarms, mails, dashboard, saved queries and the month's cost: what is told, when, and to whom. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { DEFAULT, monthCost, total } from '../../scripts/month-cost.ts';
import { type Properties, propertiesOf, type Resource } from './evaluate.ts';
import { deploy, type Stack } from './stack.ts';
import { ROOT } from './tools.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const LOG_SCHEMA: Properties = JSON.parse(read('docs/log-schema.json'));

const ALARMS = [
  'StaleStreamsAlarm',
  'FullSyncShrankAlarm',
  'RunsFailAlarm',
  'NotRunningAlarm',
  'LostTicksAlarm',
  'NearLimitAlarm',
  'RefreshFailsAlarm',
];

function alarmsOf({ resources }: Stack): [string, Resource][] {
  return Object.entries(resources).filter(([, { Type }]) => /::(Log)?Alarm$/.test(Type));
}

/** Fields that a line of these events may have. */
function fieldsOf(events: readonly string[]): Set<string> {
  return new Set(['log_line', ...events].flatMap((each) => Object.keys(LOG_SCHEMA.$defs[each].properties)));
}

describe('the deployed stack', () => {
  let stack: Stack;
  before(() => {
    stack = deploy();
  });

  describe('tells', () => {
    it('by these alarms and no other', () => {
      assert.deepEqual(
        alarmsOf(stack)
          .map(([name]) => name)
          .toSorted(),
        ALARMS.toSorted(),
      );
      const names = (parameters: Readonly<Record<string, string>>) =>
        alarmsOf(deploy(parameters)).map(([name]) => name);
      assert.ok(!names({ ScheduleState: 'DISABLED' }).includes('NotRunningAlarm'), 'a pause raises an alarm');
      assert.ok(!names({ RefreshHours: '0' }).includes('RefreshFailsAlarm'));
      assert.ok(names({ AlarmLines: 'off' }).includes('ErrorsAlarm'));
      assert.ok(!names({ AlarmLines: 'off' }).includes('RunsFailAlarm'));
    });

    it('with what it means for the lake and a section of the runbook in each description', () => {
      const headings = [...read('docs/operations.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
      for (const parameters of [{}, { AlarmLines: 'off' }]) {
        for (const [name, { Properties }] of alarmsOf(deploy(parameters))) {
          const { AlarmDescription } = Properties;
          const [, section] = /docs\/operations\.md, section (\w+)\.$/.exec(AlarmDescription) ?? [];
          assert.ok(section !== undefined && headings.includes(section), `${name}: ${AlarmDescription}`);
          assert.match(AlarmDescription, /\bacme\b/, name);
          assert.ok(AlarmDescription.length <= 1024, name);
        }
      }
    });

    it('the topic of the stack, by each alarm, and never at the first OK of a new one', () => {
      for (const parameters of [{}, { NotificationEmail: 'vakt@example.com' }, { AlarmLines: 'off' }]) {
        for (const [name, { Properties }] of alarmsOf(deploy(parameters))) {
          assert.deepEqual(Properties.AlarmActions, ['<NotificationTopic>'], name);
          assert.deepEqual([Properties.OKActions, Properties.InsufficientDataActions], [undefined, undefined], name);
        }
      }
    });

    it('once when an alarm is over, for every alarm that there is', () => {
      for (const parameters of [{}, { ScheduleState: 'DISABLED' }, { RefreshHours: '0', AlarmLines: 'off' }]) {
        const each = deploy(parameters);
        const { EventPattern, Targets } = propertiesOf(each, 'ResolvedRule');
        assert.deepEqual(EventPattern.detail, { state: { value: ['OK'] }, previousState: { value: ['ALARM'] } });
        assert.deepEqual(
          EventPattern.resources.toSorted(),
          alarmsOf(each)
            .map(([name]) => `<${name}.Arn>`)
            .toSorted(),
        );
        assert.equal(Targets[0].Arn, '<NotificationTopic>');
      }
      const [statement] = propertiesOf(stack, 'NotificationTopicPolicy').PolicyDocument.Statement;
      assert.deepEqual(statement.Principal.Service, ['cloudwatch.amazonaws.com', 'events.amazonaws.com']);
    });

    it('the mail address, where there is one', () => {
      assert.equal(propertiesOf(stack, 'NotificationTopic').Subscription, undefined);
      const { Subscription } = propertiesOf(deploy({ NotificationEmail: 'vakt@example.com' }), 'NotificationTopic');
      assert.deepEqual(Subscription, [{ Protocol: 'email', Endpoint: 'vakt@example.com' }]);
    });

    it('of stale streams by the metric that each run writes', () => {
      const { Namespace, MetricName, Dimensions, TreatMissingData } = propertiesOf(stack, 'StaleStreamsAlarm');
      assert.deepEqual([Namespace, MetricName, TreatMissingData], ['DitioExtract', 'StaleStreams', 'ignore']);
      assert.deepEqual(Dimensions, [{ Name: 'service', Value: 'acme' }]);
      assert.ok(LOG_SCHEMA.$defs.run_metric_name.enum.includes(MetricName));
    });

    it('of a full sync that shrank by a line that the log has, counted for this stack alone', () => {
      const { LogGroupName, FilterPattern, MetricTransformations } = propertiesOf(stack, 'ShrunkFullSyncs');
      assert.equal(LogGroupName, '<ExtractLogs>');
      const [, event] = /^\{ \$\.event = "(\w+)" \}$/.exec(FilterPattern) ?? [];
      assert.ok(LOG_SCHEMA.$defs.log_line.properties.event.enum.includes(event), FilterPattern);
      const [counted, ...more] = MetricTransformations;
      assert.deepEqual(more, []);
      assert.deepEqual(counted.Dimensions, [{ Key: 'service', Value: '$.service' }]);
      assert.ok(LOG_SCHEMA.$defs.log_line.required.includes('service'));
      const [{ MetricStat }] = propertiesOf(stack, 'FullSyncShrankAlarm').Metrics;
      const { Namespace, MetricName, Dimensions } = MetricStat.Metric;
      assert.deepEqual([Namespace, MetricName], [counted.MetricNamespace, counted.MetricName]);
      // Each line says it is of the service that the function's variable names.
      const { POWERTOOLS_SERVICE_NAME } = propertiesOf(stack, 'ExtractFunction').Environment.Variables;
      assert.deepEqual(Dimensions, [{ Name: 'service', Value: POWERTOOLS_SERVICE_NAME }]);
    });

    it('of failing runs with lines that hold nothing personal, of events and fields that there are', () => {
      const { ScheduledQueryConfiguration: query, ActionLogLineCount } = propertiesOf(stack, 'RunsFailAlarm');
      assert.ok(ActionLogLineCount > 0);
      assert.deepEqual(query.LogGroupIdentifiers, ['<ExtractLogs>']);
      const known = fieldsOf(['hard_failure']);
      const mailed = /^\| fields (@timestamp.+)$/m.exec(query.QueryString)?.[1]?.split(', ') ?? [];
      assert.ok(mailed.includes('hint') && mailed.includes('kind'));
      for (const field of mailed) {
        assert.ok(known.has(field) || /^(@timestamp|invocation|record\.\w+|trace_id)$/.test(field), field);
      }
      // They hold what Ditio said, or addresses with ids in them.
      for (const field of ['@message', 'detail', 'request', 'message', 'errors'])
        assert.ok(!mailed.includes(field), field);
      assert.match(query.QueryString, /event = 'hard_failure'/);
    });

    it('of a run near its limit, which none comes to by itself', () => {
      const { Timeout } = propertiesOf(stack, 'ExtractFunction');
      const { Threshold } = propertiesOf(stack, 'NearLimitAlarm');
      const RESERVE_SECONDS = 15;
      assert.ok((Timeout - RESERVE_SECONDS) * 1000 < Threshold && Threshold < Timeout * 1000);
    });

    it('by periods that CloudWatch takes', () => {
      for (const IntervalMinutes of ['5', '10', '15', '20', '30', '60', '120', '240', '720', '1440']) {
        for (const [name, { Properties }] of alarmsOf(deploy({ IntervalMinutes }))) {
          const periods = [
            Properties.Period,
            ...(Properties.Metrics ?? []).map((each: Properties) => each.MetricStat?.Period),
          ];
          for (const period of periods.filter((each) => each !== undefined)) {
            assert.equal(period % 60, 0, name);
            assert.ok(period >= 3600 ? period <= 604_800 : period <= 86_400, `${name} ${period}`);
          }
          const warmUp = Properties.WarmUpConfiguration?.WarmUpPeriodDurationInMinutes ?? 1;
          assert.ok(warmUp >= 1 && warmUp <= 2880, name);
        }
      }
    });

    it('by a dashboard that is full in the default: every metric is one that is written', () => {
      const { widgets } = JSON.parse(propertiesOf(stack, 'Dashboard').DashboardBody);
      assert.equal(widgets.length, 7);
      const metrics = widgets.flatMap(({ properties }: Properties) => properties.metrics ?? []);
      for (const [namespace, name, dimension, value] of metrics) {
        if (namespace !== 'DitioExtract') continue;
        assert.ok(LOG_SCHEMA.$defs.run_metric_name.enum.includes(name), name);
        assert.deepEqual([dimension, value], ['service', 'acme']);
      }
      // More than 50 metrics, and the free dashboards of an account do not count.
      assert.ok(metrics.length < 50);
      const refreshes = JSON.stringify(metrics);
      assert.match(refreshes, /acme-refresh/);
    });

    it('by a dashboard whose tables ask for events and fields that there are', () => {
      const { widgets } = JSON.parse(propertiesOf(stack, 'Dashboard').DashboardBody);
      const queries: string[] = widgets.flatMap(({ properties }: Properties) => properties.query ?? []);
      assert.equal(queries.length, 2);
      for (const query of queries) {
        assert.match(query, /^SOURCE '<ExtractLogs>' \| /);
        const [, event = ''] = /event = '(\w+)'/.exec(query) ?? [];
        const known = fieldsOf([event]);
        const used = [...query.matchAll(/\b(?:strcontains|sum|max)\((\w+)[,)]/g)].map(([, field = '']) => field);
        const made = new Set([...query.matchAll(/ as (\w+)/g)].map(([, field]) => field));
        const listed = /fields (timestamp, [\w, ]+?) \|/.exec(query)?.[1]?.split(', ') ?? [];
        for (const field of [...used, ...listed]) {
          assert.ok(known.has(field) || made.has(field) || field === 'trace_id', `${event}: ${field}`);
        }
      }
    });

    it('by saved queries over fields that the log lines have', () => {
      const queries = ['HardFailuresQuery', 'SlowestStreamsQuery', 'StreamHistoryQuery'].map((name) =>
        propertiesOf(stack, name),
      );
      for (const { QueryString, LogGroupNames, Name } of queries) {
        assert.deepEqual(LogGroupNames, ['<ExtractLogs>']);
        const [, event] = /event = '(\w+)'/.exec(QueryString) ?? [];
        const known = fieldsOf(event ? [event] : LOG_SCHEMA.$defs.log_line.properties.event.enum);
        const [, listed = ''] = /^\| fields (.+)$/m.exec(QueryString) ?? [];
        const counted = [...QueryString.matchAll(/(?:max|avg|sum)\((\w+)\)/g)].map(([, field = '']) => field);
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

  describe('costs', () => {
    it('at most five dollars a month in the default, beside the dashboard', () => {
      assert.ok(total(monthCost(DEFAULT)) <= 5, String(total(monthCost(DEFAULT))));
    });

    it('what is counted for the alarms that there are', () => {
      const alarms = alarmsOf(stack);
      const logAlarms = alarms.filter(([, { Type }]) => Type === 'AWS::CloudWatch::LogAlarm').length;
      const alarmMetrics = alarms
        .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
        .map(([, { Properties }]) => Properties.Metrics?.filter((each: Properties) => each.MetricStat).length ?? 1)
        .reduce((sum, each) => sum + each, 0);
      assert.deepEqual(
        { alarmMetrics, logAlarms },
        { alarmMetrics: DEFAULT.alarmMetrics, logAlarms: DEFAULT.logAlarms },
      );
      const { Variables } = propertiesOf(stack, 'ExtractFunction').Environment;
      assert.equal(Variables.METRICS_BY_STREAM === 'on', DEFAULT.metricsByStream);
    });
  });
});
