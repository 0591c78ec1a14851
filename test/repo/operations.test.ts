/** The failure table and `docs/operations.md` say the same: whoever reads a `kind` finds its section. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAILURE_KINDS } from '../../src/core/errors.ts';
import { FAILURE_TABLE } from '../../src/core/failure-table.ts';
import { KIND_HINTS } from '../../src/core/hints.ts';
import { textOf } from './files.ts';

const document = textOf('docs/operations.md');
const sections = new Map(
  document
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section.slice(section.indexOf('\n'))] as const),
);
const kinds: readonly string[] = FAILURE_KINDS;

describe('docs/operations.md', () => {
  for (const kind of FAILURE_KINDS) {
    it(`has a section for ${kind} that says what it means, how to confirm it and how to mend it`, () => {
      const section = sections.get(kind);
      assert.ok(section, `docs/operations.md has no "## ${kind}"`);
      for (const word of ['Means', 'Confirm', 'Mend']) {
        assert.match(section, new RegExp(`\\*${word}:?\\*`), `the section of ${kind} has no *${word}:*`);
      }
      assert.ok(section.trim().length > 150, `the section of ${kind} says too little`);
    });
  }

  it('has no section for a kind that there is not', () => {
    const unknown = [...sections.keys()].filter((title) => /^[a-z_]+$/.test(title) && !kinds.includes(title));
    assert.deepEqual(unknown, []);
  });

  it('has its sections in the order of the contract', () => {
    const titles = [...sections.keys()].filter((title) => kinds.includes(title));
    assert.deepEqual(titles, FAILURE_KINDS);
  });
});

describe('hints', () => {
  const all = [...Object.entries(KIND_HINTS), ...FAILURE_TABLE.map(({ id, hint }) => [id, hint] as const)];

  it('are there for every kind', () => assert.deepEqual(Object.keys(KIND_HINTS), FAILURE_KINDS));

  for (const [name, hint] of all) {
    it(`tell a person what to do, in one sentence: ${name}`, () => {
      assert.match(hint, /^[A-Z][^\n]{30,}\.$/);
      assert.doesNotMatch(hint.slice(0, -1), /[.!?] [A-Z]/, 'one sentence');
    });
  }

  it('lead to kinds that there are', () => {
    assert.deepEqual(
      FAILURE_TABLE.filter(({ kind }) => !kinds.includes(kind)),
      [],
    );
  });

  it('name variables of the contract only', () => {
    const config = textOf('src/config.ts');
    const named = new Set(all.flatMap(([, hint]) => hint.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? []));
    assert.deepEqual(
      [...named].filter((name) => !config.includes(`${name}:`)),
      [],
    );
  });
});
