/** Reads the command line of a local run, and refuses options that the command would ignore. */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CATALOGUE } from '../src/ditio/catalogue.ts';
import { COMMANDS, type CommandName, OPTIONS, type OptionName } from './commands.ts';
import { keptByNpm } from './kept-by-npm.ts';
import { usageProblem } from './problem.ts';
import { didYouMean } from './suggest.ts';

/** Where the data comes from; each source has a folder of its own. */
export type SourceChoice =
  | { readonly kind: 'live' }
  | { readonly kind: 'simulator'; readonly records: number; readonly seed: number };

export interface LocalOptions {
  readonly command: CommandName;
  readonly source: SourceChoice;
  /** Whether the command line names the source; without it, commands that only read look at the last run. */
  readonly sourceGiven: boolean;
  /** Absolute path of the folder in which everything is kept. */
  readonly folder: string;
  /** As it was typed; null for the default. */
  readonly folderGiven: string | null;
  /** Deletes the data of earlier calls. */
  readonly fresh: boolean;
  /** Answers the question that `--live --fresh` asks. */
  readonly yes: boolean;
  /** The result as JSON. */
  readonly json: boolean;
  /** The rows of a query as CSV. */
  readonly csv: boolean;
  /** Log lines as CloudWatch receives them, instead of prose. */
  readonly logs: boolean;
  /** The event for the handler; null for commands that send none. */
  readonly event: Readonly<Record<string, unknown>> | null;
  /** Where a script finds the lake, as typed; null for the folder of the run. */
  readonly lake: string | null;
  /** What follows the command. */
  readonly words: readonly string[];
}

export const DEFAULTS = { folder: '.local', records: 20_000, seed: 1 } as const;
const MAX_RECORDS = 20_000_000;
const MAX_SEED = 2 ** 31;
const NAMES = CATALOGUE.map(({ name }) => name);

/** Fields of an event as the options that they are typed as. */
export const EVENT_OPTIONS = {
  streams: '--streams',
  mode: '--mode',
  from: '--from',
  to: '--to',
  modifiedSince: '--modified-since',
  modifiedBefore: '--modified-before',
} as const;

type Values = Readonly<Partial<Record<OptionName, string | boolean>>>;

/**
 * Throws a `Problem` with exit code 2 that names every mistake. Returns `null` for `--help`.
 *
 * @param env variables, in which npm stores options that were meant for this program (`npm_config_live`)
 */
export function parseOptions(
  typed: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): LocalOptions | null {
  refuseTakenByNpm(typed, env);
  const args = withNegativeNumbers(typed);
  refuseUnknownOrRepeated(args);
  const { values, positionals } = parseStrictly(args);
  if (values.help || positionals[0] === 'help') return null;
  const [word = 'job', ...words] = positionals;
  const command = commandOf(word);
  const problems = [...misplacedOptions(command, values), ...misplacedWords(command, words)];
  const records = wholeNumber('records', values, DEFAULTS.records, 1, MAX_RECORDS, problems);
  const seed = wholeNumber('seed', values, DEFAULTS.seed, 0, MAX_SEED, problems);
  const event = eventOf(command, values, problems);
  if (values.live && (values.records !== undefined || values.seed !== undefined)) {
    problems.push('--records and --seed describe the simulator, which --live does not use');
  }
  if (values.yes && !values.fresh) problems.push('--yes answers the question that --fresh asks; give both');
  if (values.folder === '') problems.push('--folder must name a folder');
  if (values.lake === '') problems.push('--lake must name a folder or an address');
  if (values.json && values.csv) problems.push('--json and --csv are two forms of one result; give one');
  if (problems.length > 0) throw usageProblem(problems);
  return {
    command,
    source: values.live ? { kind: 'live' } : { kind: 'simulator', records, seed },
    sourceGiven: values.live === true || values.records !== undefined || values.seed !== undefined,
    folder: values.folder === undefined ? resolve(DEFAULTS.folder) : absolutePath(String(values.folder), env),
    folderGiven: textOf(values.folder) ?? null,
    fresh: values.fresh === true,
    yes: values.yes === true,
    json: values.json === true,
    csv: values.csv === true,
    logs: values.logs === true,
    event,
    lake: textOf(values.lake) ?? null,
    words,
  };
}

function refuseTakenByNpm(args: readonly string[], env: Readonly<Record<string, string | undefined>>): void {
  const kinds = Object.fromEntries(Object.entries(OPTIONS).map(([name, { type }]) => [name, type === 'string']));
  const words = args.filter((word) => !word.startsWith('-'));
  const problem = keptByNpm('local', kinds, words, env);
  if (problem !== null) throw usageProblem([problem]);
}

/** `--records -5` as one argument: the parser takes the number for an option, and its message does not say so. */
function withNegativeNumbers(args: readonly string[]): string[] {
  const isNumberOf = (name: string, next = '') =>
    name.startsWith('--') && OPTIONS[name.slice(2) as OptionName]?.type === 'string' && /^-\d/.test(next);
  return args.flatMap((arg, at) => {
    if (isNumberOf(arg, args[at + 1])) return [`${arg}=${args[at + 1]}`];
    return isNumberOf(args[at - 1] ?? '', arg) ? [] : [arg];
  });
}

function refuseUnknownOrRepeated(args: readonly string[]): void {
  const { tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === 'option');
  const unknown = given.filter(({ name }) => !(name in OPTIONS));
  const twice = given.find(({ name }, at) => given.findIndex((other) => other.name === name) < at);
  if (unknown.length === 0 && twice) throw usageProblem([`${twice.rawName} is given more than once`]);
  if (unknown.length === 0) return;
  const known = Object.keys(OPTIONS);
  const meant = (rawName: string, name: string) => (rawName.startsWith('--') ? didYouMean(name, known, '--') : '');
  throw usageProblem(unknown.map(({ rawName, name }) => `unknown option ${rawName}${meant(rawName, name)}`));
}

function parseStrictly(args: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // The first sentence says what is wrong; the rest explains how to write a value that begins with a dash.
    const [message = ''] = String(error instanceof Error ? error.message : error).split(/\.?\n|\. /);
    throw usageProblem([message]);
  }
}

function commandOf(word: string): CommandName {
  if (Object.hasOwn(COMMANDS, word)) return word as CommandName;
  const known = Object.keys(COMMANDS).filter((name) => name !== 'job');
  if (word in OPTIONS) throw usageProblem([`unknown command ${word} – did you mean --${word}?`]);
  if (/\s/.test(word)) throw usageProblem([`unknown command – did you mean query "${word}"?`]);
  throw usageProblem([`unknown command ${word}${didYouMean(word, known)} (commands: ${known.join(', ')})`]);
}

function misplacedOptions(command: CommandName, values: Values): string[] {
  const takes: readonly string[] = COMMANDS[command].takes;
  return Object.keys(values)
    .filter((name) => !takes.includes(name) && name !== 'help')
    .map((name) => {
      const owners = Object.entries(COMMANDS).flatMap(([other, { takes: theirs }]) =>
        (theirs as readonly string[]).includes(name) && other !== 'job' ? [other] : [],
      );
      const what = command === 'job' ? 'the run without a command' : command;
      return `${what} does not take --${name}; it belongs to ${owners.join(', ')}`;
    });
}

function misplacedWords(command: CommandName, words: readonly string[]): string[] {
  const { words: most, usage } = COMMANDS[command];
  if (command === 'query' && words.length > most) return [`query needs its SQL in quotes: query "${words.join(' ')}"`];
  if (words.length > most) return [`too many words: ${words.slice(most).join(' ')} (usage: ${usage})`];
  if (command === 'export' && (words[0] !== 'parquet' || !words[1]))
    return [`export needs a format and a folder (usage: ${usage})`];
  return [];
}

/** The event is judged by the handler's own rules later; here it is put together from what was typed. */
function eventOf(command: CommandName, values: Values, problems: string[]): LocalOptions['event'] {
  const { action } = COMMANDS[command];
  if (action === null) return null;
  const streams = textOf(values.streams)
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of streams ?? []) {
    if (!(NAMES as readonly string[]).includes(name)) {
      problems.push(`unknown stream ${name}${didYouMean(name, NAMES) || ' (npm run local -- streams lists them)'}`);
    }
  }
  if ((command === 'backfill' || command === 'reset') && streams === undefined) {
    problems.push(`${command} needs --streams (npm run local -- streams lists them)`);
  }
  if (command === 'backfill' && values.from === undefined && values['modified-since'] === undefined) {
    problems.push('backfill needs --from and --to, or --modified-since');
  }
  const given = {
    action,
    streams,
    mode: values.mode,
    from: values.from,
    to: values.to,
    modifiedSince: values['modified-since'],
    modifiedBefore: values['modified-before'],
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function wholeNumber(
  name: OptionName,
  values: Values,
  fallback: number,
  least: number,
  most: number,
  problems: string[],
): number {
  const text = textOf(values[name]);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    problems.push(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}

/** npm runs scripts in the folder of package.json, wherever they were typed. */
export function absolutePath(typed: string, env: Readonly<Record<string, string | undefined>>): string {
  return resolve(env.INIT_CWD ?? '.', typed);
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
