/**
 * Plays Ditio as a function from a request to an answer, with all time from `options.now`. It has no socket and no timer.
 *
 * It has the routes, the order of checks (path, method, token, scope, parameters) and the faults that replace an answer.
 * The HTTP edge serves it; a simulation on virtual time calls it directly.
 */

import { errorReply, type ModelAnswer, type ModelRequest, type Reply, type WireFault } from './answer.ts';
import { coreReply } from './core-api.ts';
import { createExtraction } from './extraction.ts';
import { answerFaultReply, isAnswerFault, isWireFault } from './fault-answers.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { type ClientControl, createIdentity, unauthorizedReply } from './identity.ts';
import { fillOptions, type ModelOptions } from './options.ts';
import { isPageFault } from './page-faults.ts';
import { type Params, readParams } from './params.ts';
import { createRateLimiter } from './rate-limit.ts';
import { Refusal } from './refusal.ts';
import { createRequestLog, type RequestLogEntry } from './request-log.ts';
import { type Change, type Changes, createSource } from './source.ts';
import { NEVER, type StreamState } from './stream-state.ts';
import { STREAM_NAMES, STREAMS, type StreamName } from './streams.ts';
import { formatHttpDate, formatTicks } from './ticks.ts';

/** A record at the source, for comparisons. */
export interface SourceRecord {
  readonly id: string;
  /** The text that a page would show now, byte for byte; with sensitive fields. */
  readonly json: string;
  readonly deleted: boolean;
  /** Raised by every change. */
  readonly revision: number;
  /** Time of the last change or of the deletion, as the server's order of change has it. */
  readonly changedDateTime: string;
}

export interface DitioModel {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly client: ClientControl;
  readonly faults: Faults;
  /** The newest requests, oldest first, up to a limit. */
  readonly requests: readonly RequestLogEntry[];
  handle(request: ModelRequest): ModelAnswer;
  /** Number of existing records, by stream. */
  counts(): Record<string, { live: number; deleted: number }>;
  liveIds(stream: string): Iterable<string>;
  /** Every living record, in the order in which they were made; several where they share one id. */
  rows(stream: string): Iterable<SourceRecord>;
  /** The first record with this id; undefined where it never existed. */
  record(stream: string, id: string): SourceRecord | undefined;
  /** Creates, changes and deletes, all stamped with the server's present time; returns the ids. */
  change(change: Change): Changes;
}

interface Route {
  readonly endpoint: 'token' | 'page' | 'core';
  readonly stream: StreamState | null;
  /** Below `/core/`. */
  readonly path: string;
}

const FOR_ADMINISTRATORS: ReadonlySet<StreamName> = new Set(['project', 'resource', 'user', 'payroll-lines-extended']);
const SCOPES = { page: 'reportingapiv1', core: 'ditioapiv3' } as const;

export function createDitioModel(options: ModelOptions = {}): DitioModel {
  const filled = fillOptions(options);
  const source = createSource(filled);
  const extraction = createExtraction(source, filled);
  const identity = createIdentity(filled);
  const faults = createFaults(filled.seed);
  const throttle = createRateLimiter(filled.rateLimit, filled.now);
  const log = createRequestLog();
  const ignored = new Set(filled.ignoreParameters.map((name) => name.toLowerCase()));

  function routeOf(path: string): Route | null {
    if (path === '/connect/token') return { endpoint: 'token', stream: null, path };
    if (path.startsWith('/core/')) return { endpoint: 'core', stream: null, path: path.slice('/core/'.length) };
    const spec = STREAMS.find((one) => path === `/reporting/v1/${one.path}`);
    return spec ? { endpoint: 'page', stream: source.states[spec.name], path } : null;
  }

  /** Throws `Refusal`. */
  function replyTo(request: ModelRequest, url: URL, params: Params, route: Route, fault: Fault | null): Reply {
    if (fault && isAnswerFault(fault)) return answerFaultReply(fault, filled.now());
    if (route.endpoint === 'token') return identity.tokenReply(request);
    const throttled = throttle();
    if (throttled) return throttled;
    if (route.endpoint === 'page' && request.method !== 'GET') {
      return errorReply(405, 'MethodNotAllowed', 'Only GET is allowed here.', 'simple', null, { allow: 'GET' });
    }
    const judged = identity.judge(request.headers.authorization);
    if ('refused' in judged) return unauthorizedReply(judged.refused);
    const scope = /^api\/file\//.test(route.path) ? filled.fileScope : SCOPES[route.endpoint];
    if (!judged.scopes.includes(scope)) {
      if (filled.missingScope === 401)
        return unauthorizedReply(`The audience '${judged.scopes.join(', ')}' is invalid`);
      throw new Refusal(403, 'Forbidden', `The token lacks the scope '${scope}'.`);
    }
    if (route.stream === null) return coreReply(source, extraction, request, route.path, params);
    const isAdministrator = identity.client.administrator && !identity.client.fieldWorker;
    if (FOR_ADMINISTRATORS.has(route.stream.spec.name) && !isAdministrator) {
      throw new Refusal(403, 'Forbidden', 'The client must represent an administrator.');
    }
    if (fault?.kind === 'refused-token') {
      throw new Refusal(
        400,
        'InvalidContinuationToken',
        "The 'ContinuationToken' parameter is not valid.",
        'ContinuationToken',
      );
    }
    const asker = { isFieldWorker: identity.client.fieldWorker };
    return extraction.reply(route.stream, url, params, asker, isPageFault(fault) ? fault : null);
  }

  function handle(request: ModelRequest): ModelAnswer {
    const url = new URL(request.url, filled.baseUrl());
    const path = url.pathname.replace(/\/+$/, '');
    const params = readParams(url.searchParams, ignored);
    const route = routeOf(path);
    const stream = route?.stream?.spec.name ?? null;
    const continued = params.text('ContinuationToken') !== null;
    const fault = route && faults.meet({ endpoint: route.endpoint, stream, continued });
    let reply: Reply;
    try {
      if (!route) throw new Refusal(404, 'NotFound', `There is no such endpoint: ${path}`);
      reply = replyTo(request, url, params, route, fault);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply = errorReply(error.status, error.code, error.message, filled.refusalShape, error.field);
    }
    log.add({
      atMs: filled.now(),
      method: request.method,
      path,
      stream,
      query: Object.fromEntries(url.searchParams),
      status: reply.status,
      fault: fault?.kind ?? null,
    });
    return finish(reply, fault, filled.latencyMs);
  }

  function finish(reply: Reply, fault: Fault | null, latencyMs: number): ModelAnswer {
    const date = fault?.kind === 'date-header' ? fault.text : filled.dateHeader ? formatHttpDate(filled.now()) : null;
    const wire: WireFault | null = fault && isWireFault(fault) ? fault : null;
    return {
      status: reply.status,
      headers: { ...reply.headers, ...(date !== null && { date }) },
      body: reply.body,
      delayMs: latencyMs + (fault?.kind === 'slow' ? fault.ms : 0),
      wire,
      cacheKey: wire === null ? (reply.cacheKey ?? null) : null,
    };
  }

  function recordAt(stream: StreamState, index: number): SourceRecord {
    const deletedAt = stream.deleted(index);
    return {
      id: stream.id(index),
      json: extraction.recordText(stream, index, { sensitive: true }),
      deleted: deletedAt !== NEVER,
      revision: stream.revision(index),
      changedDateTime: formatTicks(deletedAt === NEVER ? stream.modified(index) : deletedAt),
    };
  }

  function* rows(name: string): Generator<SourceRecord> {
    const stream = source.stream(name);
    for (let index = 0; index < stream.total(); index += 1) {
      if (stream.deleted(index) === NEVER) yield recordAt(stream, index);
    }
  }

  function* liveIds(name: string): Generator<string> {
    const stream = source.stream(name);
    for (let index = 0; index < stream.total(); index += 1) {
      if (stream.deleted(index) === NEVER) yield stream.id(index);
    }
  }

  return {
    clientId: filled.clientId,
    get clientSecret() {
      return identity.client.secret;
    },
    client: identity.client,
    faults,
    requests: log.entries,
    handle,
    counts: () => Object.fromEntries(STREAM_NAMES.map((name) => [name, { ...source.states[name].counts() }])),
    liveIds,
    rows,
    record(name, id) {
      const stream = source.stream(name);
      const index = stream.indexOf(id);
      return index < 0 ? undefined : recordAt(stream, index);
    },
    change: source.change,
  };
}
