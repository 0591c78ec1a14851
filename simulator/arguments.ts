/** Parses the command line of the simulator and reports every problem with it. */

import type { parseArgs } from 'node:util';
import { keptByNpm } from '../local/kept-by-npm.ts';
import { didYouMean } from '../local/suggest.ts';
import { FAULT_NAMES, readFaultName } from './fault-names.ts';
import type { FaultRule } from './faults.ts';
import type { SimulatorOptions } from './options.ts';
import { READINGS } from './readings.ts';
import type { Change } from './source.ts';

export interface SimulatorArguments {
  readonly kind: 'run';
  readonly options: SimulatorOptions;
  /** Changes at the source while it runs; null for none. */
  readonly change: { readonly everySeconds: number; readonly what: Change } | null;
  /** Faults, for as long as it runs. */
  readonly faults: readonly FaultRule[];
}

export type ReadArguments =
  | SimulatorArguments
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

export const USAGE = `Usage: npm run simulator -- [options]

  --port <n>            port on 127.0.0.1; 0 for any free one (default 8787)
  --records <n>         records over all streams, roughly (default 20000)
  --seed <n>            everything made up follows from it (default 1)
  --history-years <n>   how far back the records reach (default 3)
  --latency-ms <n>      how late answers begin (default 0)
  --token-lifetime <s>  seconds that an access token lives (default 1800)
  --reading <r>         newer: Ditio as its own clients of 2026 have it; older: as older documents do (default newer)
  --machine-rule <r>    old: windows of at most 7 days; new: any or none (default by the reading)
  --role <r>            of the client: administrator, leader or field-worker (default administrator)
  --ignore-parameter <name>
                        a parameter that the server does not know; may be given several times
  --fault <name>[:<streams>]
                        what goes wrong all the time, in all streams or in some (forbidden:project,user), or with tokens
                        (unavailable:token); may be given several times. Names:
                        ${FAULT_NAMES.slice(0, 8).join(', ')},
                        ${FAULT_NAMES.slice(8).join(', ')}
  --rate-limit <n/s>    requests per so many seconds, for example 60/10 (default none)
  --clock-skew <s>      seconds that the server's clock is ahead (default 0)
  --change-every <s>    create, change and delete some records every so many seconds (default never)
  --page-cache-mb <n>   keep finished pages, for benchmarks (default 0)
  --pretty              indented answers
  --legacy              answers without syncTypeName and counts
  --no-gzip             never compress
  --help                this text`;

const FLAGS = ['pretty', 'legacy', 'no-gzip', 'help'] as const;
const LISTS = ['fault', 'ignore-parameter'] as const;
const VALUES = [
  'port',
  'records',
  'seed',
  'history-years',
  'latency-ms',
  'token-lifetime',
  'reading',
  'machine-rule',
  'role',
  'rate-limit',
  'clock-skew',
  'change-every',
  'page-cache-mb',
] as const;

function isFlag(name: string): boolean {
  return (FLAGS as readonly string[]).includes(name);
}

const MAX_RECORDS = 20_000_000;
const CHANGE: Change = { created: 3, changed: 6, deleted: 2 };

/**
 * @param parse `parseArgs` of `node:util`
 * @param env variables, in which npm stores options that were meant for this program
 */
export function readArguments(
  args: readonly string[],
  parse: typeof parseArgs,
  env: Readonly<Record<string, string | undefined>> = {},
): ReadArguments {
  const kinds = Object.fromEntries([...FLAGS, ...VALUES, ...LISTS].map((name) => [name, !isFlag(name)]));
  const words = args.filter((word) => !word.startsWith('-'));
  const kept = keptByNpm('simulator', kinds, words, env);
  if (kept !== null) return { kind: 'refused', problems: [kept] };
  const known = Object.fromEntries([
    ...FLAGS.map((name) => [name, { type: 'boolean' as const }]),
    ...VALUES.map((name) => [name, { type: 'string' as const }]),
    ...LISTS.map((name) => [name, { type: 'string' as const, multiple: true }]),
  ]);
  let values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  try {
    values = parse({ args: [...args], options: known, allowPositionals: false }).values as typeof values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, unknown] = /^Unknown option '--([^']+)'/.exec(message) ?? [];
    return { kind: 'refused', problems: [message + (unknown ? didYouMean(unknown, Object.keys(known), '--') : '')] };
  }
  if (values.help) return { kind: 'help' };
  const problems: string[] = [];

  function number(name: (typeof VALUES)[number], fallback: number, least: number, most: number, whole = true): number {
    const text = values[name];
    if (text === undefined) return fallback;
    const value = Number(text);
    const good = text !== '' && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (!good)
      problems.push(`--${name} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}"`);
    return value;
  }

  function choice<T extends string>(name: (typeof VALUES)[number], of: readonly T[]): T | undefined {
    const text = values[name];
    const chosen = of.find((one) => one === text);
    if (text !== undefined && chosen === undefined)
      problems.push(`--${name} must be ${of.slice(0, -1).join(', ')} or ${of.at(-1)}, not "${text}"`);
    return chosen;
  }

  const rule = choice('machine-rule', ['old', 'new']);
  const reading = choice('reading', ['newer', 'older']) ?? 'newer';
  const role = choice('role', ['administrator', 'leader', 'field-worker']) ?? 'administrator';
  const read = ((values.fault ?? []) as readonly string[]).map(readFaultName);
  const faults = read.filter((fault) => typeof fault !== 'string');
  problems.push(...read.filter((fault) => typeof fault === 'string'));
  const limit = values['rate-limit'];
  const rate = limit === undefined ? null : /^([1-9]\d{0,6})\/([1-9]\d{0,4})$/.exec(String(limit));
  if (limit !== undefined && !rate) problems.push(`--rate-limit must look like 60/10, not "${limit}"`);
  const skewMs = number('clock-skew', 0, -1e6, 1e6) * 1000;
  const everySeconds = number('change-every', 0, 0.1, 1e6, false);
  const options: SimulatorOptions = {
    ...READINGS[reading],
    port: number('port', 8787, 0, 65_535),
    records: number('records', 20_000, 0, MAX_RECORDS),
    seed: number('seed', 1, 0, 2 ** 31),
    historyYears: number('history-years', 3, 0.1, 15, false),
    latencyMs: number('latency-ms', 0, 0, 600_000),
    tokenLifetimeSeconds: number('token-lifetime', 1_800, 1, 86_400),
    pageCacheBytes: number('page-cache-mb', 0, 0, 100_000) * 1e6,
    ...(rule && { machineRule: rule }),
    administrator: role === 'administrator',
    fieldWorker: role === 'field-worker',
    ignoreParameters: (values['ignore-parameter'] ?? []) as readonly string[],
    rateLimit: rate && { requests: Number(rate[1]), perSeconds: Number(rate[2]), retryAfter: 'seconds' },
    now: () => Date.now() + skewMs,
    pretty: values.pretty === true,
    ...(values.legacy === true && { legacyEnvelope: true }),
    gzip: values['no-gzip'] !== true,
  };
  if (problems.length > 0) return { kind: 'refused', problems };
  return { kind: 'run', options, faults, change: everySeconds === 0 ? null : { everySeconds, what: CHANGE } };
}

/** A sentence about a port that cannot be used; null where the error is about something else. */
export function portProblem(error: unknown, port: number | undefined): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') return `Port ${port} is taken: choose another with --port.`;
  if (code === 'EACCES')
    return `Port ${port} needs a permission that you do not have: choose one from 1024 on with --port.`;
  return null;
}
