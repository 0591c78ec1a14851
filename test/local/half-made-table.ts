/** Makes a table in a folder, and ends before the table is active: `node half-made-table.ts folder table`. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

const [folder = '', TableName = ''] = process.argv.slice(2);
const server = dynalite({ path: folder, createTableMs: 60_000 });
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const client = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  region: 'eu-north-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
});
await client.send(
  new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  }),
);
process.exit();
