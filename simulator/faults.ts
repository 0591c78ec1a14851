/**
 * Defines the faults, and decides which requests they concern.
 *
 * `page-faults.ts` makes faults of the page, the HTTP edge those of the wire, and `model.ts` the others.
 */

import type { WireFault } from './answer.ts';
import { createDice, seedOf } from './hash.ts';
import type { ErrorShape } from './refusal.ts';
import { STREAM_NAMES } from './streams.ts';

/** A different answer replaces the correct one. */
export type AnswerFault =
  | {
      readonly kind: 'status';
      readonly status: number;
      /** Default `simple`. */
      readonly body?: ErrorShape;
      /** The text of `Retry-After`, or seconds from now written as an HTTP date. Default: no such header. */
      readonly retryAfter?: string | { readonly dateInSeconds: number };
      readonly code?: string;
      readonly message?: string;
    }
  /** Default: another path of the same host. */
  | { readonly kind: 'redirect'; readonly status?: 301 | 302 | 307 | 308; readonly location?: string }
  /** With status 200. */
  | { readonly kind: 'html' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'endless-body'; readonly of?: 'spaces' | 'records' }
  /** Compresses to about a thousandth. Default 1 GiB. */
  | { readonly kind: 'compression-bomb'; readonly expandedBytes?: number };

/** A page that breaks its shape. */
export type PageFault =
  | { readonly kind: 'data-missing' }
  | { readonly kind: 'data-null' }
  | { readonly kind: 'data-not-array' }
  | { readonly kind: 'count-off'; readonly by?: number }
  | { readonly kind: 'deleted-count-off'; readonly by?: number }
  | { readonly kind: 'wrong-sync-type'; readonly text?: string }
  | { readonly kind: 'repeated-token' }
  | { readonly kind: 'endless-tokens' }
  | { readonly kind: 'token-not-text' }
  | { readonly kind: 'duplicate-keys' }
  | { readonly kind: 'record-without-id' }
  | { readonly kind: 'record-not-object' }
  | { readonly kind: 'invalid-utf8' }
  | { readonly kind: 'deep-nesting'; readonly depth?: number }
  | { readonly kind: 'bad-dates' }
  | { readonly kind: 'truncated-json' };

/** A refusal, a delay or a wrong header with an otherwise good answer. */
export type OtherFault =
  | { readonly kind: 'refused-token' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Null for no `Date` header at all. */
  | { readonly kind: 'date-header'; readonly text: string | null };

export type Fault = AnswerFault | PageFault | OtherFault | WireFault;

export interface FaultRule {
  readonly fault: Fault;
  /** Default: every stream. Only for requests of pages. */
  readonly streams?: readonly string[];
  /** Default `page`. */
  readonly endpoint?: 'token' | 'page' | 'core';
  /** Only for the first page of a traversal, or only for the later ones. Default: all. */
  readonly on?: 'first-page' | 'later-pages';
  /** Number of the request that the rule concerns, counted from 1 since it was added. Default: all. */
  readonly nth?: number | readonly number[];
  /** By chance, seeded. Default 1. */
  readonly probability?: number;
  /** Most times. Default 1; unlimited where `nth` or `probability` is given. */
  readonly times?: number;
}

export interface FaultHandle {
  remove(): void;
  /** How many requests it has hit so far. */
  readonly fired: number;
}

export interface Faults {
  /** Rules that were added earlier come first; at most one hits a request. */
  add(rule: FaultRule): FaultHandle;
  clear(): void;
  /** How many requests each kind of fault has hit since the start. */
  readonly fired: Readonly<Record<string, number>>;
}

export interface FaultyRequest {
  readonly endpoint: 'token' | 'page' | 'core';
  readonly stream: string | null;
  readonly continued: boolean;
}

export interface FaultSwitchboard extends Faults {
  /** Counts the request and returns its fault. */
  meet(request: FaultyRequest): Fault | null;
}

export function createFaults(seed: number): FaultSwitchboard {
  const dice = createDice(seedOf(seed, 'faults'));
  const rules = new Set<{ readonly rule: FaultRule; seen: number; fired: number }>();
  const fired: Record<string, number> = {};
  return {
    fired,
    add(rule) {
      // A rule about a stream that does not exist would never fire, and its test would prove nothing.
      const unknown = rule.streams?.find((name) => !STREAM_NAMES.some((known) => known === name));
      if (unknown !== undefined) throw new RangeError(`no such stream: ${unknown}`);
      const added = { rule, seen: 0, fired: 0 };
      rules.add(added);
      return {
        remove: () => rules.delete(added),
        get fired() {
          return added.fired;
        },
      };
    },
    clear: () => rules.clear(),
    meet(request) {
      let met: Fault | null = null;
      for (const added of rules) {
        if (!isAbout(added.rule, request)) continue;
        added.seen += 1;
        if (met || !isDue(added.rule, added.seen, added.fired)) continue;
        if (added.rule.probability !== undefined && dice.next() >= added.rule.probability) continue;
        added.fired += 1;
        met = added.rule.fault;
      }
      if (met) fired[met.kind] = (fired[met.kind] ?? 0) + 1;
      return met;
    },
  };
}

function isAbout(rule: FaultRule, request: FaultyRequest): boolean {
  if ((rule.endpoint ?? 'page') !== request.endpoint) return false;
  if (rule.streams && (request.stream === null || !rule.streams.includes(request.stream))) return false;
  if (rule.fault.kind === 'refused-token' && !request.continued) return false;
  return rule.on === undefined || (rule.on === 'later-pages') === request.continued;
}

function isDue({ nth, probability, times }: FaultRule, seen: number, fired: number): boolean {
  const most = times ?? (nth === undefined && probability === undefined ? 1 : Number.POSITIVE_INFINITY);
  if (fired >= most) return false;
  return nth === undefined || (typeof nth === 'number' ? nth === seen : nth.includes(seen));
}
