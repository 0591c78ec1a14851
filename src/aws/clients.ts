/**
 * Creates the SDK's clients: without retries of their own, with timeouts that throw, with connections that end with the
 * run, and through a proxy where the environment names one.
 *
 * Endpoints follow the SDK's own variables (`AWS_ENDPOINT_URL_DYNAMODB`, …).
 */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readProxy } from '../core/proxy.ts';

/**
 * The source of endpoints, region, credentials and proxy. The SDK's own chain finds the values that are missing here.
 */
export type AwsEnvironment = Readonly<Record<string, string | undefined>>;

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
  /**
   * Closes every connection. The next request opens new ones.
   *
   * Call it when an invocation ends: Lambda then freezes the process, and a connection that dies in the meantime fails only
   * when it is used again, with a reset or a timeout.
   */
  destroy(): void;
}

const CONNECTION_TIMEOUT_MS = 3000;

/** A silent logger. The SDK writes advice to the console, where only JSON lines are allowed; its errors are thrown. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

export function createAwsClients(env: AwsEnvironment, options: AwsClientsOptions): AwsClients {
  const agentOptions = { keepAlive: true, maxSockets: 50, ...proxyOf(env) };
  const httpAgent = new HttpAgent(agentOptions);
  const httpsAgent = new HttpsAgent(agentOptions);
  const credentials = credentialsOf(env);

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
        // Without it the SDK only writes a warning and waits on.
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
    // Buckets as host names need a wildcard in DNS. AWS has one; substitutes for AWS do not.
    forcePathStyle: endpointOf(env, 'S3') !== undefined,
    // The SDK's "Expect: 100-continue" costs a connection of its own and a round trip per part.
    expectContinueHeader: false,
  });
  return {
    dynamodb,
    secrets,
    s3,
    destroy() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

/** Node's agents read the proxy variables themselves. Without a proxy variable they connect directly. */
function proxyOf(env: AwsEnvironment): { readonly proxyEnv?: Readonly<Record<string, string>> } {
  const proxy = readProxy(env);
  if (!proxy) return {};
  const { httpProxy: HTTP_PROXY, httpsProxy: HTTPS_PROXY, noProxy: NO_PROXY } = proxy;
  return { proxyEnv: { NO_PROXY, ...(HTTP_PROXY && { HTTP_PROXY }), ...(HTTPS_PROXY && { HTTPS_PROXY }) } };
}

function endpointOf(env: AwsEnvironment, service: string): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}

/** The keys in the environment, unless a profile is set. */
function credentialsOf(env: AwsEnvironment) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN,
    AWS_PROFILE,
  } = env;
  if (!accessKeyId || !secretAccessKey || AWS_PROFILE) return undefined;
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) };
}
