/** Tests a lake in S3; `test/contract/lake.ts` has the tests for every lake. */

import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { AwsClients } from '../../src/aws/clients.ts';
import { DeadlineReached, HardFailure } from '../../src/core/failure/errors.ts';
import { createS3Lake } from '../../src/lake/s3-lake.ts';
import type { Compression, Lake, PartWriter } from '../../src/ports.ts';
import { breaking, linesOf, randomBytes } from '../contract/lake.ts';
import { connect } from '../fakes/aws.ts';
import { createFailingDisk, type FailingDisk } from '../fakes/failing-disk.ts';
import { createHurriedClock, type HurriedClock } from '../fakes/hurried-clock.ts';
import { createSeededRandom } from '../fakes/random.ts';
import { readPart } from '../fakes/read-part.ts';
import { type S3Fault, type S3Server, startS3Server } from '../fakes/s3-server.ts';
import { testScope } from '../fakes/scope.ts';

const KEY = 'project/sync_date=2026-11-22/20261122T081503120Z-00000001-0b0e7c1a.ndjson.gz';
const CONTENT = randomBytes(1, 900_000);
/** More than the SDK sends without asking whether it may. */
const LARGE = randomBytes(2, 2_200_000);

describe('a lake in S3', () => {
  let server: S3Server;
  let clients: AwsClients;
  let clock: HurriedClock;
  let disk: FailingDisk;
  let spoolFolder: string;
  let lake: Lake;
  let parts: PartWriter[] = [];

  beforeEach(async () => {
    server = await startS3Server('bucket');
    clock = createHurriedClock();
    clients = connect({ AWS_ENDPOINT_URL_S3: server.endpoint });
    disk = createFailingDisk();
    spoolFolder = await mkdtemp(join(tmpdir(), 'ditio-spool-'));
    lake = lakeWith('lake');
  });
  afterEach(async () => {
    for (const part of parts) await part.discard();
    parts = [];
    clients.destroy();
    await server.close();
    await rm(spoolFolder, { recursive: true });
  });

  function lakeWith(prefix: string, compression: Compression = 'gzip'): Lake {
    const random = createSeededRandom();
    return createS3Lake({
      client: clients.s3,
      bucket: 'bucket',
      prefix,
      spoolFolder,
      compression,
      disk,
      clock,
      random,
    });
  }

  async function partOf(...pages: Uint8Array[]): Promise<PartWriter> {
    const part = await lake.openPart();
    parts.push(part);
    for (const bytes of pages) await part.addPage(linesOf(bytes));
    return part;
  }

  const stored = (key = `lake/${KEY}`) => gunzipSync(server.objects.get(key)?.bytes ?? Buffer.alloc(0));

  it('sends a part whole: its length, its checksum and what it is', async () => {
    const part = await partOf(LARGE);
    await part.commit(KEY, testScope());
    const [request] = server.requests;
    assert.equal(request?.key, `lake/${KEY}`);
    assert.equal(request?.headers['content-length'], String(part.bytes));
    assert.equal(request?.headers['content-type'], 'application/gzip');
    assert.match(request?.headers['x-amz-checksum-crc32'] as string, /^[\w+/]{6}==$/);
    assert.equal(request?.headers['content-encoding'], undefined);
    assert.equal(request?.headers['transfer-encoding'], undefined);
    assert.equal(request?.headers.expect, undefined);
    assert.ok(stored().equals(LARGE));
  });

  it('sends a part of zstd as what it is', async () => {
    const part = await lakeWith('lake', 'zstd').openPart();
    await part.addPage(linesOf(LARGE));
    assert.equal(part.compression, 'zstd');
    await part.commit(KEY, testScope());
    const [request] = server.requests;
    assert.equal(request?.headers['content-type'], 'application/zstd');
    assert.ok(readPart(server.objects.get(`lake/${KEY}`)?.bytes ?? Buffer.alloc(0)).equals(LARGE));
  });

  it('computes the checksum of what is left when a page was dropped', async () => {
    const part = await partOf(Buffer.from('first'));
    await assert.rejects(part.addPage(breaking(randomBytes(9, 400_000))), /broke/);
    await part.addPage(linesOf(' last'));
    await part.commit(KEY, testScope());
    assert.equal(stored().toString(), 'first last');
  });

  it('writes below its prefix, or at the root of the bucket without one', async () => {
    await lakeWith('').writeObject('manifests/project/full/2026-11/a.json', '{}', testScope());
    await lakeWith('a/b').writeObject('manifests/project/full/2026-11/a.json', '{}', testScope());
    assert.deepEqual(
      [...server.objects.keys()],
      ['manifests/project/full/2026-11/a.json', 'a/b/manifests/project/full/2026-11/a.json'],
    );
    assert.equal(server.objects.get('manifests/project/full/2026-11/a.json')?.contentType, 'application/json');
  });

  it('leaves no file that a killed process could leave behind', async () => {
    const part = await partOf(CONTENT);
    assert.deepEqual(await readdir(spoolFolder), []);
    await part.commit(KEY, testScope());
    assert.deepEqual(await readdir(spoolFolder), []);
  });

  it('closes its file, however the part ends', async () => {
    const closed = () => disk.done.filter((step) => step.startsWith('close')).length;
    await (await partOf(CONTENT)).commit(KEY, testScope());
    assert.equal(closed(), 1);
    await (await partOf(CONTENT)).discard();
    assert.equal(closed(), 2);
    server.fail({ kind: 'error', status: 403, code: 'AccessDenied' });
    const part = await partOf(CONTENT);
    await assert.rejects(part.commit(KEY, testScope()));
    await part.discard();
    assert.equal(closed(), 3);
  });

  describe('sends a part again, from its beginning, when', () => {
    const passing: ReadonlyArray<readonly [string, S3Fault]> = [
      ['the connection breaks off', { kind: 'reset' }],
      ['the answer is lost', { kind: 'lose-answer' }],
      ['a byte is damaged on the way', { kind: 'damage' }],
      ['S3 is told to have another checksum', { kind: 'other-checksum' }],
      ['S3 says "slow down"', { kind: 'error', status: 503, code: 'SlowDown' }],
      ['S3 says "slow down" before it has all of it', { kind: 'error', status: 503, code: 'SlowDown', early: true }],
      ['S3 has an error', { kind: 'error', status: 500, code: 'InternalError' }],
      ['something before S3 has an error', { kind: 'html', status: 502 }],
    ];
    for (const [when, fault] of passing) {
      it(when, async () => {
        server.fail(fault, fault);
        const scope = testScope();
        await (await partOf(CONTENT)).commit(KEY, scope);
        assert.ok(stored().equals(CONTENT));
        assert.equal(server.requests.length, 3);
        assert.deepEqual(
          scope.log.of('retry_wait').map(({ request }) => request),
          ['S3 PutObject', 'S3 PutObject'],
        );
      });
    }
  });

  describe('writes an object that may not replace another, and meets a conflict:', () => {
    const MANIFEST = 'manifests/project/full/2026-11/a.json';
    const conflict: S3Fault = { kind: 'error', status: 409, code: 'ConditionalRequestConflict' };
    const write = () => lakeWith('lake').writeObject(MANIFEST, '{"a":1}', testScope());

    it('it is written when the other write came to nothing', async () => {
      server.fail(conflict, conflict);
      assert.equal(await write(), 'written');
      assert.equal(server.objects.get(`lake/${MANIFEST}`)?.bytes.toString(), '{"a":1}');
    });

    it('it exists when the other write came first, although this was not the first attempt', async () => {
      await lakeWith('lake').writeObject(MANIFEST, '{"a":"another"}', testScope());
      server.fail(conflict);
      assert.equal(await write(), 'exists');
    });

    it('it is written when the other write was an attempt of its own whose answer was lost', async () => {
      server.fail({ kind: 'lose-answer' }, conflict);
      assert.equal(await write(), 'written');
    });
  });

  it('gives up after five attempts, and says what it was', async () => {
    server.fail(...Array.from({ length: 5 }, () => ({ kind: 'error', status: 503, code: 'SlowDown' }) as const));
    await assert.rejects((await partOf(CONTENT)).commit(KEY, testScope()), isLake('SlowDown'));
    assert.equal(server.requests.length, 5);
    assert.equal(server.objects.size, 0);
  });

  const final: ReadonlyArray<readonly [string, S3Fault, string]> = [
    ['access is denied', { kind: 'error', status: 403, code: 'AccessDenied' }, 'AccessDenied'],
    ['access is denied early', { kind: 'error', status: 403, code: 'AccessDenied', early: true }, 'AccessDenied'],
    ['the bucket is elsewhere', { kind: 'error', status: 301, code: 'PermanentRedirect' }, 'PermanentRedirect'],
    ['the key is disabled', { kind: 'error', status: 400, code: 'KMS.DisabledException' }, 'KMS.DisabledException'],
    ['something else than S3 answers with 200', { kind: 'html', status: 200 }, 'AnswerNotFromAws'],
  ];
  for (const [when, fault, code] of final) {
    it(`fails immediately when ${when}`, async () => {
      server.fail(fault);
      await assert.rejects((await partOf(CONTENT)).commit(KEY, testScope()), isLake(code));
      assert.equal(server.requests.length, 1);
      assert.equal(server.objects.size, 0);
    });
  }

  it('leaves no connection half-used after an early refusal', async () => {
    server.fail({ kind: 'error', status: 403, code: 'AccessDenied', early: true });
    await assert.rejects((await partOf(LARGE)).commit(KEY, testScope()));
    await (await partOf(CONTENT)).commit(KEY, testScope());
    assert.ok(stored().equals(CONTENT));
    assert.equal(server.connections, 1);
  });

  it('stops at the limit when S3 does not answer', async () => {
    server.fail({ kind: 'silence' });
    const part = await partOf(CONTENT);
    const scope = testScope({ clock, workMs: 0, limitMs: 150 });
    await assert.rejects(part.commit(KEY, scope), DeadlineReached);
    assert.equal(server.objects.size, 0);
    await part.discard();
  });

  it('fails when the part cannot be read back from the disk', async () => {
    const part = await partOf(CONTENT);
    disk.fail('read', 'EIO', 100);
    await assert.rejects(part.commit(KEY, testScope()), isLake('EIO'));
    assert.equal(server.objects.size, 0);
  });

  it('fails with advice of its own when the temporary folder is full', async () => {
    disk.fillAt(1000);
    await assert.rejects(partOf(CONTENT), (error) => {
      assert.ok(isLake('ENOSPC')(error));
      assert.match((error as HardFailure).facts.hint ?? '', /ephemeral storage/);
      return true;
    });
  });

  it('leaves one small object by its check, and says so', async () => {
    assert.match(await lake.check(testScope()), /s3:\/\/bucket\/lake .*_checks\/write-access\.txt stays/);
    await lake.check(testScope());
    assert.deepEqual([...server.objects.keys()], ['lake/_checks/write-access.txt']);
  });
});

/** A hard failure of kind `lake` that says what to do. */
function isLake(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof HardFailure, String(error));
    assert.equal(error.kind, 'lake');
    assert.equal(error.facts.code, code);
    assert.ok(error.facts.hint);
    return true;
  };
}
