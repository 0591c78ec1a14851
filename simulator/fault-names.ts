/** Reads faults by name from the command line: `forbidden:project`, `hang:images,user`, `throttle`, `unauthorized:token`. */

import { didYouMean } from '../local/suggest.ts';
import type { Fault, FaultRule } from './faults.ts';
import { STREAM_NAMES } from './streams.ts';

/** The fault that each name plays on every request it concerns. */
const FAULTS = {
  'bad-request': { kind: 'status', status: 400 },
  unauthorized: { kind: 'status', status: 401 },
  forbidden: { kind: 'status', status: 403 },
  'not-found': { kind: 'status', status: 404 },
  throttle: { kind: 'status', status: 429, retryAfter: '30' },
  error: { kind: 'status', status: 500 },
  unavailable: { kind: 'status', status: 503 },
  html: { kind: 'html' },
  empty: { kind: 'empty' },
  hang: { kind: 'stalled-head' },
  stall: { kind: 'stalled-body' },
  reset: { kind: 'reset-midway' },
  slow: { kind: 'slow', ms: 5_000 },
  'refused-token': { kind: 'refused-token' },
  'broken-page': { kind: 'truncated-json' },
} as const satisfies Readonly<Record<string, Fault>>;

export const FAULT_NAMES = Object.keys(FAULTS);

/** @returns a rule without an end, or the problem with the text */
export function readFaultName(text: string): FaultRule | string {
  const [name = '', targets, ...rest] = text.split(':');
  const fault: Fault | undefined = Object.hasOwn(FAULTS, name) ? FAULTS[name as keyof typeof FAULTS] : undefined;
  if (!fault || rest.length > 0) {
    return `--fault must be one of ${FAULT_NAMES.join(', ')}, not "${text}"${didYouMean(name, FAULT_NAMES)}`;
  }
  const times = Number.POSITIVE_INFINITY;
  if (targets === undefined) return { fault, times };
  if (targets === 'token') return { fault, times, endpoint: 'token' };
  const streams = targets.split(',');
  const unknown = streams.filter((stream) => !STREAM_NAMES.some((known) => known === stream));
  if (unknown.length === 0) return { fault, times, streams };
  const told = unknown.map((stream) => `"${stream}"${didYouMean(stream, STREAM_NAMES)}`).join(', ');
  return `--fault ${name}: name streams, or "token" for the identity server, not ${told}`;
}
