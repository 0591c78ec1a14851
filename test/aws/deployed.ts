/** What the tests of the bundle share: Ditio's simulator, and the environment that the template gives the function. */

import { type Simulator, startSimulator } from '../../src/local/simulator/index.ts';
import { evaluate, propertiesOf, readTemplates } from './evaluate.ts';

/** A small world: every stream has something, and pages are several. */
export const SMALL_WORLD = { seed: 4, records: 2000, historyYears: 1 } as const;

export interface Deployed {
  readonly simulator: Simulator;
  /** The environment of the function as the template sets it, with names of made resources and loopback endpoints. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Names {
  readonly secretId: string;
  readonly table: string;
  readonly bucket: string;
}

/** @param endpoint where DynamoDB, S3 and Secrets Manager are */
export async function deployOnLoopback(names: Names, endpoint: string): Promise<Deployed> {
  const simulator = await startSimulator(SMALL_WORLD);
  return { simulator, env: environmentOf(names, endpoint, simulator) };
}

function environmentOf(names: Names, endpoint: string, simulator: Simulator): Record<string, string> {
  const { Variables } = propertiesOf(evaluate(readTemplates().translated), 'ExtractFunction').Environment;
  const made: Readonly<Record<string, string>> = {
    '<DitioSecret>': names.secretId,
    '<StateTable>': names.table,
    '<LakeBucket>': names.bucket,
  };
  const filled = Object.entries(Variables).map(([name, value]) => [
    name,
    String(value).replace(/<\w+>/g, (marker) => made[marker] ?? marker),
  ]);
  return {
    ...Object.fromEntries(filled),
    HISTORY_START: new Date(Date.now() - 400 * 86_400_000).toISOString().slice(0, 10),
    DITIO_IDENTITY_URL: simulator.identityUrl,
    DITIO_REPORTING_URL: simulator.reportingUrl,
    DITIO_CORE_URL: simulator.coreUrl,
    AWS_REGION: 'eu-north-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
  };
}
