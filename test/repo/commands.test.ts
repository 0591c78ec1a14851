/** Checks that every command in a document exists. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exists, find, textOf } from './files.ts';

const scripts = Object.keys(
  (JSON.parse(textOf('package.json')) as { scripts: Readonly<Record<string, string>> }).scripts,
);

/** What `npm test`, `npm run x` and the like run; names of npm's own commands are not scripts. */
function commandsIn(text: string): string[] {
  const named = [...text.matchAll(/\bnpm (?:run|run-script) (?:-s )?([\w:.-]*[\w])/g)].map(
    ([, name]) => name as string,
  );
  const short = [...text.matchAll(/\bnpm (test|start|stop)\b/g)].map(([, name]) => name as string);
  return [...named, ...short];
}

const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', '.ci/run', 'template.yaml', 'samconfig.toml'],
  ...find('docs/*.md', 'bench/*.md'),
].filter(exists);

describe('commands', () => {
  it('are in README.md', () => {
    assert.ok(exists('README.md'), 'README.md is missing');
    for (const command of ['npm ci && npm run local', 'npm test', 'npm run build']) {
      assert.ok(textOf('README.md').includes(command), `README.md does not say: ${command}`);
    }
  });

  for (const path of DOCUMENTS) {
    it(`of ${path} are scripts of package.json`, () => {
      const missing = commandsIn(textOf(path)).filter((name) => !scripts.includes(name));
      assert.deepEqual([...new Set(missing)], []);
    });
  }

  it('of the contract are all there', () => {
    const wanted = ['local', 'test', 'test:aws', 'build', 'bench'];
    assert.deepEqual(
      wanted.filter((name) => !scripts.includes(name)),
      [],
    );
  });

  it('that scripts run in turn are scripts themselves', () => {
    const all = (JSON.parse(textOf('package.json')) as { scripts: Readonly<Record<string, string>> }).scripts;
    const missing = Object.entries(all).flatMap(([name, line]) =>
      commandsIn(line).flatMap((called) => (called in all ? [] : [`${name} calls ${called}`])),
    );
    assert.deepEqual(missing, []);
  });

  it('are found in a text', () => {
    const text = 'Run `npm run local -- --live`, npm test, "npm run test:aws". Then npm ci; npm run-script a-b.';
    assert.deepEqual(commandsIn(text).sort(), ['a-b', 'local', 'test', 'test:aws']);
  });
});

describe('links', () => {
  for (const path of ['README.md', 'CONTRIBUTING.md', ...find('docs/*.md')].filter(exists)) {
    it(`of ${path} lead to files and headings that there are`, () => {
      const broken = [...textOf(path).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].flatMap(([, link = '']) => {
        const [file = '', heading] = link.split('#');
        const target = file === '' ? path : new URL(file, `file:///${path}`).pathname.slice(1);
        if (!exists(target)) return [link];
        return heading !== undefined && !headingsOf(textOf(target)).includes(heading) ? [link] : [];
      });
      assert.deepEqual(broken, []);
    });
  }
});

/** As forges make them from headings: small letters, no punctuation, hyphens for spaces. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
