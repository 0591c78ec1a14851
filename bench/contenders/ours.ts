/** Runs the extractor itself: the deployed bundle, with DynamoDB over HTTP and a lake in a folder. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measure, readJob } from './measure.ts';

/** Lambda's longest time limit. */
const INVOCATION_MS = 900_000;

interface Summary {
  readonly streams: readonly { readonly stream: string; readonly outcome: string; readonly records: number }[];
}

const job = readJob();
Object.assign(process.env, {
  DITIO_IDENTITY_URL: job.identityUrl,
  DITIO_REPORTING_URL: job.reportingUrl,
  DITIO_CLIENT_ID: job.clientId,
  DITIO_CLIENT_SECRET: job.clientSecret,
  STATE_TABLE: 'bench',
  LAKE_URL: pathToFileURL(join(job.folder, 'lake')).href,
  PAGE_SIZE: String(job.pageSize),
  LAKE_COMPRESSION: job.compression,
  STREAMS: job.stream.name,
  AWS_ENDPOINT_URL_DYNAMODB: job.dynamoUrl,
  AWS_REGION: 'eu-north-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});
const { handler } = await import(pathToFileURL(job.handlerFile ?? '').href);

await measure(async () => {
  let records = 0;
  for (let mode = 'full'; ; mode = 'auto') {
    const endsAt = performance.now() + INVOCATION_MS;
    const summary: Summary = await handler({ action: 'sync', mode }, context(endsAt));
    records += summary.streams.reduce((sum, stream) => sum + stream.records, 0);
    if (summary.streams.every(({ outcome }) => outcome === 'complete')) return { records };
  }
});
// Ends the process: connections that are kept for the next invocation would keep it alive.
process.exit();

function context(endsAt: number) {
  return { awsRequestId: 'bench', getRemainingTimeInMillis: () => Math.max(0, endsAt - performance.now()) };
}
