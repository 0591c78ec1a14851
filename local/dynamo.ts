/**
 * Runs an embedded DynamoDB: dynalite serves DynamoDB's protocol on loopback and stores in a folder, so that the handler's
 * own store uses it like the real one.
 */

import { once } from 'node:events';
import { cpSync, existsSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { makeFolder } from './make-folder.ts';
import { inTemporary, makePassingFolder } from './passing-folder.ts';

export interface EmbeddedDynamo {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Not checked; the SDK needs them to sign requests. */
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
/** Time between two checks of a table that is being created. Milliseconds. */
const LOOK_AGAIN_MS = 10;

/**
 * Starts it, and returns when the table can be used.
 *
 * @param folder where the state is kept; undefined keeps it in memory
 */
export async function startDynamo(folder: string | undefined, tableName: string): Promise<EmbeddedDynamo> {
  const dynamo = await startServer(folder);
  if ((await withClient(dynamo.endpoint, (client) => provideTable(client, tableName))) === 'usable') return dynamo;
  await dynamo.close();
  // No request is taken before the table is active, so nothing is stored yet.
  if (folder !== undefined) rmSync(folder, { recursive: true });
  return startDynamo(folder, tableName);
}

async function startServer(folder: string | undefined): Promise<EmbeddedDynamo> {
  if (folder !== undefined) makeFolder(folder);
  const server = dynalite({ ...(folder !== undefined && { path: folder }), createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Starts it on a copy of the state, so that reading changes nothing and disturbs no run. */
export async function startDynamoOnCopy(folder: string, tableName: string): Promise<EmbeddedDynamo> {
  const copy = makePassingFolder('ditio-extract-state-');
  try {
    // The database's own lock file is not copied: it belongs to the process that works on the original.
    if (existsSync(folder)) {
      const withoutLock = (path: string) => !path.endsWith('LOCK');
      inTemporary(() => cpSync(folder, copy.path, { recursive: true, filter: withoutLock }));
    }
    const dynamo = await startDynamo(copy.path, tableName);
    return {
      endpoint: dynamo.endpoint,
      async close() {
        await dynamo.close();
        copy.remove();
      },
    };
  } catch (error) {
    copy.remove();
    throw error;
  }
}

/**
 * Ends every lease that is still held. Only the process that holds the folder may call it: no other process can work then.
 *
 * The lease gets an end in the past instead of being given back, because its owner died.
 *
 * @param nowMs our clock, in milliseconds since 1970
 */
export async function endLeases(endpoint: string, TableName: string, nowMs: number): Promise<void> {
  const ended = { N: String(nowMs - 1) };
  await withClient(endpoint, async (client) => {
    for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
      for (const { pk, sk, leaseUntil } of Items) {
        if (!pk || !sk || Number(leaseUntil?.N ?? 0) < nowMs) continue;
        await client.send(
          new UpdateItemCommand({
            TableName,
            Key: { pk, sk },
            UpdateExpression: 'SET leaseUntil = :ended',
            ExpressionAttributeValues: { ':ended': ended },
          }),
        );
      }
    }
  });
}

async function withClient<T>(endpoint: string, use: (client: DynamoDBClient) => Promise<T>): Promise<T> {
  const client = new DynamoDBClient({ endpoint, region: 'eu-north-1', credentials: CREDENTIALS });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

/**
 * Creates the table where it is missing, and waits until it is active: before that, every request to it is refused.
 * A table that is found in the state "creating" stays in it: the process that created it ended at that moment.
 */
async function provideTable(client: DynamoDBClient, TableName: string): Promise<'usable' | 'unusable'> {
  const found = await statusOf(client, TableName);
  if (found !== null) return found === 'ACTIVE' ? 'usable' : 'unusable';
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  while ((await statusOf(client, TableName)) !== 'ACTIVE') await sleep(LOOK_AGAIN_MS);
  return 'usable';
}

/** Null when the table does not exist. */
async function statusOf(client: DynamoDBClient, TableName: string): Promise<string | null> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    return Table?.TableStatus ?? null;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return null;
    throw error;
  }
}
