/**
 * Item transactions: rows of semicolon-separated text with a localised header, as a spreadsheet of that country
 * would save them. Rows have no id.
 */

import { hash } from '../hash.ts';
import type { Members } from '../members.ts';
import { projectName } from '../names.ts';
import { projectNumber, taskNumber } from '../naming.ts';
import type { StreamState } from '../stream-state.ts';
import { pick } from '../text.ts';
import { formatTicks } from '../ticks.ts';
import { NONE } from '../world.ts';
import type { Render } from './render.ts';

export type Language = 'nb' | 'en';

const HEADERS: Readonly<Record<Language, readonly string[]>> = {
  nb: [
    'Dato',
    'Prosjektnr',
    'Prosjekt',
    'Oppgave',
    'Varenr',
    'Varenavn',
    'Antall',
    'Enhet',
    'Pris',
    'Beløp',
    'Registrert av',
    'Kommentar',
    'Godkjent',
  ],
  en: [
    'Date',
    'Project no.',
    'Project',
    'Task',
    'Item no.',
    'Item',
    'Quantity',
    'Unit',
    'Price',
    'Amount',
    'Registered by',
    'Comment',
    'Approved',
  ],
};

const ITEMS = [
  'Betong B35',
  'Diesel, avgiftsfri',
  'PVC-rør 110 mm; grått',
  'Kumring "DN 1000"',
  'Armeringsjern 12 mm',
  'Geonett',
  'Vernehansker str. 10',
] as const;
const COMMENTS = [
  '',
  'Levert på "Brua"',
  'Hentet; betalt kontant',
  'Linje én\nog linje to',
  'æøå – Łódź 🚚',
  '',
  '=SUM(A1:A9)',
  '  mellomrom  ',
] as const;

export function itemHeader(language: Language): string {
  return HEADERS[language].map(quoted).join(';');
}

/** One row, without the line break at its end. */
export function itemRow(members: Members, stream: StreamState, index: number, language: Language): string {
  const { seed } = stream;
  const { world } = members;
  const dice = hash(seed, index, 61);
  const project = world.projectOf(seed, index);
  const task = world.taskOf(project, dice >>> 3);
  const quantity = (1 + (dice % 400)) / 4 + stream.revision(index);
  const price = (100 + (dice % 90_000)) / 100;
  const decimal = (value: number) => (language === 'nb' ? value.toFixed(2).replace('.', ',') : value.toFixed(2));
  const approved = (dice & 1) === 1;
  return [
    formatTicks(stream.date(index)),
    project === NONE ? '' : projectNumber(project),
    project === NONE ? '' : projectName(world.states.project.seed, project),
    task === NONE ? '' : taskNumber(task),
    `V${100 + (dice % ITEMS.length)}`,
    pick(ITEMS, dice),
    decimal(quantity),
    (dice & 2) === 0 ? 'stk' : 'm³',
    decimal(price),
    decimal(quantity * price),
    JSON.parse(members.userName(world.userOf(seed, index))) ?? '',
    pick(COMMENTS, dice >>> 5),
    language === 'nb' ? (approved ? 'Ja' : 'Nei') : approved ? 'Yes' : 'No',
  ]
    .map((value) => quoted(String(value)))
    .join(';');
}

/** The row as a list of JSON, for whoever asks the simulator what it holds. */
export const itemTransaction: Render = (members, stream, index) =>
  JSON.stringify({ id: stream.id(index), row: itemRow(members, stream, index, 'nb') });

function quoted(value: string): string {
  return /[;"\n\r]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
