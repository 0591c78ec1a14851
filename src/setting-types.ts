/** Defines the types of the settings: which values a variable may have, and what is said about any other (valibot). */

import * as v from 'valibot';
import { parseLakeUrl } from './lake/location.ts';

/** Hosts to which plain `http:` may go, because nothing leaves the machine. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** An absolute `https:` URL, or `http:` to this machine. */
export const baseUrl = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text), 'must be an absolute URL'),
  v.transform((text) => new URL(text)),
  v.check(
    (url) => url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)),
    'must begin with https: (http: only on loopback)',
  ),
  v.check((url) => url.username === '' && url.password === '', 'must not contain a user name or password'),
  v.check((url) => url.search === '' && url.hash === '', 'must not contain a query or fragment'),
);

/** Most unknown names that one message lists. */
export const MAX_NAMED = 20;
/** Most characters of a wrong value that a message shows. */
export const MAX_SHOWN = 80;

/** A whole number from `min` to `max`; `fallback` where the variable is not set. */
export const wholeNumber = (min: number, max: number, fallback: string) =>
  v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`),
      v.transform(Number),
      v.minValue(min, `must be at least ${min}`),
      v.maxValue(max, `must be at most ${max}`),
    ),
    fallback,
  );

/** `true` or `false`, in any case. */
export const flag = v.optional(
  v.pipe(
    v.string(),
    v.toLowerCase(),
    v.picklist(['true', 'false'], 'must be true or false'),
    v.transform((text) => text === 'true'),
  ),
);

/** Any text of at most 512 characters. */
export const text = v.optional(v.pipe(v.string(), v.maxLength(512, 'must be at most 512 characters')));

/** A variable without a default. valibot's own message for a missing one says only that a key was expected. */
export const required = (what: string) => v.pipe(v.optional(v.string(), ''), v.nonEmpty(`is required: ${what}`));

/** Text, converted by `parse`; null from `parse` is a problem. */
export const parsed = <T>(parse: (text: string) => T | null, message: string) =>
  v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
    const value = parse(dataset.value);
    if (value !== null) return value;
    addIssue({ message });
    return NEVER;
  });

/** The location of the lake. */
export const lakeUrl = v.pipe(
  required('s3://bucket/prefix or file:///absolute/folder'),
  parsed(parseLakeUrl, 'must be s3://bucket/prefix or file:///absolute/folder'),
);

/** Stream names separated by commas, or `all`; the value is in the order of `streamNames`. */
export function streamList(streamNames: readonly string[]) {
  return v.pipe(
    v.string(),
    v.transform((list) => list.split(',').map((name) => name.trim())),
    v.rawTransform(({ dataset, addIssue }) => {
      const names = dataset.value.filter((name) => name !== '');
      if (names.length === 1 && names[0] === 'all') return [...streamNames];
      const known = `(known streams: all, ${streamNames.join(', ')})`;
      const unknown = dataset.value.flatMap((name, index) =>
        name === '' || name === 'all' || streamNames.includes(name)
          ? []
          : [`${JSON.stringify(name.slice(0, MAX_SHOWN))} (entry ${index + 1})`],
      );
      if (unknown.length > 0) {
        addIssue({ message: `has an unknown stream: ${unknown.slice(0, MAX_NAMED).join(', ')} ${known}` });
      } else if (names.length === 0) addIssue({ message: `is empty ${known}` });
      else if (names.includes('all')) addIssue({ message: 'must be either all or a list of names' });
      return streamNames.filter((name) => names.includes(name));
    }),
  );
}
