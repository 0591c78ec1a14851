/** The program's own AWS clients, connected to servers on loopback. */

import { type AwsClients, createAwsClients } from '../../src/aws/clients.ts';

/** @param endpoints `AWS_ENDPOINT_URL_…` variables; a service without one must not be used */
export function connect(endpoints: Readonly<Record<string, string>>): AwsClients {
  const env = { AWS_REGION: 'eu-north-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', ...endpoints };
  return createAwsClients(env, { requestTimeoutMs: 10_000, uploadTimeoutMs: 30_000 });
}
