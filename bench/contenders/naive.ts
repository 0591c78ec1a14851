/**
 * Runs the simplest extractor: it fetches a page, parses it, and writes each record to a gzip stream.
 *
 * Like ours it adds the two members of a line to each record. It has no state, no retry, no deadline and no checks.
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { type Job, measure } from './measure.ts';

await measure(async (job) => ({ records: await extract(job, await newToken(job)) }));

async function newToken({ identityUrl, clientId, clientSecret }: Job): Promise<string> {
  const response = await fetch(`${identityUrl}/connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'reportingapiv1',
    }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function extract(job: Job, token: string): Promise<number> {
  const { stream } = job;
  const gzip = createGzip();
  const file = createWriteStream(join(job.folder, `${stream.name}.ndjson.gz`));
  gzip.pipe(file);
  const syncId = new Date().toISOString();
  let continuationToken: string | null = null;
  let records = 0;
  do {
    const url = new URL(`${job.reportingUrl}/${stream.path}`);
    url.searchParams.set('ChunkLimit', String(job.pageSize));
    if (continuationToken) url.searchParams.set('ContinuationToken', continuationToken);
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${stream.name} was answered with ${response.status}`);
    const page = (await response.json()) as { data: object[]; continuationToken: string | null };
    const extractedAt = new Date().toISOString();
    for (const record of page.data) {
      const line = JSON.stringify({ _sync_id: syncId, _extracted_at: extractedAt, ...record });
      if (!gzip.write(`${line}\n`)) await once(gzip, 'drain');
    }
    records += page.data.length;
    continuationToken = page.continuationToken;
  } while (continuationToken);
  gzip.end();
  await once(file, 'close');
  return records;
}
