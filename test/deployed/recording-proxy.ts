/**
 * Stands between the SDK and moto, and writes down what was asked for: each call as the IAM action and resource that a
 * role must allow. Can close its connections, as a peer does while a function is frozen.
 */

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface RecordingProxy {
  readonly endpoint: string;
  /** `action resource`, each once; resources are names or, for S3, ARNs. */
  readonly calls: ReadonlySet<string>;
  forget(): void;
  closeConnections(): void;
  /** Connections so far hear nothing any more, and are not closed: as when a NAT forgot them. New ones work. */
  silence(): void;
  close(): Promise<void>;
}

export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const calls = new Set<string>();
  const open = new Set<Socket>();
  const silenced = new Set<Socket>();
  const server = createServer(async (incoming, outgoing) => {
    if (silenced.has(incoming.socket)) return;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    calls.add(callOf(String(incoming.method), String(incoming.url), incoming.headers['x-amz-target'], body));
    const options = { method: incoming.method, headers: { ...incoming.headers, connection: 'close' } };
    const forwarded = request(new URL(incoming.url ?? '/', target), options, (answer) => {
      const { connection: _, 'transfer-encoding': __, ...headers } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    forwarded.end(body);
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  // Otherwise it would close idle connections after five seconds, which is not what a NAT does.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    forget: () => calls.clear(),
    closeConnections: () => server.closeAllConnections(),
    silence() {
      for (const socket of open) silenced.add(socket);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function callOf(method: string, url: string, target: string | string[] | undefined, body: Buffer): string {
  const [service, operation] = String(target ?? '').split('.');
  if (service?.startsWith('DynamoDB')) return `dynamodb:${operation} ${JSON.parse(body.toString()).TableName}`;
  if (service === 'secretsmanager') return `secretsmanager:${operation} ${JSON.parse(body.toString()).SecretId}`;
  const path = decodeURIComponent(new URL(url, 'http://s3').pathname);
  const query = new URL(url, 'http://s3').searchParams.get('x-id');
  return `s3:${query ?? method} arn:aws:s3:::${path.slice(1)}`;
}
