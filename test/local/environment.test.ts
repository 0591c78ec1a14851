/** Tests the checks before a folder is changed, and the sentences about variables that a local run does not use. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, unusedVariables } from '../../local/environment.ts';
import { folderOf } from '../../local/folder.ts';
import { parseOptions } from '../../local/options.ts';
import { Problem } from '../../local/problem.ts';

const FOLDER = folderOf('nowhere', 'simulator-1-20000');
const CLIENT = { DITIO_CLIENT_ID: 'a', DITIO_CLIENT_SECRET: 'b' };

type Row = readonly [what: string, line: string, env: Readonly<Record<string, string>>, says: RegExp];

const REFUSED: readonly Row[] = [
  ['an impossible variable', '', { PAGE_SIZE: '0' }, /PAGE_SIZE/],
  ['an unknown environment', '--live', { DITIO_ENVIRONMENT: 'staging', ...CLIENT }, /DITIO_ENVIRONMENT/],
  ['an impossible date', 'backfill --streams user --from x --to 2026-01-01', {}, /^--from must be a date/m],
  [
    'dates without a window',
    'backfill --streams user --from 2026-01-01 --to 2026-02-01',
    {},
    /give --modified-since instead of --from and --to/,
  ],
  ['no client id', '--live', { DITIO_CLIENT_SECRET: 'b' }, /--live needs DITIO_CLIENT_ID: .*environment test/],
  ['an empty client secret', '--live', { ...CLIENT, DITIO_CLIENT_SECRET: ' ' }, /--live needs DITIO_CLIENT_SECRET/],
];

describe('a local run', () => {
  for (const [what, line, env, says] of REFUSED) {
    it(`refuses ${what} before it touches anything`, () => {
      const options = parseOptions(line === '' ? [] : line.split(' '), {});
      assert.ok(options);
      assert.throws(
        () => judge(options, env, FOLDER, true),
        (error) => error instanceof Problem && error.exitCode === 2 && says.test(error.message),
      );
    });
  }

  it('needs no client to look at what a real source has left', () => {
    const options = parseOptions(['status', '--live'], {});
    assert.ok(options);
    assert.equal(judge(options, {}, FOLDER, false).environment, 'test');
  });

  it('says which variables it does not use', () => {
    const env = { LAKE_URL: 's3://x/y', STATE_TABLE: 't', DITIO_CLIENT_ID: 'a', PAGE_SIZE: '10', AWS_REGION: 'x' };
    assert.deepEqual(unusedVariables(false, env), [
      'Not used: LAKE_URL, STATE_TABLE. A local run keeps lake and state in its folder (--folder).',
      'Not used: DITIO_CLIENT_ID. Variables of a real source need --live.',
    ]);
    assert.deepEqual(unusedVariables(true, { DITIO_CLIENT_ID: 'a' }), []);
  });
});
