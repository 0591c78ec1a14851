/** Servers on loopback that misbehave on purpose. */

import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';

export interface Loopback {
  readonly url: URL;
  /** Connections accepted so far. */
  connections(): number;
  close(): Promise<void>;
}

/** An HTTP server that answers as told. */
export async function serveHttp(listener: RequestListener): Promise<Loopback> {
  return await listen(createServer({ keepAliveTimeout: 60_000 }, listener));
}

/** A server that speaks bytes; `onRequest` is called with each piece that arrives, and which connection it came on. */
export async function serveBytes(
  onRequest: (socket: Socket, text: string, connection: number) => void,
): Promise<Loopback> {
  let connections = 0;
  const server = createSocketServer((socket) => {
    connections += 1;
    const connection = connections;
    socket.on('error', () => {});
    socket.on('data', (bytes) => onRequest(socket, bytes.toString('latin1'), connection));
  });
  return await listen(server);
}

async function listen(server: Server): Promise<Loopback> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Resolves once the condition holds; the test's own timeout is what ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
