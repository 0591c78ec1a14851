/** Parses the events of the handler and reports every problem before any request is sent (contract, section 4). */

import { configFailure } from './config.ts';
import type { BackfillWindow } from './core/cursor/backfill-window.ts';
import { refuseBackfill } from './core/cursor/plan.ts';
import type { StreamRule } from './core/cursor/stream-rule.ts';
import { EARLIEST_DATE, MAX_RANGE_DAYS } from './core/cursor/windows.ts';
import { DAY_MS, formatDate, type Instant, parseDate, parseInstant } from './core/time/instant.ts';
import { MAX_NAMED } from './setting-types.ts';

export type Command =
  | { readonly action: 'sync'; readonly streams: readonly string[]; readonly mode: 'auto' | 'full' }
  | { readonly action: 'backfill'; readonly streams: readonly string[]; readonly window: BackfillWindow }
  | { readonly action: 'status' }
  | { readonly action: 'check' }
  | { readonly action: 'reset'; readonly streams: readonly string[] };

/** Keys that each action takes besides `action`. */
const KEYS = {
  sync: ['streams', 'mode'],
  backfill: ['streams', 'from', 'to', 'modifiedSince', 'modifiedBefore'],
  status: [],
  check: [],
  reset: ['streams'],
} as const satisfies Record<Command['action'], readonly string[]>;

/**
 * What an event asks for. An EventBridge or EventBridge Scheduler event, and `{}`, mean the scheduled sync.
 *
 * Throws `HardFailure('config')` that names every problem.
 *
 * @param configured names of the streams of this deployment, the default of `sync`
 * @param rules every stream of the catalogue
 */
export function parseEvent(event: unknown, configured: readonly string[], rules: readonly StreamRule[]): Command {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw configFailure(['the event must be a JSON object, for example { "action": "sync" }']);
  }
  const given = event as Readonly<Record<string, unknown>>;
  if (Object.keys(given).length === 0 || isEventBridge(given)) {
    return { action: 'sync', streams: configured, mode: 'auto' };
  }
  const { action } = given;
  if (typeof action !== 'string' || !Object.hasOwn(KEYS, action)) {
    const known = Object.keys(KEYS).join(', ');
    throw configFailure([
      `"action" must be one of ${known}${typeof action === 'string' ? `, not ${quote(action)}` : ''}`,
    ]);
  }
  const problems: string[] = [];
  const known: readonly string[] = KEYS[action as Command['action']];
  const others = Object.keys(given).filter((key) => key !== 'action' && !known.includes(key));
  for (const key of others.slice(0, MAX_NAMED)) {
    problems.push(`${quote(key)} is not a key of ${action}${known.length ? ` (it takes ${known.join(', ')})` : ''}`);
  }
  if (others.length > MAX_NAMED) problems.push(`${others.length - MAX_NAMED} more unknown keys`);
  const command = read(action as Command['action'], given, configured, rules, problems);
  if (command === null || problems.length > 0) throw configFailure(problems);
  return command;
}

/** EventBridge puts `source` and `detail-type` into every event, EventBridge Scheduler's default input included. */
function isEventBridge(given: Readonly<Record<string, unknown>>): boolean {
  return typeof given.source === 'string' && typeof given['detail-type'] === 'string' && !('action' in given);
}

/** The command, or null where problems leave it incomplete; each problem is added to `problems`. */
function read(
  action: Command['action'],
  given: Readonly<Record<string, unknown>>,
  configured: readonly string[],
  rules: readonly StreamRule[],
  problems: string[],
): Command | null {
  switch (action) {
    case 'status':
    case 'check':
      return { action };
    case 'reset':
      return { action, streams: readStreams(given.streams, null, rules, problems) };
    case 'sync': {
      const { mode = 'auto' } = given;
      if (mode !== 'auto' && mode !== 'full') problems.push('"mode" must be "auto" or "full"');
      const streams = readStreams(given.streams, configured, rules, problems);
      return { action, streams, mode: mode === 'full' ? 'full' : 'auto' };
    }
    case 'backfill': {
      const streams = readStreams(given.streams, null, rules, problems);
      const window = readWindow(given, problems);
      // The kind of window is known even when its dates are wrong, so the stream's own refusal is reported as well.
      const kind = given.modifiedSince === undefined && given.from !== undefined ? 'dates' : 'modified';
      for (const rule of rules.filter(({ name }) => streams.includes(name))) {
        const refusal = refuseBackfill(rule, window?.kind ?? kind);
        if (refusal) problems.push(refusal);
        else if (!configured.includes(rule.name)) problems.push(notScheduled(rule.name));
      }
      return window && { action, streams, window };
    }
  }
}

/** A backfill that the deadline stops is finished by the scheduled runs. */
function notScheduled(stream: string): string {
  return `${stream} is not in STREAMS, so that no scheduled run would go on with its backfill: add it to STREAMS first`;
}

function readStreams(
  value: unknown,
  fallback: readonly string[] | null,
  rules: readonly StreamRule[],
  problems: string[],
): readonly string[] {
  if (value === undefined && fallback) return fallback;
  if (!Array.isArray(value) || value.length === 0 || !value.every((name) => typeof name === 'string')) {
    problems.push('"streams" must be a list of stream names with at least one entry');
    return [];
  }
  const names = rules.map(({ name }) => name);
  const unknown = value.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    const named = unknown.slice(0, MAX_NAMED).map(quote).join(', ');
    const more = unknown.length > MAX_NAMED ? ` and ${unknown.length - MAX_NAMED} more` : '';
    problems.push(`"streams" names unknown streams: ${named}${more} (known streams: ${names.join(', ')})`);
  }
  return names.filter((name) => value.includes(name));
}

function readWindow(given: Readonly<Record<string, unknown>>, problems: string[]): BackfillWindow | null {
  const dates = given.from !== undefined || given.to !== undefined;
  const modified = given.modifiedSince !== undefined || given.modifiedBefore !== undefined;
  if (dates === modified) {
    problems.push('a backfill needs either "from" and "to", or "modifiedSince" (with or without "modifiedBefore")');
    return null;
  }
  if (dates) {
    const from = readInstant(given, 'from', problems);
    const to = readInstant(given, 'to', problems);
    if (from === null || to === null) return null;
    if (from > to) problems.push('"to" must not be before "from"');
    if (to - from > MAX_RANGE_DAYS * DAY_MS) {
      problems.push(`"to" must not be more than ${MAX_RANGE_DAYS} days after "from"`);
    }
    return { kind: 'dates', from, to };
  }
  const since = readInstant(given, 'modifiedSince', problems);
  const before = given.modifiedBefore === undefined ? null : readInstant(given, 'modifiedBefore', problems);
  if (since === null) return null;
  if (before !== null && before <= since) problems.push('"modifiedBefore" must be after "modifiedSince"');
  return { kind: 'modified', since, before };
}

function readInstant(given: Readonly<Record<string, unknown>>, key: string, problems: string[]): Instant | null {
  const value = given[key];
  const at = typeof value === 'string' ? (parseDate(value) ?? parseInstant(value)) : undefined;
  if (at === undefined) {
    problems.push(
      `"${key}" must be a date such as 2026-01-01 or an instant with an offset such as 2026-01-01T06:00:00Z`,
    );
    return null;
  }
  if (at < EARLIEST_DATE) problems.push(`"${key}" must not be before ${formatDate(EARLIEST_DATE)}`);
  return at;
}

/** A name from the event, safe to show: cut to a maximum length, with control characters escaped. */
function quote(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 60));
}
