/** Checks in seconds whether Ditio's hosts can be reached; the handler's own retries would take minutes. */

import { once } from 'node:events';
import { connect } from 'node:net';
import type { Config } from '../src/config.ts';
import type { Environment } from './environment.ts';
import { codeOf, Problem } from './problem.ts';

/** Longest wait for a connection. Milliseconds. */
const CONNECT_MS = 5_000;

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up; is there a network?',
  ECONNREFUSED: 'it refuses connections',
  ENETUNREACH: 'there is no network',
  EHOSTUNREACH: 'there is no route to it',
};

/** Throws a `Problem` that names the first host without an answer. */
export async function requireHosts(config: Config, env: Environment): Promise<void> {
  // With a proxy, hosts can be reached only through it.
  if (env.HTTPS_PROXY || env.https_proxy) return;
  const { identityUrl, reportingUrl, environment } = config;
  const hosts = new Map([identityUrl, reportingUrl].map((url) => [url.host, url]));
  for (const url of hosts.values()) {
    const reason = await whyUnreachable(url);
    if (reason === null) continue;
    throw new Problem(
      `${url.host} cannot be reached: ${reason}. Nothing was changed. Check the network and DITIO_ENVIRONMENT (${environment}), and DITIO_IDENTITY_URL and DITIO_REPORTING_URL if you have set them.`,
    );
  }
}

async function whyUnreachable(url: URL): Promise<string | null> {
  const port = Number(url.port) || (url.protocol === 'http:' ? 80 : 443);
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return null;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return `no connection within ${CONNECT_MS / 1000} s`;
    const code = codeOf(error);
    return REASONS[code] ?? (code || String(error));
  } finally {
    socket.destroy();
  }
}
