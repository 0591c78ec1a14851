/** Runs the benchmark, `npm run bench`: measures the extractor and others on the same data, and writes the report. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Contender, type ContenderName, contendersOfNode, fileHere, runContender, STREAM } from './contender.ts';
import type { Figures } from './contenders/measure.ts';
import { type Place, startSource, startState } from './processes.ts';
import { installPython } from './python.ts';
import { type Cell, type Measured, type Results, writeReport } from './report.ts';
import { createWarmer } from './warm.ts';

const HELP = `npm run bench [-- options]

Measures the extractor beside others on the same data, and writes bench/report.md.

options
  --quick          a short form of about two minutes; its report goes to .bench/report.md
  --before REV     also measures the bundle of an earlier commit
  --history N      also reads a history of N records, for the memory it takes (10000000 takes some 20 minutes more)
  --help           this text`;

const ROOT = fileHere('..');
const FOLDER = join(ROOT, '.bench');
/** The source keeps in compressed form every page that a contender requests. */
const PAGE_CACHE_BYTES = 4 * 2 ** 30;

interface Options {
  readonly quick: boolean;
  readonly before: string | undefined;
  readonly history: number | undefined;
}

async function main(): Promise<number> {
  let options: Options | null;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return 2;
  }
  if (!options) {
    console.log(HELP);
    return 0;
  }
  mkdirSync(FOLDER, { recursive: true });
  const report = join(options.quick ? FOLDER : fileHere('.'), 'report.md');
  await measureAll(options, (results) => writeFileSync(report, writeReport(results)));
  console.log(report);
  return 0;
}

/** Null for `--help`. Throws an `Error` for a person when the command line is wrong. */
function readOptions(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      before: { type: 'string' },
      history: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const history = values.history === undefined ? undefined : Number(values.history);
  if (history !== undefined && !(Number.isInteger(history) && history > 0 && history <= 12e6)) {
    throw new Error(`--history must be a whole number up to 12000000, found "${values.history}"`);
  }
  return { quick: values.quick, before: values.before, history };
}

/** @param keep called after each cell, so that a run that is stopped leaves what it has measured */
async function measureAll(options: Options, keep: (results: Results) => void): Promise<void> {
  const say = createClockedSay();
  const commit = revision('HEAD');
  say('building');
  const contenders: Contender[] = await contendersOfNode(ROOT, FOLDER);
  if (options.before) contenders.push(buildBefore(options.before, contenders));
  const missing: string[] = [];
  for (const name of options.quick ? [] : PYTHON) {
    say(`installing ${name}, unless it is there`);
    const installed = installPython(name, FOLDER);
    if (installed.ok) contenders.push(installed.contender);
    else missing.push(`${installed.title}: ${installed.why}`);
  }
  const state = await startState();
  try {
    const measured: Measured[] = [];
    for (const [records, cells] of cellsBySize(options)) {
      say(`${records} records: preparing`);
      const source = await startSource({
        records: 20_000,
        counts: { [STREAM.name]: records },
        historyYears: 10,
        wholeDays: false,
        pageCacheBytes: PAGE_CACHE_BYTES,
      });
      try {
        const place = { source, state, folder: FOLDER };
        for (const cell of cells) {
          measured.push(...(await measureCell(cell, contenders, place, say)));
          keep({ quick: options.quick, contenders, missing, measured, commit });
        }
      } finally {
        await source.close();
      }
    }
  } finally {
    await state.close();
  }
}

const ALL: readonly ContenderName[] = ['limit', 'ours', 'naive', 'before', 'dlt', 'airbyte'];
const LIMIT_AND_OURS: readonly ContenderName[] = ['limit', 'ours'];
/**
 * They need Python, and may fail. They take part in the first round only: it takes them as long as all others together, and they are
 * several times as far from us as rounds differ.
 */
const PYTHON = ['dlt', 'airbyte'] as const;

/** The measurements, by the size of the history: speed at one size, memory at others. */
function cellsBySize({ quick, history }: Options): Map<number, Cell[]> {
  const speed = quick ? 20_000 : 100_000;
  const rounds = quick ? 2 : 3;
  const cells: Cell[] = [
    { records: speed, pageSize: 5000, compression: 'gzip', names: ALL, rounds },
    { records: speed, pageSize: 5000, compression: 'zstd', names: LIMIT_AND_OURS, rounds },
  ];
  for (const compression of ['gzip', 'zstd'] as const) {
    const ours = { compression, names: ['ours'], rounds: 1 } as const;
    for (const pageSize of [1000, 10_000]) cells.push({ ...ours, records: speed, pageSize });
    for (const records of quick ? [] : [10_000, 1_000_000]) cells.push({ ...ours, records, pageSize: 5000 });
    if (history) cells.push({ ...ours, records: history, pageSize: 5000 });
  }
  return Map.groupBy(cells, ({ records }) => records);
}

/** The contenders take turns, so that a busy machine slows every one of them. */
async function measureCell(
  cell: Cell,
  contenders: readonly Contender[],
  place: Place,
  say: (text: string) => void,
): Promise<Measured[]> {
  const taking = contenders.filter(({ name }) => cell.names.includes(name));
  await createWarmer(place.source)(taking, cell.pageSize);
  const figures = new Map<ContenderName, Figures[]>(taking.map(({ name }) => [name, []]));
  const failures = new Map<ContenderName, string>();
  for (let round = 1; round <= cell.rounds; round++) {
    for (const contender of taking) {
      const needsPython = PYTHON.some((name) => name === contender.name);
      if (round > 1 && needsPython) continue;
      say(`${cell.records} records, pages of ${cell.pageSize}, ${cell.compression}, round ${round}: ${contender.name}`);
      try {
        figures.get(contender.name)?.push(await runContender(contender, cell, place));
      } catch (error) {
        // Our extractor and the contenders of the goals must run; the report names any other one that fails.
        if (!needsPython) throw error;
        failures.set(contender.name, String(error).trim().split('\n').at(-1) ?? '');
      }
    }
  }
  return taking.map(({ name }) => ({
    ...cell,
    contender: name,
    figures: figures.get(name) ?? [],
    failure: failures.get(name) ?? null,
  }));
}

/** The bundle of an earlier commit, built by its own build script with its own packages. */
function buildBefore(rev: string, contenders: readonly Contender[]): Contender {
  const tree = join(FOLDER, 'before');
  git('worktree', 'remove', '--force', tree);
  const added = git('worktree', 'add', '--detach', tree, rev);
  if (added.status !== 0) throw new Error(`--before ${rev}: ${added.stderr.trim()}`);
  for (const [command, ...args] of [
    ['npm', 'ci', '--ignore-scripts'],
    [process.execPath, 'scripts/build.mjs'],
  ] as const) {
    const { status, stderr } = spawnSync(command, args, { cwd: tree, encoding: 'utf8' });
    if (status !== 0) throw new Error(`--before ${rev} could not be built: ${stderr.trim()}`);
  }
  const ours = contenders.find(({ name }) => name === 'ours');
  if (!ours) throw new Error('the extractor is not among the contenders');
  return {
    ...ours,
    name: 'before',
    title: `ditio-extract at ${revision(rev)}`,
    handlerFile: join(tree, 'dist/handler.mjs'),
  };
}

function revision(rev: string): string | null {
  const { status, stdout } = git('rev-parse', '--short', rev);
  if (status !== 0) return null;
  const changed = rev === 'HEAD' && git('status', '--porcelain', 'src').stdout !== '';
  return `${stdout.trim()}${changed ? '+' : ''}`;
}

function git(...args: string[]) {
  return spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
}

/** Lines on stderr, each with the minutes and seconds since the start. */
function createClockedSay(): (text: string) => void {
  const started = performance.now();
  return (text) => {
    const seconds = Math.round((performance.now() - started) / 1000);
    const clock = `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
    process.stderr.write(`${clock}  ${text}\n`);
  };
}

process.exitCode = await main();
