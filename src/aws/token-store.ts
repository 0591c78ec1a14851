/**
 * Caches tokens for all invocations in DynamoDB, in the same table as the cursors.
 *
 *     pk "token" · sk <key> · accessToken S · expiresAt N (epoch ms) · ttl N (epoch s: DynamoDB deletes the item after it)
 *
 * The cache never fails a run: an unreadable token counts as missing, and a token that cannot be written is not shared.
 * Both are logged. Only `DeadlineReached` is thrown.
 */

import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { DeadlineReached, HardFailure } from '../core/failure/errors.ts';
import { callAws } from '../core/retry/aws-call.ts';
import type { Clock, Random, Scope } from '../core/scope.ts';
import { instant } from '../core/time/instant.ts';
import type { StoredToken, TokenStore } from '../ports.ts';

export interface TokenStoreDeps {
  /** Built with `maxAttempts: 1`. */
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Short, because requesting a new token is faster than waiting for a slow cache. Milliseconds. */
const ATTEMPT_TIMEOUT_MS = 2000;
const DELAYS_MS: readonly number[] = [100];

const itemSchema = v.object({
  accessToken: v.object({ S: v.pipe(v.string(), v.minLength(1)) }),
  expiresAt: v.object({ N: v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number)) }),
});

export function createTokenStore(deps: TokenStoreDeps): TokenStore {
  const { client, tableName: TableName } = deps;

  return {
    async read(key, scope) {
      return await ignoringFailures('read', scope, async () => {
        const input = { TableName, Key: keyOf(key), ConsistentRead: true };
        const answer = await call('GetItem', scope, (abortSignal) =>
          client.send(new GetItemCommand(input), { abortSignal }),
        );
        return answer.Item && toToken(answer.Item);
      });
    },

    async write(key, token, scope) {
      await ignoringFailures('write', scope, async () => {
        const input = {
          TableName,
          Key: keyOf(key),
          UpdateExpression: 'SET #accessToken = :accessToken, #expiresAt = :expiresAt, #ttl = :ttl',
          ExpressionAttributeNames: { '#accessToken': 'accessToken', '#expiresAt': 'expiresAt', '#ttl': 'ttl' },
          ExpressionAttributeValues: {
            ':accessToken': { S: token.accessToken },
            ':expiresAt': { N: String(token.expiresAt) },
            ':ttl': { N: String(Math.ceil(token.expiresAt / 1000)) },
          },
        };
        await call('UpdateItem', scope, (abortSignal) => client.send(new UpdateItemCommand(input), { abortSignal }));
      });
    },
  } satisfies TokenStore;

  function call<T>(operation: string, scope: Scope, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const what = {
      service: 'dynamodb',
      operation: `DynamoDB ${operation}`,
      attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
      delaysMs: DELAYS_MS,
      until: 'work',
    } as const;
    return callAws(deps, what, scope, send);
  }
}

function keyOf(key: string) {
  return { pk: { S: 'token' }, sk: { S: key } };
}

function toToken(item: unknown): StoredToken {
  const read = v.safeParse(itemSchema, item);
  if (!read.success) throw new HardFailure('state', 'the stored token cannot be read', { code: 'TokenUnreadable' });
  return { accessToken: read.output.accessToken.S, expiresAt: instant(read.output.expiresAt.N) };
}

/** The result of `work`; undefined when it fails, after a log line that says so. Throws only `DeadlineReached`. */
async function ignoringFailures<T>(
  operation: 'read' | 'write',
  scope: Scope,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeadlineReached) throw error;
    const { facts, message } = error instanceof HardFailure ? error : { facts: {}, message: 'an unexpected error' };
    const { code = null, status = null, hint = null } = facts;
    scope.log.warn('token_cache_failed', { store: operation, code, status, message, hint });
    return undefined;
  }
}
