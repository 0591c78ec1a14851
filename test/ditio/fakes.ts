/**
 * Stand-ins for the edges of `src/ditio` on a virtual clock: a transport that answers by script and refuses everything
 * else, and clocks, scopes and randomness for it.
 *
 * Bodies given here are not compressed: zlib works on a thread of its own, and virtual time would overtake it.
 */

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { createRetryBudget } from '../../src/core/retry/retry-budget.ts';
import type { Clock, Random } from '../../src/core/scope.ts';
import { createDeadline, type Deadline } from '../../src/core/time/deadline.ts';
import type { HttpAnswer, HttpRequest, Transport } from '../../src/ports.ts';
import { createRecordingLog } from '../fakes/recording-log.ts';
import { nextRunId, type TestScope } from '../fakes/scope.ts';

/** A scope with so much time left, of which `reserveMs` belong to the end. */
export function createScope(clock: Clock, remainingMs = 900_000, reserveMs = 15_000): TestScope {
  return scopeOf(createDeadline(() => clock.monotonicMs(), remainingMs, reserveMs));
}

export function scopeOf(deadline: Deadline): TestScope {
  return {
    deadline,
    log: createRecordingLog(),
    tally: { requests: 0, retries: 0, throttled: 0, hasStartedRequest: false },
    runId: nextRunId(),
    budget: createRetryBudget(),
  };
}

/** Jitter that is always the same share of its range: 0 for none, just below 1 for all of it. */
export function fixedRandom(value = 0): Random {
  let count = 0;
  return { next: () => value, uuid: () => `00000000-0000-4000-8000-${String(count++).padStart(12, '0')}` };
}

/** Bytes in one piece, or a slow body. */
export type Body = string | Uint8Array | ((clock: Clock) => AsyncIterable<Uint8Array>);

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** How long the head takes, in milliseconds. */
  readonly afterMs?: number;
}

/** What one request is answered with: an answer, an error of the network, or nothing until it is broken off. */
export type Step = ScriptedAnswer | Error | 'hang';

export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** By the monotonic clock. */
  readonly atMs: number;
}

export interface ScriptedTransport extends Transport {
  readonly sent: readonly SentRequest[];
  /** Adds to the script of a part of the URL. */
  add(part: string, ...steps: readonly Step[]): void;
  /** Exchanges that were neither read to their end nor broken off. */
  open(): number;
  /** Fails when a step (of this part) was not asked for, or something was asked for that is not in the script. */
  assertUsedUp(part?: string): void;
}

/** Answers by the first part of the URL's path that the script names; `token` and `page` in most tests. */
export function createScriptedTransport(
  clock: Clock,
  script: Readonly<Record<string, readonly Step[]>>,
  silenceMs = 120_000,
): ScriptedTransport {
  const queues = new Map(Object.entries(script).map(([key, steps]) => [key, [...steps]]));
  const sent: SentRequest[] = [];
  const unscripted: string[] = [];
  let open = 0;

  async function send(request: HttpRequest): Promise<HttpAnswer> {
    const { method, url, headers, body, signal } = request;
    sent.push({ method, url, headers, body, atMs: clock.monotonicMs() });
    const key = [...queues.keys()].find((part) => url.href.includes(part));
    const step = key === undefined ? undefined : queues.get(key)?.shift();
    if (step === undefined) {
      unscripted.push(`${method} ${url.href}`);
      throw new assert.AssertionError({ message: `nothing is scripted for ${method} ${url.href}` });
    }
    if (signal.aborted) throw signal.reason;
    if (step === 'hang') return await silent(clock, silenceMs, 'UND_ERR_HEADERS_TIMEOUT', signal);
    if (step instanceof Error) throw step;
    if (step.afterMs) await clock.sleep(step.afterMs, signal);
    open += 1;
    const release = once(() => {
      open -= 1;
    });
    signal.addEventListener('abort', release, { once: true });
    return {
      status: step.status ?? 200,
      headers: step.headers ?? {},
      body: Readable.from(watched(step.body ?? '', clock, silenceMs, signal, release)),
    };
  }

  return {
    send,
    sent,
    add(part, ...steps) {
      queues.set(part, [...(queues.get(part) ?? []), ...steps]);
    },
    open: () => open,
    assertUsedUp(part) {
      assert.deepEqual(unscripted, [], 'requests that nothing was scripted for');
      const left = [...queues].flatMap(([key, steps]) =>
        part === undefined || key === part ? steps.map(() => key) : [],
      );
      assert.deepEqual(left, [], 'scripted answers without a request');
    },
  };
}

async function* watched(
  body: Body,
  clock: Clock,
  silenceMs: number,
  signal: AbortSignal,
  release: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    if (typeof body === 'string') {
      if (body !== '') yield Buffer.from(body);
    } else if (body instanceof Uint8Array) {
      yield body;
    } else {
      const chunks = body(clock)[Symbol.asyncIterator]();
      for (;;) {
        const over = new AbortController();
        const silence = silent(clock, silenceMs, 'UND_ERR_BODY_TIMEOUT', AbortSignal.any([signal, over.signal]));
        const next = await Promise.race([chunks.next(), silence]).finally(() => over.abort());
        if (next.done) break;
        yield next.value;
      }
    }
    signal.throwIfAborted();
  } finally {
    release();
  }
}

/** Rejects when the server has been silent for too long, as undici does, or when the exchange is broken off. */
async function silent(clock: Clock, silenceMs: number, code: string, signal: AbortSignal): Promise<never> {
  await clock.sleep(silenceMs, signal);
  throw networkError(code);
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}

/** An error as Node and undici make them. */
export function networkError(code: string, message = code, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code });
}

/** What a promise was rejected with; fails when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'expected a rejection' });
}
