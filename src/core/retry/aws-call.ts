/**
 * Sends a request to AWS through the one retry loop.
 *
 * The SDK's clients must be built with `maxAttempts: 1`, so that there is no second loop.
 */

import { type AwsService, judge } from '../failure/judge.ts';
import type { Clock, Random, Scope } from '../scope.ts';
import { retry } from './retry.ts';

/** Waits between attempts, in milliseconds. AWS is near, and its throttling ends sooner than Ditio's. */
export const AWS_DELAYS_MS: readonly number[] = [100, 200, 400, 800];

export interface AwsCall {
  readonly service: AwsService;
  /** Name for messages, such as `DynamoDB UpdateItem`. */
  readonly operation: string;
  /** Longest single attempt, in milliseconds. */
  readonly attemptTimeoutMs: number;
  /** Waits between attempts, in milliseconds; {@link AWS_DELAYS_MS} unless given. */
  readonly delaysMs?: readonly number[];
  /**
   * `limit`: the first attempt may run until the invocation's limit, for writes that make work durable. `work`: it must end
   * before the reserve begins.
   */
  readonly until: 'work' | 'limit';
}

/**
 * Sends the request until it succeeds, fails for good, or has no attempts or time left. It does not use the run's retry
 * budget: errors of Ditio must not use up the retries that make work durable.
 *
 * Throws `HardFailure` or `DeadlineReached`. `send` must pass the signal to the client.
 */
export function callAws<T>(
  deps: { readonly clock: Clock; readonly random: Random },
  call: AwsCall,
  scope: Scope,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { service, operation, attemptTimeoutMs, until, delaysMs = AWS_DELAYS_MS } = call;
  const label = { place: service, request: operation };
  return retry(
    { clock: deps.clock, random: deps.random },
    { delaysMs, attemptTimeoutMs, until },
    scope,
    (error, attempted) => judge(label, error, attempted),
    ({ signal }) => send(signal),
  );
}
