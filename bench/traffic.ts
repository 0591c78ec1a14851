/** Counts what comes in to the HTTP servers of this process and what goes out, on the sockets themselves. */

import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export interface Traffic {
  /** By name. */
  readonly requests: Readonly<Record<string, number>>;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Opened since the last time. */
  readonly connections: number;
}

/**
 * Begins to count.
 *
 * @param nameOf names a request
 * @returns a function that tells what has come and gone since it was called last
 */
export function countTraffic(nameOf: (request: IncomingMessage) => string): () => Traffic {
  let requests: Record<string, number> = {};
  let connections = 0;
  const counted = new Map<Socket, { received: number; sent: number }>();

  subscribe('http.server.request.start', (message) => {
    const { request, socket } = message as { request: IncomingMessage; socket: Socket };
    const name = nameOf(request);
    requests[name] = (requests[name] ?? 0) + 1;
    if (counted.has(socket)) return;
    connections += 1;
    counted.set(socket, { received: 0, sent: 0 });
  });

  return () => {
    let receivedBytes = 0;
    let sentBytes = 0;
    for (const [socket, before] of counted) {
      receivedBytes += socket.bytesRead - before.received;
      sentBytes += socket.bytesWritten - before.sent;
      before.received = socket.bytesRead;
      before.sent = socket.bytesWritten;
      if (socket.destroyed) counted.delete(socket);
    }
    const traffic = { requests, receivedBytes, sentBytes, connections };
    requests = {};
    connections = 0;
    return traffic;
  };
}
