/** The templates as AWS's own tools and a reviewer's see them, and what `sam build` makes of the bundle. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Properties } from './evaluate.ts';
import { ROOT, runTool, toolPath } from './tools.ts';

describe('what AWS and reviewers say of the templates', () => {
  it('are valid for the SAM CLI and its linter', () => {
    const { code, stdout, stderr } = runTool(toolPath('aws-sam-cli', 'bin', 'sam'), ['validate', '--lint']);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /is a valid SAM Template/);
  });

  it('have no finding of cfn-lint', () => {
    const args = ['--regions', 'eu-north-1', '--include-checks', 'I', '--template', 'template.yaml', 'streams.yaml'];
    const { code, stdout, stderr } = runTool(toolPath('aws-sam-cli', 'bin', 'cfn-lint'), args);
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout.trim(), '');
  });

  it('pass checkov, but for what is left out with a reason', () => {
    const files = ['template.yaml', 'streams.yaml'].flatMap((file) => ['--file', file]);
    const args = ['--framework', 'cloudformation', '--skip-download', '--output', 'json', ...files];
    const { code, stdout, stderr } = runTool(toolPath('checkov', 'bin', 'checkov'), args);
    const { results, summary } = JSON.parse(stdout);
    const failed = results.failed_checks.map(({ check_id, resource }: Properties) => `${check_id} ${resource}`);
    assert.deepEqual(failed, []);
    assert.equal(code, 0, stderr);
    assert.ok(summary.passed >= 20, `only ${summary.passed} checks were applied`);
    for (const { check_id, check_result } of results.skipped_checks) {
      assert.ok(check_result.suppress_comment?.length > 30, `${check_id} is left out without a reason`);
    }
  });
});

describe('sam build', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sam-build-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('makes an artifact that is dist/, byte for byte', () => {
    const { code, stderr } = runTool(toolPath('aws-sam-cli', 'bin', 'sam'), ['build', '--build-dir', folder]);
    assert.equal(code, 0, stderr);
    const built = join(folder, 'ExtractFunction');
    const dist = join(ROOT, 'dist');
    assert.deepEqual(readdirSync(built).toSorted(), ['handler.mjs', 'handler.mjs.map']);
    assert.deepEqual(readdirSync(dist).toSorted(), ['handler.mjs', 'handler.mjs.map']);
    for (const file of readdirSync(dist)) {
      assert.ok(readFileSync(join(built, file)).equals(readFileSync(join(dist, file))), `${file} differs`);
    }
  });

  it('takes the nested template along', () => {
    assert.match(readFileSync(join(folder, 'StreamResources', 'template.yaml'), 'utf8'), /time_registrations_rows/);
  });
});
