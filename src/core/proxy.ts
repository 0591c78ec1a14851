/** Reads the variables of a proxy, in either case, for the requests to Ditio and to AWS. */

export interface ProxySettings {
  /** Proxy for `http:` URLs; empty for none. */
  readonly httpProxy: string;
  /** Proxy for `https:` URLs; empty for none. */
  readonly httpsProxy: string;
  /** Hosts without a proxy, separated by commas. */
  readonly noProxy: string;
}

/** The proxy that the environment names; null when it names none. */
export function readProxy(env: Readonly<Record<string, string | undefined>>): ProxySettings | null {
  const httpProxy = env.http_proxy || env.HTTP_PROXY || '';
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || '';
  if (!httpProxy && !httpsProxy) return null;
  // No proxy can reach this machine's own addresses.
  const noProxy = `${env.no_proxy ?? env.NO_PROXY ?? ''},localhost,127.0.0.1,[::1]`;
  return { httpProxy, httpsProxy, noProxy };
}
