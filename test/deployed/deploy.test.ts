/**
 * What `sam build && sam deploy` sends to AWS for each stage of `samconfig.toml`, told by the SAM CLI itself to a stand-in
 * on loopback: artifacts, capabilities, parameters. The deployment ends there; nothing answers as CloudFormation would.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { evaluate, readTemplates } from './evaluate.ts';
import { ROOT, runTool, toolPath } from './tools.ts';

interface Sent {
  /** Uploads by key. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** The request for a change set, as its fields. */
  readonly changeSet: URLSearchParams;
}

const STOP = 'this is where the test ends';

describe('sam deploy', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sam-deploy-'));
  before(() => {
    const { code, stderr } = runTool(toolPath('aws-sam-cli', 'bin', 'sam'), ['build', '--build-dir', folder]);
    assert.equal(code, 0, stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [stage, environment] of [
    ['default', 'test'],
    ['production', 'production'],
  ] as const) {
    describe(`of the stage ${stage}`, () => {
      let sent: Sent;
      before(async () => {
        sent = await deploy(folder, stage, environment);
      });

      it('asks for a stack of its own', () => {
        assert.equal(sent.changeSet.get('StackName'), `ditio-extract-${environment}`);
      });

      it('with the capabilities that roles, and a nested stack beside a transform, need', () => {
        assert.deepEqual(members(sent.changeSet, 'Capabilities'), ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND']);
      });

      it('with parameters that the template takes', () => {
        const names = members(sent.changeSet, 'Parameters', 'ParameterKey');
        const values = members(sent.changeSet, 'Parameters', 'ParameterValue');
        const given = Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
        assert.equal(given.DitioEnvironment, environment);
        // Defaults are not named, so that only the three answers are pinned.
        assert.deepEqual(names.filter((_, at) => values[at] !== undefined).toSorted(), Object.keys(given).toSorted());
        assert.deepEqual([given.NotificationEmail, given.IntervalMinutes], ['vakt@example.com', '15']);
        assert.doesNotThrow(() => evaluate(readTemplates().translated, given));
      });

      it('with the tested bundle as the code, byte for byte', () => {
        const dist = join(ROOT, 'dist');
        const zipped = [...sent.objects].filter(([, body]) => body.subarray(0, 2).toString() === 'PK');
        assert.equal(zipped.length, 1);
        const unpacked = join(folder, 'unpacked', stage);
        mkdirSync(unpacked, { recursive: true });
        writeFileSync(join(unpacked, '..', `${stage}.zip`), zipped[0]?.[1] ?? '');
        const python = toolPath('aws-sam-cli', 'bin', 'python');
        const { code, stderr } = runTool(python, [
          '-m',
          'zipfile',
          '-e',
          join(unpacked, '..', `${stage}.zip`),
          unpacked,
        ]);
        assert.equal(code, 0, stderr);
        assert.deepEqual(readdirSync(unpacked).toSorted(), readdirSync(dist).toSorted());
        for (const file of readdirSync(dist)) {
          assert.ok(readFileSync(join(unpacked, file)).equals(readFileSync(join(dist, file))), `${file} differs`);
        }
      });

      it('with the nested template beside it', () => {
        const texts = [...sent.objects.values()].map((body) => body.toString('utf8'));
        assert.equal(texts.filter((text) => text.includes('time_registrations_rows')).length, 1);
        assert.equal(texts.filter((text) => text.includes('AWS::Serverless-2016-10-31')).length, 1);
      });
    });
  }
});

/** Runs `sam deploy` up to its request for a change set. */
async function deploy(folder: string, stage: string, environment: string): Promise<Sent> {
  const objects = new Map<string, Buffer>();
  let changeSet: URLSearchParams | undefined;
  const server = createServer(async (request, response): Promise<unknown> => {
    const body = await bodyOf(request);
    if (request.method === 'PUT') {
      objects.set(String(request.url), body);
      return response.writeHead(200, { etag: '"1"' }).end();
    }
    if (request.method !== 'POST') return response.writeHead(404).end();
    const fields = new URLSearchParams(body.toString('utf8'));
    if (fields.get('Action') === 'CreateChangeSet') changeSet = fields;
    const message =
      fields.get('Action') === 'CreateChangeSet' ? STOP : `Stack with id ${fields.get('StackName')} does not exist`;
    response.writeHead(400, { 'content-type': 'text/xml' });
    return response.end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const args = [
      'deploy',
      '--template-file',
      join(folder, 'template.yaml'),
      '--config-file',
      join(ROOT, 'samconfig.toml'),
    ];
    // As the README says it; the bucket is given so that no stack for it is asked for first.
    const answers = [`DitioEnvironment=${environment}`, 'NotificationEmail=vakt@example.com', 'IntervalMinutes=15'];
    const told = ['--region', 'eu-north-1', '--parameter-overrides', ...answers];
    const own = ['--config-env', stage, ...told, '--no-resolve-s3', '--s3-bucket', 'artifacts'];
    const child = spawn(toolPath('aws-sam-cli', 'bin', 'sam'), [...args, ...own], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        SAM_CLI_TELEMETRY: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes) => {
        said += bytes;
      });
    }
    await once(child, 'close');
    assert.match(said, new RegExp(STOP));
    assert.ok(changeSet, said);
    return { objects, changeSet };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** `Name.member.1`, `Name.member.2`, …, or a field of each. */
function members(fields: URLSearchParams, name: string, field?: string): string[] {
  const found: string[] = [];
  for (let at = 1; ; at += 1) {
    const value = fields.get(`${name}.member.${at}${field ? `.${field}` : ''}`);
    if (value === null) return found;
    found.push(value);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
