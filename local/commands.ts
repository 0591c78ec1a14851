/** Lists every command and option of a local run, for the parser, the help and the hints. */

import { layOut } from './terminal.ts';

export const OPTIONS = {
  live: { type: 'boolean' },
  records: { type: 'string' },
  seed: { type: 'string' },
  folder: { type: 'string' },
  fresh: { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  csv: { type: 'boolean' },
  logs: { type: 'boolean' },
  streams: { type: 'string' },
  mode: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  'modified-since': { type: 'string' },
  'modified-before': { type: 'string' },
  lake: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type OptionName = keyof typeof OPTIONS;

interface Command {
  /** What to type after `npm run local --`. */
  readonly usage: string;
  readonly does: string;
  /** Options it takes; any other is refused. */
  readonly takes: readonly OptionName[];
  /** How many words may follow it. */
  readonly words: number;
  /** Action of the event it sends to the handler; null for none. */
  readonly action: string | null;
}

const SOURCE = ['live', 'records', 'seed', 'folder'] as const;
const RUN = [...SOURCE, 'fresh', 'yes', 'json', 'logs'] as const;

export const COMMANDS = {
  job: {
    usage: '(no command)',
    does: 'the whole job: a full sync, changes at the source, an incremental sync, and a table read back out of the lake',
    takes: RUN,
    words: 0,
    action: null,
  },
  sync: {
    usage: 'sync [--streams a,b] [--mode auto|full]',
    does: 'one sync',
    takes: [...RUN, 'streams', 'mode'],
    words: 0,
    action: 'sync',
  },
  backfill: {
    usage: 'backfill --streams a,b --from DATE --to DATE',
    does: 're-reads a window; instead of dates also --modified-since INSTANT [--modified-before INSTANT]',
    takes: [...RUN, 'streams', 'from', 'to', 'modified-since', 'modified-before'],
    words: 0,
    action: 'backfill',
  },
  reset: {
    usage: 'reset --streams a,b',
    does: 'forgets the cursors of these streams, so that their next sync is full',
    takes: [...SOURCE, 'json', 'logs', 'streams'],
    words: 0,
    action: 'reset',
  },
  status: {
    usage: 'status',
    does: 'shows what is stored for every stream',
    takes: [...SOURCE, 'json'],
    words: 0,
    action: 'status',
  },
  check: {
    usage: 'check',
    does: 'proves that everything a sync needs is present; changes nothing',
    takes: [...SOURCE, 'json', 'logs'],
    words: 0,
    action: 'check',
  },
  query: {
    usage: 'query ["select …"]',
    does: 'asks the lake in SQL (DuckDB), every table by the name that it has in Athena; without a word it reads SQL from standard input',
    takes: [...SOURCE, 'json', 'csv'],
    words: 1,
    action: null,
  },
  drift: {
    usage: 'drift',
    does: "fields that no column has, and values that are not of their column's type, counted",
    takes: [...SOURCE, 'json'],
    words: 0,
    action: null,
  },
  export: {
    usage: 'export parquet FOLDER',
    does: 'what exists now, one Parquet file a table',
    takes: [...SOURCE, 'json'],
    words: 2,
    action: null,
  },
  sql: {
    usage: 'sql [--lake PATH]',
    does: 'a script that shows the lake to any DuckDB, under the same names; PATH is where that one finds the lake (a folder or an address; the folder of the run unless given)',
    takes: [...SOURCE, 'lake'],
    words: 0,
    action: null,
  },
  streams: {
    usage: 'streams',
    does: 'lists every stream: its name, what a row is, its key, its special rules',
    takes: ['json'],
    words: 0,
    action: null,
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;

const OPTION_HELP: ReadonlyArray<readonly [usage: string, does: string]> = [
  [
    '--live',
    'the real Ditio environment that DITIO_ENVIRONMENT names (test or production), with DITIO_CLIENT_ID and DITIO_CLIENT_SECRET; goes on where the last call stopped',
  ],
  ['--records N', 'number of records in the simulator at first (20000 unless given)'],
  ['--seed N', 'choice of the made-up world (1 unless given)'],
  ['--folder PATH', 'folder for all data, with one folder for each source (.local unless given)'],
  ['--fresh', 'delete the data of earlier calls; with --live it asks first'],
  ['--yes', 'delete without asking'],
  ['--json', 'the result as JSON on standard output'],
  ['--csv', 'the rows of a query as CSV'],
  ['--logs', 'the log lines as CloudWatch receives them, on standard error'],
  ['--help', 'this text'],
];

/** @param columns greatest width; null for no limit */
export function helpText(columns: number | null): string {
  const commands = Object.values(COMMANDS).map(({ usage, does }) => [usage, does] as const);
  return [
    'npm run local [-- command] [-- options]',
    '',
    ...layOut(
      [
        [
          '',
          'Runs the real handler without AWS: with the simulator of Ditio or the real one, an embedded DynamoDB, and a lake in a folder.',
        ],
      ],
      columns,
      0,
    ),
    '',
    'Commands',
    ...layOut(commands, columns, 2),
    '',
    'Options',
    ...layOut(OPTION_HELP, columns, 2),
    '',
    ...layOut(
      [
        [
          '',
          'Results go to standard output, everything else to standard error. With a pipe, keep npm silent: npm run -s local -- status --json',
        ],
      ],
      columns,
      0,
    ),
    ...layOut([['', 'Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.']], columns, 0),
    ...layOut([['', 'Variables of the function (PAGE_SIZE, STREAMS, …) work here too.']], columns, 0),
  ].join('\n');
}
