/** Makes answers that are faults as a whole, and sorts faults by the part that plays them. */

import { Buffer } from 'node:buffer';
import { errorReply, jsonReply, type Reply, textReply, type WireFault } from './answer.ts';
import type { AnswerFault, Fault } from './faults.ts';
import { unauthorizedReply } from './identity.ts';
import { formatHttpDate } from './ticks.ts';

const ANSWER_FAULTS: ReadonlySet<string> = new Set<AnswerFault['kind']>([
  'status',
  'redirect',
  'html',
  'empty',
  'endless-body',
  'compression-bomb',
]);

const WIRE_FAULTS: ReadonlySet<string> = new Set<WireFault['kind']>([
  'reset-before-head',
  'reset-midway',
  'truncated-gzip',
  'wrong-content-length',
  'stalled-head',
  'stalled-body',
  'dripping-body',
]);

export function isAnswerFault(fault: Fault): fault is AnswerFault {
  return ANSWER_FAULTS.has(fault.kind);
}

export function isWireFault(fault: Fault): fault is WireFault {
  return WIRE_FAULTS.has(fault.kind);
}

const REASONS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['InvalidParameter', 'A parameter is not valid.'],
  403: ['Forbidden', 'You are not allowed to see this resource.'],
  404: ['NotFound', 'There is no such resource.'],
  429: ['TooManyRequests', 'Too many requests. Please slow down.'],
  500: ['InternalServerError', 'An unexpected error occurred.'],
  502: ['BadGateway', 'The upstream server did not answer properly.'],
  503: ['ServiceUnavailable', 'The service is being updated.'],
  504: ['GatewayTimeout', 'The upstream server did not answer in time.'],
};

const PIECE_BYTES = 64 * 1024;
const BOMB_BYTES = 2 ** 30;

export function answerFaultReply(fault: AnswerFault, nowMs: number): Reply {
  switch (fault.kind) {
    case 'status': {
      if (fault.status === 401) return unauthorizedReply('The token is not valid');
      const [code, message] = REASONS[fault.status] ?? ['Error', `Status ${fault.status}.`];
      const headers: Record<string, string> = {};
      if (typeof fault.retryAfter === 'string') headers['retry-after'] = fault.retryAfter;
      else if (fault.retryAfter) headers['retry-after'] = formatHttpDate(nowMs + fault.retryAfter.dateInSeconds * 1000);
      return errorReply(
        fault.status,
        fault.code ?? code,
        fault.message ?? message,
        fault.body ?? 'simple',
        null,
        headers,
      );
    }
    case 'redirect':
      return textReply(fault.status ?? 302, null, '', { location: fault.location ?? '/somewhere/else' });
    case 'html':
      return textReply(
        200,
        'text/html',
        '<!doctype html><html><title>Vedlikehold</title><body>Kommer snart tilbake</body></html>',
      );
    case 'empty':
      return textReply(200, 'application/json; charset=utf-8', '');
    case 'endless-body':
      return { ...jsonReply(200, null), body: endless(fault.of ?? 'spaces') };
    case 'compression-bomb':
      return { ...jsonReply(200, null), body: bomb(fault.expandedBytes ?? BOMB_BYTES) };
  }
}

/** JSON that never ends: white space, or endless records. */
function* endless(of: 'spaces' | 'records'): Generator<Uint8Array> {
  yield Buffer.from('{"data":[{"id":"0"}');
  const spaces = Buffer.alloc(PIECE_BYTES, ' ');
  for (let number = 1; ; number += 1) {
    yield of === 'spaces' ? spaces : Buffer.from(`,{"id":"${number}","description":"${'x'.repeat(1_000)}"}`);
  }
}

/** A good page with a great deal of white space in it. */
function* bomb(expandedBytes: number): Generator<Uint8Array> {
  yield Buffer.from('{"data":[');
  const spaces = Buffer.alloc(PIECE_BYTES, ' ');
  for (let sent = 0; sent < expandedBytes; sent += PIECE_BYTES) yield spaces;
  yield Buffer.from('],"continuationToken":null,"syncTypeName":"full","recordCount":0,"deletedRecordCount":0}');
}
