/** What a command looks at that only reads: the source that is named, else that of the last run. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { folderOf, markLatest } from '../../local/folder.ts';
import { requireSameEnvironment, withSource } from '../../local/last-run.ts';
import { parseOptions } from '../../local/options.ts';
import { Problem } from '../../local/problem.ts';
import { temporaryFolder } from './command.ts';

/** @param latest name of the source that was run last */
function check(t: TestContext, latest: string, more: readonly string[] = []) {
  const root = temporaryFolder(t);
  const folder = folderOf(root, latest);
  mkdirSync(folder.path);
  markLatest(folder);
  const options = parseOptions(['check', '--folder', root, ...more], {});
  assert.ok(options);
  return { root, folder, options };
}

describe('the last run', () => {
  for (const [given, environment] of [
    [{}, 'production'],
    [{ DITIO_ENVIRONMENT: 'production' }, 'production'],
  ] as const) {
    it(`is looked at in its own environment, with ${JSON.stringify(given)}`, (t) => {
      const { options, folder } = check(t, 'live-production');
      const lookedAt = withSource(options, given);
      assert.deepEqual([lookedAt.folder.path, lookedAt.env.DITIO_ENVIRONMENT], [folder.path, environment]);
      requireSameEnvironment(lookedAt, given);
    });
  }

  it('is not asked with the client of another environment', (t) => {
    const { options } = check(t, 'live-test');
    const given = { DITIO_ENVIRONMENT: 'production' };
    const lookedAt = withSource(options, given);
    assert.equal(lookedAt.env.DITIO_ENVIRONMENT, 'test');
    assert.throws(
      () => requireSameEnvironment(lookedAt, given),
      (error) =>
        error instanceof Problem &&
        error.exitCode === 2 &&
        /last run was live-test, but DITIO_ENVIRONMENT is production\.[\s\S]*\n {2}npm run local -- check --live --folder /.test(
          error.message,
        ),
    );
  });

  it('gives way to the source that is named', (t) => {
    const { root, options } = check(t, 'live-test', ['--live']);
    const given = { DITIO_ENVIRONMENT: 'production' };
    const lookedAt = withSource(options, given);
    assert.equal(lookedAt.folder.path, join(root, 'live-production'));
    requireSameEnvironment(lookedAt, given);
  });

  it('with the simulator has no environment', (t) => {
    const { options } = check(t, 'simulator-1-60');
    const given = { DITIO_ENVIRONMENT: 'production' };
    requireSameEnvironment(withSource(options, given), given);
  });
});
