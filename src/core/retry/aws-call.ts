/**
 * A request to AWS through the one retry loop: the schedule, the log line of a wait, the failure at the end.
 *
 * Decides how often and how long AWS is asked. What an error means is decided in `aws-failures.ts`. The SDK's clients
 * must be built with `maxAttempts: 1`, so that there is no other loop.
 */

import type { Clock, Random, Scope } from '../../ports.ts';
import { type AwsService, awsFailure, evidenceOf, judgeAws, rowForAws } from '../failure/aws-failures.ts';
import { retry } from './retry.ts';

/** Waits between attempts, in milliseconds: AWS is near, and its throttling is over sooner than Ditio's. */
export const AWS_DELAYS_MS: readonly number[] = [100, 200, 400, 800];

export interface AwsCall {
  readonly service: AwsService;
  /** As a person knows it, such as `DynamoDB UpdateItem`. */
  readonly operation: string;
  /** Longest single attempt, in milliseconds. */
  readonly attemptTimeoutMs: number;
  /** Waits between attempts, in milliseconds; {@link AWS_DELAYS_MS} unless given. */
  readonly delaysMs?: readonly number[];
  /** `limit` for what makes work durable: its first attempt may run up to the end of the invocation. */
  readonly until: 'work' | 'limit';
}

/**
 * Sends the request until it is answered, refused for good, or out of attempts or time.
 *
 * Throws `HardFailure` or `DeadlineReached`. `send` must hand the signal on to the client.
 */
export function callAws<T>(
  deps: { readonly clock: Clock; readonly random: Random },
  call: AwsCall,
  scope: Scope,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { service, operation, attemptTimeoutMs, until } = call;
  const startedMs = deps.clock.monotonicMs();
  let attempts = 0;
  return retry(
    {
      clock: deps.clock,
      random: deps.random,
      onRetry: ({ attempt, delayMs, throttled, error }) => {
        const { status, code } = evidenceOf(error);
        scope.log.warn('retry_wait', {
          request: operation,
          attempt,
          delay_ms: Math.round(delayMs),
          throttled,
          reason: rowForAws(service, error).id,
          status: status ?? null,
          code: code ?? null,
        });
      },
    },
    {
      delaysMs: call.delaysMs ?? AWS_DELAYS_MS,
      attemptTimeoutMs,
      until,
      exhausted: (cause, sent, elapsedMs) => awsFailure(service, operation, cause, { attempts: sent, elapsedMs }),
    },
    scope,
    (error) => judgeAws(service, operation, error, { attempts, elapsedMs: deps.clock.monotonicMs() - startedMs }),
    ({ attempt, signal }) => {
      attempts = attempt;
      return send(signal);
    },
  );
}
