/**
 * The contenders, and how one of them is run: as a process of its own, on a job, into a folder that is removed after.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figures, Job } from './contenders/measure.ts';
import type { Source, State } from './processes.ts';

export type ContenderName = 'limit' | 'naive' | 'ours' | 'dlt' | 'airbyte';

export interface Contender {
  readonly name: ContenderName;
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Beside the environment of the benchmark. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Streams that every contender reads: large, and the same with and without parameters of their own. Not payroll lines and trips:
 * dlt stops at whole numbers beyond 64 bits, which are among their numbers.
 */
export const STREAMS = [
  { name: 'time-registrations', path: 'v1/time-registrations' },
  { name: 'images', path: 'v1/images' },
  { name: 'incident-registrations', path: 'v1/incident-registrations' },
  { name: 'absence-registrations', path: 'v1/absence-registrations' },
] as const satisfies readonly Stream[];

/** Where those begin that read by time of change from the first page on: before any record. */
export const MODIFIED_SINCE = '2015-01-01T00:00:00Z';

export interface Stream {
  readonly name: string;
  readonly path: string;
}

export interface Task {
  readonly streams: readonly Stream[];
  readonly pageSize: number;
  /** How many of the streams at once. */
  readonly concurrency: number;
}

export interface Place {
  readonly source: Source;
  readonly state: State;
  /** Folder of everything that benchmarks leave; ignored by git. */
  readonly folder: string;
  readonly handlerFile: string;
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
    streams: task.streams,
    pageSize: task.pageSize,
    concurrency: task.concurrency,
    modifiedSince: MODIFIED_SINCE,
    folder,
    resultFile: join(folder, 'result.json'),
    dynamoUrl: place.state.endpoint,
    handlerFile: place.handlerFile,
  };
  const child = spawn(contender.file, contender.args, {
    env: { ...process.env, ...contender.env, BENCH_JOB: JSON.stringify(job) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk) => said.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Error(`${contender.name} ended with ${code}:\n${Buffer.concat(said).toString().slice(-2000)}`);
  const figures: Figures = JSON.parse(readFileSync(job.resultFile, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  return figures;
}

export function fileHere(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
