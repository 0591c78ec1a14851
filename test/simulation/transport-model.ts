/**
 * The network between one invocation and the model of Ditio: latency, faults, refused tokens, and a record of every
 * request that a well-behaved client must not send.
 */

import { Readable } from 'node:stream';
import type { HttpAnswer, HttpRequest, Transport } from '../../src/ports.ts';
import { HEADERS_ON, INNOCENT, INNOCENT_HEADERS, type Members, POINTS_ON, SAYS_FAILED } from '../fakes/page-signs.ts';
import type { VirtualClock } from '../fakes/virtual-clock.ts';
import type { DitioModel, ModelAnswer } from './ditio-model.ts';
import type { Fate, FaultCount } from './fate.ts';
import type { Dice } from './random.ts';

export interface Identity {
  /** Access tokens that are good: the server time at which they end, and whose they are. */
  readonly good: Map<string, { readonly untilMs: number; readonly clientId: string }>;
  issued: number;
  /** The identity server no longer knows any client. */
  refusesAll: boolean;
}

export interface NetworkPlan {
  /** Probability of each kind of fault per request. */
  readonly faultRate: number;
  readonly latencyMs: number;
  readonly tokenLifetimeMs: number;
  /** What the `Date` header is: Ditio's clock and so many milliseconds; null where there is no such header. */
  readonly dateSkewMs?: number | null;
  /** An endpoint that is ill all the time. */
  readonly sick?: Sick | null;
  /** How long some endpoints take for a page, by stream; the others take the latency alone. */
  readonly pageMs?: Readonly<Record<string, number>>;
}

/** Instead of a stream's name: the identity server is ill. */
export const IDENTITY_SERVER = 'identity server';

export interface Sick {
  readonly stream: string;
  readonly how: 'hangs' | '429-long' | '503-long' | '500' | 'kills';
}

/** A `Retry-After` that no run can sit out, in seconds. */
const LONG_RETRY_AFTER_S = 3600;

export interface RequestNote {
  readonly url: string;
  readonly atMs: number;
  status: number;
}

const FAULTS = [
  '429',
  '429-after',
  '429-long',
  '503-long',
  '500',
  '503-html',
  'reset',
  'stall',
  'truncated',
  'wrong-count',
  'wrong-mode',
  'no-data',
  'html',
  'points-on',
  'says-failed',
] as const;

/** How often a good answer says something harmless beside what is documented. */
const DRESSED = 0.2;

export function createTransport(world: {
  readonly clock: VirtualClock;
  readonly model: DitioModel;
  readonly identity: Identity;
  readonly fate: Fate;
  readonly dice: Dice;
  readonly plan: NetworkPlan;
  readonly count: FaultCount;
  readonly notes: RequestNote[];
}): Transport {
  const { clock, model, identity, fate, dice, plan, count, notes } = world;

  return {
    async send(request) {
      const note: RequestNote = { url: request.url.href, atMs: clock.monotonicMs(), status: 0 };
      notes.push(note);
      await Promise.race([fate.step(`http ${request.url.pathname}`), aborted(request.signal)]);
      await clock.sleep(1 + dice.below(plan.latencyMs), request.signal);
      const answer = request.url.pathname.endsWith('/connect/token')
        ? await answerToken(request)
        : await answerPage(request);
      note.status = answer.status;
      return answer;
    },
  };

  function answerToken(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    return plan.sick?.stream === IDENTITY_SERVER ? answerSick(plan.sick, request) : issueToken(request);
  }

  function issueToken(request: HttpRequest): HttpAnswer {
    if (identity.refusesAll) return plain(400, '{"error":"invalid_client"}');
    if (dice.chance(plan.faultRate)) return plain(503, '<html>busy</html>', 'text/html');
    const token = `token-${identity.issued++}`;
    const clientId = new URLSearchParams(request.body).get('client_id') ?? '';
    identity.good.set(token, { untilMs: clock.now() + plan.tokenLifetimeMs, clientId });
    return plain(
      200,
      JSON.stringify({ access_token: token, expires_in: plan.tokenLifetimeMs / 1000, token_type: 'Bearer' }),
    );
  }

  async function answerPage(request: HttpRequest): Promise<HttpAnswer> {
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? request.headers.Authorization ?? '')?.[1] ?? '';
    const known = identity.good.get(token);
    if (!known || known.untilMs <= clock.now()) return plain(401, '');
    const { pathname, searchParams } = request.url;
    const isOf = (stream: string) => model.streams.get(stream)?.path === pathname.split('/reporting/')[1];
    const { sick } = plan;
    if (sick && isOf(sick.stream)) return answerSick(sick, request);
    for (const [stream, ms] of Object.entries(plan.pageMs ?? {})) {
      if (isOf(stream)) await clock.sleep(ms, request.signal);
    }
    const view = { clientId: known.clientId, companyId: searchParams.get('CompanyId') ?? undefined };
    const answer = dressed(model.answer(pathname, searchParams, clock.now(), view));
    if (answer.status !== 200 || !dice.chance(plan.faultRate)) return page(answer.status, answer.body, answer.headers);
    const fault = dice.pick(FAULTS);
    count.add(`ditio ${fault}`);
    switch (fault) {
      case '429':
        return plain(429, '');
      case '429-after':
        return plain(429, '', 'text/plain', { 'retry-after': String(1 + dice.below(40)) });
      case '429-long':
        return plain(429, '', 'text/plain', { 'retry-after': String(LONG_RETRY_AFTER_S) });
      case '503-long':
        return plain(503, '', 'text/plain', { 'retry-after': String(LONG_RETRY_AFTER_S) });
      case '500':
        return plain(500, JSON.stringify({ error: 'ServerError', message: 'something went wrong' }));
      case '503-html':
        return plain(503, '<html>busy</html>', 'text/html');
      case 'reset':
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      case 'stall':
        // As long as the extractor lets a server be silent.
        await clock.sleep(120_000, request.signal);
        await fate.step('http stall');
        throw Object.assign(new Error('Headers Timeout Error'), { code: 'UND_ERR_HEADERS_TIMEOUT' });
      case 'truncated':
        return page(200, answer.body, answer.headers, 0.6);
      case 'wrong-count':
        return page(200, answer.body.replace(/"recordCount":\d+/, '"recordCount":99999'), answer.headers);
      case 'wrong-mode':
        return page(200, answer.body.replace(/"syncTypeName":"\w+"/, '"syncTypeName":"other"'), answer.headers);
      case 'no-data':
        return page(200, answer.body.replace('"data":', '"rows":'), answer.headers);
      case 'html':
        return page(200, '<html>please sign in</html>', answer.headers);
      case 'points-on': {
        const [members, headers] = dice.chance(0.5) ? [dice.pick(POINTS_ON), {}] : [{}, dice.pick(HEADERS_ON)];
        const body = edited(answer.body, { continuationToken: null, ...members });
        return page(200, body, { ...answer.headers, ...headers });
      }
      case 'says-failed': {
        const none = dice.chance(0.5) ? { data: [], recordCount: 0, deletedRecordCount: 0 } : {};
        const body = edited(answer.body, { continuationToken: null, ...none, ...dice.pick(SAYS_FAILED) });
        return page(200, body, answer.headers);
      }
    }
  }

  /** A good answer, which may say more than is documented: none of it may be taken for a sign. */
  function dressed(answer: ModelAnswer): ModelAnswer {
    const isDressed = dice.chance(DRESSED);
    const [members, headers] = [dice.pick(INNOCENT), dice.pick(INNOCENT_HEADERS)];
    if (!isDressed || answer.status !== 200) return answer;
    return { ...answer, body: edited(answer.body, members), headers: { ...answer.headers, ...headers } };
  }

  async function answerSick({ how }: Sick, request: HttpRequest): Promise<HttpAnswer> {
    count.add(`sick ${how}`);
    switch (how) {
      case 'hangs':
        await clock.sleep(120_000, request.signal);
        await fate.step('http hang');
        throw Object.assign(new Error('Headers Timeout Error'), { code: 'UND_ERR_HEADERS_TIMEOUT' });
      case '429-long':
        return plain(429, '', 'text/plain', { 'retry-after': String(LONG_RETRY_AFTER_S) });
      case '503-long':
        return plain(503, '', 'text/plain', { 'retry-after': String(LONG_RETRY_AFTER_S) });
      case '500':
        return plain(500, '{"error":"ServerError"}');
      case 'kills':
        fate.kill();
        return new Promise<never>(() => {});
    }
  }

  function page(status: number, body: string, headers: Record<string, string>, keep = 1): HttpAnswer {
    // Never compressed: a real decompressor works in real time, which the virtual clock would overtake.
    const whole = Buffer.from(body);
    const sent = whole.subarray(0, Math.max(1, Math.floor(whole.length * keep)));
    return {
      status,
      headers: { ...date(), 'content-length': String(whole.length), ...headers },
      body: pieces(sent),
    };
  }

  function plain(
    status: number,
    body: string,
    type = 'application/json',
    more: Record<string, string> = {},
  ): HttpAnswer {
    return { status, headers: { ...date(), 'content-type': type, ...more }, body: pieces(Buffer.from(body)) };
  }

  function date(): Record<string, string> {
    const { dateSkewMs = 0 } = plan;
    return dateSkewMs === null ? {} : { date: new Date(clock.now() + dateSkewMs).toUTCString() };
  }

  function pieces(bytes: Uint8Array): Readable {
    const count = Math.ceil(bytes.length / 400);
    return Readable.from(Array.from({ length: count }, (_, at) => bytes.subarray(400 * at, 400 * (at + 1))));
  }
}

/** A page that says this too; text of items stays as it is, because it has no place for it. */
function edited(body: string, members: Members): string {
  return body.startsWith('{') ? JSON.stringify({ ...JSON.parse(body), ...members }) : body;
}

/** Rejects when the signal aborts: a slow network does not keep an exchange that was broken off. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
