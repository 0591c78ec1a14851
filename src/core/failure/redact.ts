/**
 * Takes secrets, tokens and personal data out of whatever is about to be logged.
 *
 * Decides what must never leave the process in a log line. Two nets: values that are known to be secret (the client's
 * secret, every token in use) are cut out wherever they stand, and shapes that betray a secret or a person are cut out
 * even when nobody named them.
 */

import { Buffer } from 'node:buffer';

export interface Redactor {
  /** Remembers a value that must never be logged. Values shorter than 6 characters are too common to cut out. */
  learn(secret: string): void;
  /** A copy of the value without anything that must not be logged. Errors become name, message and cause. */
  clean(value: unknown): unknown;
}

const REDACTED = '[redacted]';
/** Deep enough for every line we write; beyond it a value is cut off rather than followed for ever. */
const MAX_DEPTH = 8;
const MAX_TEXT = 4000;
/** A process that lives for weeks renews its token every half hour; the oldest are forgotten. */
const MAX_KNOWN = 64;

/** Keys whose value is a secret whatever it looks like. */
const SECRET_KEY =
  /^(proxy-)?authorization$|^(set-)?cookie$|secret(?!_?id|s?_?url)|password|passphrase|token$|(access|refresh|continuation)_?token|api[_-]?key/i;

/** Text that betrays a secret or a person. Order matters: the longer forms first. */
const SHAPES: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}(\.[\w-]*)?/g, REDACTED],
  [
    /(client_?secret|(?:access|refresh|continuation|id|session|security)[_-]?token|password)(\\*["']?\s*[=:]\s*\\*["']?)[^\s"'&,;}\\]+/gi,
    `$1$2${REDACTED}`,
  ],
  // User name and password of a URL.
  [/\/\/[^\s/?#@]+@/g, `//${REDACTED}@`],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, REDACTED],
  // Only from the beginning of a word: a long run of letters would otherwise be tried from each of them to its end.
  [/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+(@|%40)[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+/gu, '[email]'],
];

/**
 * Norwegian national identity numbers (six digits of a birth date, five more), and Norwegian telephone numbers with
 * country code. UUIDs are named first so that they stay whole: their digits may look like either.
 */
const NUMBERS =
  /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|(?<![\d.])\d{6}[ -]?\d{5}(?!\d)|(?<!\d)(?:\+|00)47(?: ?\d){8}(?!\d)/gi;
const UUID_LENGTH = 36;

export function createRedactor(): Redactor {
  /** Known secrets and the ways each may be spelled, least recently learned first. */
  const known = new Map<string, readonly string[]>();
  /** All spellings, longest first: a secret may hold another one. */
  let spellings: readonly string[] = [];

  function cleanText(text: string): string {
    let cleaned = text;
    // Before the text is cut, or a piece of a secret could be left at its end.
    for (const spelling of spellings) cleaned = cleaned.replaceAll(spelling, REDACTED);
    const isLong = cleaned.length > MAX_TEXT;
    if (isLong) cleaned = cutAtWord(cleaned);
    for (const [shape, instead] of SHAPES) cleaned = cleaned.replace(shape, instead);
    cleaned = cleaned.replace(NUMBERS, (found) => (found.length === UUID_LENGTH ? found : '[number]'));
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
      if (secret.length < 6) return;
      // Taken out first, so that what is learned again and again is never the one to be forgotten.
      const spelled = known.get(secret) ?? spellingsOf(secret);
      known.delete(secret);
      known.set(secret, spelled);
      if (known.size > MAX_KNOWN) known.delete(known.keys().next().value as string);
      spellings = [...known.values()].flat().sort((a, b) => b.length - a.length);
    },
    clean: (value) => clean(value, 0),
  };
}

/** Cut before its last word: that may be the beginning of something that no pattern knows by its beginning. */
function cutAtWord(text: string): string {
  let end = MAX_TEXT;
  while (end > 0 && !BETWEEN_WORDS.has(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

const BETWEEN_WORDS: ReadonlySet<string> = new Set(' \t\r\n"\'&,;');

/** The ways a secret may stand in a text: plain, in a URL, in a form, in JSON, in JSON within JSON, in Base64. */
function spellingsOf(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret.toWellFormed());
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [
    ...new Set([
      secret,
      encoded,
      encoded.replaceAll(/%../g, (code) => code.toLowerCase()),
      new URLSearchParams({ s: secret }).toString().slice(2),
      escaped,
      JSON.stringify(escaped).slice(1, -1),
      Buffer.from(secret).toString('base64'),
    ]),
  ];
}
