/** Where an erasure looks and writes: a folder, or a bucket with its versions. */

import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { LakeLocation } from '../../src/lake/location.ts';

export interface Stored {
  /** Below the place, with `/`. */
  readonly key: string;
  /** Null where the place keeps no versions. */
  readonly versionId: string | null;
  readonly isNewest: boolean;
}

export interface Store {
  /** Everything below a folder, older versions included. */
  list(folder: string): Promise<readonly Stored[]>;
  read(stored: Stored): Promise<Buffer>;
  /** Puts other bytes under the key, and removes every earlier version of it for good. */
  replace(stored: Stored, bytes: Buffer): Promise<void>;
  /** Removes it for good. */
  remove(stored: Stored): Promise<void>;
}

export function createFolderStore(root: string): Store {
  return {
    async list(folder) {
      const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true, encoding: 'utf8' });
      return entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
        .map((path) => path.split(sep).filter(Boolean).join('/'))
        .map((key) => ({ key, versionId: null, isNewest: true }));
    },
    async read({ key }) {
      return readFileSync(join(root, key));
    },
    async replace({ key }, bytes) {
      const path = join(root, key);
      // Readers of a lake pass over names that begin with a dot.
      const unfinished = join(dirname(path), `.erasing-${process.pid}`);
      writeFileSync(unfinished, bytes, { flush: true });
      renameSync(unfinished, path);
    },
    async remove({ key }) {
      rmSync(join(root, key));
    },
  } satisfies Store;
}

export interface BucketStoreDeps {
  readonly client: S3Client;
  readonly bucket: string;
  /** Without slashes at its ends; empty for none. */
  readonly prefix: string;
}

/** Needs `s3:ListBucketVersions`, and of objects `GetObject`, `GetObjectVersion`, `PutObject`, `DeleteObject`, `DeleteObjectVersion`. */
export function createBucketStore({ client, bucket: Bucket, prefix }: BucketStoreDeps): Store {
  const above = prefix === '' ? '' : `${prefix}/`;

  async function versionsBelow(Prefix: string): Promise<Stored[]> {
    const found: Stored[] = [];
    let KeyMarker: string | undefined;
    let VersionIdMarker: string | undefined;
    do {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix, KeyMarker, VersionIdMarker }));
      for (const { Key = '', VersionId, IsLatest = true } of page.Versions ?? [])
        found.push({ key: Key.slice(above.length), versionId: VersionId ?? null, isNewest: IsLatest });
      KeyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
      VersionIdMarker = page.IsTruncated ? page.NextVersionIdMarker : undefined;
    } while (KeyMarker !== undefined);
    return found;
  }

  async function remove({ key, versionId }: Stored): Promise<void> {
    await client.send(
      new DeleteObjectCommand({ Bucket, Key: above + key, ...(versionId !== null && { VersionId: versionId }) }),
    );
  }

  return {
    list: (folder) => versionsBelow(above + folder),
    async read({ key, versionId }) {
      const { Body } = await client.send(
        new GetObjectCommand({ Bucket, Key: above + key, ...(versionId !== null && { VersionId: versionId }) }),
      );
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async replace({ key }, bytes) {
      const ContentType = key.endsWith('.zst') ? 'application/zstd' : 'application/gzip';
      await client.send(new PutObjectCommand({ Bucket, Key: above + key, Body: bytes, ContentType }));
      for (const each of await versionsBelow(above + key)) if (each.key === key && !each.isNewest) await remove(each);
    },
    remove,
  } satisfies Store;
}

export function createStore(location: LakeLocation, client: () => S3Client): Store {
  if (location.kind === 'folder') return createFolderStore(location.path);
  return createBucketStore({ client: client(), bucket: location.bucket, prefix: location.prefix });
}
