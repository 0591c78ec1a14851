/** `docs/operations.md` explains every alarm of the template, and every `kind` and `reason` of the failure tables. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseArgs } from 'node:util';
import { parseOptions } from '../../local/options.ts';
import { readArguments } from '../../simulator/arguments.ts';
import { FAILURE_TABLES } from '../../src/core/failure/classify.ts';
import { FAILURE_KINDS } from '../../src/core/failure/errors.ts';
import type { FailureRow } from '../../src/core/failure/failure-row.ts';
import { KIND_HINTS } from '../../src/core/failure/hints.ts';
import { textOf } from './files.ts';

const document = textOf('docs/operations.md');
const sections = new Map(
  document
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section.slice(section.indexOf('\n'))] as const),
);
const kinds: readonly string[] = FAILURE_KINDS;
const TABLES = Object.entries(FAILURE_TABLES);
const ROWS = TABLES.flatMap(([, rows]) => rows);
const ALARMS = [...textOf('template.yaml').matchAll(/^ {2}(\w+):\n {4}Type: AWS::CloudWatch::(?:Log)?Alarm$/gm)].map(
  ([, name]) => String(name),
);
/** Kinds that an answer of Ditio can end in, and the one that is found between two of its pages. */
const OF_DITIO = new Set<string>([
  ...(FAILURE_TABLES['What Ditio and the network answer'] ?? []).map(({ kind }) => kind),
  'pagination_loop',
]);
/** One that is complete as it stands, or the output of the stack that holds one. */
const READY_COMMAND = /\b(?:aws [a-z][\w-]* [a-z][\w-]+|sam deploy) [^`\n]*--region|output `\w+Command`/;
const DONE = { retry: 'tried again', renew_token: 'new token, once', hard: 'hard' } as const;

/** The line of the document that tells of a row. */
function lineOf({ id, when, action, kind }: FailureRow): string {
  return `| \`${id}\` | ${when.replaceAll('|', '\\|')} | ${DONE[action]} | \`${kind}\` |`;
}

/** The paragraphs of a section by the words that they begin with. */
function partsOf(title: string): ReadonlyMap<string, string> {
  const section = sections.get(title);
  assert.ok(section, `docs/operations.md has no "## ${title}"`);
  const parts = section.split(/^\*([A-Z][\w ]+):\* ?/m).slice(1);
  return new Map(parts.flatMap((word, at) => (at % 2 === 0 ? [[word, String(parts[at + 1]).trim()] as const] : [])));
}

describe('docs/operations.md', () => {
  it('knows every alarm of the template', () => assert.ok(ALARMS.length >= 7, String(ALARMS)));

  for (const name of [...ALARMS, ...FAILURE_KINDS]) {
    it(`has a section for ${name} with cause, commands to confirm and to fix it, and how long it may wait`, () => {
      const parts = partsOf(name);
      assert.deepEqual([...parts.keys()].slice(0, 4), ['Cause', 'Confirm', 'Fix', 'How long it may wait']);
      for (const [title, text] of parts) assert.ok(text.length > 30, `${name}, ${title}: says too little`);
      for (const title of ['Confirm', 'Fix']) {
        assert.match(String(parts.get(title)), READY_COMMAND, `${name}, ${title}: has no command that can be typed`);
      }
      assert.match(String(parts.get('How long it may wait')), /^Go back to bed, unless .*older than \d+ hours/);
    });
  }

  for (const kind of FAILURE_KINDS) {
    it(`says what to send to Ditio exactly where Ditio may be the cause: ${kind}`, () => {
      const asked = partsOf(kind).get('Ask Ditio');
      assert.equal(asked !== undefined, OF_DITIO.has(kind));
      if (asked === undefined) return;
      for (const word of ['`trace_id`', '`request`', '`timestamp`']) assert.ok(asked.includes(word), word);
    });
  }

  it('gives each command of AWS the region', () => {
    const calls = document.match(/\b(?:aws [a-z][\w-]* [a-z][\w-]+|sam (?:deploy|delete) --)[^`\n]*/g) ?? [];
    assert.ok(calls.length >= 30, String(calls.length));
    assert.deepEqual(
      calls.filter((call) => !call.includes('--region eu-north-1')),
      [],
    );
  });

  it('has no section for an unknown kind', () => {
    const unknown = [...sections.keys()].filter((title) => /^[a-z_]+$/.test(title) && !kinds.includes(title));
    assert.deepEqual(unknown, []);
  });

  it('has its sections in the order of the contract', () => {
    const titles = [...sections.keys()].filter((title) => kinds.includes(title));
    assert.deepEqual(titles, FAILURE_KINDS);
  });
});

describe('the rehearsal', () => {
  const text = String(sections.get('Rehearsal'));
  const argumentsOf = (command: string) =>
    [...text.matchAll(new RegExp(`^npm run ${command} -- (.+)$`, 'gm'))].map(([, line]) => String(line).split(' '));

  it('starts the simulator with faults that it knows', () => {
    const [args = [], ...more] = argumentsOf('simulator');
    assert.deepEqual(more, []);
    const read = readArguments(args, parseArgs);
    assert.ok(read.kind === 'run', JSON.stringify(read));
    assert.deepEqual(
      read.faults.map(({ fault, streams }) => [fault.kind, streams]),
      [
        ['status', ['project']],
        ['stalled-head', ['images']],
      ],
    );
  });

  it('runs commands that a local run takes, with the real source', () => {
    const commands = argumentsOf('local').map((args) => parseOptions(args, {}));
    assert.deepEqual(
      commands.map((options) => [options?.command, options?.source.kind]),
      [
        ['sync', 'live'],
        ['status', 'live'],
      ],
    );
  });
});

describe('the failure tables', () => {
  for (const [title, rows] of TABLES) {
    it(`are in docs/operations.md row by row: ${title}`, () => {
      const section = document.split(/^#+ /m).find((text) => text.startsWith(`${title}\n`));
      assert.ok(section, `docs/operations.md has no heading "${title}"`);
      const lines = section.split('\n').filter((line) => line.startsWith('| `'));
      assert.deepEqual(lines, rows.map(lineOf));
    });
  }

  it('name each row once', () => {
    const ids = ROWS.map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
  });

  it('end in kinds of the contract, and every kind but those that are found elsewhere is the end of a row', () => {
    assert.deepEqual(
      ROWS.filter(({ kind }) => !kinds.includes(kind)),
      [],
    );
    const ends = new Set<string>(ROWS.map(({ kind }) => kind));
    // Found in the environment or the event, and between two pages.
    assert.deepEqual(
      kinds.filter((kind) => !ends.has(kind)),
      ['config', 'pagination_loop'],
    );
  });
});

describe('hints', () => {
  const all = [...Object.entries(KIND_HINTS), ...ROWS.map(({ id, hint }) => [id, hint] as const)];

  it('are there for every kind', () => assert.deepEqual(Object.keys(KIND_HINTS), FAILURE_KINDS));

  for (const [name, hint] of all) {
    it(`tell a person what to do, in one sentence: ${name}`, () => {
      assert.match(hint, /^[A-Z][^\n]{30,}\.$/);
      assert.doesNotMatch(hint.slice(0, -1), /[.!?] [A-Z]/, 'one sentence');
    });
  }

  it('name variables of the contract only', () => {
    const config = textOf('src/config.ts');
    // The SDK's own, which the contract names as a whole.
    const ofAws = /^AWS_(REGION|ENDPOINT_URL(_(DYNAMODB|SECRETS_MANAGER|S3))?)$/;
    const named = new Set(all.flatMap(([, hint]) => hint.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? []));
    assert.deepEqual(
      [...named].filter((name) => !config.includes(`${name}:`) && !ofAws.test(name)),
      [],
    );
  });
});
