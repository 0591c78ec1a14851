/**
 * The SDK's clients, as this program needs them: no retries of their own, timeouts that throw, connections that are
 * kept alive while a run goes on and not trusted after a pause.
 *
 * Decides nothing about requests. Endpoints follow the SDK's own variables (`AWS_ENDPOINT_URL_DYNAMODB`, …).
 */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../ports.ts';

export interface AwsClientsDeps {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Where endpoints, region and credentials are looked up; what it does not name is left to the SDK's own chain. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface AwsClientsOptions {
  /** Longest request to DynamoDB or Secrets Manager, in milliseconds; the loop's own timeouts are shorter. */
  readonly requestTimeoutMs: number;
  /** Longest request to S3, in milliseconds: it sends a whole part. */
  readonly uploadTimeoutMs: number;
}

export interface AwsClients {
  readonly dynamodb: DynamoDBClient;
  readonly secrets: SecretsManagerClient;
  readonly s3: S3Client;
  /** Closes every connection. */
  destroy(): void;
}

const CONNECTION_TIMEOUT_MS = 3000;

/**
 * A connection that was idle so long is not used again, in milliseconds.
 *
 * Lambda freezes a process between invocations; what the other side or a NAT did to its connections meanwhile shows
 * only when one is written to, as a reset at best and as a timeout at worst. A new one costs a few milliseconds.
 */
export const MOST_IDLE_MS = 5000;

/** The SDK writes advice to the console, where only JSON lines may be; whatever fails is told by what it throws. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

export function createAwsClients(deps: AwsClientsDeps, options: AwsClientsOptions): AwsClients {
  const { clock, env } = deps;
  const agents = [
    new HttpAgent({ keepAlive: true, maxSockets: 50 }),
    new HttpsAgent({ keepAlive: true, maxSockets: 50 }),
  ];
  const [httpAgent, httpsAgent] = agents;
  const credentials = credentialsOf(env);
  let lastUsedMs = clock.monotonicMs();

  /** Drops idle connections after a pause, then hands on what it was given. */
  function afterSweeping<T>(args: T): T {
    const idleMs = clock.monotonicMs() - lastUsedMs;
    lastUsedMs += idleMs;
    if (idleMs > MOST_IDLE_MS) {
      for (const agent of agents) {
        for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
      }
    }
    return args;
  }

  const common = (service: string, requestTimeout: number) => {
    const endpoint = endpointOf(env, service);
    const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
    return {
      ...(endpoint !== undefined && { endpoint }),
      ...(region && { region }),
      ...(credentials && { credentials }),
      maxAttempts: 1,
      logger: SILENT,
      requestHandler: {
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        requestTimeout,
        // Without it the SDK only writes a warning and goes on waiting.
        throwOnRequestTimeout: true,
        httpAgent,
        httpsAgent,
      },
    };
  };
  const dynamodb = new DynamoDBClient(common('DYNAMODB', options.requestTimeoutMs));
  const secrets = new SecretsManagerClient(common('SECRETS_MANAGER', options.requestTimeoutMs));
  const s3 = new S3Client({
    ...common('S3', options.uploadTimeoutMs),
    // Buckets as host names need a wildcard in DNS, which AWS has and its stand-ins do not.
    forcePathStyle: endpointOf(env, 'S3') !== undefined,
    // The SDK's "Expect: 100-continue" costs a connection of its own and a round trip per part.
    expectContinueHeader: false,
  });
  const sweep = { step: 'initialize', name: 'dropIdleConnections' } as const;
  dynamodb.middlewareStack.add((next) => (args) => next(afterSweeping(args)), sweep);
  secrets.middlewareStack.add((next) => (args) => next(afterSweeping(args)), sweep);
  s3.middlewareStack.add((next) => (args) => next(afterSweeping(args)), sweep);
  return {
    dynamodb,
    secrets,
    s3,
    destroy() {
      for (const client of [dynamodb, secrets, s3]) client.destroy();
      for (const agent of agents) agent.destroy();
    },
  };
}

function endpointOf(env: AwsClientsDeps['env'], service: string): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}

/** The keys that the environment names, where no profile says otherwise. */
function credentialsOf(env: AwsClientsDeps['env']) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN,
    AWS_PROFILE,
  } = env;
  if (!accessKeyId || !secretAccessKey || AWS_PROFILE) return undefined;
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) };
}
