/**
 * Stands where Lambda would: imports a handler, invokes it when told, and times both.
 *
 * Its environment is the function's. Sees the first request leave on Node's own diagnostics channels.
 */

import { subscribe } from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';

export type InvokerMessage =
  | { readonly ask: 'import'; readonly file: string }
  | { readonly ask: 'invoke'; readonly event: Readonly<Record<string, unknown>> };

export interface InvokerAnswer {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** From the beginning of the import to the first request of any kind, and to the first to Ditio; null before it. */
  readonly firstRequestSeconds: number | null;
  readonly firstDitioRequestSeconds: number | null;
  readonly rssBytes: number;
  /** What the handler returned; null for an import. */
  readonly result: { readonly streams: readonly StreamResult[] } | null;
}

export interface StreamResult {
  readonly stream: string;
  readonly outcome: string;
  readonly records: number;
  readonly requests: number;
}

type Handler = (event: unknown, context: unknown) => Promise<{ streams: readonly StreamResult[] }>;

const INVOCATION_MS = 900_000;
let handler: Handler | undefined;
let importedAt = 0;
let firstRequestAt: number | null = null;
let firstDitioRequestAt: number | null = null;

subscribe('http.client.request.start', () => {
  firstRequestAt ??= performance.now();
});
subscribe('undici:client:sendHeaders', () => {
  firstRequestAt ??= performance.now();
  firstDitioRequestAt ??= performance.now();
});

process.on('disconnect', () => process.exit());
process.on('message', async (message: InvokerMessage) => {
  const { user, system } = process.cpuUsage();
  const started = performance.now();
  let result: InvokerAnswer['result'] = null;
  if (message.ask === 'import') {
    importedAt = started;
    ({ handler } = await import(pathToFileURL(message.file).href));
  } else {
    const getRemainingTimeInMillis = () => Math.max(0, INVOCATION_MS - (performance.now() - started));
    result = (await handler?.(message.event, { awsRequestId: 'bench', getRemainingTimeInMillis })) ?? null;
  }
  const wallSeconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage({ user, system });
  const since = (at: number | null) => (at === null ? null : (at - importedAt) / 1000);
  const answer: InvokerAnswer = {
    wallSeconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    firstRequestSeconds: since(firstRequestAt),
    firstDitioRequestSeconds: since(firstDitioRequestAt),
    rssBytes: process.memoryUsage.rss(),
    result,
  };
  process.send?.(answer);
});
