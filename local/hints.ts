/** Writes command lines that work as printed: they repeat the folder and source of the present command. */

import { refuseBackfill } from '../src/core/cursor/plan.ts';
import { CATALOGUE } from '../src/ditio/catalogue.ts';
import { DEFAULTS, type LocalOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

/** The whole command line, for example `npm run local -- status --records 5000`. */
export function commandLine(options: LocalOptions, words: string, silent = false): string {
  const { source, folderGiven } = options;
  const live = source.kind === 'live' ? ['--live'] : [];
  const simulator =
    source.kind === 'simulator'
      ? [
          ...(source.records === DEFAULTS.records ? [] : [`--records ${source.records}`]),
          ...(source.seed === DEFAULTS.seed ? [] : [`--seed ${source.seed}`]),
        ]
      : [];
  const folder = folderGiven === null ? [] : [`--folder ${quote(folderGiven)}`];
  const rest = [words, ...live, ...simulator, ...folder].filter((part) => part !== '').join(' ');
  return `npm run ${silent ? '-s ' : ''}local${rest === '' ? '' : ` -- ${rest}`}`;
}

/** The words of a command line as they were typed. */
export function wordsOf(args: readonly string[]): string {
  return args.map(quote).join(' ');
}

/** Quotes a word for any shell; special characters within quotes are not handled. */
function quote(word: string): string {
  return /^[\w./\\:~,=-]+$/.test(word) ? word : `"${word}"`;
}

/**
 * A sentence where npm has written lines of its own before a result that a program reads; null elsewhere.
 *
 * @param env npm's own variables tell whether it runs the command, and whether it is silent
 * @param silently the command that keeps npm silent
 */
export function npmNote(
  env: Readonly<Record<string, string | undefined>>,
  results: Pick<Terminal, 'columns'>,
  silently: string,
): string | null {
  const isHeard = env.npm_lifecycle_event !== undefined && env.npm_config_loglevel !== 'silent';
  if (!isHeard || results.columns() !== null) return null;
  return `npm has written lines of its own before the result. Keep it silent:\n  ${silently}`;
}

type Hint = readonly [command: string, does: string];

/**
 * Commands to try after the job, each with its effect.
 *
 * @param streams names of the streams of the run
 */
export function nextSteps(options: LocalOptions, streams: readonly string[]): readonly Hint[] {
  const { source } = options;
  const again =
    source.kind === 'live'
      ? ([commandLine(options, ''), 'once more: only what has changed since'] as const)
      : ([commandLine(options, ''), 'goes on from here, with new changes at the source'] as const);
  return [
    again,
    [commandLine(options, 'status'), 'shows what is stored for every stream'],
    [commandLine(options, 'check'), 'proves that everything a sync needs is present'],
    [
      commandLine(
        options,
        'query "SELECT projectName, resourceTypeName, round(sum(qty), 2) AS hours FROM time_registrations GROUP BY projectName, resourceTypeName"',
      ),
      'asks the lake in SQL, by the names that Athena has',
    ],
    [commandLine(options, 'drift'), 'fields and values that the catalogue does not know'],
    ...backfillHint(options, streams),
    ['npm run local -- streams', 'every stream, and what its rows are'],
    ['npm run local -- --help', 'everything else'],
  ];
}

/** A backfill is refused for streams that the run leaves out, and for snapshots; dates are refused where Ditio has no window. */
function backfillHint(options: LocalOptions, streams: readonly string[]): readonly Hint[] {
  const rules = CATALOGUE.filter(({ name }) => streams.includes(name));
  const dated = rules.find((rule) => refuseBackfill(rule, 'dates') === null);
  const any = rules.find((rule) => refuseBackfill(rule, 'modified') === null);
  if (dated) {
    const words = `backfill --streams ${dated.name} --from 2026-01-01 --to 2026-02-01`;
    return [[commandLine(options, words), 're-reads a month']];
  }
  if (!any) return [];
  const words = `backfill --streams ${any.name} --modified-since 2026-01-01`;
  return [[commandLine(options, words), 're-reads what has changed since then']];
}
