/**
 * Creates the SDK's clients as this program needs them: no retries of their own, timeouts that throw, connections that
 * end with the run, through a proxy where the environment names one.
 *
 * Endpoints follow the SDK's own variables (`AWS_ENDPOINT_URL_DYNAMODB`, …).
 */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/**
 * Where endpoints, region, credentials and proxy are looked up. What it does not name is left to the SDK's own chain.
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
   * To be called when an invocation ends: Lambda then freezes the process, and a connection that dies meanwhile shows it
   * only when it is written to, as a reset or a timeout.
   */
  destroy(): void;
}

const CONNECTION_TIMEOUT_MS = 3000;

/** The SDK writes advice to the console, where only JSON lines may be. What fails is thrown. */
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

/** Node's agents read the variables by themselves; without one of them they go directly. */
function proxyOf(env: AwsEnvironment): { readonly proxyEnv?: Readonly<Record<string, string>> } {
  const HTTP_PROXY = env.http_proxy || env.HTTP_PROXY || '';
  const HTTPS_PROXY = env.https_proxy || env.HTTPS_PROXY || '';
  if (!HTTP_PROXY && !HTTPS_PROXY) return {};
  // No proxy can reach this machine's own addresses.
  const NO_PROXY = `${env.no_proxy ?? env.NO_PROXY ?? ''},localhost,127.0.0.1,[::1]`;
  return { proxyEnv: { NO_PROXY, ...(HTTP_PROXY && { HTTP_PROXY }), ...(HTTPS_PROXY && { HTTPS_PROXY }) } };
}

function endpointOf(env: AwsEnvironment, service: string): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL || undefined;
}

/** The keys that the environment names, where no profile says otherwise. */
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
