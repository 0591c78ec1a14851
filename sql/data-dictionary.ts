/** Writes `docs/data.md`, the data dictionary, from the catalogue: `npm run streams`. A test fails when it is out of step. */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Column, type Deletion, type Join, type StreamSpec, text } from './catalogue/spec.ts';
import { STREAM_SPECS } from './catalogue/streams.ts';
import { MANIFEST_COLUMNS, MANIFEST_LINE, MANIFEST_PARTITIONS } from './manifests.ts';
import { MANIFESTS } from './names.ts';
import { OWN_COLUMNS } from './present.ts';

const HEAD = `<!-- Generated from the catalogue by "npm run streams"; do not edit. -->
# Data dictionary

Each table below is the present state of one stream: what exists in Ditio now. After them come the columns that all of them have, their lines, and the
table of syncs. The facts about the API, and how certain each is, are in
[ditio.md](ditio.md).

- Columns carry the names of Ditio's fields; those that begin with \`_\` are ours. Real records have more fields than these; all of them are in the column \`_line\`, as sent.
- \`timestamp\` is UTC. \`date\` is a calendar day. \`0001-01-01…\`, which is how Ditio writes an empty time, is \`NULL\`.
- \`json\` is a nested value as JSON text.
- A value that is not of its column's type is \`NULL\`, never an error; \`_line\` has it as it was sent.
- Texts of status, type and unit are English enumerations. Where values are listed, others may come.
- ⚠ marks what names or singles out a person.
- A join marked with \`?\` follows from the column's name only; Ditio documents the others.
`;

const DELETIONS: Readonly<Record<Deletion, string>> = {
  emptied: 'an incremental answer holds its id, flags and times, with every other field empty.',
  'last-version': 'an incremental answer holds its last version, whose `modifiedDateTime` lies before the deletion.',
  'full-record': 'an incremental answer holds the full record.',
  never: 'a deleted row is missing from the newest full sync; nothing else marks it.',
};

const LINE_COLUMNS: readonly Column[] = [
  text(
    'line',
    'One line of a part: the stamps `_sync_id` and `_extracted_at`, then the record as Ditio sent it, as JSON text.',
  ),
  text('sync_date', 'Day on which the sync opened, UTC, as `2026-11-22`; bound it in every query.'),
];

/** How a type is named to analysts, and what is done to the text that is sent. */
const TYPES: Readonly<Record<Column['type'], string>> = {
  text: 'text',
  boolean: 'boolean',
  integer: 'integer',
  number: 'number',
  timestamp: 'timestamp',
  date: 'date',
  json: 'json',
  'decimal-text': 'number (sent as text with a decimal comma or point)',
  'local-datetime-text': 'timestamp without zone (sent as `dd.MM.yyyy HH:mm:ss`)',
};

/** The whole text of `docs/data.md`. */
export function dataDictionary(): string {
  const contents = STREAM_SPECS.map(({ table, row }) => `| [${table}](#${table}) | ${row} |`);
  return [
    HEAD,
    '| table | one row is |',
    '|---|---|',
    ...contents,
    '',
    ...STREAM_SPECS.map(section),
    ownColumns(),
    lines(),
    manifests(),
    personalData(),
  ].join('\n');
}

function section(spec: StreamSpec): string {
  const facts = [
    `Stream \`${spec.name}\`, \`GET /${spec.path}\`${spec.access === 'administrator' ? '; the client must act as an **administrator**' : ''}.`,
    `**One row:** ${spec.row}`,
    `**Key:** ${spec.key.length === 0 ? 'none.' : `${spec.key.map((name) => `\`${name}\``).join(', ')}.`}`,
    ...(spec.joins.length === 0 ? [] : [`**Joins:** ${spec.joins.map(joinText).join(', ')}.`]),
    `**Deleted rows:** ${DELETIONS[spec.deletion]}${spec.deletionEndsAllOfId ? ' It ends every older row of its `id`.' : ''}`,
    ...(spec.personal === null ? [] : [`**Personal data beyond the columns:** ${spec.personal}`]),
    ...spec.notes,
  ];
  return [
    `## ${spec.table}`,
    '',
    ...facts.map((fact) => `- ${fact}`),
    '',
    ...COLUMNS,
    ...spec.columns.map(columnRow),
    '',
  ].join('\n');
}

const COLUMNS = ['| column | type | unit | what it is |', '|---|---|---|---|'];

function ownColumns(): string {
  return [
    '## Columns of every table',
    '',
    'After the columns above:',
    '',
    ...COLUMNS,
    ...OWN_COLUMNS.map(columnRow),
    '',
  ].join('\n');
}

function lines(): string {
  return [
    '## Lines of a table',
    '',
    'Each `<table>` has a `<table>_lines` with all lines that syncs have written, repeats and tombstones included. A line holds what its table marks with ⚠, and more.',
    '',
    ...COLUMNS,
    ...LINE_COLUMNS.map(columnRow),
    '',
  ].join('\n');
}

function manifests(): string {
  return [
    `## ${MANIFESTS}`,
    '',
    'One row for each completed sync; an incremental sync that found nothing has none.',
    '',
    ...COLUMNS,
    ...[...MANIFEST_PARTITIONS, ...MANIFEST_COLUMNS, MANIFEST_LINE].map(columnRow),
    '',
  ].join('\n');
}

function columnRow({ name, type, unit, sentence, values, personal }: Column): string {
  const listed = values ? ` ${values.map((value) => `\`${value}\``).join(', ')}.` : '';
  return `| \`${name}\`${personal ? ' ⚠' : ''} | ${TYPES[type]} | ${unit ?? ''} | ${sentence}${listed} |`;
}

function joinText({ column, table, to, documented }: Join): string {
  return `\`${column}\`${documented ? '' : '?'} → [${table}](#${table}).\`${to}\``;
}

function personalData(): string {
  const rows = STREAM_SPECS.map(({ table, columns, personal }) => {
    const marked = columns.filter((column) => column.personal).map(({ name }) => `\`${name}\``);
    return `| [${table}](#${table}) | ${marked.join(', ') || '–'} | ${personal ?? '–'} |`;
  });
  return ['## Personal data by table', '', '| table | columns | beyond them |', '|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/data.md', import.meta.url), dataDictionary());
}
