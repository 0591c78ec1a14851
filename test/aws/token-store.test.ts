import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type EmbeddedDynamo, startDynamo } from '../../local/dynamo.ts';
import { createTokenStore } from '../../src/aws/token-store.ts';
import { connectTable, type DynamoTable } from '../contract/dynamo-world.ts';
import { at } from '../fakes/at.ts';
import { createSeededRandom } from '../fakes/random.ts';
import { testScope } from '../fakes/scope.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';

const TOKEN = { accessToken: 'made-up-token', expiresAt: at('2026-11-22T08:45:00.120Z') };

describe('a stored token', () => {
  let dynamo: EmbeddedDynamo;
  let table: DynamoTable;

  before(async () => {
    dynamo = await startDynamo(undefined, 'tokens');
    table = connectTable(dynamo.endpoint, 'tokens');
  });
  after(async () => {
    table.destroy();
    await dynamo.close();
  });

  it('is removed by the table itself, not before it has ended', async () => {
    const { client, clock } = table;
    const store = createTokenStore({ client, tableName: 'tokens', clock, random: createSeededRandom() });
    await store.write('key', TOKEN, testScope());
    const key = { pk: { S: 'token' }, sk: { S: 'key' } };
    const { Item } = await client.send(new GetItemCommand({ TableName: 'tokens', Key: key }));
    assert.deepEqual(Item, {
      ...key,
      accessToken: { S: 'made-up-token' },
      expiresAt: { N: String(TOKEN.expiresAt) },
      ttl: { N: String(at('2026-11-22T08:45:01.000Z') / 1000) },
    });
  });

  const unreadable: ReadonlyArray<readonly [string, object]> = [
    ['without a token', { expiresAt: { N: '1795336500120' } }],
    ['with an empty token', { accessToken: { S: '' }, expiresAt: { N: '1795336500120' } }],
    ['without an end', { accessToken: { S: 'made-up-token' } }],
    ['that ends at no instant', { accessToken: { S: 'made-up-token' }, expiresAt: { N: '1e30' } }],
  ];
  for (const [what, item] of unreadable) {
    it(`${what} counts as missing`, async () => {
      const client = { send: async () => ({ Item: item }) } as unknown as DynamoDBClient;
      const deps = { client, tableName: 'tokens', clock: createVirtualClock(), random: createSeededRandom() };
      const scope = testScope();
      assert.equal(await createTokenStore(deps).read('key', scope), undefined);
      assert.deepEqual(
        scope.log.lines.map(({ level, fields }) => [level, fields.code]),
        [['warn', 'TokenUnreadable']],
      );
    });
  }

  it('is not waited for as long as a cursor would be', async () => {
    const clock = createVirtualClock();
    const client = {
      send: (_: object, { abortSignal }: { abortSignal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          abortSignal.addEventListener('abort', () => reject(new Error('broken off')));
        }),
    } as unknown as DynamoDBClient;
    const store = createTokenStore({ client, tableName: 'tokens', clock, random: createSeededRandom() });
    assert.equal(await store.read('key', testScope({ clock })), undefined);
    assert.ok(clock.monotonicMs() < 5000, `${clock.monotonicMs()} ms`);
  });
});
