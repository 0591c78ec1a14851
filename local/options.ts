/** The command line of a local run: what it takes, and what it says when asked. */

import { parseArgs } from 'node:util';

export type LocalCommand = 'job' | 'sync' | 'status' | 'check' | 'backfill' | 'reset';

export interface LocalOptions {
  readonly command: LocalCommand;
  /** Against the real Ditio rather than the simulator. */
  readonly live: boolean;
  /** Records that the simulator holds at first, over all streams. */
  readonly records: number;
  readonly seed: number;
  /** Forgets what earlier calls left. */
  readonly fresh: boolean;
  /** Shows every log line as JSON. */
  readonly json: boolean;
  /** Where everything is kept, relative to the working directory. */
  readonly folder: string;
  /** The event for the handler; null for the job. */
  readonly event: Readonly<Record<string, unknown>> | null;
}

export const HELP = `npm run local [-- command] [-- options]

Runs the real handler without AWS: an embedded DynamoDB, and a lake in a folder.

commands
  (none)      the whole job: a full sync, changes at the source, an incremental sync, and a table read out of the lake
  sync        one sync             [--streams a,b] [--mode auto|full]
  status      what is stored of every stream
  check       proves that everything a sync needs is there; moves nothing
  backfill    re-reads a window    --streams a,b  --from 2026-01-01 --to 2026-02-01
                                                  or --modified-since 2026-01-01T00:00:00Z [--modified-before …]
  reset       forgets cursors      --streams a,b

options
  --live            the real Ditio environment named by DITIO_ENVIRONMENT (test or production), with DITIO_CLIENT_ID and
                    DITIO_CLIENT_SECRET; continues where the last call stopped
  --records N       how many records the simulator holds at first (default 20000)
  --seed N          which made-up world (default 1)
  --fresh           forget what earlier calls left
  --folder PATH     where lake and state are kept (default .local)
  --json            show every log line as JSON, as CloudWatch would receive it
  --help            this text

Every variable of the function's environment (PAGE_SIZE, STREAMS, …) works here too.`;

/** Throws an `Error` with a message for a person when the command line cannot be understood. `null` asks for help. */
export function parseOptions(args: readonly string[]): LocalOptions | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      live: { type: 'boolean', default: false },
      records: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      fresh: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      folder: { type: 'string', default: '.local' },
      streams: { type: 'string' },
      mode: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      'modified-since': { type: 'string' },
      'modified-before': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const [command = 'job', ...rest] = positionals;
  if (!isCommand(command)) throw new Error(`unknown command: ${command} (sync, status, check, backfill or reset)`);
  if (rest.length > 0) throw new Error(`too many words: ${rest.join(' ')}`);
  const { live, fresh, json, folder } = values;
  return {
    command,
    live,
    fresh,
    json,
    folder,
    records: wholeNumber('--records', values.records, 1, 20_000_000),
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 31),
    event: eventOf(command, values),
  };
}

function isCommand(word: string): word is LocalCommand {
  return ['job', 'sync', 'status', 'check', 'backfill', 'reset'].includes(word);
}

/** The handler judges the event; here it is only put together from what was given. */
function eventOf(command: LocalCommand, values: Readonly<Record<string, string | boolean | undefined>>) {
  if (command === 'job') return null;
  const given = {
    streams: typeof values.streams === 'string' ? values.streams.split(',').map((name) => name.trim()) : undefined,
    mode: values.mode,
    from: values.from,
    to: values.to,
    modifiedSince: values['modified-since'],
    modifiedBefore: values['modified-before'],
  };
  return Object.fromEntries([
    ['action', command] as const,
    ...Object.entries(given).filter(([, value]) => value !== undefined),
  ]);
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new Error(`${name} must be a whole number from ${least} to ${most}`);
  }
  return value;
}
