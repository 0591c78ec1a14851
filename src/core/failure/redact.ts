/**
 * Removes secrets, tokens and personal data from everything that is logged.
 *
 * It works in two steps. First it cuts out values that are known to be secret (the client's secret, every token in use),
 * in every spelling. Then it cuts out text that looks like a secret or like personal data.
 */

import { base64PiecesOf, comparable, findAll, findInBase64, layersOf, replaceRanges } from './spellings.ts';

export interface Redactor {
  /** Remembers a value that must never be logged. Values shorter than 6 characters are too common to cut out. */
  learn(secret: string): void;
  /** A copy of the value without anything that must not be logged. Errors become name, message and cause. */
  clean(value: unknown): unknown;
  /** The text without learned values, of any length and uncut: for a text that is taken apart before it is cleaned. */
  hide(text: string): string;
}

const REDACTED = '[redacted]';
/** Shorter values are too common to be cut out. */
const MIN_SECRET = 6;
/** Deep enough for every line we write. A deeper value may be a ring, so it is cut off. */
const MAX_DEPTH = 8;
const MAX_TEXT = 4000;
/** A process that runs for weeks renews its token every half hour, so the oldest values are dropped. */
const MAX_KNOWN = 64;

/** Keys whose value is always a secret. */
const SECRET_KEY =
  /^(proxy-)?authorization$|^(set-)?cookie$|secret(?!_?id|s?_?url)|password|passphrase|token$|(access|refresh|continuation)_?token|api[_-]?key/i;

/** Text that looks like a secret or a person's data: `hide` is cut out. */
const SHAPES: ReadonlyArray<readonly [shape: RegExp, instead: string]> = [
  [/\b(?:Bearer|Basic)\s+(?<hide>[\w.~+/=-]{6,})/dgi, REDACTED],
  [/\b(?<hide>eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?)/dg, REDACTED],
  [
    /(?:client_?secret|(?:access|refresh|continuation|session|security|(?<![a-z])id)[_-]?token|password)\\*["']?\s*[=:]\s*\\*["']?(?<hide>[^\s"'&,;}\\]+)/dgi,
    REDACTED,
  ],
  // User name and password of a URL.
  [/\/\/(?<hide>[^\s/?#@]+)@/dg, REDACTED],
  [/\b(?<hide>(?:AKIA|ASIA)[A-Z0-9]{16})\b/dg, REDACTED],
  // Only from the beginning of a word: a long run of letters would otherwise be tried from each of them to its end.
  [/(?<![\p{L}\p{N}._%+-])(?<hide>[\p{L}\p{N}._%+-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)/dgu, '[email]'],
  // Norwegian national identity numbers (six digits of a birth date, five more), and Norwegian telephone numbers with
  // country code. UUIDs are named first so that they stay whole: their digits may look like either.
  [
    /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|(?<hide>(?<![\d.])\d{6}[ -]?\d{5}(?!\d)|(?<!\d)(?:\+|00)47(?: ?\d){8}(?!\d))/dgi,
    '[number]',
  ],
];

/** The same patterns without the positions, which cost several times as much; most texts match none of them. */
const QUICK_SHAPES = SHAPES.map(([{ source, flags }]) => new RegExp(source, flags.replace(/[dg]/g, '')));

/** The texts that are searched for to find a secret. */
interface Needles {
  readonly plain: readonly string[];
  readonly base64: readonly string[];
}

/** Cuts these secrets out of a text, in every spelling. */
export function createHider(secrets: readonly string[]): (text: string) => string {
  const needles = gather(secrets.filter((secret) => secret !== '').map(needlesOf));
  return (text) => hide(text, needles);
}

export function createRedactor(): Redactor {
  /** Known secrets, least recently learned first. */
  const known = new Map<string, Needles>();
  let needles = gather([]);

  function cleanText(text: string): string {
    // Secrets are hidden before the text is cut: a cut could leave part of a secret at its end.
    if (text.length < MIN_SECRET) return text;
    const hidden = hide(text, needles);
    const isLong = hidden.length > MAX_TEXT;
    const cleaned = hideShapes(isLong ? cutAtWord(hidden) : hidden);
    return isLong ? `${cleaned}…` : cleaned;
  }

  function clean(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return cleanText(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
    if (depth >= MAX_DEPTH) return '[deep]';
    if (value instanceof Error) {
      const cause = value.cause === undefined ? {} : { cause: clean(value.cause, depth + 1) };
      return { name: cleanText(value.name), message: cleanText(value.message), ...cause };
    }
    if (value instanceof URL) return cleanText(value.href);
    if (ArrayBuffer.isView(value)) return '[bytes]';
    if (Array.isArray(value)) return value.map((entry) => clean(entry, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [
        cleanText(key),
        SECRET_KEY.test(key) && entry !== null && entry !== undefined ? REDACTED : clean(entry, depth + 1),
      ]),
    );
  }

  return {
    learn(secret) {
      if (secret.length < MIN_SECRET) return;
      // Deleted first, so that it moves to the end: a secret that is learned repeatedly is never dropped.
      const its = known.get(secret) ?? needlesOf(secret);
      known.delete(secret);
      known.set(secret, its);
      if (known.size > MAX_KNOWN) known.delete(known.keys().next().value as string);
      needles = gather([...known.values()]);
    },
    clean: (value) => clean(value, 0),
    hide: (text) => hide(text, needles),
  };
}

/** The text cut before its last word, because no pattern could recognise half of a secret. */
function cutAtWord(text: string): string {
  let end = MAX_TEXT;
  while (end > 0 && !BETWEEN_WORDS.has(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

const BETWEEN_WORDS: ReadonlySet<string> = new Set(' \t\r\n"\'&,;');

/**
 * What to search for. A secret that itself looks like an escape (`a%41…`) is also searched for in its decoded forms, because
 * it is decoded along with a text in which only part of it is escaped.
 */
function needlesOf(secret: string): Needles {
  const decoded = layersOf(secret).slice(1);
  const forms = [secret, ...decoded.map(({ text }) => text).filter((text) => text.length >= MIN_SECRET)];
  const plain = forms.flatMap((form) => [comparable(form), comparable(form.toWellFormed())]);
  return { plain: [...new Set(plain)], base64: base64PiecesOf(secret) };
}

function gather(all: readonly Needles[]): Needles {
  return { plain: all.flatMap(({ plain }) => plain), base64: all.flatMap(({ base64 }) => base64) };
}

function hide(text: string, { plain, base64 }: Needles): string {
  const found = layersOf(text).flatMap((layer) => [...findAll(layer, plain), ...findInBase64(layer, base64)]);
  return replaceRanges(
    text,
    found.map((range) => ({ ...range, instead: REDACTED })),
  );
}

function hideShapes(text: string): string {
  const found = layersOf(text).flatMap((layer) =>
    SHAPES.filter((_, index) => QUICK_SHAPES[index]?.test(layer.text)).flatMap(([shape, instead]) =>
      [...layer.text.matchAll(shape)].flatMap(({ indices }) => {
        const hidden = indices?.groups?.hide;
        return hidden ? [{ ...layer.origin({ start: hidden[0], end: hidden[1] }), instead }] : [];
      }),
    ),
  );
  return replaceRanges(text, found);
}
