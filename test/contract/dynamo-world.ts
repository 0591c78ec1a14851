/**
 * A table of DynamoDB, or of what stands in for it, behind the real SDK, with handles to break what is behind it.
 *
 * Works on any endpoint: dynalite in this process, DynamoDB Local, moto.
 */

import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type CursorStoreDeps, createCursorStore } from '../../src/aws/cursor-store.ts';
import { createTokenStore } from '../../src/aws/token-store.ts';
import type { Clock } from '../../src/core/scope.ts';
import { connect } from '../fakes/aws.ts';
import { createHurriedClock } from '../fakes/hurried-clock.ts';
import { createSeededRandom } from '../fakes/random.ts';
import type { CursorStoreWorld } from './cursor-store.ts';
import type { TokenStoreWorld } from './token-store.ts';

export interface DynamoTable {
  readonly client: DynamoDBClient;
  readonly clock: Clock;
  /** Closes the connections. */
  destroy(): void;
  /** The next write is done, but its answer is lost. */
  loseNextAnswer(): void;
  /** Puts raw attributes into an item. */
  put(pk: string, sk: string, attributes: Readonly<Record<string, RawAttribute>>): Promise<void>;
}

type RawAttribute = { readonly S: string } | { readonly N: string } | { readonly BOOL: boolean };

export function connectTable(endpoint: string, tableName: string): DynamoTable {
  const clock = createHurriedClock();
  const { dynamodb: client, destroy } = connect({ AWS_ENDPOINT_URL_DYNAMODB: endpoint });
  let losesAnswer = false;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      if (!losesAnswer || context.commandName !== 'UpdateItemCommand') return answer;
      losesAnswer = false;
      throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
    },
    { step: 'initialize', name: 'loseAnswer' },
  );
  return {
    client,
    clock,
    destroy,
    loseNextAnswer() {
      losesAnswer = true;
    },
    async put(pk, sk, attributes) {
      const names = Object.keys(attributes);
      const command = new UpdateItemCommand({
        TableName: tableName,
        Key: { pk: { S: pk }, sk: { S: sk } },
        UpdateExpression: `SET ${names.map((_, index) => `#${index} = :${index}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#${index}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          names.map((name, index) => [`:${index}`, attributes[name] as RawAttribute]),
        ),
      });
      await client.send(command);
    },
  };
}

/** For {@link cursorStoreSuite}. The table must exist; `close` leaves it there. */
export async function dynamoCursorWorld(endpoint: string, tableName: string): Promise<CursorStoreWorld> {
  const table = connectTable(endpoint, tableName);
  const deps: CursorStoreDeps = {
    client: table.client,
    tableName,
    lakeId: 'lake',
    clock: table.clock,
    random: createSeededRandom(),
  };
  return {
    store: createCursorStore(deps),
    broken: createCursorStore({ ...deps, tableName: `${tableName}-missing` }),
    ofAnotherLake: createCursorStore({ ...deps, lakeId: 'another' }),
    loseNextAnswer: table.loseNextAnswer,
    corrupt: (stream) => table.put('cursor#lake', stream, { state: { S: '{"schema":1}' } }),
    close: async () => table.destroy(),
  };
}

/** For {@link tokenStoreSuite}. The table must exist; `close` leaves it there. */
export async function dynamoTokenWorld(endpoint: string, tableName: string): Promise<TokenStoreWorld> {
  const table = connectTable(endpoint, tableName);
  const deps = { client: table.client, tableName, clock: table.clock, random: createSeededRandom() };
  return {
    store: createTokenStore(deps),
    broken: createTokenStore({ ...deps, tableName: `${tableName}-missing` }),
    corrupt: (key) => table.put('token', key, { expiresAt: { S: 'soon' } }),
    close: async () => table.destroy(),
  };
}
