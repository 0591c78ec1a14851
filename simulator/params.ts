/**
 * Reads query parameters like ASP.NET: names in any case, unknown ones ignored, values checked when read.
 *
 * Every reader throws `Refusal` 400 for an invalid value.
 */

import { badRequest } from './refusal.ts';
import { parseTicks, type Ticks } from './ticks.ts';

export interface Params {
  /** The first value; empty text counts as not given. */
  text(name: string): string | null;
  time(name: string): Ticks | null;
  whole(name: string): number | null;
  flag(name: string): boolean | null;
  /** One of these, in any case. */
  choice<T extends string>(name: string, of: readonly T[]): T | null;
  /** All values, also those joined by commas. */
  list(name: string): readonly string[];
  /** Every parameter except these, as one text that does not depend on their order. */
  without(names: readonly string[]): string;
}

/** @param ignored names that this server ignores, in lower case */
export function readParams(search: URLSearchParams, ignored: ReadonlySet<string>): Params {
  const pairs = [...search]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !ignored.has(name));
  const valuesOf = (name: string) => pairs.flatMap(([key, value]) => (key === name.toLowerCase() ? [value] : []));
  const text = (name: string) => valuesOf(name).find((value) => value !== '') ?? null;

  function read<T>(name: string, parse: (value: string) => T | undefined, what: string): T | null {
    const value = text(name);
    if (value === null) return null;
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    throw badRequest('InvalidParameter', `The '${name}' parameter is not ${what}.`, name);
  }

  return {
    text,
    time: (name) => read(name, parseTicks, 'a valid date and time'),
    whole: (name) =>
      read(name, (value) => (/^[+-]?\d{1,15}$/.test(value) ? Number(value) : undefined), 'a whole number'),
    flag: (name) => read(name, (value) => ({ true: true, false: false })[value.toLowerCase()], 'true or false'),
    choice: (name, of) =>
      read(name, (value) => of.find((one) => one.toLowerCase() === value.toLowerCase()), `one of ${of.join(', ')}`),
    list: (name) => valuesOf(name).flatMap((value) => value.split(',').filter((part) => part !== '')),
    without(names) {
      const left = pairs.filter(([key]) => !names.some((name) => name.toLowerCase() === key));
      return JSON.stringify(left.sort(([a, av], [b, bv]) => (a < b ? -1 : a > b ? 1 : av < bv ? -1 : av > bv ? 1 : 0)));
    },
  };
}
