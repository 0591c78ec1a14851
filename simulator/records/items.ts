/**
 * Writes item transactions: rows of semicolon-separated text with 16 fields by position, under a localised header whose
 * columns do not match. Rows have no id, and quotes in them are not escaped.
 */

import { hash } from '../hash.ts';
import type { ItemStyle, Language } from '../item-style.ts';
import type { Members } from '../members.ts';
import { projectName } from '../names.ts';
import { projectNumber } from '../naming.ts';
import type { StreamState } from '../stream-state.ts';
import { pick } from '../text.ts';
import { formatTicks } from '../ticks.ts';
import { NONE } from '../world.ts';
import type { Render } from './render.ts';

const HEADERS: Readonly<Record<Language, string>> = {
  nb: 'Dato;Prosjektnr;Prosjekt;Oppgave;Varenr;Varenavn;Antall;Enhet;Pris;Beløp;Registrert av;Kommentar;Godkjent',
  en: 'Date;Project no.;Project;Task;Item no.;Item;Quantity;Unit;Price;Amount;Registered by;Comment;Approved',
};

const ITEMS = [
  'Betong B35',
  'Diesel, avgiftsfri',
  'PVC-rør 110 mm',
  'Kumring "DN 1000"',
  '8" rør, PE',
  'Geonett',
  'Vernehansker str. 10',
  '"Kjetting" 13 mm',
] as const;
const COMMENTS = [
  '',
  'Levert på "Brua"',
  'Hentet, betalt kontant',
  '"',
  'æøå – Łódź 🚚',
  '""',
  '=SUM(A1:A9)',
  ' luft ',
] as const;
/** Texts that would become more fields or rows without quotes. */
const COMMENTS_TO_QUOTE = ['Hentet; betalt kontant', 'Linje én\nlinje to', 'Bestilt; "haster"\r\nlevert'] as const;
const TYPES = ['Consumption', 'Consumption', 'Consumption', 'Sale', 'Purchase', 'Adjustment', 'StockCount'] as const;
const WAREHOUSES = ['Hovedlager', 'Container 7', 'Lager "Nord"', ''] as const;
const MINUS = '\u2212';

export function itemHeader({ language }: ItemStyle): string {
  return HEADERS[language];
}

/** One row, without the line break at its end. */
export function itemRow(members: Members, stream: StreamState, index: number, style: ItemStyle): string {
  const fields = itemFields(members, stream, index, style);
  return (style.itemTexts === 'quoted' ? fields.map(quoted) : fields).join(';');
}

/** The sixteen values of a row, as a correct reader returns them. */
function itemFields(members: Members, stream: StreamState, index: number, style: ItemStyle): readonly string[] {
  const { seed } = stream;
  const { world } = members;
  const dice = hash(seed, index, 61);
  const more = hash(seed, index, 62);
  const project = world.projectOf(seed, index);
  const machine = dice % 3 === 0 ? world.machineOf(dice) : NONE;
  const type = pick(TYPES, more);
  const sign = type === 'Sale' || type === 'Adjustment' ? -1 : 1;
  const quantity = sign * ((1 + (dice % 400)) / 4 + stream.revision(index));
  const [cost, price] = [(100 + (dice % 90_000)) / 100, (100 + (more % 120_000)) / 100];
  const comments = style.itemTexts === 'quoted' ? [...COMMENTS, ...COMMENTS_TO_QUOTE] : COMMENTS;
  const decimal = (value: number | null) => (value === null ? '' : decimalOf(value, style.language));
  return [
    pick(ITEMS, dice),
    project === NONE ? '' : projectName(world.states.project.seed, project),
    project === NONE ? '' : projectNumber(project),
    textOf(members.taskName(world.taskOf(project, dice >>> 3))),
    type,
    textOf(members.userName(world.userOf(seed, index))),
    localTime(formatTicks(stream.date(index))),
    textOf(members.machineName(machine)),
    decimal(quantity),
    decimal(dice % 7 === 0 ? null : cost),
    decimal(type === 'Sale' ? price : null),
    decimal(dice % 7 === 0 ? null : quantity * cost),
    decimal(type === 'Sale' ? quantity * price : null),
    pick(WAREHOUSES, more >>> 4),
    decimal(more % 3 === 0 ? 0 : (more % 9_000) / 10),
    pick(comments, dice >>> 5),
  ];
}

/** The row's values as JSON, for those who ask the simulator what it holds. */
export const itemTransaction: Render = (members, stream, index) =>
  JSON.stringify({ id: stream.id(index), fields: itemFields(members, stream, index, members.itemStyle) });

function textOf(json: string): string {
  return JSON.parse(json) ?? '';
}

function decimalOf(value: number, language: Language): string {
  const text = value.toFixed(2);
  return language === 'nb' ? text.replace('.', ',').replace('-', MINUS) : text;
}

/** `22.11.2026 08:15:03`, of `2026-11-22T08:15:03.1Z`: the server's wall clock, whose zone is not told. */
function localTime(iso: string): string {
  return `${iso.slice(8, 10)}.${iso.slice(5, 7)}.${iso.slice(0, 4)} ${iso.slice(11, 19)}`;
}

function quoted(value: string): string {
  return /[;"\n\r]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
