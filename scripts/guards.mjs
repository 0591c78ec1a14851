/**
 * Removes guards, one at a time, in a copy of the tree, and shows that a test fails for each: `npm run guards`, or
 * `npm run guards -- lease jitter` for guards whose name contains one of these words.
 *
 * A guard without such a test could disappear unnoticed. The rows are in `guard-rows.ts`. A suite must fail; it does not
 * count when it never ends or when the changed file cannot be loaded. Before that, every suite must pass with all guards
 * in place. The tree itself is only read; the copy is removed also when the command is interrupted.
 */

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GUARDS } from './guard-rows.ts';

/** Longest time of a suite on a slow machine; a suite that takes longer does not count as failed. Milliseconds. */
const MAX_MS = 600_000;

const words = process.argv.slice(2);
const chosen = GUARDS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(`no guard has one of these words in its name: ${words.join(', ')}`);
  process.exit(2);
}

const copy = mkdtempSync(join(tmpdir(), 'guards-'));
const running = new Set();
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of running) killGroup(child);
    process.exit(130);
  });
}

/** Not needed by a suite that needs only Node, and large. */
const LEFT_OUT = new Set(['node_modules', 'dist', '.git', '.tools', '.bench', '.local', '.aws-sam']);
for (const entry of readdirSync('.').filter((name) => !LEFT_OUT.has(name))) {
  cpSync(entry, join(copy, entry), { recursive: true });
}
symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));

for (const pattern of new Set(chosen.flatMap(({ tests }) => tests))) {
  const outcome = await run(['--test', pattern]);
  if (outcome !== 'passed') {
    console.log(`${pattern} ${outcome} with every guard in place: nothing can be shown by it`);
    process.exit(1);
  }
}

let unnoticed = 0;
for (const guard of chosen) {
  const verdict = await remove(guard);
  console.log(`${verdict === 'noticed' ? '✓' : '✗'} ${guard.name}${verdict === 'noticed' ? '' : `: ${verdict}`}`);
  if (verdict !== 'noticed') unnoticed += 1;
}
console.log(`\n${chosen.length - unnoticed} noticed, ${unnoticed} not`);
process.exit(unnoticed === 0 ? 0 : 1);

/** Removes one guard, runs its suites, and restores it. */
async function remove({ file, find, replace, tests }) {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) return `its text is not in ${file}, or more than once`;
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
  try {
    const load = `await import(${JSON.stringify(pathToFileURL(path).href)})`;
    if ((await run(['--input-type=module', '-e', load])) !== 'passed') return `${file} cannot be loaded without it`;
    for (const pattern of tests) {
      const outcome = await run(['--test', pattern]);
      if (outcome === 'failed') return 'noticed';
      if (outcome !== 'passed') return `${pattern} ${outcome}`;
    }
    return 'NOT NOTICED';
  } finally {
    writeFileSync(path, text);
  }
}

/** Runs Node with these arguments in the copy and returns how it ends. */
function run(args) {
  return new Promise((resolve) => {
    // In a process group of its own, so that the processes of single test files end with it.
    const child = spawn(process.execPath, args, { cwd: copy, stdio: 'ignore', detached: true });
    running.add(child);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killGroup(child);
    }, MAX_MS);
    child.on('exit', (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve(late ? `did not end within ${MAX_MS / 1000} s` : code === 0 ? 'passed' : 'failed');
    });
  });
}

function killGroup({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself in the meantime.
    if (error.code !== 'ESRCH') throw error;
  }
}
