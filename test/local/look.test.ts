/** The real commands that only look, at folders in which something is wrong: they say it, end, and leave nothing behind. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Ended, local, type Started, start, temporaryFolder } from './command.ts';

const NAME = 'simulator-1-60';

/** A folder as a run leaves it, with nothing in it; and one for temporary files. */
function folders(t: TestContext) {
  const [root, temporary] = [temporaryFolder(t), temporaryFolder(t)];
  for (const name of ['state', 'lake']) mkdirSync(join(root, NAME, name), { recursive: true });
  const begin = (command: string, env: Readonly<Record<string, string>> = {}): Started =>
    start(
      [command, '--records', '60', '--folder', root],
      { TMPDIR: temporary, ...env },
      // A command that hangs is to fail its test.
      { timeout: 20_000 },
    );
  const look = (command: string): Promise<Ended> => begin(command).ended;
  return { root, path: join(root, NAME), temporary, begin, look };
}

describe('a copy of the state', () => {
  for (const command of ['status', 'check']) {
    it(`is removed where nobody reads the output of ${command}`, async (t) => {
      const { temporary, begin } = folders(t);
      const { child, ended } = begin(command);
      child.stdout?.destroy();
      assert.equal((await ended).code, 0);
      assert.deepEqual(readdirSync(temporary), []);
    });
  }

  for (const command of ['status', 'check']) {
    it(`that cannot be made for ${command} is told in one sentence`, async (t) => {
      const { temporary, begin } = folders(t);
      const none = join(temporary, 'none');
      const { code, stdout, stderr } = await begin(command, { TMPDIR: none }).ended;
      assert.deepEqual([code, stdout], [1, '']);
      assert.equal(stderr, `${none} cannot be made. Set TMPDIR to a folder that can be written.\n`);
    });
  }

  it('names the variables that it does not use', async (t) => {
    const { code, stderr } = await folders(t).begin('status', { LAKE_URL: 's3://somewhere' }).ended;
    assert.equal(code, 0);
    assert.match(stderr, /^Not used: LAKE_URL\. /);
  });

  it('is removed at Ctrl-C', async (t) => {
    const { root, temporary } = folders(t);
    // A server that never answers.
    const server = createServer(() => {});
    t.after(() => server.closeAllConnections());
    t.after(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = {
      TMPDIR: temporary,
      DITIO_IDENTITY_URL: url,
      DITIO_REPORTING_URL: url,
      DITIO_CLIENT_ID: 'a',
      DITIO_CLIENT_SECRET: 'b',
    };
    mkdirSync(join(root, 'live-test', 'state'), { recursive: true });
    mkdirSync(join(root, 'live-test', 'lake'));
    const { child, ended } = start(['check', '--live', '--folder', root], env);
    await once(server, 'request');
    assert.equal(readdirSync(temporary).length, 1);
    child.kill('SIGINT');
    assert.deepEqual([(await ended).code, readdirSync(temporary)], [130, []]);
  });
});

describe('a file in the place of the state', () => {
  for (const command of ['status', 'check']) {
    it(`is named by ${command}`, async (t) => {
      const { path, look } = folders(t);
      rmSync(join(path, 'state'), { recursive: true });
      writeFileSync(join(path, 'state'), '');
      const { code, stderr } = await look(command);
      assert.equal(code, 1);
      assert.match(stderr, /^.*state is not a folder: a file is in its place\..*\n$/);
    });
  }
});

describe('a lake that was removed', () => {
  for (const command of ['status', 'check', 'drift', 'reset --streams user']) {
    it(`is missed by ${command}, with a command that makes a new one`, async (t) => {
      const { root, path } = folders(t);
      rmSync(join(path, 'lake'), { recursive: true });
      const { code, stdout, stderr } = await local([...command.split(' '), '--records', '60', '--folder', root]);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /lake is missing, .* start again:\n {2}npm run local -- --fresh --records 60 --folder /);
    });
  }
});

describe('check', () => {
  it('fails where a file is in the place of the folder', async (t) => {
    const file = join(temporaryFolder(t), 'file');
    writeFileSync(file, '');
    const { code, stdout, stderr } = await local(['check', '--records', '60', '--folder', file]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^.*file is not a folder: a file is in its place\. Choose another folder with --folder\.\n$/);
  });

  it("ends where the simulator's world cannot be read", async (t) => {
    const { path, temporary, look } = folders(t);
    writeFileSync(join(path, 'simulator.json'), '{"startedMs":');
    const { code, stdout, stderr } = await look('check');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /^.*simulator\.json cannot be read.* Start again:\n {2}npm run local -- --fresh --records 60 --folder .*\n$/,
    );
    assert.deepEqual(readdirSync(temporary), []);
  });
});
