/** The real commands that only look, at folders in which something is wrong: they say it, end, and leave nothing behind. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Ended, local, temporaryFolder } from './command.ts';

const NAME = 'simulator-1-60';

/** A folder as a run leaves it, with nothing in it; and one for temporary files. */
function folders(t: TestContext) {
  const [root, temporary] = [temporaryFolder(t), temporaryFolder(t)];
  for (const name of ['state', 'lake']) mkdirSync(join(root, NAME, name), { recursive: true });
  const look = (command: string, more: readonly string[] = []): Promise<Ended> =>
    local(
      [command, '--records', '60', '--folder', root, ...more],
      { TMPDIR: temporary },
      // A command that hangs is to fail its test.
      { timeout: 20_000 },
    );
  return { root, path: join(root, NAME), temporary, look };
}

describe('check', () => {
  it("ends where the simulator's world cannot be read", async (t) => {
    const { path, temporary, look } = folders(t);
    writeFileSync(join(path, 'simulator.json'), '{"startedMs":');
    const { code, stdout, stderr } = await look('check');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^.*simulator\.json cannot be read.* Start again with --fresh\.\n$/);
    assert.deepEqual(readdirSync(temporary), []);
  });
});
