/**
 * The commands that outputs and documents tell people to type: that the shell takes them, that AWS CLI and SAM CLI know
 * each of their commands and options, and that what they call is called with what the stack has.
 */

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { deploy, type Stack } from './stack.ts';
import { ROOT, runTool, toolPath } from './tools.ts';

const DOCUMENTS = [
  'README.md',
  ...['deploy', 'operations', 'privacy', 'security', 'unverified', 'queries'].map((name) => `docs/${name}.md`),
];

/** Stands for the AWS CLI: writes down how it was called, a JSON array a line, and an answer where one is asked for. */
const FAKE_AWS = `#!/usr/bin/env node
const { appendFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(process.env.CALLS, JSON.stringify(args) + '\\n');
if (args[1] === 'invoke') require('node:fs').writeFileSync(args.at(-1), '{}');
`;

describe('a command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'));
  let stack: Stack;
  before(() => {
    stack = deploy();
    writeFileSync(join(folder, 'aws'), FAKE_AWS);
    writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}');
    chmodSync(join(folder, 'aws'), 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What the output of the stack calls, when it is typed as it stands. */
  function type(output: string): string[][] {
    // What a deployment would put there; `<` is a redirection to the shell.
    const line = String(stack.outputs[output]).replace(/<([\w.]+)>/g, 'acme-$1');
    const calls = join(folder, `${output}.calls`);
    writeFileSync(calls, '');
    const path = `${folder}${delimiter}${join(ROOT, 'node_modules/.bin')}`;
    const { code, stderr } = runTool('bash', ['-c', `export CALLS='${calls}' PATH='${path}':"$PATH"; ${line}`], folder);
    assert.equal(code, 0, stderr);
    return readFileSync(calls, 'utf8')
      .trim()
      .split('\n')
      .map((call) => JSON.parse(call));
  }

  const optionOf = (call: readonly string[], option: string) => call[call.indexOf(option) + 1];

  it('that fills the secret gives it what the function reads', () => {
    const [call = [], ...more] = type('SetSecretCommand');
    assert.deepEqual(more, []);
    assert.deepEqual(call.slice(0, 2), ['secretsmanager', 'put-secret-value']);
    assert.equal(optionOf(call, '--secret-id'), 'acme-DitioSecret');
    assert.equal(optionOf(call, '--secret-string'), 'file://secret.json');
    const example = JSON.parse(readFileSync(join(ROOT, 'secret.example.json'), 'utf8'));
    assert.deepEqual(Object.keys(example), ['client_id', 'client_secret']);
  });

  for (const [output, action] of [
    ['CheckCommand', 'check'],
    ['SyncCommand', 'sync'],
  ] as const) {
    it(`that invokes the function sends it an event: ${output}`, () => {
      const [call = []] = type(output);
      assert.deepEqual(call.slice(0, 2), ['lambda', 'invoke']);
      assert.equal(optionOf(call, '--function-name'), 'acme-ExtractFunction');
      const [, file = ''] = /^file:\/\/(events\/[\w-]+\.json)$/.exec(String(optionOf(call, '--payload'))) ?? [];
      assert.deepEqual(JSON.parse(readFileSync(join(ROOT, file), 'utf8')), { action });
      // A run may take longer than the minute for which the AWS CLI waits by itself, and would be sent again.
      assert.equal(optionOf(call, '--cli-read-timeout'), '0');
    });
  }

  it('that shows logs and lake looks where they are', () => {
    assert.ok(type('LogsCommand')[0]?.includes('acme-ExtractLogs'));
    assert.equal(type('ListLakeCommand')[0]?.at(-1), 's3://acme-LakeBucket/ditio/acme/');
  });

  it('of every output is taken by the shell, and for the region of the stack', () => {
    const commands = Object.entries(stack.outputs).filter(([name]) => name.endsWith('Command'));
    assert.equal(commands.length, 5);
    for (const [name, line] of commands) {
      const calls = line.match(/\baws \w+ [\w-]+/g)?.length;
      assert.equal(line.match(/--region eu-north-1\b/g)?.length, calls, name);
      assert.ok(line.length < 1024, name);
      // What bash and PowerShell read differently: quotes, variables, joined commands, devices.
      assert.doesNotMatch(line, /['"`$]|&&|\|\||\/dev\//, name);
    }
  });

  it('of the AWS CLI, wherever it is told, exists with all its options', () => {
    const texts = [...Object.values(stack.outputs), ...DOCUMENTS.map((file) => readFileSync(join(ROOT, file), 'utf8'))];
    const calls = texts.flatMap(awsCalls);
    assert.ok(calls.length >= 25, `only ${calls.length} calls were found`);
    const python = toolPath('aws-sam-cli', 'bin', 'python');
    const look = (list: readonly AwsCall[]) => runTool(python, ['test/deployed/aws_commands.py', JSON.stringify(list)]);
    const { code, stdout, stderr } = look(calls);
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trim(), '');
    const wrong = look([
      ['lambda', 'invoke', ['payload', 'pay-load']],
      ['athena', 'make-coffee', []],
    ]);
    assert.deepEqual(wrong.stdout.trim().split('\n'), ['aws lambda invoke --pay-load', 'aws athena make-coffee']);
  });

  it('of the SAM CLI, wherever it is told, exists with all its options', () => {
    const sam = toolPath('aws-sam-cli', 'bin', 'sam');
    const texts = DOCUMENTS.map((file) => readFileSync(join(ROOT, file), 'utf8'));
    const calls = texts.flatMap((text) => [
      ...text.matchAll(/\bsam (build|deploy|delete|local invoke|validate)\b([^`|&\n]*)/g),
    ]);
    const options = new Map<string, Set<string>>();
    for (const [, command = '', rest = ''] of calls) {
      const known = options.get(command) ?? new Set();
      for (const [option] of rest.matchAll(/--[a-z][\w-]*/g)) known.add(option);
      options.set(command, known);
    }
    assert.deepEqual([...options.keys()].toSorted(), ['build', 'delete', 'deploy']);
    for (const [command, used] of options) {
      const { code, stdout } = runTool(sam, [...command.split(' '), '--help']);
      assert.equal(code, 0, command);
      for (const option of used) assert.match(stdout, new RegExp(`${option}\\b`), `sam ${command} ${option}`);
    }
    assert.ok([...options.values()].reduce((sum, { size }) => sum + size, 0) >= 5);
  });
});

type AwsCall = readonly [service: string, operation: string, options: readonly string[]];

/** Each call of the AWS CLI in a text, also those inside `$(…)`, with its options. */
function awsCalls(text: string): AwsCall[] {
  // A call ends where the next one begins, or the line, the code or the pipe ends; a backslash continues it.
  const parts = text.replaceAll(/\\\n\s*/g, ' ').split(/(?=\baws [a-z0-9]+ [a-z])/);
  return parts.flatMap((part) => {
    const [, service, operation, rest = ''] = /^aws ([a-z0-9]+) ([a-z][a-z-]+)((?:'[^']*'|[^`|\n])*)/.exec(part) ?? [];
    if (!service || !operation) return [];
    const bare = rest.replaceAll(/'[^']*'/g, '');
    return [
      [service, operation, [...bare.matchAll(/ --([a-z][a-z-]*)/g)].map(([, option]) => String(option))] as const,
    ];
  });
}
