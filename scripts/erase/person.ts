/** Finds a person in the lines of a lake, by the values that name them. */

/** A value that names the person: an id, a name, an address, or `field=value`. */
export interface PersonValue {
  /** Only in fields of this name, at any depth, in lower case; null for all fields. */
  readonly field: string | null;
  /** Normalised. */
  readonly value: string;
}

/** Shortest value that is looked for in every field. */
const MIN_CHARACTERS = 4;
/** Shortest number that is looked for in every field: shorter ones are also hours, amounts and years. */
const MIN_DIGITS = 8;
/** What the extractor itself puts before a record. */
const OWN_FIELDS = new Set(['_sync_id', '_extracted_at']);

/**
 * The values of a file, one a line. Throws with every problem, by the number of its line and never by its content:
 * that is personal.
 */
export function readPersonValues(text: string): PersonValue[] {
  const problems: string[] = [];
  const values: PersonValue[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [, field = null, rest = ''] = /^\s*(?:([A-Za-z_]\w*)=)?(.*)$/.exec(line) ?? [];
    const value = normalise(rest);
    const least = /^\d+$/.test(value) ? MIN_DIGITS : MIN_CHARACTERS;
    if (value === '') problems.push(`line ${index + 1} has no value`);
    else if (field === null && value.length < least)
      problems.push(`line ${index + 1} is too short to be looked for in every field; write field=value`);
    values.push({ field: field?.toLowerCase() ?? null, value });
  }
  if (values.length === 0) problems.push('the file names nothing');
  if (problems.length > 0) throw new Error(`The file of the person cannot be used: ${problems.join('; ')}.`);
  return values;
}

/**
 * Whether a line names the person. A number or `field=value` must be the whole value; other text may also stand as
 * whole words inside a longer one. Case and repeated blanks do not count. A line that is not JSON throws.
 */
export function namesPerson(line: string, person: readonly PersonValue[]): boolean {
  const matchers = person.map((each) => ({ ...each, words: wordsOf(each) }));
  return isNamedIn(JSON.parse(line), '', matchers);
}

interface Matcher extends PersonValue {
  readonly words: RegExp | null;
}

function isNamedIn(value: unknown, field: string, person: readonly Matcher[]): boolean {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = normalise(String(value));
    return person.some((each) => (each.field === null || each.field === field) && matches(text, each));
  }
  if (Array.isArray(value)) return value.some((each) => isNamedIn(each, field, person));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([name, each]) => !OWN_FIELDS.has(name) && isNamedIn(each, name.toLowerCase(), person),
  );
}

function matches(text: string, { value, words }: Matcher): boolean {
  return text === value || (words?.test(text) ?? false);
}

function wordsOf({ field, value }: PersonValue): RegExp | null {
  if (field !== null || /^\d+$/.test(value)) return null;
  const escaped = value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'u');
}

function normalise(text: string): string {
  return text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();
}
