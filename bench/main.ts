/**
 * The benchmarks: `npm run bench`.
 *
 * Decides the order of things. What is measured, and how, is in the sections; what it comes to is in the report.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildAll } from './build.ts';
import { type Contender, fileHere, STREAMS } from './contender.ts';
import { readTemplate } from './cost.ts';
import { measureGrowth } from './growth.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, type Command, HELP, parseOptions, type Section } from './options.ts';
import { drawGrowth } from './plot.ts';
import { startSource, startState } from './processes.ts';
import { createProgress, type Progress } from './progress.ts';
import { installPython } from './python.ts';
import { writeReport } from './report.ts';
import { type Results, readResults, writeResults } from './results.ts';
import { measureStarts } from './start.ts';
import { measureThroughput } from './throughput.ts';
import { measureTicks } from './tick.ts';

const ROOT = fileHere('..');
const FOLDER = join(ROOT, '.bench');
/** What the pages of four streams in three sizes take, three times over. */
const PAGE_CACHE_BYTES = 2 * 2 ** 30;

async function main(): Promise<number> {
  let parsed: { readonly command: Command; readonly options: BenchOptions };
  try {
    parsed = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return 2;
  }
  const { command, options } = parsed;
  if (command.kind === 'help') {
    console.log(HELP);
    return 0;
  }
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, options.quick ? 'results-quick.json' : 'results.json');
  const earlier = readResults(file);
  if (command.kind === 'report' && !earlier) {
    console.error(`Nothing has been measured yet: ${HELP}`);
    return 2;
  }
  const results = command.kind === 'report' && earlier ? earlier : await measureAll(options, earlier, createProgress());
  writeResults(file, results);
  const folder = options.quick ? FOLDER : fileHere('.');
  writeFileSync(join(folder, 'report.md'), writeReport(results, readTemplate(join(ROOT, 'template.yaml'))));
  if (results.growth) writeFileSync(join(folder, 'growth.svg'), drawGrowth(results.growth, results.contenders));
  console.log(`${options.quick ? '.bench' : 'bench'}/report.md`);
  return 0;
}

async function measureAll(options: BenchOptions, earlier: Results | null, progress: Progress): Promise<Results> {
  const machine = describeMachine();
  progress.say('building the bundles');
  const built = await buildAll(ROOT, FOLDER);
  const needsPython = options.sections.includes('throughput') || options.sections.includes('growth');
  if (needsPython) progress.say('installing the contenders in Python, unless they are there');
  const installed = needsPython ? (['dlt', 'airbyte'] as const).map((name) => installPython(name, FOLDER)) : [];
  const missing = needsPython ? installed.flatMap((one) => (one.ok ? [] : [one])) : (earlier?.missing ?? []);
  const contenders: readonly Contender[] = [
    ...built.contenders,
    ...installed.flatMap((one) => (one.ok ? [one.contender] : [])),
  ];
  const state = await startState();
  const place = { state, folder: FOLDER, handlerFile: built.handlerFile };
  const measuredAt: Partial<Record<Section, string>> = { ...earlier?.measuredAt };
  const commits: Partial<Record<Section, string | null>> = { ...earlier?.commits };
  const revision = commit();
  const isAsked = (section: Section) => {
    if (options.sections.includes(section)) {
      measuredAt[section] = new Date().toISOString();
      const isPart = section === 'throughput' && options.streams !== null;
      commits[section] = isPart ? together(earlier?.commits.throughput, revision) : revision;
    }
    return options.sections.includes(section);
  };
  try {
    return {
      quick: options.quick,
      machine,
      contenders: needsPython ? contenders.map(({ name, title }) => ({ name, title })) : (earlier?.contenders ?? []),
      missing: missing.map(({ title, why }) => ({ title, why })),
      start: isAsked('start') ? await measureStarts(built, FOLDER, options, progress) : (earlier?.start ?? null),
      tick: isAsked('tick') ? await measureTicks(built, FOLDER, options, progress) : (earlier?.tick ?? null),
      throughput: isAsked('throughput') ? await throughput() : (earlier?.throughput ?? null),
      growth: isAsked('growth') ? await measureGrowth(contenders, place, options, progress) : (earlier?.growth ?? null),
      measuredAt,
      commits,
    };
  } finally {
    await state.close();
  }

  async function throughput() {
    const source = await startSource({
      records: 20_000,
      counts: Object.fromEntries(STREAMS.map(({ name }) => [name, options.records])),
      historyYears: 10,
      wholeDays: false,
      pageCacheBytes: PAGE_CACHE_BYTES,
    });
    try {
      const measured = await measureThroughput(contenders, { ...place, source }, options, progress);
      const kept = earlier?.throughput?.filter(
        ({ streams }) => options.streams !== null && streams !== options.streams,
      );
      return [...(kept ?? []), ...measured];
    } finally {
      await source.close();
    }
  }
}

/** What was measured at two commits is told to be so. */
function together(earlier: string | null | undefined, now: string | null): string | null {
  return !earlier || !now || earlier === now ? now : `${earlier} and ${now}`;
}

function commit(): string | null {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  const { status, stdout } = git('rev-parse', '--short', 'HEAD');
  if (status !== 0) return null;
  return `${stdout.trim()}${git('status', '--porcelain', 'src').stdout === '' ? '' : '+'}`;
}

process.exitCode = await main();
