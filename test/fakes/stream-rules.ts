/**
 * Made-up stream rules, one of each kind, for suites that test decisions and not the catalogue.
 *
 * `machines` is asked without windows as long as the server takes that.
 */

import type { StreamRule } from '../../src/core/cursor/stream-rule.ts';

const PLAIN: Omit<StreamRule, 'name' | 'table'> = {
  window: { kind: 'optional' },
  snapshot: false,
  format: 'json',
  access: 'any',
};

function rule(name: string, differs: Partial<Omit<StreamRule, 'name' | 'table'>> = {}): StreamRule {
  return { ...PLAIN, ...differs, name, table: name.replaceAll('-', '_') };
}

/** Takes a date window, needs none. */
export const HOURS = rule('hours');

/** Has no date to filter by; for administrators. */
export const PROJECTS = rule('projects', { window: { kind: 'none' }, access: 'administrator' });

/** No windows; of seven days where the server wants some, and `ModifiedSince` without one at most three days back. */
export const MACHINES = rule('machines', { window: { kind: 'fallback', maxDays: 7, modifiedSinceMaxDays: 3 } });

/** A window of any length with full syncs; a field worker gets only their own rows. */
export const CREWS = rule('crews', {
  window: { kind: 'required', maxDays: null, edges: 'shared' },
  access: 'own-rows',
});

/** Snapshot without windows. */
export const PLACES = rule('places', { window: { kind: 'none' }, snapshot: true });

/** Snapshot in windows of whole days. */
export const ITEM_ROWS = rule('item-rows', {
  window: { kind: 'required', maxDays: 366, edges: 'days' },
  snapshot: true,
  format: 'semicolon-text',
});

export const ALL_RULES: readonly StreamRule[] = [HOURS, PROJECTS, MACHINES, CREWS, PLACES, ITEM_ROWS];
