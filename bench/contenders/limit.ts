/**
 * Measures the maximum of this machine: it receives, decompresses, compresses and writes, without looking at any record.
 *
 * The next page needs the token of the one before. The token is at the end of an answer, so it is searched only in the last
 * few kilobytes. A page is still being compressed when the next one is requested.
 */

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, createZstdCompress } from 'node:zlib';
import { Pool } from 'undici';
import { type Job, measure } from './measure.ts';

const TAIL_BYTES = 4096;

await measure(async (job) => {
  const pool = new Pool(new URL(job.reportingUrl).origin, { connections: 1, pipelining: 1 });
  const copied = await copyStream(pool, job, await newToken(pool, job));
  await pool.close();
  return copied;
});

async function newToken(pool: Pool, { identityUrl, clientId, clientSecret }: Job): Promise<string> {
  const answer = await pool.request({
    method: 'POST',
    path: new URL(`${identityUrl}/connect/token`).pathname,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'reportingapiv1',
    }).toString(),
  });
  return ((await answer.body.json()) as { access_token: string }).access_token;
}

async function copyStream(pool: Pool, job: Job, token: string) {
  const { stream } = job;
  const file = createWriteStream(join(job.folder, `${stream.name}.json.${job.compression}`));
  const { pathname } = new URL(`${job.reportingUrl}/${stream.path}`);
  let continuationToken: string | null = null;
  let written: Promise<void> = Promise.resolve();
  let records = 0;
  let jsonBytes = 0;
  do {
    const query = new URLSearchParams({ ChunkLimit: String(job.pageSize) });
    if (continuationToken) query.set('ContinuationToken', continuationToken);
    const answer = await pool.request({
      method: 'GET',
      path: `${pathname}?${query}`,
      headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' },
    });
    if (answer.statusCode !== 200) throw new Error(`${stream.name} was answered with ${answer.statusCode}`);
    const packed = job.compression === 'gzip' ? createGzip() : createZstdCompress();
    await written;
    written = pipeline(packed, file, { end: false });
    written.catch(() => {});
    let tail = Buffer.alloc(0);
    const into = new Writable({
      highWaterMark: 512 * 1024,
      write(chunk: Buffer, _encoding, done) {
        jsonBytes += chunk.length;
        tail = Buffer.from(
          chunk.length >= TAIL_BYTES ? chunk.subarray(-TAIL_BYTES) : Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES),
        );
        if (packed.write(chunk)) done();
        else packed.once('drain', done);
      },
    });
    await pipeline(answer.body, createGunzip({ chunkSize: 512 * 1024 }), into);
    packed.end();
    const text = tail.toString('latin1');
    records += Number(/"recordCount":(\d+)/.exec(text)?.[1]);
    continuationToken = /"continuationToken":"([^"]+)"/.exec(text)?.[1] ?? null;
  } while (continuationToken !== null);
  await written;
  file.end();
  return { records, jsonBytes };
}
