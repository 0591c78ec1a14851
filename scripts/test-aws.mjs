/**
 * Everything that needs more than Node: `npm run test:aws [-- pattern …]`.
 *
 * Brings SAM CLI with its cfn-lint, checkov, moto, DynamoDB Local, Trino and Lambda's runtime client into `.tools`, in the versions pinned
 * under `test/deployed/requirements`, builds the bundle, and runs `test/deployed`. What is already there in the pinned version
 * is left alone. What cannot be brought fails the run: nothing is ever skipped.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run as test } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { findJava, OLDEST_JAVA_OF_TRINO } from './java.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOOLS = join(ROOT, '.tools');
const PINS = join(ROOT, 'test/deployed/requirements');
/** Longest installation; the runtime client is compiled. Milliseconds. */
const MAX_INSTALL_MS = 30 * 60_000;

const PLUGINS_OF_TRINO = ['hive', 'iceberg'];

const tools = [
  ...['aws-sam-cli', 'checkov', 'moto'].map((name) => ({
    name,
    needs: ['python3'],
    pins: [`${name}.txt`],
    async install(folder) {
      await run('python3', ['-m', 'venv', folder]);
      const python = join(folder, 'bin', 'python');
      // Most modules are never imported, so each is compiled when it is.
      const quick = ['--quiet', '--no-deps', '--no-compile'];
      await run(python, ['-m', 'pip', 'install', ...quick, '-r', join(PINS, `${name}.txt`)]);
      await run(python, ['-m', 'pip', 'check']);
    },
  })),
  {
    name: 'dynamodb-local',
    needs: ['java', 'mvn'],
    pins: ['dynamodb-local.pom.xml'],
    async install(folder) {
      const pom = join(PINS, 'dynamodb-local.pom.xml');
      await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]);
    },
  },
  {
    name: 'trino',
    needs: ['mvn', 'tar'],
    pins: ['trino.pom.xml'],
    async install(folder) {
      findJava(OLDEST_JAVA_OF_TRINO);
      // 821 MB, which stay in Maven's own store; unpacked and pruned they are 494.
      const copy = ['dependency:copy-dependencies', '-DexcludeTransitive=true', `-DoutputDirectory=${folder}`];
      await run('mvn', ['-q', '-B', '-f', join(PINS, 'trino.pom.xml'), ...copy]);
      const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'));
      await run('tar', ['-xzf', join(folder, archive), '-C', folder, '--strip-components=1']);
      rmSync(join(folder, archive));
      // Plugins share their jars by hard links, so all of them had to be unpacked.
      for (const plugin of readdirSync(join(folder, 'plugin'))) {
        if (!PLUGINS_OF_TRINO.includes(plugin)) rmSync(join(folder, 'plugin', plugin), { recursive: true });
      }
    },
  },
  {
    name: 'aws-lambda-ric',
    needs: ['cmake', 'make', 'c++', 'tar', 'xz'],
    pins: ['aws-lambda-ric/package.json', 'aws-lambda-ric/package-lock.json'],
    async install(folder) {
      for (const file of ['package.json', 'package-lock.json']) {
        cpSync(join(PINS, 'aws-lambda-ric', file), join(folder, file));
      }
      // Its script compiles the client; the repository's own .npmrc turns scripts off.
      await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts=false'], {
        cwd: folder,
        env: compilerEnvironment(),
      });
      const native = join(folder, 'node_modules/aws-lambda-ric/rapid-client.node');
      if (!existsSync(native))
        throw new Error('npm ci has not built rapid-client.node (were install scripts allowed?)');
    },
  },
];

/** The headers of the Node that comes with npm ci, so that none need to be fetched. */
function compilerEnvironment() {
  const nodedir = join(ROOT, 'node_modules', `node-${process.platform}-${process.arch}`);
  return existsSync(join(nodedir, 'include/node/node_api.h')) ? { npm_config_nodedir: nodedir } : {};
}

async function provide({ name, needs, pins, install }) {
  const folder = join(TOOLS, name);
  const stamp = join(folder, '.installed');
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of pins) hash.update(readFileSync(join(PINS, file)));
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  for (const program of needs) {
    const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
    if (error) throw new Error(`${name} needs ${program}, which is not on this machine`);
  }
  const startedMs = performance.now();
  console.log(`installing ${name} …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await install(folder);
  writeFileSync(stamp, wanted);
  console.log(`installed ${name} in ${Math.round((performance.now() - startedMs) / 1000)} s`);
}

/** Runs a program to its end; its output is shown only when it fails. */
function run(program, args, { cwd = ROOT, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, timeout: MAX_INSTALL_MS });
    const output = [];
    child.stdout.on('data', (bytes) => output.push(bytes));
    child.stderr.on('data', (bytes) => output.push(bytes));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const said = Buffer.concat(output).toString('utf8').trim().split('\n').slice(-40).join('\n');
      reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}:\n${said}`));
    });
  });
}

/** Brings these tools; throws an error that names each one that could not be brought. */
async function provideAll(some) {
  const failures = (await Promise.allSettled(some.map(provide))).flatMap(({ status, reason }, index) =>
    status === 'rejected' ? [`${some[index].name} could not be installed: ${reason.message}`] : [],
  );
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}

/** Runs test files, one after the other, and reports them as `node --test` does. */
function runTests(files) {
  return new Promise((resolve, reject) => {
    test({ files, cwd: ROOT, concurrency: 1 })
      .on('test:fail', () => {
        process.exitCode = 1;
      })
      .on('end', resolve)
      .on('error', reject)
      .compose(new spec())
      .pipe(process.stdout, { end: false });
  });
}

/** The longest file, and what it needs: Trino, which is 821 MB to fetch, is for this one alone. */
const TABLES = 'test/deployed/tables.test.ts';
const OF_TABLES = ['trino', 'moto', 'aws-sam-cli'];

const patterns = process.argv.slice(2);
const found = globSync(patterns.length > 0 ? patterns : 'test/deployed/*.test.ts', { cwd: ROOT }).sort();
if (found.length === 0) {
  console.error(`no file is named ${patterns.join(' or ')}`);
  process.exit(2);
}
const hasTables = found.includes(TABLES);
const others = found.filter((file) => file !== TABLES);
const first = tools.filter(({ name }) => (hasTables ? OF_TABLES.includes(name) : name !== 'trino'));
const second = tools.filter((tool) => tool.name !== 'trino' && !first.includes(tool));
process.env.PATH = `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH}`;

async function testOthers() {
  if (others.length === 0) return;
  await provideAll(second);
  await run(process.execPath, [join(ROOT, 'scripts/build.mjs')]);
  await runTests(others);
}

try {
  await provideAll(first);
  // The other tools are installed, and the other files run, beside the longest one.
  const results = await Promise.allSettled([hasTables ? runTests([TABLES]) : null, testOthers()]);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
