/** Makes the environment of the function for a local run. Variables of the caller count where possible. */

import { pathToFileURL } from 'node:url';
import { type Config, parseConfig } from '../src/config.ts';
import { HardFailure } from '../src/core/failure/errors.ts';
import { CATALOGUE } from '../src/ditio/catalogue.ts';
import { parseEvent } from '../src/event.ts';
import type { SourceFolder } from './folder.ts';
import { EVENT_OPTIONS, type LocalOptions } from './options.ts';
import { EXIT, Problem } from './problem.ts';
import type { LocalSource } from './source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export const STATE_TABLE = 'ditio-extract-local';
const REGION = 'eu-north-1';
const NAMES = CATALOGUE.map(({ name }) => name);

/** Variables that a local run sets itself. */
const SET_HERE = ['LAKE_URL', 'STATE_TABLE', 'DITIO_SECRET_ID', 'AWS_ENDPOINT_URL_DYNAMODB'];
/** Variables that only a real source needs. */
const LIVE_ONLY = [
  'DITIO_ENVIRONMENT',
  'DITIO_IDENTITY_URL',
  'DITIO_REPORTING_URL',
  'DITIO_CORE_URL',
  'DITIO_CLIENT_ID',
  'DITIO_CLIENT_SECRET',
];

/** Sentences about variables that are set but not used. */
export function unusedVariables(live: boolean, env: Environment): string[] {
  const here = SET_HERE.filter((name) => env[name]);
  const elsewhere = live ? [] : LIVE_ONLY.filter((name) => env[name]);
  return [
    ...(here.length > 0
      ? [`Not used: ${here.join(', ')}. A local run keeps lake and state in its folder (--folder).`]
      : []),
    ...(elsewhere.length > 0 ? [`Not used: ${elsewhere.join(', ')}. Variables of a real source need --live.`] : []),
  ];
}

/** The services around the handler; null for one that has not been started yet. */
export interface Surroundings {
  readonly folder: SourceFolder;
  readonly stateEndpoint: string | null;
  readonly source: LocalSource | null;
}

/** The environment of the function, as the template would set it. */
export function functionEnvironment(
  live: boolean,
  env: Environment,
  { folder, stateEndpoint, source }: Surroundings,
): Environment {
  const nowhere = 'http://127.0.0.1:1';
  const simulated = !live && {
    DITIO_ENVIRONMENT: 'test',
    DITIO_IDENTITY_URL: source?.identityUrl ?? nowhere,
    DITIO_REPORTING_URL: source?.reportingUrl ?? nowhere,
    DITIO_CORE_URL: source?.coreUrl ?? nowhere,
    DITIO_CLIENT_ID: source?.clientId ?? 'simulator',
    DITIO_CLIENT_SECRET: source?.clientSecret ?? 'simulator',
    // Snapshots are read in every sync here, so that the table can be compared with the source.
    SNAPSHOT_INTERVAL_HOURS: env.SNAPSHOT_INTERVAL_HOURS ?? '0',
  };
  return {
    ...env,
    ...simulated,
    DITIO_SECRET_ID: undefined,
    STATE_TABLE,
    LAKE_URL: pathToFileURL(folder.lake).href,
    AWS_ENDPOINT_URL_DYNAMODB: stateEndpoint ?? nowhere,
    AWS_REGION: REGION,
  };
}

/**
 * Checks environment and event before anything is changed. Throws a `Problem` with exit code 2 that names every error.
 *
 * @param needsClient false for commands that send nothing to Ditio
 */
export function judge(options: LocalOptions, env: Environment, folder: SourceFolder, needsClient: boolean): Config {
  const live = options.source.kind === 'live';
  if (live && needsClient) requireClient(env);
  const client = live && !needsClient ? { DITIO_CLIENT_ID: 'unused', DITIO_CLIENT_SECRET: 'unused' } : {};
  try {
    const given = { ...functionEnvironment(live, env, { folder, stateEndpoint: null, source: null }), ...client };
    const config = parseConfig(given, NAMES);
    if (options.event) judgeEvent(options.event, config);
    return config;
  } catch (error) {
    if (!(error instanceof HardFailure)) throw error;
    throw new Problem(error.message.replaceAll('; ', '\n'), EXIT.usage, error);
  }
}

/** Field of an event, in quotes as the handler's messages have it. */
const FIELD = /"(streams|mode|from|to|modifiedSince|modifiedBefore)"/g;

/** The handler names the fields of its event; here they were typed as options. */
function judgeEvent(event: Readonly<Record<string, unknown>>, config: Config): void {
  try {
    parseEvent(event, config.streams, CATALOGUE);
  } catch (error) {
    if (!(error instanceof HardFailure)) throw error;
    const message = error.message.replaceAll(FIELD, (_, field: keyof typeof EVENT_OPTIONS) => EVENT_OPTIONS[field]);
    throw new HardFailure(error.kind, message, error.facts);
  }
}

function requireClient(env: Environment): void {
  const missing = ['DITIO_CLIENT_ID', 'DITIO_CLIENT_SECRET'].filter((name) => !env[name]?.trim());
  if (missing.length === 0) return;
  throw new Problem(
    `--live needs ${missing.join(' and ')}: the client that Ditio gave you, of the environment ${env.DITIO_ENVIRONMENT || 'test'} (DITIO_ENVIRONMENT chooses test or production). Without a client, npm run local shows the same with made-up data.`,
    EXIT.usage,
  );
}
