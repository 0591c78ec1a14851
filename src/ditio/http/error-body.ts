/**
 * Reads the body of a refusal: both of Ditio's error shapes, OAuth's, HTML from proxies, and anything else.
 *
 * Decides what of it may be kept. Everything is untrusted text: bounded, without control characters, and without
 * secrets, since a proxy may well repeat the request that it refuses.
 */

import type { DitioErrorEntry } from '../../core/failure/errors.ts';
import type { ErrorBody } from '../../core/failure/failures.ts';
import type { Redactor } from '../../core/failure/redact.ts';

/** Longest `detail`, in characters (contract, section 7). */
export const MAX_DETAIL = 1_000;
/** Most entries of `errors`. */
export const MAX_ERRORS = 20;
const MAX_FIELD = 200;

/** Cuts secrets out of a text. */
export type CleanText = (text: string) => string;

/** A cleaner that knows the redactor's secrets and shapes, and values that are secret in this request only. */
export function createCleanText(redactor: Redactor, hidden: readonly string[]): CleanText {
  const values = hidden.filter((value) => value !== '').flatMap((value) => [value, encodeURIComponent(value)]);
  return (text) => {
    let cleaned = text;
    for (const value of values) cleaned = cleaned.replaceAll(value, '[redacted]');
    return String(redactor.clean(cleaned));
  };
}

/** What the body says; an empty object when it says nothing that can be read. */
export function parseErrorBody(bytes: Uint8Array, clean: CleanText): ErrorBody {
  const text = new TextDecoder().decode(bytes).trim();
  if (text === '') return {};
  if (/^[[{"]/.test(text)) {
    try {
      return fromJson(JSON.parse(text), clean);
    } catch {
      return withDetail(text, clean);
    }
  }
  return withDetail(text.startsWith('<') ? textOfHtml(text) : text, clean);
}

function fromJson(value: unknown, clean: CleanText): ErrorBody {
  if (typeof value === 'string') return withDetail(value, clean);
  if (Array.isArray(value)) return withErrors({}, entriesOf(value, clean));
  if (!isObject(value)) return {};
  const error = member(value, 'error');
  const inner = isObject(error) ? error : {};
  const code = firstText(error, member(value, 'code'), member(inner, 'code'), member(inner, 'error'));
  const detail = firstText(
    member(value, 'message'),
    member(value, 'error_description'),
    member(value, 'detail'),
    member(inner, 'message'),
    member(value, 'title'),
  );
  const body: ErrorBody = {
    ...(code && { code: tidy(code, clean, MAX_FIELD) }),
    ...(detail && withDetail(detail, clean)),
  };
  return withErrors(body, entriesOf(member(value, 'errors') ?? member(inner, 'errors'), clean));
}

/** Where the list says more than the text around it, the list's own words are the detail. */
function withErrors(body: ErrorBody, errors: readonly DitioErrorEntry[]): ErrorBody {
  if (errors.length === 0) return body;
  if (body.detail) return { ...body, errors };
  const said = errors.flatMap(({ field, message }) => (message ? [field ? `${field}: ${message}` : message] : []));
  return { ...body, ...(said.length > 0 && { detail: cut(said.join('; '), MAX_DETAIL) }), errors };
}

/** Ditio's list of objects, or ASP.NET's object of lists by field. */
function entriesOf(list: unknown, clean: CleanText): DitioErrorEntry[] {
  if (Array.isArray(list)) {
    return list.slice(0, MAX_ERRORS).flatMap((entry) => {
      if (typeof entry === 'string') return [{ message: tidy(entry, clean, MAX_FIELD) }];
      return isObject(entry) ? [entryOf(entry, clean)] : [];
    });
  }
  if (!isObject(list)) return [];
  return Object.entries(list)
    .flatMap(([field, messages]) =>
      (Array.isArray(messages) ? messages : [messages]).flatMap((message) =>
        typeof message === 'string' ? [{ field, message }] : [],
      ),
    )
    .slice(0, MAX_ERRORS)
    .map(({ field, message }) => ({
      field: tidy(field, clean, MAX_FIELD),
      message: tidy(message, clean, MAX_FIELD),
    }));
}

function entryOf(entry: Readonly<Record<string, unknown>>, clean: CleanText): DitioErrorEntry {
  const text = (name: string) => {
    const value = member(entry, name);
    return typeof value === 'string' && value !== '' ? { [name]: tidy(value, clean, MAX_FIELD) } : {};
  };
  return { ...text('category'), ...text('code'), ...text('field'), ...text('message') };
}

function withDetail(text: string, clean: CleanText): ErrorBody {
  const detail = tidy(text, clean, MAX_DETAIL);
  return detail === '' ? {} : { detail };
}

/** The words of a page for people: its title and text, without markup. */
function textOfHtml(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)/gi, ' ')
    .replace(/<!--[\s\S]*?(-->|$)/g, ' ')
    .replace(/<[^>]*(>|$)/g, ' ');
}

/** Control characters, line breaks and the marks that turn the direction of text, which can forge a log line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be found
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

/** Cleaned before it is cut, so that no half of a secret stays. */
function tidy(text: string, clean: CleanText, longest: number): string {
  const bounded = text.length > 4 * MAX_DETAIL ? text.slice(0, 4 * MAX_DETAIL) : text;
  return cut(clean(bounded.replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim()), longest);
}

function cut(text: string, longest: number): string {
  return (text.length > longest ? `${text.slice(0, longest - 1)}…` : text).toWellFormed();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member whatever the case of its name: .NET services differ in it. */
function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : object[key];
}

function firstText(...candidates: readonly unknown[]): string | undefined {
  return candidates.find((candidate): candidate is string => typeof candidate === 'string' && candidate.trim() !== '');
}
