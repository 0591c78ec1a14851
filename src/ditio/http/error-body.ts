/**
 * Reads the error in a refusal: both of Ditio's error shapes, OAuth's, problem+json, HTML of gateways, and the headers.
 *
 * All of it is untrusted text. Its length is limited, and control characters and secrets are removed, because a proxy may
 * repeat the request that it refuses.
 */

import { decodeEntities, titleOf } from '../../core/failure/entities.ts';
import type { DitioErrorEntry, ErrorDetails } from '../../core/failure/errors.ts';
import { MAX_DETAIL } from '../../core/failure/evidence.ts';
import { createHider, type Redactor } from '../../core/failure/redact.ts';

/** Most entries of `errors`. */
export const MAX_ERRORS = 20;
const MAX_FIELD = 200;

/** Removes secrets from a text. */
export interface SecretRemover {
  /** Removes known secrets and anything that looks like one; shortens a long text. */
  removeAll(text: string): string;
  /** Removes known secrets only; works on a text of any length. */
  removeKnown(text: string): string;
}

/** A remover of the redactor's secrets and shapes, and of values that are secret in this request only. */
export function createSecretRemover(redactor: Redactor, hidden: readonly string[]): SecretRemover {
  const hide = createHider(hidden);
  return { removeAll: (text) => String(redactor.clean(hide(text))), removeKnown: (text) => redactor.hide(hide(text)) };
}

type Headers = Readonly<Record<string, string>>;

/** The error in the body of an answer, or else in its headers. */
export interface AnswerError {
  readonly details: ErrorDetails;
  /** The answer is HTML or XML, which Ditio's API never sends. */
  readonly isMarkup: boolean;
}

/**
 * Headers that name the request in a server's own logs: ASP.NET's, Azure's and W3C's; then those of Azure API Management
 * and Cloudflare.
 */
const TRACE_HEADERS = [
  ...['x-request-id', 'request-id', 'x-ms-request-id', 'traceparent', 'x-azure-ref'],
  ...['x-correlation-id', 'apim-request-id', 'cf-ray'],
];

/** The error of an answer; `details` is empty when it has no readable one. */
export function readErrorDetails(headers: Headers, bytes: Uint8Array, remover: SecretRemover): AnswerError {
  const text = new TextDecoder().decode(bytes).trim();
  const isMarkup = text.startsWith('<') || isMarkupType(headers);
  const body = isMarkup ? fromMarkup(text, remover) : parseBody(text, remover);
  const details = isEmpty(body) ? { ...body, ...fromChallenge(headers['www-authenticate'], remover) } : body;
  const traceId = details.traceId ?? firstText(...TRACE_HEADERS.map((name) => headers[name]));
  return { details: { ...details, ...(traceId && { traceId: tidy(traceId, remover, MAX_FIELD) }) }, isMarkup };
}

/** Whether the answer is declared as a page for people. */
export function isMarkupType(headers: Headers): boolean {
  return /^\s*(text\/html|application\/xhtml|(text|application)\/xml)/i.test(headers['content-type'] ?? '');
}

/** The charset that the answer declares, in lower case; null when it declares none. */
export function charsetOf(headers: Headers): string | null {
  const found = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headers['content-type'] ?? '');
  const charset = found?.[1]?.toLowerCase().slice(0, 40) ?? null;
  return charset === 'utf8' ? 'utf-8' : charset;
}

/**
 * The error in an answer with status 200: an error in one of the known shapes, or the title of a page of HTML. Undefined
 * for any other body, because it may hold records or a token.
 */
export function readErrorInPage(headers: Headers, bytes: Uint8Array, remover: SecretRemover): ErrorDetails | undefined {
  const text = new TextDecoder().decode(bytes).trim();
  if (text.startsWith('<')) return readErrorDetails(headers, bytes, remover).details;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || (member(value, 'data') ?? null) !== null || member(value, 'access_token') !== undefined)
      return undefined;
    const details = fromJson(value, remover);
    return isEmpty(details) ? undefined : details;
  } catch {
    return undefined;
  }
}

/** What a page that failed says, always in `detail`; undefined when it says nothing. @param members without its records */
export function readFailedPage(
  members: Readonly<Record<string, unknown>>,
  remover: SecretRemover,
): ErrorDetails | undefined {
  const details = fromJson(members, remover);
  const text = firstText(member(members, 'errors'), member(members, 'errormessage'), details.code);
  const whole: ErrorDetails = { ...(text && withDetail(text, remover)), ...details };
  return isEmpty(whole) ? undefined : whole;
}

function isEmpty({ code, detail, errors }: ErrorDetails): boolean {
  return code === undefined && detail === undefined && errors === undefined;
}

/** `Bearer error="invalid_token", error_description="…"` (RFC 6750, section 3), or the header as it is. */
function fromChallenge(header: string | undefined, remover: SecretRemover): ErrorDetails {
  // Secrets are removed before it is taken apart: a secret with a quote in it would otherwise lose its end, and stay.
  const text = remover.removeKnown(header?.trim() ?? '');
  const parameter = (name: string) =>
    new RegExp(`\\b${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s",]+))`, 'i').exec(text);
  const value = (name: string) => {
    const found = parameter(name);
    return (found?.[1] ?? found?.[2])?.replaceAll(/\\(.)/g, '$1');
  };
  const code = value('error');
  const detail = value('error_description') ?? (code === undefined ? text : undefined);
  return { ...(code && { code: tidy(code, remover, MAX_FIELD) }), ...(detail && withDetail(detail, remover)) };
}

/** Secrets are removed before it is taken apart: a secret with a `<` in it would otherwise lose what looks like a tag, and stay. */
function fromMarkup(text: string, remover: SecretRemover): ErrorDetails {
  const known = remover.removeKnown(text);
  return withDetail(titleOf(known) || wordsOf(known), remover);
}

function parseBody(text: string, remover: SecretRemover): ErrorDetails {
  if (!/^[[{"]/.test(text)) return withDetail(text, remover);
  try {
    return fromJson(JSON.parse(text), remover);
  } catch {
    return withDetail(text, remover);
  }
}

function fromJson(value: unknown, remover: SecretRemover): ErrorDetails {
  if (typeof value === 'string') return withDetail(value, remover);
  if (Array.isArray(value)) return withErrors({}, entriesOf(value, remover));
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
  const traceId = firstText(member(value, 'traceid'), member(value, 'requestid'), member(inner, 'traceid'));
  const body: ErrorDetails = {
    ...(code && { code: tidy(code, remover, MAX_FIELD) }),
    ...(detail && withDetail(detail, remover)),
    ...(traceId && { traceId: tidy(traceId, remover, MAX_FIELD) }),
  };
  const errors = member(value, 'errors') ?? (Array.isArray(error) ? error : member(inner, 'errors'));
  return withErrors(body, entriesOf(errors, remover));
}

/** The messages of the list, as the detail where the list says more than the text around it. */
function withErrors(body: ErrorDetails, errors: readonly DitioErrorEntry[]): ErrorDetails {
  if (errors.length === 0) return body;
  if (body.detail) return { ...body, errors };
  const messages = errors.flatMap(({ field, message }) => (message ? [field ? `${field}: ${message}` : message] : []));
  return { ...body, ...(messages.length > 0 && { detail: cut(messages.join('; '), MAX_DETAIL) }), errors };
}

/** Ditio's list of objects, or ASP.NET's object of lists by field. */
function entriesOf(list: unknown, remover: SecretRemover): DitioErrorEntry[] {
  if (Array.isArray(list)) {
    return list.slice(0, MAX_ERRORS).flatMap((entry) => {
      if (typeof entry === 'string') return [{ message: tidy(entry, remover, MAX_FIELD) }];
      return isObject(entry) ? [entryOf(entry, remover)] : [];
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
      field: tidy(field, remover, MAX_FIELD),
      message: tidy(message, remover, MAX_FIELD),
    }));
}

function entryOf(entry: Readonly<Record<string, unknown>>, remover: SecretRemover): DitioErrorEntry {
  const text = (name: string) => {
    const value = member(entry, name);
    return typeof value === 'string' && value !== '' ? { [name]: tidy(value, remover, MAX_FIELD) } : {};
  };
  return { ...text('category'), ...text('code'), ...text('field'), ...text('message') };
}

function withDetail(text: string, remover: SecretRemover): ErrorDetails {
  const detail = tidy(text, remover, MAX_DETAIL);
  return detail === '' ? {} : { detail };
}

/** The text of a page of HTML, without markup. */
function wordsOf(html: string): string {
  const words = html
    .replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)/gi, ' ')
    .replace(/<!--[\s\S]*?(-->|$)/g, ' ')
    .replace(/<[^>]*(>|$)/g, ' ');
  return decodeEntities(words);
}

/** Control characters, line breaks and the marks that change the direction of text. They can forge a log line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be found
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

/** Secrets are removed before anything is replaced or cut, so that no part of one is left. */
function tidy(text: string, remover: SecretRemover, maxLength: number): string {
  const words = remover.removeKnown(text).replace(CONTROL_CHARACTERS, ' ').replace(/\s+/g, ' ').trim();
  return cut(remover.removeAll(cutAtWord(words)), maxLength);
}

/** Cut between words, because what only looks like a secret is recognised by the whole of it. */
function cutAtWord(words: string): string {
  if (words.length <= 4 * MAX_DETAIL) return words;
  const start = words.slice(0, 4 * MAX_DETAIL);
  const end = start.lastIndexOf(' ');
  return end < MAX_DETAIL ? start : start.slice(0, end);
}

function cut(text: string, maxLength: number): string {
  return (text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text).toWellFormed();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member by its name, ignoring case, because .NET services differ in it. `name` is in lower case. */
function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : object[key];
}

function firstText(...candidates: readonly unknown[]): string | undefined {
  return candidates.find((candidate): candidate is string => typeof candidate === 'string' && candidate.trim() !== '');
}
