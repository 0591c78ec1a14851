/** The workflows of GitHub Actions: what they may do, what they run, and that nothing in them changes by itself. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { find, textOf } from './files.ts';

const WORKFLOWS = find('.github/workflows/*.yml');
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Readonly<Record<string, string>> };

describe('the workflows', () => {
  it('are the release and the deployment', () => {
    assert.deepEqual(WORKFLOWS.toSorted(), ['.github/workflows/deploy.yml', '.github/workflows/release.yml']);
  });

  for (const path of WORKFLOWS) {
    it(`pin every action to a commit, with its tag beside it: ${path}`, () => {
      const uses = [...textOf(path).matchAll(/^\s*- uses: (.+)$/gm)].map(([, action]) => String(action));
      assert.ok(uses.length > 0);
      for (const action of uses) assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`begin with the right to read alone, and put no input into a command: ${path}`, () => {
      const text = textOf(path);
      assert.match(text, /^permissions:\n {2}contents: read\n/m);
      const commands = [...text.matchAll(/- run: (?:>-\n)?((?:.*\n)(?: {10}.*\n)*?)(?= {6}\S| {8}env|$)/gm)].map(
        ([, command]) => String(command),
      );
      assert.ok(commands.length >= 4);
      for (const command of commands) assert.doesNotMatch(command, /\$\{\{/);
    });
  }

  it('build, test, pack, attest and publish, in this order, with scripts that there are', () => {
    const text = textOf('.github/workflows/release.yml');
    const order = ['npm ci', 'npm test', 'npm run build', 'npm run release', 'actions/attest@', 'gh release create'];
    const places = order.map((step) => text.indexOf(step));
    assert.ok(places.every((place) => place > 0));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    for (const name of ['test', 'build', 'release']) assert.ok(name in scripts);
  });

  it('deploy what was checked and attested, by a token of GitHub and no stored key', () => {
    const text = textOf('.github/workflows/deploy.yml');
    const order = ['sha256sum -c SHA256SUMS', 'gh attestation verify', 'tar -xzf', 'role-to-assume:', 'sam deploy'];
    const places = order.map((step) => text.indexOf(step));
    assert.ok(places.every((place) => place > 0));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    assert.match(text, /id-token: write/);
    assert.doesNotMatch(text, /secrets\.|aws-secret-access-key/);
    assert.match(text, /^ {4}environment: production$/m);
  });

  it('trust one environment of one repository, and no other issuer', () => {
    const { Statement } = JSON.parse(textOf('docs/deploy-role-trust.json'));
    assert.equal(Statement.length, 1);
    assert.equal(Statement[0].Action, 'sts:AssumeRoleWithWebIdentity');
    assert.deepEqual(Statement[0].Condition, {
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': 'SUBJECT',
      },
    });
  });

  it('let the role make roles and policies of the stack only, and everything else only by CloudFormation', () => {
    const { Statement } = JSON.parse(textOf('docs/deploy-role.json')) as {
      Statement: readonly Readonly<Record<string, unknown>>[];
    };
    for (const { Sid, Action, Resource, Condition } of Statement) {
      const actions = [Action].flat().map(String);
      if (actions.some((action) => action.startsWith('iam:')))
        assert.ok(
          [Resource].flat().every((arn) => /^arn:aws:iam::ACCOUNT:(role|policy)\/ditio-extract-\*$/.test(String(arn))),
          String(Sid),
        );
      else if (Resource === '*' && Sid !== 'ReadTemplates')
        assert.deepEqual(Condition, { StringEquals: { 'aws:CalledViaFirst': 'cloudformation.amazonaws.com' } });
    }
  });
});
