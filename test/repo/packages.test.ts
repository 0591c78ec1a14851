/** Checks the list of packages and their pinned versions (docs/decisions.md gives the reason for each). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { find, SOURCES, textOf } from './files.ts';

interface Asked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly version?: string;
}

interface Manifest extends Asked {
  readonly private?: boolean;
  readonly scripts: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(textOf('package.json')) as Manifest;
const lock = JSON.parse(textOf('package-lock.json')) as {
  packages: Readonly<Record<string, Asked>>;
};

/** All that the deployed file is made of. */
const RUNTIME = [
  '@aws-lambda-powertools/metrics',
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-secrets-manager',
  'undici',
  'valibot',
];

describe('packages', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };

  it('are fixed to one version each', () => {
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    assert.deepEqual(loose, []);
  });

  it('of the deployed function are those that were decided on', () => {
    assert.deepEqual(Object.keys(manifest.dependencies).sort(), RUNTIME);
  });

  it('stand in the lock file as in the manifest', () => {
    const root = lock.packages[''];
    for (const part of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
      assert.deepEqual(root?.[part] ?? {}, manifest[part] ?? {}, part);
    }
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name);
    }
  });

  it('asked for by others stand in the lock file too, for every machine: npm ci refuses one that misses any', () => {
    const missing = Object.entries(lock.packages).flatMap(([path, { dependencies = {}, optionalDependencies = {} }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !isLocked(path, name))
        .map((name) => `${name}, asked for by ${path || 'package.json'}`),
    );
    assert.deepEqual(missing, []);
  });

  it('hold the Node of the Lambda runtime, for every machine that develops', () => {
    const nodes = Object.entries(manifest.optionalDependencies ?? {}).filter(([name]) =>
      /^node-(bin-)?(linux|darwin|win)-/.test(name),
    );
    assert.ok(nodes.length >= 5, 'Linux and macOS on both processors, and Windows');
    const major = textOf('.nvmrc').trim();
    for (const [name, version] of nodes) assert.equal(version.split('.')[0], major, name);
    assert.equal(process.versions.node.split('.')[0], major, 'this very suite runs on it');
    assert.equal(manifest.devDependencies['@types/node']?.split('.')[0], major);
    assert.match(textOf('template.yaml'), new RegExp(`Runtime: nodejs${major}\\.x`));
    assert.match(textOf('scripts/bundle.ts'), new RegExp(`target: 'node${major}'`));
  });

  it('are run by scripts that a Windows shell understands, each on that Node', () => {
    for (const [name, line] of Object.entries(manifest.scripts)) {
      assert.doesNotMatch(line, /'|\$|(^| )\.\//, name);
      for (const step of line.split(' && ')) assert.match(step, /^(node scripts\/run\.mjs|npm run )/, name);
    }
  });

  it('have a script of unit tests that knows every folder of the product', () => {
    const folders = [...new Set(SOURCES.map((path) => path.split('/')[1] as string))].filter(
      (folder) => find(`test/${folder}/**/*.test.ts`).length > 0,
    );
    assert.ok(folders.length > 3);
    const [, listed = ''] = /test\/\{([\w,-]+)\}/.exec(manifest.scripts['test:unit'] ?? '') ?? [];
    assert.deepEqual(
      folders.filter((folder) => !listed.split(',').includes(folder)),
      [],
    );
  });

  it('are never published, and need no more of a machine than the contract says', () => {
    assert.equal(manifest.private, true);
    assert.equal(manifest.type, 'module');
    assert.deepEqual(manifest.engines, { node: '>=20' });
  });
});

/** Whether a package is found from where another one stands, as Node looks for it. */
function isLocked(path: string, name: string): boolean {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
    const prefix = from === '' ? '' : `${from}/`;
    if (lock.packages[`${prefix}node_modules/${name}`]) return true;
    if (from === '') return false;
  }
}
