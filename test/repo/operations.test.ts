/** The failure tables and `docs/operations.md` say the same: every `kind` and every `reason` is explained there. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
const DONE = { retry: 'tried again', renew_token: 'new token, once', hard: 'hard' } as const;

/** The line of the document that tells of a row. */
function lineOf({ id, when, action, kind }: FailureRow): string {
  return `| \`${id}\` | ${when.replaceAll('|', '\\|')} | ${DONE[action]} | \`${kind}\` |`;
}

describe('docs/operations.md', () => {
  for (const kind of FAILURE_KINDS) {
    it(`has a section for ${kind} that says the cause, how to confirm it and how to fix it`, () => {
      const section = sections.get(kind);
      assert.ok(section, `docs/operations.md has no "## ${kind}"`);
      for (const word of ['Cause', 'Confirm', 'Fix']) {
        assert.match(section, new RegExp(`\\*${word}:?\\*`), `the section of ${kind} has no *${word}:*`);
      }
      assert.ok(section.trim().length > 150, `the section of ${kind} says too little`);
    });
  }

  it('has no section for an unknown kind', () => {
    const unknown = [...sections.keys()].filter((title) => /^[a-z_]+$/.test(title) && !kinds.includes(title));
    assert.deepEqual(unknown, []);
  });

  it('has its sections in the order of the contract', () => {
    const titles = [...sections.keys()].filter((title) => kinds.includes(title));
    assert.deepEqual(titles, FAILURE_KINDS);
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
