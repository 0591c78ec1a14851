/** The local run in a real terminal: its width, its colours, Ctrl-C through npm, and the question before forgetting. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { startSimulator } from '../../simulator/index.ts';
import { variablesOf } from '../fakes/simulator-variables.ts';
import { environment, local, snapshot, temporaryFolder } from '../local/command.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TERMINAL = fileURLToPath(new URL('terminal.py', import.meta.url));
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const ESCAPE = '\x1b';
const GREEN_MARK = `${ESCAPE}[32m✓`;

interface Step {
  readonly after: string;
  readonly type: string;
}

interface Shown {
  readonly code: number;
  readonly output: string;
}

/** Types `npm run local -- …` into a terminal, and then what the steps say. */
async function type(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { columns = 80, steps = [] as readonly Step[] } = {},
): Promise<Shown> {
  const command = ['npm', 'run', 'local', '--', ...args];
  const child = spawn('python3', [TERMINAL, String(columns), JSON.stringify(steps), ...command], {
    cwd: ROOT,
    env: environment({ TERM: 'xterm-256color', ...env }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout));
}

/** What stays on the screen: a line that was drawn again counts as it was drawn last. */
function screenLines(output: string): string[] {
  return output
    .split('\n')
    .map((line) => line.replace(/\r$/, '').split('\r').at(-1) ?? '')
    .map((line) => stripVTControlCharacters(line));
}

/** The superuser may write anywhere. */
function asOther() {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
}

async function ditio(t: TestContext, latencyMs: number): Promise<Record<string, string>> {
  const simulator = await startSimulator({ records: 3_000, latencyMs });
  t.after(() => simulator.close());
  return {
    ...variablesOf(simulator),
    STREAMS: 'time-registrations',
    PAGE_SIZE: '10',
  };
}

describe('a local run in a terminal', () => {
  for (const columns of [60, 120]) {
    it(`keeps to ${columns} columns, except for commands to copy and paths`, async (t) => {
      const folder = temporaryFolder(t);
      const { code, output } = await type(['--records', '300', '--folder', folder], { STREAMS: 'all' }, { columns });
      assert.equal(code, 0, output);
      const long = screenLines(output).filter((line) => line.length > columns && !/npm run|main\.ts|\/.*\//.test(line));
      assert.deepEqual(long, []);
      assert.ok(output.includes(`${ESCAPE}[2K`), 'no line followed the work');
      assert.ok(output.includes(GREEN_MARK), 'no colour');
    });
  }

  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    it(`shows no colours with ${Object.entries(env).join().replace(',', '=')}`, async (t) => {
      const { code, output } = await type(['sync', '--records', '60', '--folder', temporaryFolder(t)], env);
      assert.equal(code, 0, output);
      assert.match(output, /✓ project/);
      assert.ok(!output.includes(GREEN_MARK));
      if ('TERM' in env) assert.ok(!output.includes(ESCAPE), output);
    });
  }

  it('says in one sentence that it must not write to its folder', async (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o555);
    for (const words of [[], ['check']]) {
      const { code, stderr } = await local([...words, '--records', '60', '--folder', folder], {}, asOther());
      assert.equal(code, 1, words[0]);
      assert.match(
        stderr,
        /^.* cannot be written: you do not have the permission\. Choose another folder with --folder\.\n$/,
      );
    }
  });

  it('says in one sentence that it must not write to the folder of an export', async (t) => {
    const [folder, target] = [temporaryFolder(t), temporaryFolder(t)];
    chmodSync(folder, 0o755);
    assert.equal((await local(['sync', '--records', '60', '--folder', folder])).code, 0);
    chmodSync(target, 0o555);
    const { code, stderr } = await local(['export', 'parquet', target, '--folder', folder], {}, asOther());
    assert.equal(code, 1);
    assert.match(stderr, /^.* cannot be written: you do not have the permission\. Name another folder\.\n$/);
  });

  it('says in one sentence that the disk behind standard output is full', async (t) => {
    const full = openSync('/dev/full', 'w');
    t.after(() => closeSync(full));
    const { code, stderr } = await local(['streams'], {}, { stdio: ['ignore', full, 'pipe'] });
    assert.equal(code, 1);
    assert.equal(stderr, 'Standard output cannot be written: the disk is full. Make room and run again.\n');
  });

  it('stops at one Ctrl-C in order, though npm passes the signal on as well', async (t) => {
    const env = await ditio(t, 300);
    const steps = [{ after: 'time-registrations 20', type: CTRL_C }];
    const { code, output } = await type(['--live', '--folder', temporaryFolder(t)], env, { steps });
    // npm ends by the signal itself, which a shell also counts as 130.
    assert.ok(code === 130 || code === -2, `${code}: ${output}`);
    assert.equal(output.match(/Stopping:/g)?.length, 1, output);
    assert.match(output, /Stopped\. The records that were read are kept/);
  });

  it('asks before it forgets what came from Ditio, and takes no for an answer', async (t) => {
    const env = { ...(await ditio(t, 0)), PAGE_SIZE: '5000' };
    const folder = temporaryFolder(t);
    assert.equal((await type(['sync', '--live', '--folder', folder], env)).code, 0);
    const before = snapshot(folder);
    const question = 'Go on? [y/N] ';
    const args = ['sync', '--live', '--fresh', '--folder', folder];
    for (const [keys, ...codes] of [
      ['\n', 1],
      [CTRL_D, 1],
      // npm ends by the signal itself, which a shell also counts as 130.
      [CTRL_C, 130, -2],
    ] as const) {
      const no = await type(args, env, { steps: [{ after: question, type: keys }] });
      assert.ok((codes as readonly number[]).includes(no.code), `${JSON.stringify(keys)}: ${no.code}: ${no.output}`);
      assert.match(no.output, /^Nothing was changed\.\r?$/m);
      assert.doesNotMatch(no.output, /^\s+at /m);
      assert.deepEqual(snapshot(folder), before);
    }
    const yes = await type(args, env, { steps: [{ after: question, type: 'y\n' }] });
    assert.equal(yes.code, 0, yes.output);
    assert.match(yes.output, /✓.* time-registrations +full/);
  });
});
