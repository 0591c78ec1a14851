/** Lists the contenders, and runs one as a separate process that writes into a temporary folder. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/bundle.ts';
import type { Figures, Job } from './contenders/measure.ts';
import type { Place } from './processes.ts';

export type ContenderName = 'limit' | 'naive' | 'ours' | 'before' | 'dlt' | 'airbyte';

export interface Contender {
  readonly name: ContenderName;
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The bundle of the handler, for contenders that run it. */
  readonly handlerFile?: string;
}

export interface Task {
  readonly pageSize: number;
  readonly compression: Job['compression'];
}

/** Small records, so that the source can keep millions of them ready; dlt and Airbyte read them without an error. */
export const STREAM = { name: 'time-registrations', path: 'v1/time-registrations' } as const;

/** Start for contenders that always read by time of change: before any record. */
export const MODIFIED_SINCE = '2015-01-01T00:00:00Z';

/** Contenders on Node are bundled like the deployed handler, so that no compiler is measured. */
export async function contendersOfNode(root: string, folder: string): Promise<Contender[]> {
  const out = join(folder, 'build');
  mkdirSync(out, { recursive: true });
  const make = async (entry: string, name: string) => {
    const file = join(out, `${name}.mjs`);
    await bundle(join(root, entry), file);
    return file;
  };
  const contender = async (name: 'limit' | 'naive' | 'ours', title: string) => ({
    name,
    title,
    file: process.execPath,
    args: [await make(`bench/contenders/${name}.ts`, name)],
  });
  return [
    await contender('limit', '*limit*'),
    { ...(await contender('ours', 'ditio-extract')), handlerFile: await make('src/handler.ts', 'handler') },
    await contender('naive', '*naive*'),
  ];
}

/** Rejects with what the contender wrote to stderr when it fails. */
export async function runContender(contender: Contender, task: Task, place: Place): Promise<Figures> {
  const folder = join(place.folder, 'run');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { identityUrl, reportingUrl, clientId, clientSecret } = place.source;
  const job: Job = {
    identityUrl,
    reportingUrl,
    clientId,
    clientSecret,
    stream: STREAM,
    pageSize: task.pageSize,
    compression: task.compression,
    modifiedSince: MODIFIED_SINCE,
    folder,
    resultFile: join(folder, 'result.json'),
    dynamoUrl: place.state.endpoint,
    handlerFile: contender.handlerFile ?? null,
  };
  const child = spawn(contender.file, contender.args, {
    env: { ...process.env, BENCH_JOB: JSON.stringify(job) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk) => said.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(`${contender.name} ended with ${code}:\n${Buffer.concat(said).toString().slice(-2000)}`);
  }
  const figures: Figures = JSON.parse(readFileSync(job.resultFile, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  return figures;
}

export function fileHere(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
