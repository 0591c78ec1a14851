/**
 * Collects the options for two readings of the public sources about Ditio, where they disagree. Tests run under both.
 *
 * Every option defaults to the newer reading, that of Ditio's own clients.
 */

import type { ModelOptions } from './options.ts';

/** As older documents and collections have it. */
export const OLDER_READING = {
  nextLink: 'absolute',
  legacyEnvelope: true,
  lastToken: 'absent',
  machineRule: 'old',
  missingScope: 403,
  fileScope: 'ditioapiv3',
  itemTexts: 'quoted',
  language: 'en',
  windowHidesTombstones: true,
  itemDaysAround: 1,
} as const satisfies ModelOptions;

export const READINGS = { newer: {}, older: OLDER_READING } as const satisfies Readonly<Record<string, ModelOptions>>;

export type Reading = keyof typeof READINGS;
