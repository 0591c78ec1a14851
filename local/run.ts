/**
 * Runs the commands that write: the whole job, a sync, a backfill, a reset.
 *
 * It checks everything that it can before it changes a folder.
 */

import { existsSync } from 'node:fs';
import { compose, systemClock } from '../src/compose.ts';
import type { Config } from '../src/config.ts';
import { confirm } from './confirm.ts';
import { endLeases, startDynamo } from './dynamo.ts';
import { type Environment, functionEnvironment, judge, STATE_TABLE, unusedVariables } from './environment.ts';
import { emptyFolder, folderOf, markLatest, nameOf, type SourceFolder, takeFolder } from './folder.ts';
import { commandLine } from './hints.ts';
import { createInvoker } from './invoke.ts';
import { runEvent, runJob } from './job.ts';
import { requireLake } from './last-run.ts';
import { makeFolder } from './make-folder.ts';
import type { LocalOptions } from './options.ts';
import { EXIT, type ExitCode, Problem } from './problem.ts';
import { createProgress } from './progress.ts';
import { requireHosts } from './reach.ts';
import { startSource } from './source.ts';
import { createStop, type Stop } from './stop.ts';
import { type Screen, tell } from './terminal.ts';

export async function run(
  options: LocalOptions,
  env: Environment,
  screen: Screen,
  onStop: (stop: Stop) => void,
): Promise<ExitCode> {
  const live = options.source.kind === 'live';
  const folder = folderOf(options.folder, nameOf(options.source, env.DITIO_ENVIRONMENT || 'test'));
  const config = judge(options, env, folder, true);
  for (const note of unusedVariables(live, env)) tell(screen.prose, note);
  if (options.command === 'reset') requireState(folder, options);
  else if (live) await requireHosts(config, env);
  if (options.fresh) await askBeforeForgetting(options, folder);
  const stop = createStop(systemClock, screen);
  onStop(stop);
  const { release } = takeFolder(folder);
  try {
    return await inFolder(options, env, screen, { folder, config, stop });
  } finally {
    release();
    stop.stopListening();
  }
}

interface Work {
  readonly folder: SourceFolder;
  readonly config: Config;
  readonly stop: Stop;
}

async function inFolder(
  options: LocalOptions,
  env: Environment,
  screen: Screen,
  { folder, config, stop }: Work,
): Promise<ExitCode> {
  if (options.fresh) emptyFolder(folder);
  prepare(folder, options);
  const dynamo = await startDynamo(folder.state, STATE_TABLE);
  try {
    // Only this process holds the folder, so a lease that is still held belongs to a process that has ended.
    await endLeases(dynamo.endpoint, STATE_TABLE, Date.now());
    const afresh = commandLine(options, '--fresh');
    const source =
      options.source.kind === 'live' ? null : await startSource(options.source, folder.world, true, afresh);
    try {
      const progress = createProgress(screen.prose, options.logs, () => stop.reason() !== null);
      const surroundings = { folder, stateEndpoint: dynamo.endpoint, source };
      const extractor = compose(functionEnvironment(source === null, env, surroundings), {
        writer: progress,
        metrics: { record: () => {}, recordRun: () => {} },
        clock: stop.clock,
      });
      const invoker = createInvoker(extractor, progress, stop, config.reserveMs);
      const { streams, environment } = config;
      const work = { options, screen, invoker, source, folder, stop, streams, environment };
      if (options.command !== 'reset') markLatest(folder);
      return options.event ? await runEvent(work, options.event) : await runJob(work);
    } finally {
      await source?.close();
    }
  } finally {
    await dynamo.close();
  }
}

function requireState(folder: SourceFolder, options: LocalOptions): void {
  if (existsSync(folder.state)) return;
  throw new Problem(`Nothing is stored in ${folder.path} yet. Begin with:\n  ${commandLine(options, '')}`);
}

/** Makes the lake before the state, so that a state without a lake means that the lake was removed. */
function prepare(folder: SourceFolder, options: LocalOptions): void {
  requireLake(folder, options);
  for (const path of [folder.lake, folder.state]) makeFolder(path);
}

/** Asks before deleting data of a real source, which may have taken hours to read. */
async function askBeforeForgetting(options: LocalOptions, folder: SourceFolder): Promise<void> {
  if (options.source.kind !== 'live' || options.yes || !existsSync(folder.state)) return;
  const question = `--fresh deletes the lake and the state in ${folder.path}.`;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new Problem(`${question} Confirm with --yes.`, EXIT.usage);
  const answer = await confirm(`${question} Go on? [y/N] `, process.stdin, process.stderr);
  if (answer === 'yes') return;
  throw new Problem('Nothing was changed.', answer === 'interrupted' ? EXIT.interrupted : EXIT.failed);
}
