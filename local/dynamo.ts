/**
 * An embedded DynamoDB for runs without AWS: the same client, the same conditional writes, stored in a folder.
 *
 * dynalite speaks DynamoDB's protocol on loopback; the handler's own store talks to it as it would to the real one.
 */

import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

export interface EmbeddedDynamo {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Starts it and makes sure that the table is there.
 *
 * @param folder where the state is kept; undefined keeps it in memory
 */
export async function startDynamo(folder: string | undefined, tableName: string): Promise<EmbeddedDynamo> {
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const server = dynalite({ ...(folder !== undefined && { path: folder }), createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await createTable(endpoint, tableName);
  return {
    endpoint,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function createTable(endpoint: string, TableName: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-north-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await client.send(new DescribeTableCommand({ TableName }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
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
  } finally {
    client.destroy();
  }
}
