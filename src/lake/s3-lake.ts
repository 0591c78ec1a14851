/**
 * Writes a lake into S3. A part is one object, sent with the checksum that was computed while the part was written.
 *
 * An object becomes visible when S3 has all of it and has verified the checksum. Each attempt reads the file again. Nothing
 * in S3 is ever read, listed or removed: `s3:PutObject` is enough.
 */

import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { diskFailure } from '../core/failure/judge.ts';
import { callAws } from '../core/retry/aws-call.ts';
import type { Clock, Random, Scope } from '../core/scope.ts';
import type { Compression, Lake } from '../ports.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { createSpool, partWriter, type SpooledPart } from './spool.ts';

export interface S3LakeDeps {
  /** Built with `maxAttempts: 1`. */
  readonly client: S3Client;
  readonly bucket: string;
  /** Without slashes at its ends; empty for no prefix. */
  readonly prefix: string;
  /** Folder for parts that are not whole yet; made when it is missing. */
  readonly spoolFolder: string;
  readonly compression: Compression;
  readonly clock: Clock;
  readonly random: Random;
  /** Replaced in tests only. */
  readonly disk?: Disk;
}

/** The content of an object: a small text, or the file of a part. */
interface Content {
  readonly bytes: number;
  readonly crc: number;
  readonly type: string;
  /** Returns a new stream for each attempt. */
  readonly body: () => Buffer | Readable;
}

/** Time limit of an attempt: this, and the time that its bytes take at a speed that is slow for S3. */
const ATTEMPT_TIMEOUT_MS = 10_000;
const SLOW_BYTES_PER_MS = 1000;

export function createS3Lake(deps: S3LakeDeps): Lake {
  const { client, bucket, prefix, clock, random, compression, disk = nodeDisk } = deps;
  const spool = createSpool(
    { disk, clock, random },
    { folder: deps.spoolFolder, nameless: true, mode: 0o600, compression, place: 'spool' },
  );

  return {
    compression,

    async openPart() {
      const part = await spool.openPart();
      return partWriter(part, async (key, scope) => {
        await put(key, partContent(part), scope);
        await part.discard();
      });
    },

    async writeObject(key, text, scope) {
      const content = textContent(text, 'application/json');
      let mayBeOurs = false;
      return await callAws({ clock, random }, putCall(content), scope, async (signal) => {
        try {
          await putOnce(key, content, signal, { IfNoneMatch: '*' });
          return 'written';
        } catch (error) {
          if (isNamed(error, 'PreconditionFailed')) return mayBeOurs ? 'written' : 'exists';
          // An earlier attempt whose answer was lost may have written the object; one that met another write has not.
          mayBeOurs ||= !isNamed(error, 'ConditionalRequestConflict');
          throw error;
        }
      });
    },

    async check(scope) {
      const key = '_checks/write-access.txt';
      await put(key, textContent('Written by the action "check"; may be removed.\n', 'text/plain'), scope);
      const place = prefix === '' ? '' : `/${prefix}`;
      return `objects can be written to s3://${bucket}${place} (${key} stays, because the role may not delete)`;
    },
  } satisfies Lake;

  async function put(key: string, content: Content, scope: Scope): Promise<void> {
    await callAws({ clock, random }, putCall(content), scope, (signal) => putOnce(key, content, signal));
  }

  async function putOnce(
    key: string,
    content: Content,
    signal: AbortSignal,
    condition: { readonly IfNoneMatch?: '*' } = {},
  ): Promise<void> {
    const checksum = base64Crc(content.crc);
    const body = content.body();
    const broken = new AbortController();
    let readError: unknown;
    if (body instanceof Readable) {
      // The SDK would wait forever for the rest of an unreadable body.
      body.on('error', (error) => {
        readError = error;
        broken.abort();
      });
    }
    try {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: prefix === '' ? key : `${prefix}/${key}`,
        Body: body,
        ContentLength: content.bytes,
        ContentType: content.type,
        ChecksumCRC32: checksum,
        ...condition,
      });
      const answer = await client.send(command, { abortSignal: AbortSignal.any([signal, broken.signal]) });
      // A proxy before S3 may also answer 200 to a PUT.
      if (!answer.ETag) throw named('AnswerNotFromAws', 'the answer has no ETag');
      if (answer.ChecksumCRC32 !== undefined && answer.ChecksumCRC32 !== checksum) {
        throw named('ChecksumDiffers', 'S3 has computed another checksum');
      }
    } catch (error) {
      // Otherwise a request that got an early answer would keep its connection and its half-sent body.
      broken.abort();
      throw readError === undefined ? error : diskFailure('spool', 'reading a part', readError);
    } finally {
      if (body instanceof Readable) body.destroy();
    }
  }
}

function putCall(content: Content) {
  const attemptTimeoutMs = ATTEMPT_TIMEOUT_MS + content.bytes / SLOW_BYTES_PER_MS;
  return { service: 's3', operation: 'S3 PutObject', attemptTimeoutMs, until: 'limit' } as const;
}

/** The errors of `If-None-Match`. By name: the class would differ if the SDK were loaded twice. */
function isNamed(error: unknown, name: 'PreconditionFailed' | 'ConditionalRequestConflict'): boolean {
  return error instanceof Error && error.name === name;
}

function partContent(part: SpooledPart): Content {
  const { bytes, crc } = part;
  const body = () => Readable.from(part.content(), { objectMode: false });
  // No Content-Encoding, so that a client gets the compressed file that the name of the object promises.
  return { bytes, crc, type: `application/${part.compression}`, body };
}

function textContent(text: string, type: string): Content {
  const body = Buffer.from(text);
  return { bytes: body.byteLength, crc: crc32(body), type, body: () => body };
}

/** The checksum in the form of S3: its four bytes, highest first, in Base64. */
function base64Crc(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
