/**
 * Requests every page once in the same way as a contender, so that the source has it ready in compressed form.
 *
 * The source finds pages by the text of their URL, so the order of the parameters is that of each contender.
 */

import { once } from 'node:events';
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { type ContenderName, MODIFIED_SINCE, STREAM } from './contender.ts';
import type { Source } from './processes.ts';

type Parameter = 'ChunkLimit' | 'ModifiedSince' | 'ContinuationToken';

const FULL: readonly Parameter[] = ['ChunkLimit', 'ContinuationToken'];

const ORDERS: Readonly<Record<ContenderName, readonly Parameter[]>> = {
  limit: FULL,
  naive: FULL,
  ours: FULL,
  before: FULL,
  dlt: ['ChunkLimit', 'ModifiedSince', 'ContinuationToken'],
  airbyte: ['ContinuationToken', 'ChunkLimit', 'ModifiedSince'],
};

const TAIL_BYTES = 4096;

/** Returns a function that reads the pages for contenders and a page size, except those that it has already read. */
export function createWarmer(
  source: Source,
): (contenders: readonly { readonly name: ContenderName }[], pageSize: number) => Promise<void> {
  const agent = new Agent({ keepAlive: true });
  return async (contenders, pageSize) => {
    const token = await newToken(source);
    const orders = new Set(contenders.map(({ name }) => ORDERS[name].join(' ')));
    for (const order of orders)
      await readAll(source, STREAM.path, pageSize, order.split(' ') as Parameter[], token, agent);
    agent.destroy();
  };
}

async function readAll(
  source: Source,
  path: string,
  pageSize: number,
  order: readonly Parameter[],
  token: string,
  agent: Agent,
): Promise<void> {
  let continuationToken: string | null = null;
  do {
    const values = { ChunkLimit: pageSize, ModifiedSince: MODIFIED_SINCE, ContinuationToken: continuationToken };
    const url: URL = new URL(`${source.reportingUrl}/${path}`);
    for (const name of order) {
      const value = values[name];
      if (value !== null) url.searchParams.set(name, String(value));
    }
    continuationToken = await readPage(url, token, agent);
  } while (continuationToken !== null);
}

/** The continuation token at its end, null on the last page. */
async function readPage(url: URL, token: string, agent: Agent): Promise<string | null> {
  const request: ClientRequest = get(url, {
    agent,
    headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' },
  });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`${url.pathname} was answered with ${answer.statusCode}`);
  let tail = Buffer.alloc(0);
  for await (const chunk of answer.pipe(createGunzip()) as AsyncIterable<Buffer>) {
    tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
  }
  return /"continuationToken":"([^"]+)"/.exec(tail.toString('latin1'))?.[1] ?? null;
}

async function newToken({ identityUrl, clientId, clientSecret }: Source): Promise<string> {
  const answer = await fetch(`${identityUrl}/connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'reportingapiv1',
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
