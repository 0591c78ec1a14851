/**
 * Writes `docs/settings.md` from the template's parameters and the variables of `src/config.ts`: `npm run settings`.
 *
 * Ranges and defaults are read from those files; only the meaning of each variable is here.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The meaning of each variable; a test finds one that is missing here or in `src/config.ts`. */
const MEANINGS: Readonly<Record<string, string>> = {
  DITIO_ENVIRONMENT: 'picks the three base URLs',
  DITIO_IDENTITY_URL: 'overrides the base URL of the identity server; `https:` only, except on loopback',
  DITIO_REPORTING_URL: 'overrides the base URL of the reporting API',
  DITIO_CORE_URL: 'overrides the base URL of the core API',
  DITIO_SECRET_ID: 'id or ARN of a secret, JSON with `client_id` and `client_secret`',
  DITIO_CLIENT_ID: 'instead of `DITIO_SECRET_ID`, outside AWS; both ways together are an error',
  DITIO_CLIENT_SECRET: 'as `DITIO_CLIENT_ID`',
  STATE_TABLE: 'DynamoDB table for cursors, leases and tokens',
  LAKE_URL: '`s3://bucket/prefix` or `file:///absolute/folder`',
  LAKE_COMPRESSION: 'how parts are compressed; both may lie in one table',
  STREAMS: 'streams to extract: `all`, or names separated by commas',
  PAGE_SIZE: 'records asked for at once (`ChunkLimit`); smaller where Ditio answers too slowly',
  LOOKBACK_MINUTES: 'how far below the watermark an incremental sync starts',
  MAX_WATERMARK_AGE_DAYS: 'a watermark older than this makes the next sync a full one',
  FULL_SYNC_EVERY_DAYS: 'a newest full sync older than this makes the next sync a full one; 0 is never',
  SNAPSHOT_INTERVAL_HOURS: 'time between two syncs of a snapshot stream',
  HISTORY_START: 'first date asked for where an endpoint needs a date window',
  MAX_CONCURRENT_STREAMS: 'streams worked on at once; fewer where Ditio answers 429',
  RESERVE_SECONDS: "kept back from Lambda's limit for the last part, checkpoint and summary",
  REQUEST_TIMEOUT_SECONDS: 'longest silence of the server',
  STALE_AFTER_HOURS: 'a stream without a completed sync for longer than this is stale',
  METRICS_BY_STREAM: 'four metrics more for each stream',
  COMPANY_ID: 'passed to Ditio where the endpoint takes it',
  PROJECT_ID: 'passed to Ditio where the endpoint takes it',
  OWN_COMPANY_DATA_ONLY: 'passed to Ditio where the endpoint takes it',
  EXCLUDE_DATA_FROM_SUBSIDIARIES: 'passed to Ditio where the endpoint takes it',
  INCLUDE_SENSITIVE_DATA: 'whether absences come with reasons of sick leave and names of children',
};

/** Variables that are not in the schema. */
const APART = [
  ['HTTPS_PROXY', 'proxy for the requests to Ditio; `NO_PROXY` names exceptions', 'an address', '–'],
  ['POWERTOOLS_SERVICE_NAME', 'the `service` of lines and metrics', 'a text', '`ditio-extract`'],
] as const;

export interface Parameter {
  readonly name: string;
  readonly range: string;
  readonly standard: string;
  readonly description: string;
}

/** The parameters of the template, read from its text. */
export function parametersOf(template: string): Parameter[] {
  const [, section = ''] = /^Parameters:\n([\s\S]*?)^Mappings:/m.exec(template) ?? [];
  return [...section.matchAll(/^ {2}(\w+):\n((?: {4}.*\n| {6}.*\n)+)/gm)].map(([, name = '', body = '']) => {
    const field = (key: string) => new RegExp(`^ {4}${key}: (.+)$`, 'm').exec(body)?.[1]?.replaceAll('"', '') ?? '';
    const [least, most] = [field('MinValue'), field('MaxValue')];
    const values = field('AllowedValues').slice(1, -1);
    return {
      name,
      range: values || (least ? `${least}–${most}` : 'a pattern'),
      standard: field('Default') || '–',
      description: field('Description'),
    };
  });
}

/** Names of the variables in the schema of `src/config.ts`, with range and default where it has them. */
export function variablesOf(
  config: string,
): { readonly name: string; readonly range: string; readonly standard: string }[] {
  const [, schema = ''] = /v\.object\(\{\n([\s\S]*?)^ {2}\}\)/m.exec(config) ?? [];
  return [...schema.matchAll(/^ {4}([A-Z_]{5,}): ([\s\S]*?)(?=^ {4}[A-Z_]{5,}: |$(?![\s\S]))/gm)].map(
    ([, name = '', rule = '']) => {
      const [, least, most, number] = /wholeNumber\(([\d_]+), ([\d_]+), '(\d+)'\)/.exec(rule) ?? [];
      const [, list] = /picklist\(\[([^\]]+)\]/.exec(rule) ?? [];
      const [, text] = /'([^']*)'\)?,?\s*(?:v\.transform[\s\S]*)?$/.exec(rule.trim()) ?? [];
      const [, day] = /v\.string\(\), '([\d-]+)'/.exec(rule) ?? [];
      const range = least ? `${least.replace('_', '')}–${most?.replace('_', '')}` : (list?.replaceAll("'", '') ?? '');
      const isFlag = /^flag/.test(rule);
      return {
        name,
        range: isFlag ? 'true, false' : range,
        standard: number ?? day ?? (list || /streamList/.test(rule) ? text : undefined) ?? '–',
      };
    },
  );
}

export function settingsDocument(template: string, config: string): string {
  const variables = variablesOf(config).map(({ name, range, standard }) => {
    const meaning = MEANINGS[name];
    if (meaning === undefined) throw new Error(`scripts/settings-doc.ts does not say what ${name} means`);
    return [`\`${name}\``, meaning, range, standard === '–' ? '–' : `\`${standard}\``];
  });
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    '# Settings',
    '',
    'Generated by `npm run settings`; do not edit.',
    '',
    '## Parameters of the template',
    '',
    row(['parameter', 'meaning', 'values', 'default']),
    row(['---', '---', '---', '---']),
    ...parametersOf(template).map(({ name, range, standard, description }) =>
      row([`\`${name}\``, description.replaceAll('|', '\\|'), range, standard === '–' ? '–' : `\`${standard}\``]),
    ),
    '',
    '## Variables of the function',
    '',
    'The template sets those that have a parameter. Any other may be added below `Environment` in `template.yaml`.',
    '',
    row(['variable', 'meaning', 'values', 'default']),
    row(['---', '---', '---', '---']),
    ...variables.map(row),
    ...APART.map(([name, meaning, range, standard]) => row([`\`${name}\``, meaning, range, standard])),
    '',
    "AWS endpoints are moved with the SDK's own variables (`AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL_S3`).",
    '',
  ].join('\n');
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = settingsDocument(read('template.yaml'), read('src/config.ts'));
  writeFileSync(new URL('../docs/settings.md', import.meta.url), document);
}
