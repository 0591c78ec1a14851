/**
 * Time, randomness, environment and output come in through ports: code that reaches for them cannot be run on virtual
 * time, and a simulated history of it could not be replayed. The rule stands in `docs/architecture.md` and
 * `docs/decisions.md`; `src/compose.ts` is where they are handed out.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SOURCES, textOf } from './files.ts';
import { lineOf, readSource } from './source-text.ts';

const FORBIDDEN: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  ['Date.now', /\bDate\s*(\?\.|\.)\s*now\b|\bDate\s*\[/g],
  ['new Date() without an instant', /\bnew\s+Date\s*(\(\s*\)|(?!\s*[(\w]))/g],
  ['Date() as a function', /(?<!new\s+|\.|\w)Date\s*\(/g],
  ['setTimeout and its like', /(?<![.\w])(setTimeout|setInterval|clearTimeout|clearInterval)\b/g],
  ['Math.random', /\bMath\s*(\?\.|\.)\s*random\b|\bMath\s*\[/g],
  ['randomness of the machine', /\b(randomUUID|randomBytes|randomInt|getRandomValues)\b/g],
  ['console', /(?<![.\w])console\b/g],
  ['process', /(?<![.\w])process\s*(\?\.|\.|\[)/g],
  ['performance', /(?<![.\w])performance\s*(\?\.|\.|\[)/g],
  ['AbortSignal.timeout', /\bAbortSignal\s*\.\s*timeout\b/g],
  ['globalThis', /(?<![.\w])(globalThis|global)\b/g],
];

/** Where they are handed out, and what runs on a person's machine only. */
const FREE = /^src\/(compose\.ts|handler\.ts|local\/)/;

function offences(path: string, source: string): string[] {
  const { code } = readSource(source);
  return FORBIDDEN.flatMap(([what, pattern]) =>
    [...code.matchAll(pattern)].map(({ index }) => `${path}:${lineOf(source, index)} uses ${what}`),
  );
}

describe('what every process has at hand', () => {
  it('is used in compose.ts, handler.ts and src/local only', () => {
    const found = SOURCES.filter((path) => !FREE.test(path)).flatMap((path) => offences(path, textOf(path)));
    assert.equal(
      found.length,
      0,
      `Take a clock, randomness, a log or a value instead (docs/architecture.md):\n${found.join('\n')}`,
    );
  });

  it('is used where it is handed out, or this suite looks in the wrong place', () => {
    const found = offences('src/compose.ts', textOf('src/compose.ts')).join('\n');
    for (const what of ['Date.now', 'Math.random', 'setTimeout']) assert.ok(found.includes(what), what);
  });

  const CAUGHT = [
    'const a = Date.now();',
    'const a = Date . now;',
    "const a = Date['now']();",
    'const a = new Date();',
    'const a = new Date;',
    'const a = Date();',
    'setTimeout(f, 1);',
    'const wait = setInterval;',
    'Math.random() < 0.5',
    'console.log(a)',
    'const { log } = console;',
    'process.env.HOME',
    'process.exit(1)',
    'performance.now()',
    'AbortSignal.timeout(5)',
    'globalThis.setTimeout(f)',
    'crypto.randomUUID()',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the source to look at
    'const a = `${Date.now()}`;',
  ];
  for (const source of CAUGHT) it(`is caught: ${source}`, () => assert.ok(offences('x', source).length > 0));

  const LET_THROUGH = [
    'const a = new Date(ms);',
    'new Date(0)',
    'Date.UTC(2026, 1)',
    'Date.parse(text)',
    '// Date.now() is forbidden',
    "const a = 'Date.now()';",
    'const a = `new Date()`;',
    'clock.now()',
    'Math.min(a, b)',
    'deps.console.log',
    'this.process.env',
    'const processed = a.process;',
    'type A = Date;',
    'socket.setTimeout(5)',
  ];
  for (const source of LET_THROUGH) it(`is let through: ${source}`, () => assert.deepEqual(offences('x', source), []));
});
