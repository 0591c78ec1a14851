/** Checks that the proofs named in `docs/reliability.md` exist. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GUARDS } from '../../scripts/guard-rows.ts';
import { exists, find, textOf } from './files.ts';

const document = textOf('docs/reliability.md');

/** Guards that must be among those taken away. */
const LEAST = [
  'lease check',
  'version check',
  'object before cursor',
  'reserve',
  'jitter bound',
  'renew once',
  'loop guard',
  'count check',
  'redaction',
  'Retry-After',
];

/** The rows of the table under a heading, without its head. */
function rowsOf(heading: string): string[] {
  const section = document.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  assert.ok(section, `docs/reliability.md has no "## ${heading}"`);
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
}

describe('docs/reliability.md', () => {
  const promises = rowsOf('Promises and proofs');
  const hostile = rowsOf('Hostile answers');

  it('has a row for each promise, in their order', () => {
    assert.deepEqual(
      promises.map((row) => Number(/^\| (\d+)\. /.exec(row)?.[1])),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
  });

  for (const row of [...promises, ...hostile]) {
    it(`names tests: ${row.slice(2, 70)}`, () => assert.match(row, /`test\/[^`]+\.test\.ts`/));
  }

  it('names files that are there', () => {
    const named = [...document.matchAll(/`((?:test|src|scripts)\/[^`]*)`/g)].map(([, path]) => path as string);
    assert.ok(named.length > 40, `only ${named.length} paths were found`);
    assert.deepEqual(
      named.filter((path) => !exists(path)),
      [],
    );
  });

  it('names scenarios that are there', () => {
    const named = [...document.matchAll(/`(test\/[^`]+\.ts)` \(("[^)]*")\)/g)];
    assert.ok(named.length > 20, `only ${named.length} groups of scenarios were found`);
    for (const [, path, scenarios] of named) {
      const text = textOf(path as string);
      for (const [, scenario] of (scenarios as string).matchAll(/"([^"]+)"/g)) {
        assert.ok(text.includes(scenario as string), `${path} has no scenario "${scenario}"`);
      }
    }
  });
});

describe('the guards that are taken away one at a time', () => {
  const section = document.split(/^## /m).find((text) => text.startsWith('Guards\n')) ?? '';
  const words = section.replaceAll(/\s+/g, ' ');

  it('are at least those that matter most', () => {
    assert.deepEqual(
      LEAST.filter((name) => !GUARDS.some((guard) => guard.name.startsWith(`${name}: `))),
      [],
    );
  });

  for (const { name, file, find: text, replace, tests } of GUARDS) {
    it(`can still be taken away: ${name}`, () => {
      assert.equal(textOf(file).split(text).length, 2, `its text stands not once in ${file}`);
      assert.notEqual(text, replace);
      for (const pattern of tests) assert.ok(find(pattern).length > 0, `no suite is named ${pattern}`);
      const [short] = name.split(': ');
      assert.ok(words.includes(`${short}`), `docs/reliability.md does not name ${short}`);
    });
  }
});
