/** Everything that runs on Node is bundled first, as the deployed handler is: nobody is measured with a compiler inside. */

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundle } from '../scripts/bundle.ts';
import type { Contender } from './contender.ts';
import { PROCESS_ENVIRONMENT } from './environment.ts';

export interface Built {
  readonly contenders: readonly Contender[];
  /** The bundle that is deployed. */
  readonly handlerFile: string;
  readonly emptyHandlerFile: string;
  readonly invokerFile: string;
}

export async function buildAll(root: string, folder: string): Promise<Built> {
  const out = join(folder, 'build');
  mkdirSync(out, { recursive: true });
  const make = async (entry: string, name: string) => {
    const file = join(out, `${name}.mjs`);
    await bundle(join(root, entry), file);
    return file;
  };
  const contender = async (name: 'limit' | 'naive' | 'ours', title: string): Promise<Contender> => ({
    name,
    title,
    file: process.execPath,
    args: [await make(`bench/contenders/${name}.ts`, name)],
  });
  return {
    contenders: [
      await contender('limit', 'limit'),
      { ...(await contender('ours', 'ditio-extract')), env: PROCESS_ENVIRONMENT },
      await contender('naive', 'naive'),
    ],
    handlerFile: await make('src/handler.ts', 'handler'),
    emptyHandlerFile: await make('bench/contenders/empty-handler.ts', 'empty-handler'),
    invokerFile: await make('bench/invoker.ts', 'invoker'),
  };
}

export interface BundleSize {
  readonly bytes: number;
  /** As it is uploaded, more or less: a zip compresses like gzip. */
  readonly compressedBytes: number;
}

export function sizeOf(file: string): BundleSize {
  const bytes = readFileSync(file);
  return { bytes: bytes.length, compressedBytes: gzipSync(bytes, { level: 9 }).length };
}
