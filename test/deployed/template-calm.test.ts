/** How many mails the alarms of the template send, by the model of CloudWatch in `alarm-model.ts`. */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createDice } from '../simulation/random.ts';
import { type Fate, type History, type Mails, mailsOf, play, playRefresh, type World } from './alarm-model.ts';
import { propertiesOf, type Resource } from './evaluate.ts';
import { deploy, type Stack } from './stack.ts';

/** The hour in which things go wrong: long after the warm-up. */
const FROM = 30;
const during = (hours: number, fate: Fate) => (hour: number) => (hour >= FROM && hour < FROM + hours ? fate : 'good');

interface Story {
  readonly name: string;
  readonly hours: number;
  readonly fateAt: (hour: number, intervalMinutes: number) => Fate;
  /** Most alarms raised, at 15 and at 60 minutes. */
  readonly most: readonly [number, number];
  /** Alarms that must be among them. */
  readonly raises?: readonly string[];
}

const STORIES: readonly Story[] = [
  { name: 'nothing happens for two days', hours: 48, fateAt: () => 'good', most: [0, 0] },
  {
    name: 'one tick fails',
    hours: 48,
    fateAt: (hour, interval) => during(interval / 60, 'fails')(hour),
    most: [0, 0],
  },
  { name: 'Ditio is down for two hours', hours: 48, fateAt: during(2, 'fails'), most: [1, 0] },
  {
    name: 'the credentials are wrong for a day',
    hours: 80,
    fateAt: during(24, 'fails'),
    most: [2, 2],
    raises: ['fail', 'StaleStreamsAlarm'],
  },
  {
    name: 'every run of a day is killed at its limit',
    hours: 80,
    fateAt: during(24, 'killed'),
    // Nothing but the limit and the failing runs can be told: a killed run tells no staleness.
    most: [2, 2],
    raises: ['fail', 'NearLimitAlarm'],
  },
  {
    name: 'somebody disables the schedule by hand for a day',
    hours: 80,
    fateAt: during(24, 'absent'),
    most: [1, 1],
    raises: ['NotRunningAlarm'],
  },
  {
    name: 'the schedule may start nothing for a day',
    hours: 80,
    fateAt: during(24, 'dropped'),
    most: [2, 2],
    raises: ['NotRunningAlarm', 'LostTicksAlarm'],
  },
  {
    name: 'one tick is lost',
    hours: 48,
    fateAt: (hour, interval) => during(interval / 60, 'dropped')(hour),
    most: [0, 0],
  },
  { name: 'a new stack waits for its secret', hours: 26, fateAt: () => 'waits', most: [0, 0] },
];

const WORLDS: readonly World[] = [0, 3].flatMap((extraPeriods) =>
  [true, false].map((fillsUnknown, at) => ({ extraPeriods, fillsUnknown, queryOffsetMinutes: 3 + 4 * at })),
);
const SEEDS = [1, 2, 3];

/** Names of the alarms that a history is about; of the two that count failing runs only one is deployed. */
function alarmsOf(stack: Stack): [string, Resource][] {
  return Object.entries(stack.resources).filter(([, { Type }]) => /::(Log)?Alarm$/.test(Type));
}

function historyOf(stack: Stack, intervalMinutes: number, story: Story, seed: number): History {
  const dice = createDice(seed);
  const jitter = dice.chance(0.5);
  return play({
    intervalMinutes,
    windowMinutes: propertiesOf(stack, 'ExtractFunctionSchedule').FlexibleTimeWindow.MaximumWindowInMinutes,
    staleAfterHours: propertiesOf(stack, 'ExtractFunction').Environment.Variables.STALE_AFTER_HOURS,
    hours: story.hours,
    fateAt: (hour) => story.fateAt(hour, intervalMinutes),
    random: () => (jitter ? dice.next() : 0.5),
  });
}

describe('the alarms', () => {
  for (const [at, interval] of [15, 60].entries()) {
    for (const AlarmLines of ['on', 'off']) {
      describe(`at ${interval} minutes, with AlarmLines ${AlarmLines}`, () => {
        let stack: Stack;
        before(() => {
          stack = deploy({ IntervalMinutes: String(interval), AlarmLines });
        });
        for (const story of STORIES) {
          it(`raise at most ${story.most[at]}, each over once: ${story.name}`, () => {
            for (const seed of SEEDS) {
              const history = historyOf(stack, interval, story, seed);
              for (const world of WORLDS) {
                const mails = alarmsOf(stack).map(([name, alarm]) => [name, mailsOf(alarm, history, world)] as const);
                const raised = mails.filter(([, each]) => each.raised > 0).map(([name]) => name);
                const told = `${JSON.stringify(Object.fromEntries(mails))} with seed ${seed} in ${JSON.stringify(world)}`;
                assert.ok(sum(mails, 'raised') <= Number(story.most[at]), told);
                for (const [, each] of mails) assert.equal(each.over, each.raised, told);
                const failing = AlarmLines === 'on' ? 'RunsFailAlarm' : 'ErrorsAlarm';
                const expected = (story.raises ?? []).map((name) => (name === 'fail' ? failing : name));
                assert.deepEqual(
                  expected.filter((name) => !raised.includes(name)),
                  [],
                  told,
                );
              }
            }
          });
        }
      });
    }
  }

  it('raise one alarm in two hours of absence at 15 minutes, and none is not enough', () => {
    const stack = deploy({ IntervalMinutes: '15' });
    const story = STORIES.find(({ name }) => name.includes('two hours')) as Story;
    const history = historyOf(stack, 15, story, 1);
    const alarm = stack.resources.RunsFailAlarm as Resource;
    assert.deepEqual(mailsOf(alarm, history, WORLDS[0] as World), { raised: 1, over: 1 });
  });
});

describe('the alarm on refreshes', () => {
  const HOUR_S = 3600;
  /** Nineteen starts, two minutes apart, each refused. */
  const round = (hour: number) =>
    Array.from({ length: 19 }, (_, at) => [hour * HOUR_S + (3 + 2 * at) * 60, 1] as const);
  const ofDay = (everyHours: number) =>
    Array.from({ length: 24 / everyHours }, (_, at) => round(FROM + at * everyHours)).flat();

  for (const hours of [1, 6, 24]) {
    for (const [metric, what] of [
      ['TargetErrorCount', 'refused'],
      ['InvocationDroppedCount', 'given up'],
    ] as const) {
      it(`is raised once where each start of a day is ${what}, every ${hours} hours`, () => {
        const alarm = deploy({ RefreshHours: String(hours) }).resources.RefreshFailsAlarm as Resource;
        const history = playRefresh(FROM + 24 * 5, { [metric]: ofDay(hours) });
        for (const world of WORLDS) assert.deepEqual(mailsOf(alarm, history, world), { raised: 1, over: 1 });
      });
    }
  }

  it('is raised once where a weekly merge failed, which has no next round', () => {
    const alarm = deploy().resources.RefreshFailsAlarm as Resource;
    const history = playRefresh(FROM + 24 * 5, { 'acme-rebuild': [[FROM * HOUR_S, 12_000]] });
    for (const world of WORLDS) assert.deepEqual(mailsOf(alarm, history, world), { raised: 1, over: 1 });
  });

  it('is silent where a single recent merge failed', () => {
    const alarm = deploy().resources.RefreshFailsAlarm as Resource;
    const history = playRefresh(48, { 'acme-refresh': [[FROM * HOUR_S, 12_000]] });
    for (const world of WORLDS) assert.deepEqual(mailsOf(alarm, history, world), { raised: 0, over: 0 });
  });

  it('is silent where a single start was refused, and succeeded later', () => {
    const alarm = deploy().resources.RefreshFailsAlarm as Resource;
    const history = playRefresh(48, { TargetErrorCount: [[FROM * HOUR_S, 1]] });
    for (const world of WORLDS) assert.deepEqual(mailsOf(alarm, history, world), { raised: 0, over: 0 });
  });
});

describe('the alarm on full syncs that shrank', () => {
  const HOUR_S = 3600;
  /** A client that lost its rights: each stream shrinks at its own next full sync, some in the same run. */
  const lines = [0, 0, 1, 26, 26, 90, 140, 200].map((hour) => (FROM + hour) * HOUR_S);

  it('is raised once for one cause, and over once', () => {
    const alarm = deploy().resources.FullSyncShrankAlarm as Resource;
    const points = lines.map((atS) => ({ atS, seenS: atS + 120, value: 1 }));
    const history: History = { ...playRefresh(24 * 20, {}), points: new Map([['ShrunkFullSyncs', points]]) };
    for (const world of WORLDS) assert.deepEqual(mailsOf(alarm, history, world), { raised: 1, over: 1 });
  });
});

describe('the model', () => {
  const history = () =>
    play({
      intervalMinutes: 15,
      windowMinutes: 3,
      staleAfterHours: 6,
      hours: 80,
      fateAt: during(24, 'fails'),
      random: createDice(3).next,
    });
  const alarm = (Properties: Resource['Properties']): Resource => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold', Threshold: 0, ...Properties },
  });
  const world: World = { extraPeriods: 0, fillsUnknown: true, queryOffsetMinutes: 0 };

  it('finds that an alarm on each error, in periods of five minutes, mails for every tick', () => {
    const errors = { MetricName: 'Errors', Statistic: 'Sum', Period: 300, TreatMissingData: 'notBreaching' };
    const { raised } = mailsOf(alarm(errors), history(), world);
    assert.ok(raised >= 90, `${raised}`);
  });

  it('finds that an alarm on missing runs, with periods as long as the interval, is not calm', () => {
    const runs = {
      MetricName: 'Invocations',
      Statistic: 'Sum',
      Period: 900,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    };
    const { raised } = mailsOf(alarm(runs), history(), world);
    assert.ok(raised > 1, `${raised}`);
  });
});

function sum(mails: readonly (readonly [string, Mails])[], what: keyof Mails): number {
  return mails.reduce((total, [, each]) => total + each[what], 0);
}
