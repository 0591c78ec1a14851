import { startDynamo } from '../../local/dynamo.ts';
import { createMemoryTokenStore } from '../fakes/memory-token-store.ts';
import { dynamoTokenWorld } from './dynamo-world.ts';
import { tokenStoreSuite } from './token-store.ts';

tokenStoreSuite('fake in memory', async () => {
  const store = createMemoryTokenStore();
  const broken = createMemoryTokenStore();
  broken.breakAccess();
  return { store, broken, corrupt: async (key) => store.corrupt(key), close: async () => {} };
});

tokenStoreSuite('DynamoDB (dynalite)', async () => {
  const dynamo = await startDynamo(undefined, 'contract');
  const world = await dynamoTokenWorld(dynamo.endpoint, 'contract');
  return {
    ...world,
    async close() {
      await world.close();
      await dynamo.close();
    },
  };
});
