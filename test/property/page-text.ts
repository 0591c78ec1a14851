/** Any page, as any serialiser might write it: arbitraries of JSON text. */

import fc from 'fast-check';

/** A JSON value whose texts of numbers and strings are already chosen. */
type Tree = string | readonly Tree[] | { readonly members: readonly (readonly [name: string, value: Tree])[] };

const RESERVED: readonly string[] = ['id', 'isDeleted', '_sync_id', '_extracted_at'];
const READ: readonly string[] = ['data', 'continuationToken', 'syncTypeName', 'recordCount', 'deletedRecordCount'];

/** Characters that matter to a scanner, and any others. */
const content: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '/',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '\n',
      '\r',
      'æ',
      '\u2028',
      '🚜',
      '\ud83d',
      '\0',
    ),
    maxLength: 12,
  }),
  fc.constantFrom('id', 'isDeleted', '_sync_id', 'data', 'recordCount', '__proto__', 'constructor', 'Øst', ''),
);

/**
 * Names of members. Not a lone backslash: once an object had one, the `JSON.parse` of V8 reads it for any escaped name of a
 * single character in the same place (Node 24.21: after `{"\\":1}`, `{"\u007B":1}` has the name of the first).
 */
const memberName = content.filter((text) => text !== '\\');

/** The text of a string, with none, all or the usual escapes. */
function spelled(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.constantFrom('usual', 'all', 'capitals')).map(([chars, escapes]) => {
    if (escapes === 'usual') return JSON.stringify(chars);
    const hex = [...Array(chars.length).keys()].map((at) => chars.charCodeAt(at).toString(16).padStart(4, '0'));
    return `"${hex.map((digits) => `\\u${escapes === 'all' ? digits : digits.toUpperCase()}`).join('')}"`;
  });
}

const number: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('0', '-0', '1.0', '1e3', '1E+05', '-2.50e-3', '12345678901234567890', '0.1', '9007199254740993'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
);

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('true', 'false', 'null'),
    number,
    spelled(content),
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.array(fc.tuple(spelled(memberName), tie('tree')), { maxLength: 5 }).map((members) => ({ members })),
  ),
}));

function others(taken: readonly string[]): fc.Arbitrary<[string, Tree][]> {
  const name = memberName.filter((text) => !taken.includes(text));
  return fc.array(fc.tuple(spelled(name), tree), { maxLength: 6 });
}

function sometimes(name: string, value: fc.Arbitrary<Tree>): fc.Arbitrary<[string, Tree][]> {
  return fc.array(fc.tuple(spelled(fc.constant(name)), value), { maxLength: 1 });
}

/** Members in any order. */
function object(...parts: readonly fc.Arbitrary<readonly (readonly [string, Tree])[]>[]): fc.Arbitrary<Tree> {
  return fc
    .tuple(...parts)
    .chain((lists) => fc.shuffledSubarray(lists.flat(), { minLength: lists.flat().length }))
    .map((members) => ({ members }));
}

const record: fc.Arbitrary<Tree> = object(
  fc.tuple(fc.tuple(spelled(fc.constant('id')), fc.oneof(number, spelled(content.filter((text) => text !== ''))))),
  sometimes('isDeleted', fc.constantFrom('true', 'false', 'null')),
  others(RESERVED),
);

const count: fc.Arbitrary<Tree> = fc.oneof(fc.constantFrom('null', '0', '-0', '1e2', '2.0'), fc.nat().map(String));
const wellFormed = content.filter((text) => text.isWellFormed());

const page = (more: fc.Arbitrary<[string, Tree][]>) =>
  object(
    fc.tuple(fc.tuple(spelled(fc.constant('data')), fc.array(record, { maxLength: 6 }))),
    sometimes('continuationToken', fc.oneof(fc.constant('null'), spelled(wellFormed))),
    sometimes('syncTypeName', fc.oneof(fc.constant('null'), spelled(content))),
    sometimes('recordCount', count),
    sometimes('deletedRecordCount', count),
    others(READ),
    more,
  );

/** What stands between two tokens: nothing, as a serialiser indents, or anything that JSON allows. */
const gaps: fc.Arbitrary<(depth: number, isInner: boolean) => string> = fc.oneof(
  fc.constant(() => ''),
  fc
    .constantFrom(['\n', '  '], ['\n', '\t'], ['\r\n', '  '])
    .map(([lineBreak, indent]) => (depth: number, isInner: boolean) => {
      return isInner ? `${lineBreak}${String(indent).repeat(depth)}` : ' ';
    }),
  fc.infiniteStream(fc.constantFrom('', '', ' ', '\t', '\n', '\r', '\r\n', ' \n ', '    ')).map((stream) => {
    return () => stream.next().value;
  }),
);

function write(value: Tree, gap: (depth: number, isInner: boolean) => string, depth = 0): string {
  if (typeof value === 'string') return value;
  const inner = () => gap(depth + 1, true);
  const end = () => gap(depth, true);
  if ('members' in value) {
    const members = value.members.map(([name, member]) => {
      return `${inner()}${name}${gap(depth, false)}:${gap(depth, false)}${write(member, gap, depth + 1)}${gap(depth, false)}`;
    });
    return `{${members.join(',')}${end()}}`;
  }
  return `[${value.map((element) => `${inner()}${write(element, gap, depth + 1)}${gap(depth, false)}`).join(',')}${end()}]`;
}

const bytesOf = (pages: fc.Arbitrary<Tree>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(pages, gaps, fc.constantFrom('', '\ufeff'))
    .map(([tree, gap, mark]) => Buffer.from(`${mark}${gap(0, false)}${write(tree, gap)}${gap(0, false)}`));

/** The bytes of a page that must be taken. */
export const pageBytes: fc.Arbitrary<Buffer> = bytesOf(page(fc.constant([])));

/** The same with the members of one of these lists among its own, their names in any case. */
export function pageBytesWith(lists: readonly Readonly<Record<string, unknown>>[]): fc.Arbitrary<Buffer> {
  const members = fc.constantFrom(...lists).chain((list) => fc.tuple(...Object.entries(list).map(memberOf)));
  return bytesOf(page(members.map((list) => [...list])));
}

function memberOf([name, value]: readonly [string, unknown]): fc.Arbitrary<[string, Tree]> {
  const cases = fc.constantFrom(
    name,
    name.toUpperCase(),
    name.toLowerCase(),
    `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
  );
  return fc.tuple(spelled(cases), fc.constant(JSON.stringify(value)));
}
