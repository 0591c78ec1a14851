/** Measures a contender in Node and reports records, wall time, CPU time and peak memory as one JSON file. */

import { writeFileSync } from 'node:fs';

/** The task of a contender, as JSON in the variable `BENCH_JOB`. */
export interface Job {
  readonly identityUrl: string;
  readonly reportingUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly stream: { readonly name: string; readonly path: string };
  readonly pageSize: number;
  /** Of the lake; dlt, Airbyte and *naive* always write gzip. */
  readonly compression: 'gzip' | 'zstd';
  /** Start for contenders that can only read by time of change. */
  readonly modifiedSince: string;
  /** An empty folder for the output. */
  readonly folder: string;
  readonly resultFile: string;
  /** Address of the state, for the contender that keeps one. */
  readonly dynamoUrl: string;
  /** The deployed bundle, for the contender that runs it. */
  readonly handlerFile: string | null;
}

export interface Figures {
  readonly records: number;
  /** From the first request to the last byte on disk, in seconds. */
  readonly wallSeconds: number;
  /** Of all threads in that time. */
  readonly cpuSeconds: number;
  /** CPU time before that: interpreter and imports. */
  readonly startCpuSeconds: number;
  readonly peakRssBytes: number;
  /** Bytes of JSON that were received, before compression; only `limit` counts them. */
  readonly jsonBytes?: number;
}

export function readJob(): Job {
  return JSON.parse(process.env.BENCH_JOB ?? '');
}

/** Does the work and reports. Rejects with the error of the work. */
export async function measure(work: (job: Job) => Promise<Pick<Figures, 'records' | 'jsonBytes'>>): Promise<void> {
  const job = readJob();
  const startCpuSeconds = cpuSeconds();
  const started = performance.now();
  const counted = await work(job);
  const figures: Figures = {
    ...counted,
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: cpuSeconds() - startCpuSeconds,
    startCpuSeconds,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  writeFileSync(job.resultFile, JSON.stringify(figures));
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
