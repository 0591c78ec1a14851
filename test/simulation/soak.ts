/**
 * Runs many histories: `npm run soak -- --histories 100000 [--seed 1] [--workers 2]`.
 *
 * Prints progress while it works, every failing seed shrunk to the least that still fails, and what went wrong on
 * purpose, by kind. Exits with 1 when a history failed.
 */

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Chaos, type HistoryLimits, runHistory } from './history.ts';
import { shrinkHistory } from './shrink.ts';

interface Job {
  readonly from: number;
  readonly count: number;
  readonly limits: HistoryLimits;
}

type Message =
  | { readonly kind: 'failed'; readonly seed: number; readonly message: string; readonly replay: string }
  | {
      readonly kind: 'done';
      readonly histories: number;
      readonly runs: number;
      readonly faults: Record<string, number>;
    };

/** Histories per message from a worker: often enough to show progress. */
const CHUNK = 250;

async function work(job: Job): Promise<void> {
  const faults = new Map<string, number>();
  let histories = 0;
  let runs = 0;
  const tell = (message: Message) => parentPort?.postMessage(message);
  for (let seed = job.from; seed < job.from + job.count; seed++) {
    try {
      const world = await runHistory(seed, job.limits);
      runs += world.reports.length;
      for (const [kind, count] of world.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
    } catch (error) {
      const { message, replay } = await shrinkHistory(seed, error);
      tell({ kind: 'failed', seed, message, replay });
    }
    histories += 1;
    if (histories === CHUNK || seed === job.from + job.count - 1) {
      tell({ kind: 'done', histories, runs, faults: Object.fromEntries(faults) });
      faults.clear();
      histories = 0;
      runs = 0;
    }
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
      without: { type: 'string' },
      rounds: { type: 'string' },
      streams: { type: 'string' },
      // The log contract is checked by `npm test` on its histories; here it would cost a third of the time.
      lines: { type: 'boolean', default: false },
    },
  });
  const histories = Number(values.histories);
  const first = Number(values.seed);
  const workers = Math.max(1, Math.min(Number(values.workers), Math.ceil(histories / CHUNK)));
  const limits: HistoryLimits = {
    checksLines: values.lines,
    ...(values.without && { without: values.without.split(',') as Chaos[] }),
    ...(values.rounds && { rounds: Number(values.rounds) }),
    ...(values.streams && { streams: values.streams.split(',') }),
  };
  const startedMs = performance.now();
  const faults = new Map<string, number>();
  let done = 0;
  let runs = 0;
  let failed = 0;
  const share = Math.ceil(histories / workers);
  const jobs = Array.from({ length: workers }, (_, at) => ({
    from: first + at * share,
    count: Math.min(share, histories - at * share),
    limits,
  })).filter(({ count }) => count > 0);
  await Promise.all(jobs.map(runWorker));

  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  console.log(`\n${histories} histories from seed ${first}, ${runs} runs that ended, ${minutes} min, ${failed} failed`);
  for (const [kind, count] of [...faults].sort(([, a], [, b]) => b - a))
    console.log(`${String(count).padStart(9)}  ${kind}`);
  if (failed > 0) process.exitCode = 1;

  function runWorker(job: Job): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: job });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      worker.on('message', (message: Message) => {
        if (message.kind === 'failed') {
          failed += 1;
          console.log(`\n✗ ${message.message}\n  ${message.replay}`);
          return;
        }
        done += message.histories;
        runs += message.runs;
        for (const [kind, count] of Object.entries(message.faults)) faults.set(kind, (faults.get(kind) ?? 0) + count);
        const rate = Math.round(done / ((performance.now() - startedMs) / 1000));
        console.log(`${done}/${histories} histories, ${failed} failed, ${rate}/s`);
      });
    });
  }
}

if (isMainThread) await main();
else await work(workerData as Job);
