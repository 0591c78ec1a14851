/**
 * Parses a request to an extraction endpoint: mode, window, page size and position.
 *
 * It throws `Refusal` for an invalid request. `filters.ts` and `selection.ts` select the records. Source: Ditio's
 * documentation, pagination and one page per endpoint.
 */

import type { Position, TokenCodec } from './continuation.ts';
import type { SimulatorOptions } from './options.ts';
import type { Params } from './params.ts';
import { badRequest } from './refusal.ts';
import type { StreamSpec } from './streams.ts';
import { dayStart, msFromTicks, TICKS_PER_DAY, type Ticks } from './ticks.ts';

export interface Query {
  readonly mode: 'full' | 'incremental';
  /** Inclusive; null in a full sync. */
  readonly modifiedSince: Ticks | null;
  /** Exclusive. */
  readonly modifiedBefore: Ticks | null;
  /** Both ends inclusive, null where open; the whole is null where no window applies. */
  readonly window: { readonly from: Ticks | null; readonly to: Ticks | null } | null;
  readonly limit: number;
  readonly position: Position | null;
  /** Distinguishes endless tokens, see `Sealed`. */
  readonly nonce: number;
  /** What the continuation token is bound to. */
  readonly binding: string;
}

export const CHUNK_LIMIT = { default: 2_500, least: 1, most: 10_000 } as const;
const MACHINE_WINDOW_DAYS = 7;
const MACHINE_MODIFIED_DAYS = 3;
/** How far back the server's own range for item transactions reaches. */
const ITEM_DAYS = 30;

export type QueryRules = Pick<
  SimulatorOptions,
  | 'machineRule'
  | 'crewListModifiedSinceAlone'
  | 'bindChunkLimit'
  | 'continuationTokenLifetimeSeconds'
  | 'itemDaysAround'
>;

export function readQuery(
  spec: StreamSpec,
  params: Params,
  rules: Required<QueryRules>,
  codec: TokenCodec,
  now: Ticks,
): Query {
  const since = spec.snapshot ? null : params.time('ModifiedSince');
  const before = spec.snapshot ? null : params.time('ModifiedBefore');
  if (before !== null && (since === null || before <= since)) {
    const message =
      "The incremental window is invalid: 'ModifiedBefore' requires 'ModifiedSince' and must be strictly after it.";
    throw badRequest('InvalidIncrementalWindow', message, 'ModifiedBefore');
  }
  const window = readWindow(spec, params, rules, since, now);
  const asked = params.whole('ChunkLimit') ?? CHUNK_LIMIT.default;
  const mode = since === null ? 'full' : 'incremental';
  const unbound = ['ContinuationToken', ...(rules.bindChunkLimit ? [] : ['ChunkLimit'])];
  const binding = `${spec.name}\n${mode}\n${params.without(unbound)}`;
  const token = params.text('ContinuationToken');
  const sealed = token === null ? null : codec.open(binding, token);
  if (sealed === undefined || (sealed && isTooOld(sealed.issuedAtMs, rules, now))) {
    const message = "The 'ContinuationToken' parameter is not valid for this request, or has expired.";
    throw badRequest('InvalidContinuationToken', message, 'ContinuationToken');
  }
  return {
    mode,
    modifiedSince: since,
    modifiedBefore: before,
    window,
    limit: Math.min(CHUNK_LIMIT.most, Math.max(CHUNK_LIMIT.least, asked)),
    position: sealed?.position ?? null,
    nonce: sealed?.nonce ?? 0,
    binding,
  };
}

function isTooOld(issuedAtMs: number | null, rules: Required<QueryRules>, now: Ticks): boolean {
  const lifetime = rules.continuationTokenLifetimeSeconds;
  return lifetime !== null && (issuedAtMs === null || msFromTicks(now) - issuedAtMs > lifetime * 1000);
}

function readWindow(
  spec: StreamSpec,
  params: Params,
  rules: Required<QueryRules>,
  since: Ticks | null,
  now: Ticks,
): Query['window'] {
  if (spec.windowField === null) return null;
  if (spec.name === 'item-registrations') return readDays(params, rules, now);
  const from = params.time('FromDateTime');
  const to = params.time('ToDateTime');
  if (from !== null && to !== null && from > to) {
    throw badRequest('InvalidDateRange', "'FromDateTime' must not be after 'ToDateTime'.", 'FromDateTime');
  }
  const given = from !== null || to !== null;
  if (spec.name === 'machine-registrations') checkMachineWindow(from, to, rules, since, now);
  if (spec.name === 'crew-list-registrations' && !given) {
    if (since !== null && rules.crewListModifiedSinceAlone === 'all') return null;
    return { from: dayStart(now), to: dayStart(now) + TICKS_PER_DAY - 1 };
  }
  return given ? { from, to } : null;
}

/** Item transactions take whole days, both inclusive; unless both are given the server chooses a range. */
function readDays(params: Params, { itemDaysAround }: Required<QueryRules>, now: Ticks): Query['window'] {
  const [asked, until] = [params.time('FromDate'), params.time('ToDate')];
  const isWhole = asked !== null && until !== null;
  const [from, to] = isWhole ? [asked, until] : [now - ITEM_DAYS * TICKS_PER_DAY, now];
  if (dayStart(from) > dayStart(to)) {
    throw badRequest('InvalidDateRange', "'FromDate' must not be after 'ToDate'.", 'FromDate');
  }
  const around = isWhole ? itemDaysAround * TICKS_PER_DAY : 0;
  return { from: dayStart(from) - around, to: dayStart(to) + TICKS_PER_DAY - 1 + around };
}

function checkMachineWindow(
  from: Ticks | null,
  to: Ticks | null,
  rules: Required<QueryRules>,
  since: Ticks | null,
  now: Ticks,
): void {
  if ((from === null) !== (to === null)) {
    throw badRequest('InvalidDateRange', "'FromDateTime' and 'ToDateTime' must be given together.", 'FromDateTime');
  }
  if (rules.machineRule === 'new') return;
  if (from !== null && to !== null) {
    if (to - from <= MACHINE_WINDOW_DAYS * TICKS_PER_DAY) return;
    const message = `'FromDateTime' and 'ToDateTime' must be at most ${MACHINE_WINDOW_DAYS} days apart.`;
    throw badRequest('InvalidDateRange', message, 'ToDateTime');
  }
  if (since === null) {
    const message = "'FromDateTime' and 'ToDateTime', or 'ModifiedSince', are required.";
    throw badRequest('ArgumentIsNull', message, 'FromDateTime');
  }
  if (now - since <= MACHINE_MODIFIED_DAYS * TICKS_PER_DAY) return;
  const message = `'ModifiedSince' must be at most ${MACHINE_MODIFIED_DAYS} days back without 'FromDateTime' and 'ToDateTime'.`;
  throw badRequest('InvalidModifiedSince', message, 'ModifiedSince');
}
