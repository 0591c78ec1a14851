/** Plays faults on the wire: cut connections, wrong lengths, bytes that arrive slowly or stop. */

import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { ModelAnswer, WireFault } from './answer.ts';

/** Time for the written bytes to reach the other side before the connection is cut. */
const SETTLE_MS = 15;

/**
 * @param level of compression; null for none
 * @param signal aborts faults that would otherwise hang forever
 */
export async function sendFaulty(
  fault: WireFault,
  answer: Pick<ModelAnswer, 'status' | 'headers' | 'body'>,
  level: number | null,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  if (fault.kind === 'stalled-head') return;
  if (fault.kind === 'reset-before-head') {
    response.socket?.resetAndDestroy();
    return;
  }
  const plain = Buffer.concat([...answer.body]);
  const bytes = level === null ? plain : gzipSync(plain, { level });
  const half = Math.ceil(bytes.length / 2);
  const start = (length: number) => response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
  switch (fault.kind) {
    case 'reset-midway':
      start(bytes.length).write(bytes.subarray(0, fault.afterBytes ?? half));
      await delay(SETTLE_MS, undefined, { signal });
      response.socket?.resetAndDestroy();
      return;
    case 'truncated-gzip': {
      const cut = bytes.subarray(0, Math.max(1, bytes.length - (fault.missingBytes ?? half)));
      start(cut.length).end(cut);
      return;
    }
    case 'wrong-content-length':
      start(Math.max(0, bytes.length + fault.byBytes)).write(bytes);
      await delay(SETTLE_MS, undefined, { signal });
      response.socket?.destroySoon();
      return;
    case 'stalled-body':
      start(bytes.length).write(bytes.subarray(0, fault.afterBytes ?? half));
      return;
    case 'dripping-body':
      start(bytes.length);
      for (let sent = 0; sent < bytes.length && !response.destroyed; sent += fault.bytes) {
        response.write(bytes.subarray(sent, sent + fault.bytes));
        await delay(fault.everyMs, undefined, { signal });
      }
      response.end();
      return;
  }
}
