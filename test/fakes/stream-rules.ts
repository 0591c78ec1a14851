/**
 * Made-up stream rules, one of each sort there is, for suites that test decisions and not the catalogue.
 *
 * `machines` obeys the older rule of machine registrations: windows of seven days, `ModifiedSince` two days back.
 */

import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';
import { DAY_MS } from '../../src/core/time/instant.ts';

const PLAIN: Omit<StreamRule, 'name' | 'table'> = {
  window: { kind: 'optional' },
  snapshot: false,
  modifiedSinceMaxAgeMs: null,
  format: 'json',
};

function rule(name: string, differs: Partial<Omit<StreamRule, 'name' | 'table'>> = {}): StreamRule {
  return { ...PLAIN, ...differs, name, table: name.replaceAll('-', '_') };
}

/** Takes a date window, needs none. */
export const HOURS = rule('hours');

/** Has no date to filter by. */
export const PROJECTS = rule('projects', { window: { kind: 'none' } });

/** Full syncs in windows of seven days; `ModifiedSince` without a window at most two days back. */
export const MACHINES = rule('machines', {
  window: { kind: 'required', maxDays: 7, edges: 'shared', onIncremental: false },
  modifiedSinceMaxAgeMs: 2 * DAY_MS,
});

/** A window with every request, incremental ones too, of any length. */
export const CREWS = rule('crews', {
  window: { kind: 'required', maxDays: null, edges: 'shared', onIncremental: true },
});

/** Snapshot without windows. */
export const PLACES = rule('places', { window: { kind: 'none' }, snapshot: true });

/** Snapshot in windows that do not share their edges. */
export const ITEM_ROWS = rule('item-rows', {
  window: { kind: 'required', maxDays: 366, edges: 'apart', onIncremental: false },
  snapshot: true,
  format: 'semicolon-text',
});

export const ALL_RULES: readonly StreamRule[] = [HOURS, PROJECTS, MACHINES, CREWS, PLACES, ITEM_ROWS];
