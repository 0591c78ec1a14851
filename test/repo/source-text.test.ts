// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources with templates are what is read here
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { importsOf, readSource } from './source-text.ts';

describe('the scanner of sources', () => {
  const ROWS: ReadonlyArray<readonly [name: string, source: string, code: string]> = [
    ['leaves code as it is', 'const a = b / c / d;', 'const a = b / c / d;'],
    ['blanks a comment to the end of the line', 'a(); // Date.now()\nb();', 'a();              \nb();'],
    ['blanks a block comment and keeps its line breaks', 'a/* x\n y */b', 'a    \n     b'],
    ['ends at a comment that never ends', 'a /* b', 'a     '],
    ['blanks what stands in quotes', `f('a"b', "c'd")`, `f('   ', "   ")`],
    ['knows escaped quotes', `f('a\\'b', c)`, `f('    ', c)`],
    ['does not take slashes in a string for a comment', `f('http://x') // y`, `f('        ')     `],
    ['does not take quotes in a comment for a string', "a // don't\nb // won't", 'a         \nb         '],
    ['blanks a template, and not the code within', 'f(`a ${b} c`, d)', 'f(`  ${b}  `, d)'],
    ['knows templates within templates', 'f(`a ${b(`c ${d} e`)} f`)', 'f(`  ${b(`  ${d}  `)}  `)'],
    ['knows objects within templates', 'f(`${ { a: { b } }.a } c`) + d', 'f(`${ { a: { b } }.a }  `) + d'],
    ['knows escaped dollars and backticks', 'f(`\\${a} \\` b`, c)', 'f(`          `, c)'],
    ['blanks a regular expression, quotes and all', `a = /it's "x" \\/ y/g.test(b)`, 'a = /             /g.test(b)'],
    ['knows classes in regular expressions', 'f(/[/"]/, b)', 'f(/    /, b)'],
    ['takes a slash behind return for a regular expression', "return /'/;", 'return / /;'],
    ['takes a slash behind a bracket for a division', "(a) / 2; '/'", "(a) / 2; ' '"],
  ];
  for (const [name, source, code] of ROWS) it(name, () => assert.equal(readSource(source).code, code));

  it('keeps literals where only comments are to go', () => {
    assert.equal(readSource(`a('b'); // c`).withoutComments, `a('b');     `);
  });
});

describe('the reader of imports', () => {
  const ROWS: ReadonlyArray<readonly [name: string, source: string, found: readonly (readonly [string, boolean])[]]> = [
    [
      'finds plain imports',
      `import { a } from './a.ts';\nimport b from "b";`,
      [
        ['./a.ts', false],
        ['b', false],
      ],
    ],
    ['finds imports for their effect', `import './a.ts';`, [['./a.ts', false]]],
    ['finds imports over several lines', `import {\n  a,\n  b,\n} from './a.ts';`, [['./a.ts', false]]],
    ['finds imports of everything', `import * as v from 'v';`, [['v', false]]],
    [
      'knows imports of types',
      `import type { A } from './a.ts';\nexport type { B } from './b.ts';`,
      [
        ['./a.ts', true],
        ['./b.ts', true],
      ],
    ],
    ['knows that types among values load the module', `import { type A } from './a.ts';`, [['./a.ts', false]]],
    ['knows that type may be a name', `import type from './a.ts';`, [['./a.ts', false]]],
    [
      'finds exports from elsewhere',
      `export { a } from './a.ts';\nexport * from './b.ts';`,
      [
        ['./a.ts', false],
        ['./b.ts', false],
      ],
    ],
    [
      'finds imports at run time',
      `const a = await import('./a.ts');\nrequire('b');`,
      [
        ['./a.ts', false],
        ['b', false],
      ],
    ],
    ['knows types that are imported in place', `let a: typeof import('./a.ts');`, [['./a.ts', true]]],
    ['finds nothing in comments and strings', `// import a from './a.ts'\nf("import b from './b.ts'");`, []],
    ['takes no other text for a module', `export const a = 'x';\nArray.from('y');\nconst from = 'z';`, []],
    [
      'takes no text behind an export for its source',
      `import { a } from './a.ts';\nexport function b() { return a(from, 'c'); }`,
      [['./a.ts', false]],
    ],
  ];
  for (const [name, source, found] of ROWS) {
    it(name, () => {
      assert.deepEqual(
        importsOf(source).map(({ specifier, typeOnly }) => [specifier, typeOnly]),
        found,
      );
    });
  }

  it('tells the line', () => {
    assert.equal(importsOf(`/* a\nb */\nimport {\n  a,\n} from './a.ts';`)[0]?.line, 5);
  });
});
