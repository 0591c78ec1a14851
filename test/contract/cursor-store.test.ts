import { startDynamo } from '../../local/dynamo.ts';
import { createMemoryCursorStore } from '../fakes/memory-cursor-store.ts';
import { cursorStoreSuite } from './cursor-store.ts';
import { dynamoCursorWorld } from './dynamo-world.ts';

cursorStoreSuite('fake in memory', async () => {
  const store = createMemoryCursorStore();
  const broken = createMemoryCursorStore();
  broken.breakAccess();
  return {
    store,
    broken,
    ofAnotherLake: createMemoryCursorStore(),
    loseNextAnswer: store.loseNextAnswer,
    corrupt: async (stream) => store.corrupt(stream),
    close: async () => {},
  };
});

cursorStoreSuite('DynamoDB (dynalite)', async () => {
  const dynamo = await startDynamo(undefined, 'contract');
  const world = await dynamoCursorWorld(dynamo.endpoint, 'contract');
  return {
    ...world,
    async close() {
      await world.close();
      await dynamo.close();
    },
  };
});
