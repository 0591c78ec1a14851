/**
 * Plays a history of runs against alarms as CloudWatch would, and counts the mails.
 *
 * The rules are those of the CloudWatch user guide ("Alarm evaluation", "Configuring how alarms treat missing data"): an
 * alarm is evaluated every minute over periods that slide by a minute; data come late; the evaluation range is longer
 * than the alarm says, by an amount that is not published, so histories are played with several.
 */

import { addMs, type Instant, instant } from '../../src/core/time/instant.ts';
import { staleness } from '../../src/sync/staleness.ts';
import type { Properties, Resource } from './evaluate.ts';

/** What a run comes to. A run of `waits` finds no credentials yet; `absent` is a tick that starts no run. */
export type Fate = 'good' | 'fails' | 'killed' | 'waits' | 'absent' | 'dropped';

export interface HistoryOptions {
  readonly intervalMinutes: number;
  readonly windowMinutes: number;
  readonly staleAfterHours: number;
  readonly hours: number;
  readonly fateAt: (hour: number) => Fate;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

interface Point {
  readonly atS: number;
  /** When CloudWatch shows it. */
  readonly seenS: number;
  readonly value: number;
}

type Points = ReadonlyMap<string, readonly Point[]>;

interface Line {
  readonly atS: number;
  readonly seenS: number;
  readonly invocation: string;
}

export interface History {
  readonly endS: number;
  /** By name of the metric, in the order of their time. */
  readonly points: Points;
  /** Metrics of the schedules that start Athena's queries, whose names others have too; and failed queries by workgroup. */
  readonly ofRefresh: Points;
  /** Lines that the query of the log alarm finds: hard failures, and reports of runs that ended badly. */
  readonly lines: readonly Line[];
}

const STREAMS = [{ name: 'hours', snapshot: false }];
const HOUR_S = 3600;
const TIMEOUT_S = 600;

/** Ticks with jitter, what Lambda, the Scheduler and the function itself tell of each, and when that is seen. */
export function play(options: HistoryOptions): History {
  const { intervalMinutes, windowMinutes, hours, fateAt, random } = options;
  const points = new Map<string, Point[]>();
  const add = (metric: string, point: Point) => points.set(metric, [...(points.get(metric) ?? []), point]);
  const lines: Line[] = [];
  const settings = { staleAfterMs: options.staleAfterHours * HOUR_S * 1000, snapshotIntervalMs: 0 };
  const late = (from: number, to: number) => from + random() * (to - from);
  let completedAt: Instant | null = null;
  for (let tickS = 0; tickS < hours * HOUR_S; tickS += intervalMinutes * 60) {
    const fate = fateAt(tickS / HOUR_S);
    const startS = tickS + random() * windowMinutes * 60;
    if (fate === 'absent') continue;
    const seen = startS + late(60, 180);
    if (fate === 'dropped') {
      add('InvocationDroppedCount', { atS: startS, seenS: seen, value: 1 });
      continue;
    }
    const lastsS = fate === 'killed' ? TIMEOUT_S : late(2, 40);
    const endS = startS + lastsS;
    // Lambda dates by the start and publishes at the end.
    const seenS = endS + late(60, 180);
    const isError = fate === 'fails' || fate === 'killed';
    add('Invocations', { atS: startS, seenS, value: 1 });
    add('Errors', { atS: startS, seenS, value: isError ? 1 : 0 });
    add('Duration', { atS: startS, seenS, value: lastsS * 1000 });
    if (isError) lines.push({ atS: endS, seenS: endS + late(5, 90), invocation: `run-${tickS}` });
    if (fate === 'killed') continue;
    if (fate === 'good') completedAt = addMs(instant(0), endS * 1000);
    const cursor = { lastCompletedAt: completedAt, lastFullSyncAt: null, own: null };
    const stored = new Map(completedAt === null ? [] : [['hours', { cursor }] as const]);
    const { stale } = staleness(stored, STREAMS, settings, addMs(instant(0), endS * 1000));
    add('StaleStreams', { atS: endS, seenS: endS + late(30, 150), value: stale.length });
  }
  return { endS: hours * HOUR_S, points, ofRefresh: new Map(), lines };
}

/** A history in which only these metrics of the schedules of Athena's queries have values, or these workgroups failed queries, which are seen two minutes later. */
export function playRefresh(
  hours: number,
  values: Readonly<Record<string, readonly (readonly [atS: number, value: number])[]>>,
): History {
  const ofRefresh = Object.entries(values).map(
    ([metric, points]) => [metric, points.map(([atS, value]) => ({ atS, seenS: atS + 120, value }))] as const,
  );
  return { endS: hours * HOUR_S, points: new Map(), ofRefresh: new Map(ofRefresh), lines: [] };
}

export interface World {
  /** Periods that CloudWatch looks at beyond those that the alarm names. */
  readonly extraPeriods: number;
  /** Whether FILL gives its value for a metric that has never had any. */
  readonly fillsUnknown: boolean;
  /** The minute of the hour in which log alarms run their query. */
  readonly queryOffsetMinutes: number;
}

type State = 'INSUFFICIENT_DATA' | 'OK' | 'ALARM';

export interface Mails {
  readonly raised: number;
  readonly over: number;
}

/** The mails of one alarm of the template over a history; `over` are those of ResolvedRule. */
export function mailsOf(alarm: Resource, history: History, world: World): Mails {
  const { Properties: alarmed, Type } = alarm;
  const everyMinutes = Type === 'AWS::CloudWatch::LogAlarm' ? minutesOf(alarmed) : 1;
  const warm = alarmed.WarmUpConfiguration?.WarmUpPeriodDurationInMinutes ?? 0;
  let state: State = 'INSUFFICIENT_DATA';
  let raised = 0;
  let over = 0;
  const firstMinute = everyMinutes === 1 ? 1 : 1 + (world.queryOffsetMinutes % everyMinutes);
  for (let minute = firstMinute; minute * 60 <= history.endS; minute += everyMinutes) {
    if (minute < warm) continue;
    const value =
      Type === 'AWS::CloudWatch::LogAlarm'
        ? countOf(alarmed, history, minute * 60)
        : newestOf(alarmed, history, minute * 60, world);
    const next: State = value === null ? missing(alarmed.TreatMissingData, state) : verdict(alarmed, value);
    if (next === 'ALARM' && state !== 'ALARM') raised += 1;
    if (next === 'OK' && state === 'ALARM') over += 1;
    state = next;
  }
  return { raised, over };
}

function verdict({ ComparisonOperator, Threshold }: Properties, value: number): 'OK' | 'ALARM' {
  const breaches: Readonly<Record<string, boolean>> = {
    GreaterThanThreshold: value > Threshold,
    GreaterThanOrEqualToThreshold: value >= Threshold,
    LessThanThreshold: value < Threshold,
  };
  const isBreaching = breaches[ComparisonOperator];
  if (isBreaching === undefined) throw new Error(`the model does not know ${ComparisonOperator}`);
  return isBreaching ? 'ALARM' : 'OK';
}

function missing(treatment: string, state: State): State {
  if (treatment === 'ignore') return state;
  if (treatment === 'breaching') return 'ALARM';
  return treatment === 'notBreaching' ? 'OK' : 'INSUFFICIENT_DATA';
}

/** Of a log alarm: how many invocations its query finds. */
function countOf({ ScheduledQueryConfiguration }: Properties, { lines }: History, nowS: number): number {
  const sinceS = nowS - ScheduledQueryConfiguration.ScheduleConfiguration.StartTimeOffset;
  const found = lines.filter(({ atS, seenS }) => atS >= sinceS && atS <= nowS && seenS <= nowS);
  return new Set(found.map(({ invocation }) => invocation)).size;
}

function minutesOf({ ScheduledQueryConfiguration }: Properties): number {
  const { ScheduleExpression } = ScheduledQueryConfiguration.ScheduleConfiguration;
  const [, amount, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(ScheduleExpression) ?? [];
  return Number(amount) * { minute: 1, hour: 60, day: 1440 }[unit as 'minute' | 'hour' | 'day'];
}

/** The newest value within the evaluation range; null where every period is missing. One period is evaluated. */
function newestOf(alarm: Properties, history: History, nowS: number, world: World): number | null {
  if (alarm.EvaluationPeriods !== 1) throw new Error('the model knows alarms of one evaluation period');
  const periodS =
    alarm.Period ?? Math.max(...alarm.Metrics.map(({ MetricStat }: Properties) => MetricStat?.Period ?? 0));
  for (let back = 0; back <= world.extraPeriods; back += 1) {
    const value = metricValueOf(alarm, history, nowS - back * periodS, nowS, periodS, world);
    if (value !== null) return value;
  }
  return null;
}

function metricValueOf(alarm: Properties, history: History, toS: number, nowS: number, periodS: number, world: World) {
  const stat = (points: readonly Point[], statistic: string): number | null => {
    const values: number[] = [];
    for (let at = firstAfter(points, toS - periodS); at < points.length; at += 1) {
      const { atS, seenS, value } = points[at] as Point;
      if (atS > toS) break;
      if (seenS <= nowS) values.push(value);
    }
    if (values.length === 0) return null;
    if (statistic === 'Sum') return values.reduce((sum, value) => sum + value, 0);
    return statistic === 'SampleCount' ? values.length : Math.max(...values);
  };
  if (alarm.MetricName) return stat(history.points.get(alarm.MetricName) ?? [], alarm.Statistic);
  const { Expression } = alarm.Metrics.find(({ ReturnData }: Properties) => ReturnData);
  // Sums of FILL(id, 0), some of them weighted: every expression of the template is one.
  const terms = String(Expression)
    .split(' + ')
    .map((term) => /^(?:(\d+) \* )?FILL\((\w+), 0\)$/.exec(term) ?? []);
  const values = terms.map(([, weight = '1', id]) => {
    const { MetricStat } = alarm.Metrics.find(({ Id }: Properties) => Id === id);
    const points = pointsOf(MetricStat.Metric, history);
    const [first] = points;
    const isKnown = first !== undefined && first.seenS <= nowS;
    const value = stat(points, MetricStat.Stat) ?? (isKnown || world.fillsUnknown ? 0 : null);
    return value === null ? null : Number(weight) * value;
  });
  return values.every((value) => value === null) ? null : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function pointsOf({ MetricName, Dimensions }: Properties, { points, ofRefresh }: History): readonly Point[] {
  const named = (name: string) => Dimensions.find(({ Name }: Properties) => Name === name)?.Value;
  const workGroup = named('WorkGroup');
  if (workGroup !== undefined) return ofRefresh.get(workGroup) ?? [];
  const group = named('ScheduleGroup');
  const isOfRefresh = group !== undefined && group !== '<ScheduleGroup>';
  return (isOfRefresh ? ofRefresh : points).get(MetricName) ?? [];
}

/** Index of the first point later than an instant. */
function firstAfter(points: readonly Point[], instantS: number): number {
  let from = 0;
  let to = points.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((points[middle] as Point).atS > instantS) to = middle;
    else from = middle + 1;
  }
  return from;
}
