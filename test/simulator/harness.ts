/**
 * A simulator on loopback, asked over HTTP as any client would, with a clock that the test moves.
 */

import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import {
  type Simulator,
  type SimulatorOptions,
  STREAM_NAMES,
  type StreamName,
  startSimulator,
} from '../../simulator/index.ts';
import { STREAMS } from '../../simulator/streams.ts';

export const START_MS = Date.UTC(2026, 10, 22, 8, 15);

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface Page {
  readonly data: ReadonlyArray<Readonly<Record<string, unknown>> & { readonly id: string }>;
  readonly links?: { readonly next: string | null };
  readonly continuationToken?: string | null;
  readonly syncTypeName?: string;
  readonly recordCount?: number;
  readonly deletedRecordCount?: number;
}

export type Parameters = Readonly<Record<string, string | number | boolean>>;

export interface World {
  readonly simulator: Simulator;
  /** The server's clock. */
  nowMs: number;
  iso(offsetMs?: number): string;
  token(form?: Parameters): Promise<string>;
  ask(url: string, options?: AskOptions): Promise<Answer>;
  /** A stream's endpoint, with a good token. */
  get(stream: StreamName, parameters?: Parameters, options?: AskOptions): Promise<Answer>;
  page(stream: StreamName, parameters?: Parameters): Promise<Page>;
  /** Every page from the first to the last, each parameter repeated. */
  pages(stream: StreamName, parameters?: Parameters, between?: (page: Page) => void): Promise<Page[]>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PATCH' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Instead of the token that all requests share; null for none. */
  readonly token?: string | null;
}

/** More pages than any traversal in these tests has. */
const MAX_PAGES = 5_000;

/** @param test closes the world when it ends, however it ends; without it the caller must */
export async function startWorld(
  options: SimulatorOptions = {},
  test?: { after(close: () => Promise<void>): void },
): Promise<World> {
  let shared: string | null = null;
  const agent = new Agent({ connections: 8 });
  const clock = { nowMs: START_MS };
  const world: World = {
    get nowMs() {
      return clock.nowMs;
    },
    set nowMs(value) {
      clock.nowMs = value;
    },
    simulator: await startSimulator({ records: 3_000, now: () => clock.nowMs, ...options }),
    iso: (offsetMs = 0) => new Date(world.nowMs + offsetMs).toISOString(),
    async token(form = {}) {
      const { simulator } = world;
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: simulator.clientId,
        client_secret: simulator.clientSecret,
        scope: 'reportingapiv1 ditioapiv3',
        ...texts(form),
      });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await world.ask(`${simulator.identityUrl}/connect/token`, {
        method: 'POST',
        headers,
        body: `${body}`,
        token: null,
      });
      assert.equal(answer.status, 200, answer.text);
      return JSON.parse(answer.text).access_token;
    },
    async ask(url, { method = 'GET', headers = {}, body, signal, token } = {}) {
      if (token === undefined) shared ??= await world.token();
      const bearer = token === undefined ? shared : token;
      const answer = await request(url, {
        method,
        dispatcher: agent,
        headers: { ...(bearer !== null && { authorization: `Bearer ${bearer}` }), ...headers },
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      const plain = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      return { status: answer.statusCode, headers: answer.headers, bytes, text: plain.toString('utf8') };
    },
    get: (stream, parameters = {}, ask = {}) => world.ask(urlOf(world.simulator, stream, parameters), ask),
    async page(stream, parameters = {}) {
      const answer = await world.get(stream, parameters);
      assert.equal(answer.status, 200, answer.text);
      return JSON.parse(answer.text) as Page;
    },
    async pages(stream, parameters = {}, between = () => {}) {
      const pages: Page[] = [];
      let token: string | null | undefined = null;
      do {
        const page: Page = await world.page(stream, token ? { ...parameters, ContinuationToken: token } : parameters);
        pages.push(page);
        token = page.continuationToken;
        between(page);
        assert.ok(pages.length < MAX_PAGES, 'the traversal does not end');
      } while (token);
      return pages;
    },
    async close() {
      await agent.destroy();
      await world.simulator.close();
      assert.deepEqual(world.simulator.defects, [], 'the simulator itself failed');
    },
  };
  test?.after(() => world.close());
  return world;
}

export function urlOf(simulator: Simulator, stream: StreamName, parameters: Parameters = {}): string {
  const path = STREAMS.find(({ name }) => name === stream)?.path;
  const query = new URLSearchParams(texts(parameters));
  return `${simulator.reportingUrl}/v1/${path}?${query}`;
}

export function texts(parameters: Parameters): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
}

/** What a full sync of a stream must ask for: windows where the endpoint needs them, filters where it narrows. */
export function everything(stream: StreamName): Parameters {
  const window = { FromDateTime: '2000-01-01', ToDateTime: '2040-01-01' };
  if (stream === 'crew-list-registrations') return window;
  if (stream === 'item-registrations') return { FromDate: '2000-01-01', ToDate: '2040-01-01' };
  if (stream === 'payroll-lines-extended') return { ExportFilter: 'All', UserPayrollTypeFilter: 'AllUsers' };
  return {};
}

/** All streams that answer in pages of JSON. */
export const PAGED = STREAM_NAMES.filter((name) => name !== 'item-registrations');
/** Those of them that take `ModifiedSince`. */
export const INCREMENTAL = PAGED.filter((name) => name !== 'flow-locations' && name !== 'flow-mass-types');

export function ids(pages: readonly Page[]): string[] {
  return pages.flatMap(({ data }) => data.map(({ id }) => id));
}

export function errorOf(answer: Answer): { readonly error: string; readonly message: string } {
  return JSON.parse(answer.text);
}
