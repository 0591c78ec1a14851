/** Runs the whole job of a local run, or a single event, and reports the result. */

import type { HandlerResult } from '../src/extractor.ts';
import type { RunReport } from '../src/sync/report.ts';
import { explanations } from './explain.ts';
import type { SourceFolder } from './folder.ts';
import { commandLine, nextSteps } from './hints.ts';
import type { Event, Invoked, Invoker } from './invoke.ts';
import { EVENT_OPTIONS, type LocalOptions } from './options.ts';
import { EXIT, type ExitCode } from './problem.ts';
import type { LocalSource } from './source.ts';
import type { Stop } from './stop.ts';
import { readSummary, type Summary, tellSummary } from './summary.ts';
import { countOf, formatCount } from './table.ts';
import { type Screen, tell } from './terminal.ts';

export interface Work {
  readonly options: LocalOptions;
  readonly screen: Screen;
  readonly invoker: Invoker;
  /** Null for a real one. */
  readonly source: LocalSource | null;
  readonly folder: SourceFolder;
  readonly stop: Stop;
  /** Names of the streams of this run. */
  readonly streams: readonly string[];
  /** Ditio's environment. */
  readonly environment: string;
}

/** A full sync or the rest of one, changes at the source where it is simulated, an incremental sync, a table. */
export async function runJob(work: Work): Promise<ExitCode> {
  const { options, screen, invoker, source, folder, stop, environment } = work;
  const say = (text: string) => tell(screen.prose, text);
  say(source ? source.describe() : `Reading Ditio, environment ${environment}.`);
  const runs: Invoked[] = [];
  const beginning = await howItBegins(invoker);
  if (stop.reason() !== null) return stopped(work, [], '');
  say(`\n① ${beginning}`);
  runs.push(await invoker.syncAll({ action: 'sync' }));
  if (source && isComplete(runs.at(-1)) && stop.reason() === null) {
    say(`\n② ${source.change()}`);
    say('\n③ an incremental sync');
    runs.push(await invoker.syncAll({ action: 'sync' }));
  }
  if (stop.reason() !== null) return stopped(work, runs, '');
  const reports = runs.flatMap(({ result }) => (isRunReport(result) ? [result] : []));
  const summary = await readSummary(folder.lake, work.streams, source, reports);
  if (options.json) {
    screen.results.line(JSON.stringify({ ok: isGood(runs, summary), runs: reports, tables: summary.rows }, null, 2));
  } else if (summary.rows.some(({ watermark }) => watermark !== null)) tellSummary(screen, summary);
  for (const invoked of runs) explain(work, invoked, '');
  if (isGood(runs, summary)) {
    say(`\nThe lake is in ${folder.lake}. What to try next:`);
    // A command stays on one line, so that it can be copied.
    for (const [command, does] of nextSteps(options, work.streams)) screen.prose.line(`  ${command}\n      ${does}`);
  }
  return isGood(runs, summary) ? EXIT.done : EXIT.failed;
}

/** One event; its result is JSON, or a few words. */
export async function runEvent(work: Work, event: Event): Promise<ExitCode> {
  const { options, screen, invoker, stop } = work;
  const invoked = options.command === 'reset' ? await invoker.invoke(event) : await invoker.syncAll(event);
  const { result } = invoked;
  if (options.json && result !== null) screen.results.line(JSON.stringify(result, null, 2));
  if (stop.reason() !== null) return stopped(work, [invoked], typedAgain(options));
  if (!options.json && result !== null) for (const line of inWords(result)) screen.results.line(line);
  explain(work, invoked, typedAgain(options));
  return isComplete(invoked) ? EXIT.done : EXIT.failed;
}

async function howItBegins(invoker: Invoker): Promise<string> {
  const { result } = await invoker.invoke({ action: 'status' });
  const streams = result !== null && 'action' in result && result.action === 'status' ? result.streams : [];
  const done = streams.filter(({ watermark }) => watermark !== null).length;
  const open = streams.filter((stream) => stream.open !== null).length;
  if (done + open === 0) return 'a full sync';
  const halfway = open > 0 ? `, ${open} in the middle of a sync` : '';
  return `a sync that goes on from the last call: ${done} of ${countOf(streams.length, 'stream')} ${done === 1 ? 'was' : 'were'} complete${halfway}`;
}

function stopped({ options, screen, stop }: Work, runs: readonly Invoked[], words: string): ExitCode {
  if (stop.reason() === 'broken pipe') return EXIT.failed;
  const hasRead = runs.some(({ result }) => isRunReport(result) && result.streams.some(({ records }) => records > 0));
  const kept = hasRead ? ' The records that were read are kept.' : '';
  tell(screen.prose, `Stopped.${kept} This command goes on from here:\n  ${commandLine(options, words)}`);
  return EXIT.interrupted;
}

/** Says why an invocation has not done all of its work. */
function explain({ options, screen }: Work, { result, thrown }: Invoked, words: string): void {
  const say = (text: string) => tell(screen.prose, text);
  if (thrown !== null) say(`\n${thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : thrown}`);
  if (!isRunReport(result)) return;
  for (const text of explanations(result, commandLine(options, words))) say(`\n${text}`);
}

function typedAgain({ command, event }: LocalOptions): string {
  const named: Readonly<Record<string, string>> = EVENT_OPTIONS;
  const given = Object.entries(event ?? {}).flatMap(([key, value]) => (named[key] ? [`${named[key]} ${value}`] : []));
  return [command, ...given].join(' ');
}

function inWords(result: HandlerResult): string[] {
  if ('action' in result && result.action === 'reset') {
    return result.streams.map(({ stream, detail }) => `${stream}: ${detail}`);
  }
  if (!isRunReport(result)) return [JSON.stringify(result, null, 2)];
  const sum = (key: 'records' | 'deleted') => result.streams.reduce((total, stream) => total + stream[key], 0);
  const complete = result.streams.filter(({ outcome }) => outcome === 'complete').length;
  return [
    `${complete} of ${countOf(result.streams.length, 'stream')} complete: ${countOf(sum('records'), 'record')}, ${formatCount(sum('deleted'))} of them deleted`,
  ];
}

function isGood(runs: readonly Invoked[], summary: Summary): boolean {
  return runs.every(isComplete) && summary.different.length === 0;
}

/** Done to the last stream; a report of a reset has no outcome. */
function isComplete(invoked: Invoked | undefined): boolean {
  if (!invoked || invoked.failed || invoked.result === null) return false;
  return !isRunReport(invoked.result) || invoked.result.streams.every(({ outcome }) => outcome === 'complete');
}

function isRunReport(result: HandlerResult | null): result is RunReport {
  return result !== null && 'outcome' in result;
}
