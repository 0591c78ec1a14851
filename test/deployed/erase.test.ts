/** Erasing a person from a bucket with versions, in moto, by the command of docs/privacy.md. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { BETWEEN, line, OLD, PERSON, partKey, personLake } from '../fakes/person-lake.ts';
import { readPart } from '../fakes/read-part.ts';
import { ROOT, type Server, startServer, toolPath } from './tools.ts';

const Bucket = 'acme-lakebucket-1x';

describe('erasing a person from a bucket', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'erase-'));
  let moto: Server;
  let s3: S3Client;

  const put = (Key: string, Body: Buffer | string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));

  before(async () => {
    moto = await startServer(toolPath('moto', 'bin', 'moto_server'), (port) => ['--port', String(port)]);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    s3 = new S3Client({ endpoint: moto.endpoint, region: 'eu-north-1', credentials, forcePathStyle: true });
    const configuration = { LocationConstraint: 'eu-north-1' } as const;
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: configuration }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    for (const [key, bytes] of personLake()) await put(`ditio/acme/${key}`, bytes);
    // An older version, an expired part of which only a version is left, and results of queries.
    await put(`ditio/acme/${partKey('user', BETWEEN)}`, personLake().get(partKey('user', BETWEEN)) ?? '');
    const expired = `ditio/acme/${partKey('user', '20250101T000000000Z')}`;
    await put(expired, line(OLD, { id: 'u1', name: 'Åse Døme' }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: expired }));
    await put('athena-results/acme/answer.csv', 'Åse Døme\n');
    // Another stack in the same bucket.
    await put(`ditio/other/${partKey('user', OLD)}`, line(OLD, { id: 'u1', name: 'Åse Døme' }));
    writeFileSync(join(folder, 'person.txt'), PERSON);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    s3?.destroy();
    await moto?.stop();
  });

  /** Each version of each object, decompressed. */
  async function versions(): Promise<{ readonly key: string; readonly text: string }[]> {
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    return await Promise.all(
      Versions.map(async ({ Key = '', VersionId }) => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
        const text = readPart(Buffer.from((await Body?.transformToByteArray()) ?? [])).toString('utf8');
        return { key: Key, text };
      }),
    );
  }

  function command(...more: readonly string[]) {
    const where = ['--lake', `s3://${Bucket}/ditio/acme`, '--results', `s3://${Bucket}/athena-results`];
    const told = ['--person', join(folder, 'person.txt'), '--region', 'eu-north-1'];
    const env = {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL_S3: moto.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    const args = [join(ROOT, 'scripts/erase.ts'), ...where, ...told, ...more];
    return spawnSync(process.execPath, args, { encoding: 'utf8', env });
  }

  const person = /døme[^s]|d\\u00f8me|ase\.dome|"EmployeeNumber":4711/i;

  it('counts its lines and their older versions, and changes nothing', async () => {
    const before = await versions();
    const { status, stdout, stderr } = command();
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^user +2 +2 +2 +0$/m);
    assert.deepEqual(await versions(), before);
  });

  it('leaves it in no object, no version and no result, and everything else as it was', async () => {
    const before = await versions();
    const { status, stdout, stderr } = command('--apply');
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /Erased 4 lines; looked again, and found none\.\nRemoved 1 query results\./);
    const left = await versions();
    const named = left.filter(({ text }) => person.test(text)).map(({ key }) => key);
    // The lake of the other stack is another lake.
    assert.deepEqual(named, [`ditio/other/${partKey('user', OLD)}`]);
    const keys = new Set([...personLake().keys()].map((key) => `ditio/acme/${key}`));
    assert.deepEqual(new Set(left.map(({ key }) => key).filter((key) => key.startsWith('ditio/acme/'))), keys);
    for (const { key, text } of before.filter((each) => !person.test(each.text) && keys.has(each.key)))
      assert.ok(
        left.some((each) => each.key === key && each.text === text),
        key,
      );
  });
});
