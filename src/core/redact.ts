/**
 * Takes secrets, tokens and personal data out of whatever is about to be logged.
 *
 * Decides what must never leave the process in a log line. Two nets: values that are known to be secret (the client's
 * secret, every token in use) are cut out wherever they stand, and shapes that betray a secret or a person are cut out
 * even when nobody named them.
 */

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

/** Keys whose value is a secret whatever it looks like. */
const SECRET_KEY =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key)$|secret(?!_?id|s?_?url)|password|passphrase|access_?token|refresh_?token|continuation_?token|api_?key/i;

/** Text that betrays a secret or a person. Order matters: the longer forms first. */
const SHAPES: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}(\.[\w-]*)?/g, REDACTED],
  [
    /\b(client_secret|access_token|refresh_token|password|ContinuationToken)(["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
    `$1$2${REDACTED}`,
  ],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, REDACTED],
  [/[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+/gu, '[email]'],
  // Norwegian national identity number: six digits of a birth date, five more.
  [/(?<![\d.-])\d{6}[ ]?\d{5}(?![\d-])/g, '[number]'],
  // Norwegian telephone numbers with country code.
  [/(?<!\d)(\+|00)47[ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?\d{2}(?!\d)/g, '[number]'],
];

export function createRedactor(): Redactor {
  const known = new Set<string>();

  function cleanText(text: string): string {
    let cleaned = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
    for (const secret of known) cleaned = cleaned.replaceAll(secret, REDACTED);
    for (const [shape, instead] of SHAPES) cleaned = cleaned.replace(shape, instead);
    return cleaned;
  }

  function clean(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return cleanText(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
    if (depth >= MAX_DEPTH) return '[deep]';
    if (value instanceof Error) {
      const cause = value.cause === undefined ? {} : { cause: clean(value.cause, depth + 1) };
      return { name: value.name, message: cleanText(value.message), ...cause };
    }
    if (value instanceof URL) return cleanText(value.href);
    if (ArrayBuffer.isView(value)) return '[bytes]';
    if (Array.isArray(value)) return value.map((entry) => clean(entry, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [
        key,
        SECRET_KEY.test(key) && entry !== null && entry !== undefined ? REDACTED : clean(entry, depth + 1),
      ]),
    );
  }

  return {
    learn(secret) {
      // Bounded: a process that lives for weeks renews its token every half hour.
      if (secret.length >= 6) known.add(secret);
      if (known.size > 64) known.delete(known.values().next().value as string);
    },
    clean: (value) => clean(value, 0),
  };
}
