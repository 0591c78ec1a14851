import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';
import { dataDictionary } from '../../sql/data-dictionary.ts';
import { MANIFEST_COLUMNS, MANIFEST_PARTITIONS } from '../../sql/manifests.ts';
import { OWN_COLUMNS } from '../../sql/present.ts';

const text = dataDictionary();

test('docs/data.md is what the catalogue says', () => {
  const written = readFileSync(new URL('../../docs/data.md', import.meta.url), 'utf8');
  assert.equal(written, text, 'docs/data.md is out of step: run npm run streams');
});

test('the data dictionary has every table with every column, and marks personal ones', () => {
  for (const { table, columns } of STREAM_SPECS) {
    const section = text.slice(text.indexOf(`\n## ${table}\n`)).split('\n## ')[1] ?? '';
    for (const { name, personal } of columns) {
      assert.ok(section.includes(`\n| \`${name}\`${personal ? ' ⚠' : ''} |`), `${table}.${name}`);
    }
  }
});

test('the data dictionary has the columns of ours, of lines and of manifests', () => {
  const sections = new Map(text.split('\n## ').map((section) => [section.slice(0, section.indexOf('\n')), section]));
  for (const [heading, names] of [
    ['Columns of every table', OWN_COLUMNS.map(({ name }) => name)],
    ['Lines of a table', ['line', 'sync_date']],
    ['manifests', [...MANIFEST_PARTITIONS, ...MANIFEST_COLUMNS].map(({ name }) => name)],
  ] as const) {
    for (const name of names) assert.ok(sections.get(heading)?.includes(`\n| \`${name}\` |`), `${heading}: ${name}`);
  }
});

test('no cell of the data dictionary breaks its table', () => {
  for (const line of text.split('\n').filter((one) => one.startsWith('|'))) {
    const cells = line.slice(1, -1).split('|').length;
    assert.ok([2, 3, 4].includes(cells), line);
  }
});

test('the links of the data dictionary lead to headings of it', () => {
  const headings = new Set(Array.from(text.matchAll(/^## (\S+)$/gm), ([, heading]) => heading));
  for (const [, target] of text.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(headings.has(target), target);
});
