/** Runs `status` and `check`, which show the stored state and whether a sync can work, and change nothing. */

import { existsSync } from 'node:fs';
import { compose, systemClock } from '../src/compose.ts';
import type { Check, CheckReport } from '../src/sync/actions/check.ts';
import type { StatusReport, StreamStatus } from '../src/sync/actions/status.ts';
import { type EmbeddedDynamo, startDynamo, startDynamoOnCopy } from './dynamo.ts';
import { type Environment, functionEnvironment, judge, STATE_TABLE } from './environment.ts';
import { isTaken, type SourceFolder } from './folder.ts';
import { commandLine } from './hints.ts';
import { lookAt, requireLake, requireRun, requireSameEnvironment } from './last-run.ts';
import type { LocalOptions } from './options.ts';
import { makePassingFolder } from './passing-folder.ts';
import { EXIT, type ExitCode, requireWritable } from './problem.ts';
import { createProgress } from './progress.ts';
import { requireHosts } from './reach.ts';
import { type LocalSource, startSource } from './source.ts';
import { countOf, formatInstantShort, renderTable } from './table.ts';
import { type Screen, tell } from './terminal.ts';

export async function showStatus(given: LocalOptions, variables: Environment, screen: Screen): Promise<ExitCode> {
  const { options, folder, env } = lookAt(given, variables, screen);
  judge(options, env, folder, false);
  requireRun(folder, options);
  const dynamo = await startDynamoOnCopy(folder.state, STATE_TABLE);
  try {
    const report = (await ask(options, withoutClient(env), screen, { folder, dynamo, source: null })) as StatusReport;
    if (options.json) screen.results.line(JSON.stringify(report, null, 2));
    else {
      tell(screen.prose, `${folder.path}\n`);
      for (const line of statusTable(report, isTaken(folder), screen.results.columns())) screen.results.line(line);
    }
    return EXIT.done;
  } finally {
    await dynamo.close();
  }
}

/** It sends nothing to Ditio, so the client may be missing. */
function withoutClient(env: Environment): Environment {
  return { ...env, DITIO_CLIENT_ID: 'unused', DITIO_CLIENT_SECRET: 'unused' };
}

export async function showCheck(given: LocalOptions, variables: Environment, screen: Screen): Promise<ExitCode> {
  const lookedAt = lookAt(given, variables, screen);
  const { options, folder, env } = lookedAt;
  requireSameEnvironment(lookedAt, variables);
  const config = judge(options, env, folder, true);
  if (options.source.kind === 'live') await requireHosts(config, env);
  for (const path of [folder.path, folder.state, folder.lake]) requireWritable(path);
  requireLake(folder, options);
  const passing = existsSync(folder.lake) ? null : makePassingFolder('ditio-extract-lake-');
  const dynamo = await (existsSync(folder.state)
    ? startDynamoOnCopy(folder.state, STATE_TABLE)
    : startDynamo(undefined, STATE_TABLE));
  let source: LocalSource | null = null;
  try {
    if (options.source.kind !== 'live') {
      source = await startSource(options.source, folder.world, false, commandLine(options, '--fresh'));
    }
    const looked = passing === null ? folder : { ...folder, lake: passing.path };
    const report = (await ask(options, env, screen, { folder: looked, dynamo, source })) as CheckReport;
    if (options.json) screen.results.line(JSON.stringify(report, null, 2));
    else {
      tell(screen.prose, `${folder.path}\n`);
      for (const line of checkTable(report, screen)) screen.results.line(line);
    }
    return report.checks.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
  } finally {
    await source?.close();
    await dynamo.close();
    passing?.remove();
  }
}

interface Surroundings {
  readonly folder: SourceFolder;
  readonly dynamo: EmbeddedDynamo;
  readonly source: LocalSource | null;
}

/** Throws the handler's errors, after its lines were shown. */
async function ask(options: LocalOptions, env: Environment, screen: Screen, { folder, dynamo, source }: Surroundings) {
  const progress = createProgress(screen.prose, options.logs, () => false);
  const live = options.source.kind === 'live';
  const extractor = compose(functionEnvironment(live, env, { folder, stateEndpoint: dynamo.endpoint, source }), {
    writer: progress,
    metrics: { record: () => {}, recordRun: () => {} },
    clock: systemClock,
  });
  return extractor.handle({ action: options.command }, undefined);
}

/** @param isAtWork whether a run holds the folder */
function statusTable({ streams }: StatusReport, isAtWork: boolean, width: number | null): string[] {
  return renderTable<StreamStatus>(
    [
      { title: 'stream', align: 'left', text: ({ stream }) => stream },
      { title: 'watermark (UTC)', align: 'left', text: ({ watermark }) => shortOrDash(watermark), dropAt: 1 },
      { title: 'last full sync', align: 'left', text: ({ lastFullSyncAt }) => shortOrDash(lastFullSyncAt), dropAt: 3 },
      {
        title: 'last completed',
        align: 'left',
        text: ({ lastCompletedAt }) => shortOrDash(lastCompletedAt),
        dropAt: 2,
      },
      { title: 'now', align: 'left', text: (stream) => presentState(stream, isAtWork), wraps: true },
    ],
    streams,
    width,
  );
}

function shortOrDash(text: string | null): string {
  return text === null ? '–' : formatInstantShort(text);
}

/** A lease of a process that has ended is over: the next run takes the stream. */
function presentState(status: StreamStatus, isAtWork: boolean): string {
  const { open, backfill, lease, lastFailure, watermark, queuedBackfills } = status;
  const parts = [
    ...(open ? [`in the middle of a sync (${open.mode}), ${countOf(open.records, 'record')} so far`] : []),
    ...(backfill || queuedBackfills > 0 ? ['a backfill goes on with the next sync'] : []),
    ...(lease ? [leaseText(lease.until, isAtWork)] : []),
    ...(lastFailure
      ? [`failed at ${formatInstantShort(lastFailure.at)}: ${lastFailure.kind}, ${lastFailure.message}`]
      : []),
  ];
  return parts.length > 0 ? parts.join('; ') : watermark === null ? 'not read yet' : 'complete';
}

function leaseText(until: string, isAtWork: boolean): string {
  return isAtWork
    ? `a run is at work, until ${formatInstantShort(until)} at most`
    : 'its last run was cut off; the next one goes on';
}

function checkTable({ checks }: CheckReport, screen: Screen): string[] {
  return renderTable<Check>(
    [
      { title: '', align: 'left', text: ({ ok }) => (ok ? '✓' : '✗') },
      { title: 'check', align: 'left', text: ({ name }) => name },
      { title: 'what was found', align: 'left', text: ({ detail }) => detail, wraps: true },
    ],
    checks,
    screen.results.columns(),
  );
}
