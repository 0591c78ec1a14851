/** What every source file looks like, wherever it stands (docs/architecture.md, CONTRIBUTING.md). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { find, SOURCES, textOf } from './files.ts';
import { lineOf, readSource } from './source-text.ts';

const MOST_LINES = 260;

const EVERYWHERE: readonly string[] = [...SOURCES, ...find('{test,bench,scripts}/**/*.{ts,mjs}')];
const TESTS: readonly string[] = find('test/**/*.test.ts');

/** Every place in these files where the code, comments and texts blanked out, matches. */
function places(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((path) => placesIn(path, textOf(path), pattern));
}

function placesIn(path: string, source: string, pattern: RegExp): string[] {
  const { code } = readSource(source);
  return [...code.matchAll(pattern)].map(({ index, 0: found }) => `${path}:${lineOf(source, index)} ${found.trim()}`);
}

describe('every file of src', () => {
  it(`has at most ${MOST_LINES} lines: beyond that two rooms read better`, () => {
    const long = SOURCES.map((path) => [path, textOf(path).split('\n').length - 1] as const).filter(
      ([, lines]) => lines > MOST_LINES,
    );
    assert.deepEqual(long, []);
  });

  it('opens with a block comment that says what it decides', () => {
    const silent = SOURCES.filter((path) => !/^\/\*\*\s[\s\S]{40,}?\*\//.test(textOf(path)));
    assert.deepEqual(silent, []);
  });

  it('is named in kebab-case', () => {
    assert.deepEqual(
      EVERYWHERE.filter((path) => !/^[a-z0-9.-]+$/.test(path.split('/').at(-1) ?? '')),
      [],
    );
  });

  it('is in no folder or file called utils, helpers or common', () => {
    assert.deepEqual(
      SOURCES.filter((path) => /(^|\/)(utils?|helpers?|common|misc|shared)(\.ts|\/)/.test(path)),
      [],
    );
  });
});

const DEFAULT_EXPORT = /\bexport\s+default\b|\bas\s+default\b|\bexport\s*=/g;
const STAR_EXPORT = /\bexport\s+(type\s+)?\*/g;
const NOT_ERASABLE =
  /(?<![.\w])(enum\s+\w+\s*\{|namespace\s+\w+\s*\{|module\s+\w+\s*\{)|\bconstructor\s*\([^)]*\b(public|private|protected|readonly)\s/g;
const CLASS = /(?<![.\w])class\s+\w+(\s+extends\s+(\w+))?/g;
const ANY = /[:<,(|]\s*any\b(?=\s*[,;>)|=[\]{}])|\bas\s+any\b/g;
const SKIPPED =
  /(?<![\w$])(?:it|test|describe|suite|t|context)\s*\.\s*(skip|only|todo|runOnly)\b|[{,]\s*(skip|only|todo)\s*:|(?<![\w$])(?:xit|fit|xdescribe|fdescribe)\s*\(/g;

describe('source code', () => {
  it('has no default exports', () => {
    // What a library exports is described as it is.
    const own = EVERYWHERE.filter((path) => !path.endsWith('.d.ts'));
    assert.deepEqual(places(own, DEFAULT_EXPORT), []);
  });
  it('has no export *', () => assert.deepEqual(places(EVERYWHERE, STAR_EXPORT), []));
  it('has only what disappears with its types: no enum, namespace or parameter property', () =>
    assert.deepEqual(places(EVERYWHERE, NOT_ERASABLE), []));
  it('has no any', () => assert.deepEqual(places(EVERYWHERE, ANY), []));

  it('has classes for errors only, outside src/local and where a library asks for one', () => {
    const classes = SOURCES.filter((path) => !path.startsWith('src/local/')).flatMap((path) =>
      [...readSource(textOf(path)).code.matchAll(CLASS)]
        .filter(([, , parent = '']) => !/^(Error|HardFailure|LogItem|LogFormatter)$/.test(parent))
        .map(([found]) => `${path}: ${found}`),
    );
    assert.deepEqual(classes, []);
  });

  it('names every class of errors in a way that survives minification', () => {
    const nameless = SOURCES.filter((path) => !path.startsWith('src/local/')).flatMap((path) => {
      const { withoutComments } = readSource(textOf(path));
      const classes = [...withoutComments.matchAll(/class\s+(\w+)\s+extends\s+Error\b/g)];
      return classes.flatMap(([, name]) => (withoutComments.includes(`name = '${name}'`) ? [] : [`${path}: ${name}`]));
    });
    assert.deepEqual(nameless, []);
  });
});

describe('tests', () => {
  it('are looked at', () => assert.ok(TESTS.length > 30, `${TESTS.length} suites`));
  it('are never skipped, singled out or left to do', () => assert.deepEqual(places(TESTS, SKIPPED), []));

  it('hold a test each, or run the suite of a port', () => {
    const empty = TESTS.filter((path) => !/(?<![\w$.])(it|test|\w+Suite)\s*\(/.test(readSource(textOf(path)).code));
    assert.deepEqual(empty, []);
  });

  it('are named so that the runner finds them', () => {
    const unseen = find('test/**/*.ts').filter(
      (path) => !path.endsWith('.test.ts') && /from 'node:test'/.test(textOf(path)) && !/export /.test(textOf(path)),
    );
    assert.deepEqual(unseen, [], 'these import node:test and export nothing, yet are not called *.test.ts');
  });
});

describe('the patterns of this suite', () => {
  const CAUGHT: ReadonlyArray<readonly [pattern: RegExp, source: string]> = [
    [DEFAULT_EXPORT, 'export default function a() {}'],
    [DEFAULT_EXPORT, 'export { a as default };'],
    [STAR_EXPORT, "export * from './a.ts';"],
    [STAR_EXPORT, "export * as a from './a.ts';"],
    [STAR_EXPORT, "export type * from './a.ts';"],
    [NOT_ERASABLE, 'enum Color { red }'],
    [NOT_ERASABLE, 'export const enum Color { red }'],
    [NOT_ERASABLE, 'namespace A { }'],
    [NOT_ERASABLE, 'constructor(private readonly a: string) {}'],
    [ANY, 'const a: any = 1;'],
    [ANY, 'f(a as any)'],
    [ANY, 'Array<any>'],
    [SKIPPED, "it.skip('a', f)"],
    [SKIPPED, "test\n  .only('a', f)"],
    [SKIPPED, "describe.todo('a')"],
    [SKIPPED, "it('a', { skip: true }, f)"],
    [SKIPPED, "it('a', { timeout: 5, only: true }, f)"],
    [SKIPPED, "t.skip('a')"],
  ];
  for (const [pattern, source] of CAUGHT)
    it(`find: ${source}`, () => assert.equal(placesIn('x', source, pattern).length, 1));

  const LET_THROUGH: ReadonlyArray<readonly [pattern: RegExp, source: string]> = [
    [DEFAULT_EXPORT, "const a = 'export default';"],
    [STAR_EXPORT, '// export * from'],
    [NOT_ERASABLE, 'constructor(kind: string, readonly_: boolean) {}'],
    [ANY, 'const any = 1; f(any_, anything)'],
    [SKIPPED, 'items.skip(5)'],
    [SKIPPED, 'const a = { skipped: 1 };'],
    [SKIPPED, "describe('only what is due', f)"],
  ];
  for (const [pattern, source] of LET_THROUGH)
    it(`pass over: ${source}`, () => assert.deepEqual(placesIn('x', source, pattern), []));
});
