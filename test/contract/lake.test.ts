import { createMemoryLake } from '../fakes/memory-lake.ts';
import { startS3Server } from '../fakes/s3-server.ts';
import { lakeSuite } from './lake.ts';
import { folderLakeWorld, s3LakeWorld } from './lake-worlds.ts';

lakeSuite('fake in memory', async () => {
  const lake = createMemoryLake();
  const broken = createMemoryLake();
  broken.breakAccess();
  const bytesOf = (key: string) => {
    const bytes = lake.objects.get(key);
    if (!bytes) throw new Error(`no object ${key}`);
    return bytes;
  };
  return {
    lake,
    broken,
    keys: async () => [...lake.objects.keys()],
    content: async (key) => bytesOf(key),
    size: async (key) => bytesOf(key).byteLength,
    close: async () => {},
  };
});

for (const compression of ['gzip', 'zstd'] as const) {
  lakeSuite(`folder, ${compression}`, () => folderLakeWorld(compression));
}

lakeSuite('S3 (stub server)', async () => {
  const server = await startS3Server('bucket');
  const world = await s3LakeWorld(server.endpoint, 'bucket', {
    keys: async () => [...server.objects.keys()],
    read: async (key) => {
      const object = server.objects.get(key);
      if (!object) throw new Error(`no object ${key}`);
      return object.bytes;
    },
  });
  return {
    ...world,
    async close() {
      await world.close();
      await server.close();
    },
  };
});
