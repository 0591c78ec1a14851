import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HardFailure } from '../src/core/failure/errors.ts';
import { type Command, parseEvent } from '../src/event.ts';
import { at } from './fakes/at.ts';
import { PLANTED } from './fakes/planted.ts';
import { ALL_RULES } from './fakes/stream-rules.ts';

/** The streams of the deployment: fewer than there are. */
const CONFIGURED = ['projects', 'hours', 'machines'];

const parse = (event: unknown) => parseEvent(event, CONFIGURED, ALL_RULES);

function problemsOf(event: unknown): string[] {
  try {
    parse(event);
  } catch (error) {
    assert.ok(error instanceof HardFailure, `a ${(error as Error).name} was thrown: ${(error as Error).message}`);
    assert.equal(error.kind, 'config');
    assert.ok(error.facts.hint);
    return error.message.split('; ');
  }
  assert.fail('the event was taken');
}

/** As EventBridge delivers the event of a scheduled rule. */
const SCHEDULED_RULE = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '123456789012',
  time: '2026-11-22T08:15:00Z',
  region: 'eu-north-1',
  resources: ['arn:aws:events:eu-north-1:123456789012:rule/every-15-minutes'],
  detail: {},
};

const SCHEDULED: Command = { action: 'sync', streams: CONFIGURED, mode: 'auto' };

describe('an event', () => {
  const GOOD: ReadonlyArray<readonly [name: string, event: unknown, command: Command]> = [
    ['that is empty means the scheduled sync', {}, SCHEDULED],
    ['of an EventBridge rule means the scheduled sync', SCHEDULED_RULE, SCHEDULED],
    [
      'of EventBridge Scheduler without an input of its own means the scheduled sync',
      {
        ...SCHEDULED_RULE,
        source: 'aws.scheduler',
        resources: ['arn:aws:scheduler:eu-north-1:123456789012:schedule/default/ditio'],
        detail: '{}',
      },
      SCHEDULED,
    ],
    [
      'of any other source of EventBridge too',
      { ...SCHEDULED_RULE, source: 'my.app', 'detail-type': 'Go', detail: { streams: ['x'] } },
      SCHEDULED,
    ],
    ['may name the action alone', { action: 'sync' }, SCHEDULED],
    ['may name the mode', { action: 'sync', mode: 'full' }, { ...SCHEDULED, mode: 'full' }],
    ['may name the mode that is the default', { action: 'sync', mode: 'auto' }, SCHEDULED],
    [
      'may name streams, also such as this deployment leaves out',
      { action: 'sync', streams: ['projects'] },
      { ...SCHEDULED, streams: ['projects'] },
    ],
    [
      'may name streams in any order and twice: they come once, as in the catalogue',
      { action: 'sync', streams: ['crews', 'hours', 'crews'] },
      { ...SCHEDULED, streams: ['hours', 'crews'] },
    ],
    ['may ask for the status', { action: 'status' }, { action: 'status' }],
    ['may ask for a check', { action: 'check' }, { action: 'check' }],
    ['may reset streams', { action: 'reset', streams: ['hours'] }, { action: 'reset', streams: ['hours'] }],
    [
      'may re-read dates',
      { action: 'backfill', streams: ['machines', 'hours'], from: '2026-01-01', to: '2026-02-01' },
      {
        action: 'backfill',
        streams: ['hours', 'machines'],
        window: { kind: 'dates', from: at('2026-01-01'), to: at('2026-02-01') },
      },
    ],
    [
      'may re-read the longest range there may be',
      { action: 'backfill', streams: ['hours'], from: '1970-01-01', to: '2100-01-01' },
      {
        action: 'backfill',
        streams: ['hours'],
        window: { kind: 'dates', from: at('1970-01-01'), to: at('2100-01-01') },
      },
    ],
    [
      'may re-read from an instant to the same instant',
      { action: 'backfill', streams: ['hours'], from: '2026-01-01T06:00:00+01:00', to: '2026-01-01T05:00:00Z' },
      {
        action: 'backfill',
        streams: ['hours'],
        window: { kind: 'dates', from: at('2026-01-01T05:00:00Z'), to: at('2026-01-01T05:00:00Z') },
      },
    ],
    [
      'may re-read modifications up to now',
      { action: 'backfill', streams: ['projects'], modifiedSince: '2026-01-01T00:00:00.1239999Z' },
      {
        action: 'backfill',
        streams: ['projects'],
        window: { kind: 'modified', since: at('2026-01-01T00:00:00.123Z'), before: null },
      },
    ],
    [
      'may re-read modifications between two instants',
      {
        action: 'backfill',
        streams: ['projects'],
        modifiedSince: '2026-01-01',
        modifiedBefore: '2026-01-01T00:00:00.001Z',
      },
      {
        action: 'backfill',
        streams: ['projects'],
        window: { kind: 'modified', since: at('2026-01-01'), before: at('2026-01-01T00:00:00.001Z') },
      },
    ],
  ];
  for (const [name, event, command] of GOOD) it(name, () => assert.deepEqual(parse(event), command));
});

describe('an event is refused', () => {
  const backfill = { action: 'backfill', streams: ['hours'] };
  const dates = { from: '2026-01-01', to: '2026-02-01' };
  const BAD: ReadonlyArray<readonly [name: string, event: unknown, ...says: readonly RegExp[]]> = [
    ['that is null', null, /JSON object/],
    ['that is nothing', undefined, /JSON object/],
    ['that is text', '{"action":"sync"}', /JSON object/],
    ['that is a list', [{ action: 'sync' }], /JSON object/],
    ['that is a number', 7, /JSON object/],
    ['without an action', { streams: ['hours'] }, /^"action" must be one of sync, backfill, status, check, reset$/],
    ['with half of what EventBridge sends', { source: 'aws.events' }, /"action"/],
    ['with an action in capitals', { action: 'SYNC' }, /"action" must be one of .*, not "SYNC"/],
    ['with an action of every object', { action: 'toString' }, /"action"/],
    ['with an action that is a prototype', { action: '__proto__' }, /"action"/],
    ['with an action that is not text', { action: ['sync'] }, /"action"/],
    ['with an action that is null', { action: null }, /"action"/],
    [
      'with a key in another spelling',
      { action: 'sync', stream: ['hours'] },
      /^"stream" is not a key of sync \(it takes streams, mode\)$/,
    ],
    ['with a key of another action', { action: 'sync', from: '2026-01-01' }, /"from" is not a key of sync/],
    [
      'with the keys of EventBridge and an action',
      { ...SCHEDULED_RULE, action: 'status' },
      /"version"/,
      /"id"/,
      /"detail-type"/,
      /"source"/,
      /"account"/,
      /"time"/,
      /"region"/,
      /"resources"/,
      /"detail"/,
    ],
    ['with streams for the status', { action: 'status', streams: ['hours'] }, /"streams" is not a key of status$/],
    ['with streams for a check', { action: 'check', streams: ['hours'] }, /"streams" is not a key of check$/],
    ['with an unknown mode', { action: 'sync', mode: 'incremental' }, /"mode" must be "auto" or "full"/],
    ['with a mode that is null', { action: 'sync', mode: null }, /"mode"/],
    ['with no stream in its list', { action: 'sync', streams: [] }, /"streams" must be a list/],
    ['with streams as text', { action: 'sync', streams: 'hours' }, /"streams" must be a list/],
    ['with streams that are null', { action: 'sync', streams: null }, /"streams" must be a list/],
    ['with a stream that is not text', { action: 'sync', streams: ['hours', 3] }, /"streams" must be a list/],
    [
      'with unknown streams, each by name',
      { action: 'sync', streams: ['hour', 'hours', 'machine'] },
      /unknown streams: "hour", "machine"/,
    ],
    ['with all as a stream', { action: 'sync', streams: ['all'] }, /unknown streams: "all"/],
    ['that resets nothing in particular', { action: 'reset' }, /"streams" must be a list/],
    ['that backfills nothing in particular', { action: 'backfill', ...dates }, /"streams" must be a list/],
    ['that backfills without a window', backfill, /a backfill needs either "from" and "to", or "modifiedSince"/],
    [
      'that backfills over both windows',
      { ...backfill, ...dates, modifiedSince: '2026-01-01' },
      /a backfill needs either/,
    ],
    ['that backfills from a day without an end', { ...backfill, from: '2026-01-01' }, /"to" must be a date/],
    ['that backfills up to a day without a beginning', { ...backfill, to: '2026-01-01' }, /"from" must be a date/],
    [
      'that backfills backwards',
      { ...backfill, from: '2026-02-01', to: '2026-01-31' },
      /"to" must not be before "from"/,
    ],
    [
      'that backfills from before any date there may be, however short',
      { ...backfill, from: '0001-01-01', to: '0001-01-02' },
      /^"from" must not be before 1970-01-01$/,
      /^"to" must not be before 1970-01-01$/,
    ],
    [
      'that backfills over ages',
      { ...backfill, from: '2000-01-01', to: '9999-12-31' },
      /^"to" must not be more than 47482 days after "from"$/,
    ],
    [
      'that backfills over a day more than the longest range',
      { ...backfill, from: '1970-01-01', to: '2100-01-02' },
      /^"to" must not be more than 47482 days after "from"$/,
    ],
    [
      'that backfills what was changed since the date that means "empty" to Ditio',
      { ...backfill, modifiedSince: '0001-01-01T00:00:00Z' },
      /^"modifiedSince" must not be before 1970-01-01$/,
    ],
    [
      'that backfills from an impossible day',
      { ...backfill, from: '2026-02-30', to: '2026-03-01' },
      /"from" must be a date/,
    ],
    [
      'that backfills to an instant without an offset',
      { ...backfill, from: '2026-01-01', to: '2026-01-02T00:00:00' },
      /"to" must be a date/,
    ],
    ['that backfills from a number', { ...backfill, from: 20260101, to: '2026-03-01' }, /"from" must be a date/],
    ['that backfills from null', { ...backfill, from: null, to: '2026-03-01' }, /"from" must be a date/],
    [
      'that backfills before an instant and since none',
      { ...backfill, modifiedBefore: '2026-01-01' },
      /"modifiedSince" must be a date/,
    ],
    [
      'that backfills before the instant it begins with',
      { ...backfill, modifiedSince: '2026-01-01', modifiedBefore: '2026-01-01' },
      /"modifiedBefore" must be after "modifiedSince"/,
    ],
    [
      'that backfills before an instant below its beginning',
      { ...backfill, modifiedSince: '2026-01-02', modifiedBefore: '2026-01-01' },
      /"modifiedBefore" must be after/,
    ],
    [
      'that backfills before null',
      { ...backfill, modifiedSince: '2026-01-02', modifiedBefore: null },
      /"modifiedBefore" must be a date/,
    ],
    [
      'that backfills dates of a stream without any',
      { action: 'backfill', streams: ['projects'], ...dates },
      /^projects has no date window/,
    ],
    [
      'that backfills a stream that no scheduled run asks for',
      { action: 'backfill', streams: ['hours', 'crews'], ...dates },
      /^crews is not in STREAMS, .* add it to STREAMS first$/,
    ],
    [
      'that backfills a snapshot stream',
      { action: 'backfill', streams: ['places', 'item-rows'], modifiedSince: '2026-01-01' },
      /^places is a snapshot/,
      /^item-rows is a snapshot/,
    ],
  ];
  for (const [name, event, ...says] of BAD) {
    it(name, () => {
      const problems = problemsOf(event);
      assert.equal(problems.length, says.length, problems.join('\n'));
      for (const [index, pattern] of says.entries()) assert.match(problems[index] ?? '', pattern);
    });
  }

  it('with every problem named in one message', () => {
    const event = { action: 'backfill', streams: ['hours', 'nope'], from: 'x', to: 'y', mode: 'full', until: 'z' };
    const problems = problemsOf(event);
    for (const about of ['"mode"', '"until"', '"nope"', '"from"', '"to"']) {
      assert.equal(
        problems.filter((problem) => problem.includes(about)).length,
        1,
        `${about} in ${problems.join('\n')}`,
      );
    }
    assert.equal(problems.length, 5);
  });

  it('with what is wrong about its streams named also where its window is wrong', () => {
    const problems = problemsOf({
      action: 'backfill',
      streams: ['places', 'projects'],
      from: '2026-02-30',
      to: '2026-03-01',
    });
    assert.equal(problems.length, 3, problems.join('\n'));
    assert.match(problems[0] ?? '', /"from"/);
    assert.match(problems[1] ?? '', /^projects has no date window/);
    assert.match(problems[2] ?? '', /^places is a snapshot stream/);
    const both = { from: '2026-01-01', to: '2026-02-01', modifiedSince: '2026-01-01' };
    assert.equal(
      problemsOf({ action: 'backfill', streams: ['projects'], ...both }).length,
      1,
      'either may have been meant',
    );
    assert.match(problemsOf({ action: 'backfill', streams: ['places'] }).join('\n'), /places is a snapshot stream/);
  });

  it('in a message of limited length, for any content', () => {
    const long = 'x'.repeat(100_000);
    for (const event of [{ action: long }, { action: 'sync', [long]: 1 }, { action: 'sync', streams: [long] }]) {
      assert.ok(problemsOf(event).join().length < 400);
    }
    const many = Array.from({ length: 10_000 }, (_, index) => `stream-${index}`);
    const named = problemsOf({ action: 'sync', streams: many }).join();
    assert.match(named, /"stream-19" and 9980 more/);
    assert.doesNotMatch(problemsOf({ action: 'sync', streams: many.slice(0, 20) }).join(), / more/);
    assert.equal(
      problemsOf({ action: 'sync', ...Object.fromEntries(many.slice(0, 20).map((key) => [key, 1])) }).length,
      20,
    );
    const keys = problemsOf({ action: 'sync', ...Object.fromEntries(many.map((key) => [key, 1])) });
    assert.equal(keys.at(-1), '9980 more unknown keys');
    assert.ok(named.length + keys.join().length < 3_000);
  });

  it('without a line break or a control character in what is said', () => {
    const problems = problemsOf({ action: 'sync', 'a\nb': 1, streams: ['c\r\u001b[31md'] });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(problems.join(), /[\u0000-\u001f]/);
  });

  it('without values being repeated that may be secrets', () => {
    const { clientSecret } = PLANTED;
    const said = problemsOf({ ...backfill, from: clientSecret, to: clientSecret, mode: clientSecret }).join();
    assert.ok(!said.includes(clientSecret));
  });
});
