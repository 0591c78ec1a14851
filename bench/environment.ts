/** The environment of the function, as the template would set it, for a source and a state on loopback. */

import { pathToFileURL } from 'node:url';
import type { Source, State } from './processes.ts';

/** What the template sets for the process itself; a test holds it against the template. */
export const PROCESS_ENVIRONMENT = { MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=4' } as const;

export function functionEnvironment(source: Source, state: State, lakeFolder: string): Record<string, string> {
  return {
    ...PROCESS_ENVIRONMENT,
    DITIO_IDENTITY_URL: source.identityUrl,
    DITIO_REPORTING_URL: source.reportingUrl,
    DITIO_CLIENT_ID: source.clientId,
    DITIO_CLIENT_SECRET: source.clientSecret,
    STATE_TABLE: 'bench',
    LAKE_URL: pathToFileURL(lakeFolder).href,
    AWS_ENDPOINT_URL_DYNAMODB: state.endpoint,
    AWS_REGION: 'eu-north-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // Otherwise metrics come as an object to the console in a run outside Lambda.
    POWERTOOLS_SERVICE_NAME: 'ditio-extract',
  };
}
