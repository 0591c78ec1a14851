/** Tests the embedded DynamoDB: it is ready when it says so, also after a process that ended early. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { endLeases, startDynamo, startDynamoOnCopy } from '../../local/dynamo.ts';
import { snapshot, temporaryFolder } from './command.ts';

const HALF_MADE = fileURLToPath(new URL('half-made-table.ts', import.meta.url));
const TABLE = 'state';
const CREDENTIALS = { accessKeyId: 'a', secretAccessKey: 'b' };

async function withClient<T>(endpoint: string, use: (client: DynamoDBClient) => Promise<T>): Promise<T> {
  const client = new DynamoDBClient({ endpoint, region: 'eu-north-1', credentials: CREDENTIALS, maxAttempts: 1 });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

const KEY = { pk: { S: 'cursor' }, sk: { S: 'project' } };

async function put(endpoint: string, leaseUntilMs: number): Promise<void> {
  const Item = { ...KEY, leaseUntil: { N: String(leaseUntilMs) }, version: { N: '3' } };
  await withClient(endpoint, (client) => client.send(new PutItemCommand({ TableName: TABLE, Item })));
}

async function get(endpoint: string) {
  const command = new GetItemCommand({ TableName: TABLE, Key: KEY });
  return (await withClient(endpoint, (client) => client.send(command))).Item;
}

describe('the embedded DynamoDB', () => {
  it('takes requests as soon as it has started, and keeps what it was given', async (t) => {
    const folder = temporaryFolder(t);
    for (let start = 0; start < 2; start++) {
      const dynamo = await startDynamo(folder, TABLE);
      if (start === 0) await put(dynamo.endpoint, 5);
      assert.equal((await get(dynamo.endpoint))?.version?.N, '3');
      await dynamo.close();
    }
  });

  it('recovers from a process that ended while it made the table', async (t) => {
    const folder = temporaryFolder(t);
    const { status, stderr } = spawnSync(process.execPath, [HALF_MADE, folder, TABLE], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const dynamo = await startDynamo(folder, TABLE);
    await put(dynamo.endpoint, 5);
    assert.ok(await get(dynamo.endpoint));
    await dynamo.close();
  });

  it('can be read while another process works on it, without a change to its files', async (t) => {
    const folder = temporaryFolder(t);
    const original = await startDynamo(folder, TABLE);
    await put(original.endpoint, 5);
    const before = snapshot(folder);
    const copy = await startDynamoOnCopy(folder, TABLE);
    assert.equal((await get(copy.endpoint))?.version?.N, '3');
    await put(copy.endpoint, 6);
    await copy.close();
    assert.deepEqual(snapshot(folder), before);
    await original.close();
  });

  it('ends the leases of processes that are gone, and changes nothing else', async () => {
    const nowMs = 1_000_000;
    const dynamo = await startDynamo(undefined, TABLE);
    for (const [leaseUntilMs, expected] of [
      [nowMs + 900_000, nowMs - 1],
      [nowMs - 50, nowMs - 50],
    ] as const) {
      await put(dynamo.endpoint, leaseUntilMs);
      await endLeases(dynamo.endpoint, TABLE, nowMs);
      const item = await get(dynamo.endpoint);
      assert.deepEqual([item?.leaseUntil?.N, item?.version?.N], [String(expected), '3']);
    }
    await dynamo.close();
  });
});
