/** Decodes the entities of HTML, characters by number and those names that may hide a part of a secret, and reads its title. */

/**
 * HTML's names for ASCII, for the letters of Norwegian and for invisible marks. Names of look-alikes are read as the ASCII
 * character. Source: HTML Standard, named character references.
 */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  ast: '*',
  bsol: '\\',
  colon: ':',
  comma: ',',
  commat: '@',
  dash: '-',
  diacriticalgrave: '`',
  dollar: '$',
  equals: '=',
  excl: '!',
  grave: '`',
  gt: '>',
  hat: '^',
  hyphen: '-',
  lbrace: '{',
  lbrack: '[',
  lcub: '{',
  lowbar: '_',
  lpar: '(',
  lsqb: '[',
  lt: '<',
  midast: '*',
  minus: '-',
  nbsp: ' ',
  newline: '\n',
  nobreak: '\u2060',
  num: '#',
  percnt: '%',
  period: '.',
  plus: '+',
  quest: '?',
  quot: '"',
  rbrace: '}',
  rbrack: ']',
  rcub: '}',
  rpar: ')',
  rsqb: ']',
  semi: ';',
  shy: '\u00ad',
  sol: '/',
  tab: '\t',
  tilde: '~',
  underbar: '_',
  verbar: '|',
  vert: '|',
  verticalline: '|',
  zerowidthspace: '\u200b',
  zwj: '\u200d',
  zwnj: '\u200c',
  aelig: 'æ',
  oslash: 'ø',
  aring: 'å',
  AElig: 'Æ',
  Oslash: 'Ø',
  Aring: 'Å',
};
/** Names that browsers also read without a semicolon (HTML Standard). */
const WITHOUT_SEMICOLON = 'amp|lt|gt|quot|nbsp|shy|aelig|oslash|aring';

/** Source of a pattern for an entity; for the flags `giu`. */
export const ENTITY = `&#0*\\d{1,7};?|&#x0*[\\da-f]{1,6};?|&(?:${Object.keys(NAMED).join('|')});|&(?:${WITHOUT_SEMICOLON})`;
const ENTITIES = new RegExp(ENTITY, 'giu');

/** The text with its HTML entities decoded. */
export function decodeEntities(text: string): string {
  return text.replace(ENTITIES, charOfEntity);
}

/** The title of a page of HTML, in one line; empty when it has none. */
export function titleOf(html: string): string {
  const start = /<title\b[^<>]*>/i.exec(html);
  if (!start) return '';
  const rest = html.slice(start.index + start[0].length);
  const end = rest.search(/<\/title/i);
  return end === -1 ? '' : decodeEntities(rest.slice(0, end)).replace(/\s+/g, ' ').trim();
}

/** The character of one entity; an unknown name or number unchanged. */
export function charOfEntity(spelled: string): string {
  const name = spelled.replace(/^&#?|;$/g, '');
  if (!spelled.startsWith('&#')) return NAMED[name] ?? NAMED[name.toLowerCase()] ?? spelled;
  const code = /^x/i.test(name) ? fromCode(name.slice(1), 16) : fromCode(name, 10);
  return code === '\0' ? spelled : (code ?? spelled);
}

/** The character of this number; undefined where Unicode has none. */
export function fromCode(digits: string, radix: 10 | 16): string | undefined {
  const code = Number.parseInt(digits, radix);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
