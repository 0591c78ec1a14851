/**
 * S3 on loopback, as far as `PutObject` with path-style addresses goes: objects appear whole and only with the right
 * length and checksum, none is replaced where `If-None-Match` says so, and a test can put faults before them.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

export interface StoredObject {
  readonly bytes: Buffer;
  readonly contentType: string | undefined;
}

/** What the server does with a request instead of storing the object. */
export type S3Fault =
  /** Answers with an error of the service; `early` does so before the body has arrived. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly early?: boolean }
  /** Answers with a body that does not come from AWS. */
  | { readonly kind: 'html'; readonly status: number }
  /** Breaks the connection off before the body has arrived. */
  | { readonly kind: 'reset' }
  /** Stores the object and breaks the connection off. */
  | { readonly kind: 'lose-answer' }
  /** Damages a byte of the body before it is looked at. */
  | { readonly kind: 'damage' }
  /** Stores the object and answers with the checksum of another one. */
  | { readonly kind: 'other-checksum' }
  /** Reads the body and never answers. */
  | { readonly kind: 'silence' };

export interface S3Server {
  readonly endpoint: string;
  /** By key, prefix included. */
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** Faults for the next requests, one each. */
  fail(...faults: S3Fault[]): void;
  /** Requests so far, in the order they arrived, faults included. */
  readonly requests: ReadonlyArray<{ readonly key: string; readonly headers: IncomingMessage['headers'] }>;
  /** Connections that are open. */
  readonly connections: number;
  close(): Promise<void>;
}

export async function startS3Server(bucket: string): Promise<S3Server> {
  const objects = new Map<string, StoredObject>();
  const requests: { key: string; headers: IncomingMessage['headers'] }[] = [];
  const faults: S3Fault[] = [];
  let connections = 0;

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => {
      connections -= 1;
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name, ...rest] = decodeURIComponent(new URL(request.url ?? '', 'http://s3').pathname).split('/');
    const key = rest.join('/');
    requests.push({ key, headers: request.headers });
    const fault = faults.shift();
    if (fault?.kind === 'reset') return void request.socket.destroy();
    if (fault?.kind === 'error' && fault.early) return refuse(response, fault.status, fault.code);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'error') return refuse(response, fault.status, fault.code);
    if (fault?.kind === 'html') {
      response.writeHead(fault.status, { 'content-type': 'text/html' });
      return void response.end('<html>not here</html>');
    }
    if (fault?.kind === 'damage') bytes[0] = (bytes[0] ?? 0) ^ 1;
    if (request.method !== 'PUT') return refuse(response, 405, 'MethodNotAllowed');
    if (name !== bucket) return refuse(response, 404, 'NoSuchBucket');
    if (request.headers['if-none-match'] === '*' && objects.has(key))
      return refuse(response, 412, 'PreconditionFailed');
    if (Number(request.headers['content-length']) !== bytes.byteLength) return refuse(response, 400, 'IncompleteBody');
    const checksum = checksumOf(bytes);
    if (request.headers['x-amz-checksum-crc32'] !== checksum) return refuse(response, 400, 'BadDigest');
    objects.set(key, { bytes, contentType: request.headers['content-type'] });
    if (fault?.kind === 'lose-answer') return void request.socket.destroy();
    const told = fault?.kind === 'other-checksum' ? 'AAAAAA==' : checksum;
    response.writeHead(200, { etag: `"${checksum}"`, 'x-amz-checksum-crc32': told });
    response.end();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    requests,
    fail: (...more) => void faults.push(...more),
    get connections() {
      return connections;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>made-up message</Message></Error>`);
}

function checksumOf(bytes: Buffer): string {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return checksum.toString('base64');
}
