/** The state stores on DynamoDB Local, which is AWS's own engine: the same suites as everywhere, races included. */

import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { cursorStoreSuite } from '../contract/cursor-store.ts';
import { dynamoCursorWorld, dynamoTokenWorld } from '../contract/dynamo-world.ts';
import { tokenStoreSuite } from '../contract/token-store.ts';
import { evaluate, propertiesOf, readTemplates } from './evaluate.ts';
import { type Server, startServer, toolPath } from './tools.ts';

const TABLE = 'acme-state';

/** The table is the template's, as far as the engine knows its properties. */
async function startDynamoDbLocal(): Promise<Server> {
  const folder = toolPath('dynamodb-local');
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';
  const server = await startServer('java', (port) => [
    `-Djava.library.path=${folder}`,
    '-Xmx512m',
    '-cp',
    `${folder}/*`,
    main,
    '-inMemory',
    '-disableTelemetry',
    '-port',
    String(port),
  ]);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint: server.endpoint, region: 'eu-north-1', credentials });
  try {
    const { BillingMode, AttributeDefinitions, KeySchema } = propertiesOf(
      evaluate(readTemplates().translated),
      'StateTable',
    );
    await client.send(new CreateTableCommand({ TableName: TABLE, BillingMode, AttributeDefinitions, KeySchema }));
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    client.destroy();
  }
  return server;
}

cursorStoreSuite('DynamoDB Local', async () => {
  const server = await startDynamoDbLocal();
  const world = await dynamoCursorWorld(server.endpoint, TABLE);
  return { ...world, close: () => world.close().finally(server.stop) };
});

tokenStoreSuite('DynamoDB Local', async () => {
  const server = await startDynamoDbLocal();
  const world = await dynamoTokenWorld(server.endpoint, TABLE);
  return { ...world, close: () => world.close().finally(server.stop) };
});
