/** Turns anything that was thrown into a hard failure, and a hard failure into its log line (contract, section 7). */

import { HardFailure } from '../core/failure/errors.ts';
import { KIND_HINTS } from '../core/failure/hints.ts';
import type { Log } from '../core/scope.ts';

/** What was thrown, as a hard failure. What was not classified is `unexpected`, with the evidence as `cause`. */
export function toHardFailure(error: unknown): HardFailure {
  if (error instanceof HardFailure) return error;
  const message =
    error instanceof Error ? `${error.name}: ${error.message}` : 'something was thrown that is not an error';
  return new HardFailure('unexpected', message, {}, error);
}

/** Fields of a line that concerns the run as a whole: the line has both fields, as `null`. */
export const OUTSIDE_STREAMS = { stream: null, sync_id: null } as const;

/**
 * Writes the one line that tells the person on call what happened and what to do. `log` carries `stream` and `sync_id`,
 * or {@link OUTSIDE_STREAMS}.
 */
export function logHardFailure(log: Log, failure: HardFailure): void {
  const { status, code, detail, traceId, errors, request, attempts, elapsedMs, hint } = failure.facts;
  log.error('hard_failure', {
    kind: failure.kind,
    message: failure.message,
    status: status ?? null,
    code: code ?? null,
    detail: detail ?? null,
    trace_id: traceId ?? null,
    errors: errors ?? [],
    request: request ?? null,
    attempts: attempts ?? null,
    elapsed_ms: elapsedMs === undefined ? null : Math.round(elapsedMs),
    hint: hint ?? KIND_HINTS[failure.kind],
    retryable: false,
    ...(failure.kind === 'unexpected' && { stack: stackOf(failure) }),
  });
}

/** Frames only: the message of an unknown error may hold anything, also lines that look like frames. */
function stackOf(failure: HardFailure): string[] {
  const source = failure.cause instanceof Error ? failure.cause : failure;
  const stack = source.stack ?? '';
  const message = stack.indexOf(source.message);
  return stack
    .slice(message === -1 ? stack.length : message + source.message.length)
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
    .map((line) => line.trim());
}
