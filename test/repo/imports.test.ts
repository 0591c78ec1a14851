/** A folder is an import rule: `docs/architecture.md` has the table, this suite reads it from the sources. */

import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { exists, SOURCES, textOf } from './files.ts';
import { importsOf, readSource } from './source-text.ts';

interface Room {
  /** As the table names it. */
  readonly place: string;
  /** What the table says it may import, word for word. */
  readonly says: string;
  /** Rooms whose code it may load, besides itself. */
  readonly code: readonly RoomName[];
  /** Rooms of which it may use types only: `import type` is erased and loads nothing. */
  readonly types: readonly RoomName[];
  /** Packages; a name ending in `/` stands for all of that scope. */
  readonly packages: readonly string[];
  /** Modules of Node; null for any but those that tell the time. */
  readonly builtins: readonly string[] | null;
}

type RoomName = 'handler' | 'compose' | 'entry' | 'ports' | 'core' | 'sync' | 'ditio' | 'aws' | 'lake' | 'local';

const EDGES = { code: ['core'], types: ['ports'], says: 'core, ports', builtins: null } as const;

const ROOMS: Readonly<Record<RoomName, Room>> = {
  handler: {
    place: '`src/handler.ts`',
    says: 'everything below',
    code: ['compose', 'entry', 'core', 'sync', 'ditio', 'aws', 'lake'],
    types: ['ports'],
    packages: [],
    builtins: null,
  },
  compose: {
    place: '`src/compose.ts`',
    says: 'everything below',
    code: ['entry', 'core', 'sync', 'ditio', 'aws', 'lake'],
    types: ['ports'],
    packages: [],
    builtins: null,
  },
  entry: {
    ...EDGES,
    place: '`src/config.ts`, `src/event.ts`, `src/log.ts`',
    packages: ['valibot', '@aws-lambda-powertools/'],
    builtins: ['node:url'],
  },
  ports: { place: '`src/ports.ts`', says: 'types of core', code: [], types: ['core'], packages: [], builtins: [] },
  core: {
    place: '`src/core/`',
    says: 'types of ports',
    code: [],
    types: ['ports'],
    packages: [],
    builtins: ['node:buffer', 'node:crypto'],
  },
  sync: { ...EDGES, place: '`src/sync/`', packages: [], builtins: ['node:crypto'] },
  ditio: { ...EDGES, place: '`src/ditio/`', packages: ['undici', 'valibot'] },
  aws: { ...EDGES, place: '`src/aws/`', packages: ['@aws-sdk/', 'valibot'] },
  lake: { ...EDGES, place: '`src/lake/`', packages: ['@aws-sdk/'] },
  local: {
    place: '`src/local/`',
    says: 'everything; nothing imports it',
    code: ['handler', 'compose', 'entry', 'core', 'sync', 'ditio', 'aws', 'lake'],
    types: ['ports'],
    packages: ['@aws-sdk/', 'undici', '@duckdb/', 'dynalite', 'valibot'],
    builtins: null,
  },
};

/** Modules of Node that know the time or wait: only the injected clock may. */
const TIME_MODULES = ['node:timers', 'node:timers/promises', 'node:perf_hooks'];

const RULE = 'docs/architecture.md, "A folder is an import rule"';

function roomOf(path: string): RoomName | undefined {
  const [, first = '', second] = path.split('/');
  if (second !== undefined) return first in ROOMS ? (first as RoomName) : undefined;
  const name = first.replace(/\.ts$/, '');
  if (name === 'handler' || name === 'compose' || name === 'ports') return name;
  return ['config', 'event', 'log'].includes(name) ? 'entry' : undefined;
}

/** Why a module may not import another, or null where it may. */
function judge(path: string, specifier: string, typeOnly: boolean): string | null {
  const from = roomOf(path);
  if (!from) return null;
  const room = ROOMS[from];
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier);
    if (!target.endsWith('.ts')) return 'an import of a file ends in .ts';
    if (!exists(target)) return `there is no ${target}`;
    const to = roomOf(target);
    if (!to) return `${target} is in no room of the table`;
    if (to === from || room.code.includes(to)) return null;
    if (room.types.includes(to)) return typeOnly ? null : `of ${to} it may import types only: write \`import type\``;
    return `it may import ${room.says}, not ${to}`;
  }
  if (specifier.startsWith('node:')) {
    if (from !== 'compose' && from !== 'local' && TIME_MODULES.includes(specifier)) {
      return 'time comes through the injected clock';
    }
    const known = room.builtins === null || room.builtins.includes(specifier);
    return known ? null : `of Node it may import ${room.builtins?.join(', ') || 'nothing'}`;
  }
  if (typeOnly && specifier === 'aws-lambda') return null;
  const known = room.packages.some((name) =>
    name.endsWith('/') ? specifier.startsWith(name) : packageOf(specifier) === name,
  );
  return known ? null : `the packages it may import are ${room.packages.join(', ') || 'none'}`;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

describe('imports', () => {
  it('are looked at in every room of the house', () => {
    const rooms = new Set(SOURCES.map(roomOf));
    for (const name of Object.keys(ROOMS)) assert.ok(rooms.has(name as RoomName), `no file is in ${name}`);
    assert.ok(SOURCES.flatMap((path) => importsOf(textOf(path))).length > 300, 'imports are found');
  });

  it('of each file are those that its folder allows', () => {
    const broken = SOURCES.flatMap((path) =>
      importsOf(textOf(path)).flatMap(({ specifier, line, typeOnly }) => {
        const why = judge(path, specifier, typeOnly);
        return why === null ? [] : [`${path}:${line} imports ${specifier}: ${why}`];
      }),
    );
    assert.equal(broken.length, 0, `The rule stands in ${RULE}.\n${broken.join('\n')}`);
  });

  it('belong to a room: every file of src is in one', () => {
    const strays = SOURCES.filter((path) => roomOf(path) === undefined);
    assert.deepEqual(strays, [], `These files are in no row of the table in ${RULE}`);
  });

  it('are those of the table that people read', () => {
    const table = textOf('docs/architecture.md').split('\n');
    for (const { place, says } of Object.values(ROOMS)) {
      const row = table.find((line) => line.startsWith(`| ${place} |`));
      assert.ok(row, `docs/architecture.md has no row for ${place}`);
      assert.equal(row.split('|').at(-2)?.trim(), says, `the row of ${place}`);
    }
  });

  it('never come from src/local, and from src never lead to tests, benchmarks or scripts', () => {
    const outside = SOURCES.flatMap((path) =>
      importsOf(textOf(path)).flatMap(({ specifier }) => {
        const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : '';
        const local = target.startsWith('src/local/') && !path.startsWith('src/local/');
        return local || (target !== '' && !target.startsWith('src/')) ? [`${path} imports ${specifier}`] : [];
      }),
    );
    assert.deepEqual(outside, []);
  });

  it('are no requires: nothing but modules, and none made at run time but in src/local', () => {
    const found = SOURCES.filter((path) => !path.startsWith('src/local/')).filter((path) =>
      /\brequire\s*\(|\bcreateRequire\b|(?<!\.)\bimport\s*\((?!\s*['"])/.test(readSource(textOf(path)).code),
    );
    assert.deepEqual(found, []);
  });

  it('cannot be there at all in src/ports.ts but for types, nor anything else that runs', () => {
    const { code } = readSource(textOf('src/ports.ts'));
    assert.doesNotMatch(code, /\b(const|let|var|function|class|enum)\b|=>\s*\{/, 'src/ports.ts holds types only');
  });
});

describe('the judgement of an import', () => {
  const ROWS: ReadonlyArray<readonly [path: string, specifier: string, typeOnly: boolean, allowed: boolean]> = [
    ['src/core/plan.ts', './instant.ts', false, true],
    ['src/core/retry.ts', '../ports.ts', true, true],
    ['src/core/retry.ts', '../ports.ts', false, false],
    ['src/core/plan.ts', '../sync/run.ts', false, false],
    ['src/core/plan.ts', '../sync/run.ts', true, false],
    ['src/core/plan.ts', 'valibot', false, false],
    ['src/core/plan.ts', 'node:fs', false, false],
    ['src/core/plan.ts', './instant', false, false],
    ['src/core/plan.ts', './nowhere.ts', false, false],
    ['src/sync/run.ts', '../core/plan.ts', false, true],
    ['src/sync/run.ts', '../ditio/catalogue.ts', false, false],
    ['src/sync/run.ts', '../config.ts', false, false],
    ['src/ditio/pages.ts', '../aws/clients.ts', true, false],
    ['src/ditio/pages.ts', 'undici/lib/dispatcher/pool.js', false, true],
    ['src/ditio/pages.ts', 'undici-types', false, false],
    ['src/ditio/pages.ts', 'node:timers/promises', false, false],
    ['src/aws/clients.ts', '../lake/s3-lake.ts', false, false],
    ['src/aws/clients.ts', '@aws-sdk/client-dynamodb', false, true],
    ['src/lake/s3-lake.ts', '../sync/deps.ts', true, false],
    ['src/config.ts', './core/instant.ts', false, true],
    ['src/event.ts', './config.ts', false, true],
    ['src/config.ts', './compose.ts', false, false],
    ['src/compose.ts', './local/table.ts', false, false],
    ['src/handler.ts', './compose.ts', false, true],
    ['src/handler.ts', 'aws-lambda', true, true],
    ['src/handler.ts', 'aws-lambda', false, false],
    ['src/local/table.ts', '../compose.ts', false, true],
  ];
  for (const [path, specifier, typeOnly, allowed] of ROWS) {
    it(`${allowed ? 'lets' : 'does not let'} ${path} import ${typeOnly ? 'types of ' : ''}${specifier}`, () => {
      assert.equal(judge(path, specifier, typeOnly) === null, allowed);
    });
  }
});
