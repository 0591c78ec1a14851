/** Writes command lines that work as printed: they repeat the folder and source of the present command. */

import { DEFAULTS, type LocalOptions } from './options.ts';

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

/** Quotes a path for any shell; special characters within quotes are not handled. */
function quote(path: string): string {
  return /^[\w./\\:~-]+$/.test(path) ? path : `"${path}"`;
}

/** Commands to try after the job, each with its effect. */
export function nextSteps(options: LocalOptions): ReadonlyArray<readonly [command: string, does: string]> {
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
        'query "SELECT projectName, resourceTypeName, sum(qty) AS hours FROM time_registrations GROUP BY projectName, resourceTypeName"',
      ),
      'asks the lake in SQL, by the names that Athena has',
    ],
    [commandLine(options, 'drift'), 'fields and values that the catalogue does not know'],
    [
      commandLine(options, 'backfill --streams time-registrations --from 2026-01-01 --to 2026-02-01'),
      're-reads a month',
    ],
    ['npm run local -- streams', 'every stream, and what its rows are'],
    ['npm run local -- --help', 'everything else'],
  ];
}
