/** Starts the simulator as a server on loopback. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createHttpEdge } from './http-edge.ts';
import { createDitioModel, type DitioModel } from './model.ts';
import { fillOptions, type SimulatorOptions } from './options.ts';

export interface Simulator extends Omit<DitioModel, 'handle'> {
  /** Base URLs, without a slash at the end; paths below them are the real ones. */
  readonly identityUrl: string;
  readonly reportingUrl: string;
  readonly coreUrl: string;
  /** Errors of the simulator itself; a test may assert that there are none. */
  readonly defects: readonly unknown[];
  /** Ends every connection, stalled ones too. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  let baseUrl = 'http://127.0.0.1';
  const model = createDitioModel({ ...options, baseUrl: options.baseUrl ?? (() => baseUrl) });
  const edge = createHttpEdge(model, {
    gzip: options.gzip ?? true,
    gzipLevel: options.gzipLevel ?? 1,
    pageCacheBytes: fillOptions(options).pageCacheBytes,
  });
  edge.server.listen(options.port ?? 0, '127.0.0.1');
  await once(edge.server, 'listening');
  baseUrl = `http://127.0.0.1:${(edge.server.address() as AddressInfo).port}`;
  const { client, faults, requests, counts, liveIds, rows, record, change } = model;
  return {
    identityUrl: baseUrl,
    reportingUrl: `${baseUrl}/reporting`,
    coreUrl: `${baseUrl}/core`,
    clientId: model.clientId,
    get clientSecret() {
      return model.clientSecret;
    },
    client,
    faults,
    requests,
    counts,
    liveIds,
    rows,
    record,
    change,
    defects: edge.defects,
    close: edge.close,
  };
}
