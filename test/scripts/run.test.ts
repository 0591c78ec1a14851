/** Tests the launcher `scripts/run.mjs` in a copy of the files that it reads, with made-up packages. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNNING_MAJOR = process.versions.node.split('.')[0] as string;
/** A major version that no Node has, so that the one that runs these tests is not the right one. */
const NO_MAJOR = '99';

/** A signal that is lost must fail a test, not leave it waiting. */
const WITHIN = { timeout: 300_000 };

const world = mkdtempSync(join(tmpdir(), 'launcher-'));
after(() => rmSync(world, { recursive: true, force: true }));

beforeEach(() => {
  rmSync(world, { recursive: true, force: true });
  mkdirSync(join(world, 'scripts'), { recursive: true });
  cpSync(join(ROOT, 'scripts/run.mjs'), join(world, 'scripts/run.mjs'));
  wantMajor(RUNNING_MAJOR);
  write('package.json', JSON.stringify({ optionalDependencies: { 'node-made-up': '1.0.0', 'node-other': '1.0.0' } }));
});

function write(path: string, text: string): string {
  mkdirSync(dirname(join(world, path)), { recursive: true });
  writeFileSync(join(world, path), text);
  return join(world, path);
}

function wantMajor(major: string): void {
  write('.nvmrc', `${major}\n`);
}

/** A package that brings a Node: `binary` is linked to, or made from a text. */
function bring(binary: string | { readonly text: string }, manifest: Readonly<Record<string, unknown>> = {}): string {
  const folder = 'node_modules/node-made-up';
  const whole = { version: `${NO_MAJOR}.1.2`, bin: { node: 'bin/node' }, os: process.platform, cpu: [process.arch] };
  write(`${folder}/package.json`, JSON.stringify({ ...whole, ...manifest }));
  const path = join(world, folder, 'bin/node');
  mkdirSync(dirname(path), { recursive: true });
  if (typeof binary === 'string') symlinkSync(binary, path);
  else writeFileSync(path, binary.text, { mode: 0o755 });
  return path;
}

function launch(...args: readonly string[]) {
  // The launcher that runs this test has set one for its own program.
  const env = { ...process.env, NODE_COMPILE_CACHE: undefined };
  const options = { encoding: 'utf8', cwd: world, timeout: 300_000, env } as const;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['scripts/run.mjs', ...args], options);
  return { status, signal, stdout, stderr };
}

/** The launcher gave up: code 1, and one sentence that matches. */
function assertOneSentence(result: ReturnType<typeof launch>, pattern: RegExp): void {
  assert.match(result.stderr, pattern);
  assert.match(result.stderr, /^[A-Z][^\n]*\.\n$/);
  assert.deepEqual([result.status, result.stdout], [1, '']);
}

describe('the Node that runs a program', () => {
  const PRINT = ['-p', 'process.argv0'];

  it('is the one of the right major version that a package brought', () => {
    wantMajor(NO_MAJOR);
    const path = bring(process.execPath);
    assert.equal(launch(...PRINT).stdout.trim(), path);
  });

  it('is that one also where the running Node would do', () => {
    const path = bring(process.execPath, { version: process.versions.node });
    assert.equal(launch(...PRINT).stdout.trim(), path);
  });

  it('is also what the program finds as plain "node"', () => {
    wantMajor(NO_MAJOR);
    const path = bring(process.execPath);
    const first = `require('node:path').join(process.env.PATH.split(require('node:path').delimiter)[0], 'node')`;
    assert.equal(launch('-p', first).stdout.trim(), path);
  });

  const OTHERS = [
    ['of another major version', { version: '98.0.0' }],
    ['for another system', { os: 'aix' }],
    ['for another processor', { cpu: 's390x' }],
    ['without a binary', { bin: { node: 'bin/not-there' } }],
  ] as const;
  for (const [name, manifest] of OTHERS) {
    it(`is the running one, of the right major version, with a package ${name}`, () => {
      bring(process.execPath, { version: process.versions.node, ...manifest });
      assert.equal(launch(...PRINT).stdout.trim(), process.execPath);
    });

    it(`is missing with a package ${name}, where the running one has another major version`, () => {
      wantMajor(NO_MAJOR);
      bring(process.execPath, manifest);
      assertOneSentence(launch(...PRINT), /Node 99 is needed, .* run "npm ci" without --omit=optional/);
    });
  }

  it('is the running one where the packaged one cannot start, as on Alpine', () => {
    bring({ text: '#!/no/such/loader\n' }, { version: process.versions.node });
    assert.equal(launch(...PRINT).stdout.trim(), process.execPath);
  });

  it('is missing, with the reason, where the packaged one cannot start and the running one has another major', () => {
    wantMajor(NO_MAJOR);
    bring({ text: '#!/no/such/loader\n' });
    assertOneSentence(
      launch(...PRINT),
      /Node 99 is needed, .*node-made-up.* cannot run here \(ENOENT.* install Node 99/,
    );
  });

  it('is not looked for before npm ci', () => {
    assertOneSentence(launch(...PRINT), /^The packages are not installed: run "npm ci" first\.\n$/);
  });

  it('is missing after npm ci --omit=optional, where the running one has another major version', () => {
    wantMajor(NO_MAJOR);
    mkdirSync(join(world, 'node_modules'));
    const sentence = new RegExp(`^Node 99 is needed, but this is Node ${process.versions.node} and no package .* for`);
    assertOneSentence(launch(...PRINT), sentence);
  });
});

describe('a program that was started', () => {
  beforeEach(() => mkdirSync(join(world, 'node_modules')));

  it('is compiled once: what Node made of it is kept for the next start', () => {
    const program = write('program.mts', 'const text: string = "done"; console.log(text);');
    assert.equal(launch(program).stdout, 'done\n');
    const kept = readdirSync(join(world, 'node_modules/.cache/node'), { recursive: true, withFileTypes: true });
    assert.ok(kept.some((entry) => entry.isFile()));
  });

  it('gets its arguments, standard input and outputs', () => {
    const program = write(
      'program.mjs',
      'process.stdin.pipe(process.stdout); console.error(...process.argv.slice(2));',
    );
    const args = ['scripts/run.mjs', program, '--records', 'a b', '"', '*'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: world, input: 'given', encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], ['given', '--records a b " *\n']);
  });

  for (const code of [0, 1, 2, 130]) {
    it(`ends with code ${code}, and so does the launcher`, () =>
      assert.equal(launch('-e', `process.exit(${code})`).status, code));
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
    it(`ends by ${signal}, and so does the launcher`, () =>
      assert.equal(
        launch('-e', `process.kill(process.pid, '${signal}'); setTimeout(() => {}, 300_000)`).signal,
        signal,
      ));
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    it(`hears ${signal} sent to the launcher once, and is waited for`, WITHIN, async () => {
      const launcher = spawn(process.execPath, ['scripts/run.mjs', listensTo(signal)], { cwd: world });
      const output = collect(launcher);
      await output.until('ready');
      launcher.kill(signal);
      assert.deepEqual(await once(launcher, 'close'), [7, null]);
      assert.equal(output.text(), 'ready\nheard 1\n');
    });
  }

  if (process.platform === 'linux') {
    // `script` of util-linux gives it a terminal. npm passes on what the terminal has already sent to every process.
    it('hears a Ctrl-C at a terminal once, also under npm, and is waited for', WITHIN, async () => {
      write('package.json', JSON.stringify({ scripts: { go: `node scripts/run.mjs "${listensTo('SIGINT')}"` } }));
      const terminal = spawn('script', ['-q', '-c', 'npm run go', '/dev/null'], { cwd: world });
      const output = collect(terminal);
      await output.until('ready');
      terminal.stdin.write('\x03');
      await once(terminal, 'close');
      assert.match(output.text(), /heard 1\r?\n/);
    });
  }
});

/** A program that counts a signal, and ends with code 7 a while after the first, so that a second would be counted. */
function listensTo(signal: NodeJS.Signals): string {
  return write(
    'listens.mjs',
    `let heard = 0;
     const end = () => { console.log('heard', String(heard)); process.exit(7); };
     process.on('${signal}', () => { heard += 1; if (heard === 1) setTimeout(end, 300); });
     setTimeout(() => {}, 300_000);
     console.log('ready');`,
  );
}

function collect(child: ChildProcess) {
  let text = '';
  child.stdout?.on('data', (bytes) => {
    text += bytes;
  });
  return {
    text: () => text,
    async until(word: string) {
      while (!text.includes(word)) await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data');
    },
  };
}
