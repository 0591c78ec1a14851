/** Tests how the command of the simulator ends. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../simulator/main.ts', import.meta.url));

function simulator(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the simulator', () => {
  it('ends with 2 when it is called wrongly, and says how it is called', () => {
    const { status, stdout, stderr } = simulator('--records', 'many');
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /--records must be a whole number[\s\S]*Usage: npm run simulator/);
  });

  it('says in one sentence that its port is taken', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { status, stdout, stderr } = simulator('--port', String(port), '--records', '0');
    assert.deepEqual([status, stdout], [1, '']);
    assert.equal(stderr, `Port ${port} is taken: choose another with --port.\n`);
  });
});
