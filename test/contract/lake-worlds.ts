/** Lakes for {@link lakeSuite}: a folder, and a bucket behind the real SDK at any endpoint. */

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { createFolderLake } from '../../src/lake/folder-lake.ts';
import { createS3Lake } from '../../src/lake/s3-lake.ts';
import type { Compression } from '../../src/ports.ts';
import { connect } from '../fakes/aws.ts';
import { createHurriedClock } from '../fakes/hurried-clock.ts';
import { createSeededRandom } from '../fakes/random.ts';
import { readPart } from '../fakes/read-part.ts';
import type { LakeWorld } from './lake.ts';

export async function folderLakeWorld(compression: Compression = 'gzip'): Promise<LakeWorld> {
  const root = await mkdtemp(join(tmpdir(), 'ditio-lake-'));
  const deps = { compression, clock: createHurriedClock(), random: createSeededRandom() };
  // A file stands where the lake should be.
  const blocked = join(root, '.blocked');
  await writeFile(blocked, '');
  const read = (key: string) => readFile(join(root, key));
  return {
    lake: createFolderLake({ ...deps, root }),
    broken: createFolderLake({ ...deps, root: blocked }),
    keys: () => visibleFiles(root),
    content: async (key) => readPart(await read(key)),
    size: async (key) => (await read(key)).byteLength,
    close: () => rm(root, { recursive: true }),
  };
}

/** How a test looks into a bucket; keys with their prefix. */
export interface BucketView {
  keys(): Promise<string[]>;
  read(key: string): Promise<Buffer>;
}

const PREFIX = 'lake/ditio';

/** The bucket must exist, and one named `missing-bucket` must not. */
export async function s3LakeWorld(
  endpoint: string,
  bucket: string,
  view: BucketView,
  compression: Compression = 'gzip',
): Promise<LakeWorld> {
  const spoolFolder = await mkdtemp(join(tmpdir(), 'ditio-spool-'));
  const clock = createHurriedClock();
  const clients = connect({ AWS_ENDPOINT_URL_S3: endpoint });
  const deps = { client: clients.s3, prefix: PREFIX, spoolFolder, compression, clock, random: createSeededRandom() };
  return {
    lake: createS3Lake({ ...deps, bucket }),
    broken: createS3Lake({ ...deps, bucket: 'missing-bucket' }),
    async keys() {
      const inside = (await view.keys()).filter((key) => key.startsWith(`${PREFIX}/`));
      return inside.map((key) => key.slice(PREFIX.length + 1));
    },
    content: async (key) => readPart(await view.read(`${PREFIX}/${key}`)),
    size: async (key) => (await view.read(`${PREFIX}/${key}`)).byteLength,
    async close() {
      clients.destroy();
      await rm(spoolFolder, { recursive: true });
    },
  };
}

/** Files below the folder, relative and with slashes; what is hidden is not there. */
export async function visibleFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .split(sep)
        .join('/'),
    )
    .filter((path) => !path.split('/').some((name) => name.startsWith('.')));
}
