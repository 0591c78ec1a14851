/** Tests the cursor store in DynamoDB; `test/contract/cursor-store.ts` has the tests for every store. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type EmbeddedDynamo, startDynamo } from '../../local/dynamo.ts';
import { createCursorStore } from '../../src/aws/cursor-store.ts';
import { createTokenStore } from '../../src/aws/token-store.ts';
import { HardFailure } from '../../src/core/failure/errors.ts';
import type { CursorStore } from '../../src/ports.ts';
import { connectTable, type DynamoTable } from '../contract/dynamo-world.ts';
import { at } from '../fakes/at.ts';
import { someCursor } from '../fakes/full-cursor.ts';
import { createSeededRandom } from '../fakes/random.ts';
import { testScope } from '../fakes/scope.ts';
import { createVirtualClock } from '../fakes/virtual-clock.ts';

const NOW = at('2026-11-22T08:15:00.000Z');
const UNTIL = at('2026-11-22T08:30:05.000Z');
const ASK = { stream: 'project', owner: 'b', now: NOW, until: UNTIL };

/** A store whose client answers with these, one a request; an error is thrown. */
function storeAnswering(...answers: (object | Error)[]): { store: CursorStore; asked: string[] } {
  const asked: string[] = [];
  const client = {
    async send(command: object) {
      asked.push(command.constructor.name);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer ?? {};
    },
  } as unknown as DynamoDBClient;
  const deps = {
    client,
    tableName: 'state',
    lakeId: 'lake',
    clock: createVirtualClock(),
    random: createSeededRandom(),
  };
  return { store: createCursorStore(deps), asked };
}

function refusal(item?: object): Error {
  return Object.assign(new Error('The conditional request failed'), {
    name: 'ConditionalCheckFailedException',
    $metadata: { httpStatusCode: 400 },
    ...(item && { Item: item }),
  });
}

describe('a refused lease', () => {
  it('is read from the item that came with the refusal, without another request', async () => {
    const { store, asked } = storeAnswering(refusal({ leaseUntil: { N: String(UNTIL) } }));
    assert.deepEqual(await store.acquire(ASK, testScope()), { acquired: false, heldUntil: UNTIL });
    assert.deepEqual(asked, ['UpdateItemCommand']);
  });

  it('is read by another request where no item came with the refusal', async () => {
    const { store, asked } = storeAnswering(refusal(), { Item: { leaseUntil: { N: String(UNTIL) } } });
    assert.deepEqual(await store.acquire(ASK, testScope()), { acquired: false, heldUntil: UNTIL });
    assert.deepEqual(asked, ['UpdateItemCommand', 'GetItemCommand']);
  });

  it('that was given back meanwhile is refused without an end', async () => {
    assert.deepEqual(await storeAnswering(refusal(), {}).store.acquire(ASK, testScope()), {
      acquired: false,
      heldUntil: null,
    });
  });
});

describe('a read', () => {
  it('sees every write before it', async () => {
    const asked: { readonly ConsistentRead?: boolean }[] = [];
    const client = {
      async send(command: { readonly input: { readonly ConsistentRead?: boolean } }) {
        asked.push(command.input);
        return {};
      },
    } as unknown as DynamoDBClient;
    const deps = {
      client,
      tableName: 'state',
      lakeId: 'lake',
      clock: createVirtualClock(),
      random: createSeededRandom(),
    };
    await createCursorStore(deps).list(testScope());
    await createCursorStore(deps).read('project', testScope());
    await createTokenStore(deps).read('key', testScope());
    assert.deepEqual(
      asked.map(({ ConsistentRead }) => ConsistentRead),
      [true, true, true],
    );
  });
});

describe('an answer of DynamoDB', () => {
  it('without the item it stored is a failure', async () => {
    await assert.rejects(storeAnswering({}).store.acquire(ASK, testScope()), isState);
  });

  it('that comes in pieces is listed to its end', async () => {
    const item = (stream: string) => ({ sk: { S: stream }, version: { N: '1' }, owner: { S: 'a' } });
    const { store } = storeAnswering(
      { Items: [item('a')], LastEvaluatedKey: { pk: { S: 'cursor' }, sk: { S: 'a' } } },
      { Items: [], LastEvaluatedKey: { pk: { S: 'cursor' }, sk: { S: 'a' } } },
      { Items: [item('b')] },
    );
    const listed = await store.list(testScope());
    assert.deepEqual(
      listed.map(({ stream }) => stream),
      ['a', 'b'],
    );
  });

  it('that broke off in the middle of a list is a failure, never a shorter list', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const more = { Items: [], LastEvaluatedKey: { pk: { S: 'cursor' }, sk: { S: 'a' } } };
    await assert.rejects(storeAnswering(more, denied).store.list(testScope()), isState);
  });

  it('that says "slow down" is asked for again', async () => {
    const slow = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    const { store } = storeAnswering(slow, slow, {});
    const write = { stream: 'project', owner: 'a', version: 1, cursor: someCursor(), leaseUntil: null };
    assert.equal(await store.save(write, testScope()), 'saved');
  });
});

describe('an item that was damaged', () => {
  let dynamo: EmbeddedDynamo;
  let table: DynamoTable;
  let store: CursorStore;

  before(async () => {
    dynamo = await startDynamo(undefined, 'damaged');
    table = connectTable(dynamo.endpoint, 'damaged');
    const { client, clock } = table;
    store = createCursorStore({ client, tableName: 'damaged', lakeId: 'lake', clock, random: createSeededRandom() });
  });
  after(async () => {
    table.destroy();
    await dynamo.close();
  });

  it('in its lease fails, and does not look leased forever', async () => {
    await table.put('cursor#lake', 'lease', { version: { N: '1' }, owner: { S: 'a' }, leaseUntil: { S: 'tomorrow' } });
    await assert.rejects(store.acquire({ ...ASK, stream: 'lease' }, testScope()), isState);
  });

  it('in its version fails', async () => {
    await table.put('cursor#lake', 'version', { version: { S: 'one' }, owner: { S: 'a' } });
    await assert.rejects(store.acquire({ ...ASK, stream: 'version' }, testScope()), isState);
  });

  it('in its state fails, and is still there to be looked at', async () => {
    await table.put('cursor#lake', 'state', { version: { N: '1' }, owner: { S: 'a' }, state: { S: '{"schema":' } });
    await assert.rejects(store.acquire({ ...ASK, stream: 'state' }, testScope()), isState);
    const key = { pk: { S: 'cursor#lake' }, sk: { S: 'state' } };
    const { Item } = await table.client.send(new GetItemCommand({ TableName: 'damaged', Key: key }));
    assert.deepEqual(Item?.state, { S: '{"schema":' });
  });
});

describe('a state that grows', () => {
  it('is warned of before it is too large', async () => {
    const parts = Array.from({ length: 18_000 }, (_, index) => ({
      version: index + 1,
      run: '0b0e7c1a',
      compression: 'gzip' as const,
      records: 45_000,
      bytes: 8e6,
    }));
    const base = someCursor();
    const cursor = { ...base, own: base.own && { ...base.own, parts } };
    const scope = testScope();
    const { store } = storeAnswering({});
    await store.save({ stream: 'project', owner: 'a', version: 1, cursor, leaseUntil: null }, scope);
    assert.equal(scope.log.of('checkpoint').length, 1);
    assert.ok(Number(scope.log.of('checkpoint')[0]?.state_bytes) > 300_000);
  });
});

function isState(error: unknown): boolean {
  assert.ok(error instanceof HardFailure, String(error));
  assert.equal(error.kind, 'state');
  assert.ok(error.facts.hint ?? error.message);
  return true;
}
