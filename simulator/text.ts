/**
 * Writes values as JSON text, among them values that a reader of bytes can easily get wrong.
 *
 * Every text here is JSON already, with its quotes, so that it reaches the answer unchanged: unnecessary escapes, numbers
 * that no double can hold.
 */

import { hash } from './hash.ts';

/** Most descriptions. */
const PLAIN = [
  'Gravd grøft og lagt rør',
  'Kjørt masser til deponi',
  'Ryddet og sikret området',
  'Ventet på sprengning',
  'Lastet pukk',
  'Service på maskin',
  'Møte med byggherre',
  'Forskalet vegg akse 4',
  '',
  'Strødd og brøytet',
  'Satt kantstein',
  'Boret og ladet salve',
].map((text) => JSON.stringify(text));

/** One description in {@link HARD_ONE_IN}. */
const HARD = [
  String.raw`"Grøft ved \"Brua\", {se [tegning] B-12}"`,
  String.raw`"sluttet med omvendt skråstrek \\"`,
  String.raw`"\\\" } ] , { \"id\": \"ikke-en-post\", \"isDeleted\": true }"`,
  String.raw`"unødig \u0022escaped\u0022: K\u00e5re p\u00e5 \u00d8ya \/ Sør"`,
  String.raw`"to linjer\r\nog en tabulator\tinni"`,
  '"gravemaskin 🚜 og hjelm 👷🏽‍♀️, familie 👨‍👩‍👧"',
  '"kombinert: A\u030asen og e\u0301n, ferdig: Åsen og én"',
  String.raw`"surrogatpar \ud83d\ude9c som escapes"`,
  '"skilletegn \u2028 og \u2029 midt i"',
  '"日本語 עברית \u200f العربية ąčęėįšųūž"',
  '"</script><!-- & \' ` $[]{}:,"',
  String.raw`"\b\f\u0001\u001f"`,
  '"\\"continuationToken\\":\\"falsk\\",\\"data\\":[]"',
  JSON.stringify(
    `Lang beskrivelse. ${'Massene ble lagt ut i lag på 30 cm, komprimert og målt inn; avvik er ført i "KS-boka". '.repeat(60)}`,
  ),
];
export const HARD_ONE_IN = 29;

/** A description as JSON text. It contains the revision, so that versions differ. */
export function description(seed: number, index: number, revision: number): string {
  const dice = hash(seed, index, 81);
  const texts = dice % HARD_ONE_IN === 0 ? HARD : PLAIN;
  const text = texts[(dice >>> 8) % texts.length] as string;
  return revision === 0 ? text : `${text.slice(0, -1)} (endret ${revision})"`;
}

/** Amounts as servers write them: the same number has several spellings, and all must stay unchanged. */
const QUANTITIES = [
  '7.5',
  '8.0',
  '1.0',
  '7.50',
  '0.25',
  '10',
  '1e1',
  '6.000000',
  '2.5E0',
  '11.75',
  '4.3',
  '0',
  '3.3333333333333335',
  '-1.5',
];

export function quantity(dice: number): string {
  return QUANTITIES[dice % QUANTITIES.length] as string;
}

const LARGE = [
  '1e3',
  '1.0E+3',
  '980.0',
  '1250.75',
  '12345678901234567890',
  '1.7976931348623157e308',
  '0.1',
  '-0.0',
  '450',
];

/** Numbers beyond what a double holds, or written in a way that no serializer would choose again. */
export function largeNumber(dice: number): string {
  return LARGE[dice % LARGE.length] as string;
}

/** Money with two decimals, always written out. */
export function money(dice: number, most: number): string {
  const cents = dice % (most * 100);
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

export function coordinate(base: number, dice: number): string {
  return (base + (dice % 100_000) / 100_000).toFixed(6);
}

export function pick<T>(from: readonly T[], dice: number): T {
  return from[dice % from.length] as T;
}

/**
 * A value as JSON text. Characters beyond Latin-1 are escaped, as servers may: it reads the same, and strings that need
 * one byte a character are made into bytes three times as fast.
 */
export function json(value: string | number | boolean | null): string {
  return JSON.stringify(value).replace(
    /[\u0100-\uffff]/g,
    (wide) => `\\u${wide.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function flag(value: boolean): string {
  return value ? 'true' : 'false';
}
