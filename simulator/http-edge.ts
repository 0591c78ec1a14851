/** Serves the model over HTTP: reads requests, compresses and delays answers. Faults of the wire are in `wire-faults.ts`. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { ModelAnswer } from './answer.ts';
import type { DitioModel } from './model.ts';
import { createPageCache, type PageCache } from './page-cache.ts';
import { sendFaulty } from './wire-faults.ts';

export interface EdgeOptions {
  readonly gzip: boolean;
  readonly gzipLevel: number;
  readonly pageCacheBytes: number;
}

export interface HttpEdge {
  readonly server: Server;
  /** Errors of the simulator itself; none are expected. Each was answered with status 500. */
  readonly defects: readonly unknown[];
  close(): Promise<void>;
}

/** Longer than clients keep a connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 120_000;
const MAX_BODY_BYTES = 1_000_000;

export function createHttpEdge(model: DitioModel, options: EdgeOptions): HttpEdge {
  const closing = new AbortController();
  const defects: unknown[] = [];
  const cache = createPageCache(options.pageCacheBytes);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, keepAliveTimeoutBuffer: 0 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A client that hangs up, or a simulator that is closed, is not a defect.
      if (response.destroyed || closing.signal.aborted) return;
      defects.push(error);
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(500, { 'content-type': 'application/json' })
          .end(JSON.stringify({ error: 'SimulatorDefect', message: String(error) }));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false;
    const body = await bodyOf(request);
    const given = model.handle({
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: request.headers as Record<string, string | undefined>,
      body,
    });
    if (given.delayMs > 0) await delay(given.delayMs, undefined, { signal: closing.signal });
    const zipped = options.gzip && given.headers['content-type'] !== undefined && acceptsGzip(request);
    const headers = { ...given.headers, ...(zipped && { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }) };
    const level = options.gzipLevel;
    if (given.wire)
      return await sendFaulty(given.wire, { ...given, headers }, zipped ? level : null, response, closing.signal);
    await send(given, headers, zipped ? level : null, response, cache);
  }

  return {
    server,
    defects,
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

/** @param level of compression; null for none */
async function send(
  given: ModelAnswer,
  headers: Readonly<Record<string, string>>,
  level: number | null,
  response: ServerResponse,
  cache: PageCache,
): Promise<void> {
  const key = given.cacheKey === null ? null : `${given.cacheKey} ${level}`;
  const kept = key === null ? undefined : cache.get(key);
  if (kept) {
    response.writeHead(given.status, { ...headers, 'content-length': kept.length }).end(kept);
    return;
  }
  const pieces = given.body;
  if (Array.isArray(pieces) && level === null) {
    const bytes = Buffer.concat(pieces);
    response
      .writeHead(given.status, given.status === 204 ? headers : { ...headers, 'content-length': bytes.length })
      .end(bytes);
    return;
  }
  response.writeHead(given.status, headers);
  const source = Readable.from(pieces, { objectMode: false, highWaterMark: 256 * 1024 });
  const keep = key === null ? null : cache.collect(key);
  const tap = async function* (bytes: AsyncIterable<Uint8Array>) {
    for await (const piece of bytes) {
      keep?.add(piece);
      yield piece;
    }
    keep?.done();
  };
  const last = keep ? [tap] : [];
  const stages =
    level === null
      ? [source, ...last, response]
      : [source, createGzip({ level, chunkSize: 64 * 1024 }), ...last, response];
  await pipeline(stages as [Readable, NodeJS.WritableStream]);
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /(^|[\s,])(gzip|\*)(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(request.headers['accept-encoding'] ?? ''));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) throw new RangeError('the request body is larger than any request to Ditio');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
