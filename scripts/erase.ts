/**
 * Erases a person from a lake: `npm run erase -- --lake URL --person FILE [--streams a,b] [--results URL] [--apply]`.
 *
 * Without `--apply` it only counts. docs/privacy.md has the steps before and after it. In a bucket it works with the
 * caller's own credentials; the function's role may neither read nor remove anything.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { CATALOGUE } from '../src/ditio/catalogue.ts';
import { type LakeLocation, parseLakeUrl } from '../src/lake/location.ts';
import { clear, erase, type Found, look } from './erase/erasure.ts';
import { readPersonValues } from './erase/person.ts';
import { createStore } from './erase/stores.ts';

const USAGE = `Usage: npm run erase -- --lake URL --person FILE [options]

  --lake <url>      s3://bucket/prefix (the output LakeUrl) or file:///absolute/folder
  --person <file>   what names the person, one value a line: an id, a name, an address, or field=value, such as
                    employeeNumber=1234. A file, so that it stands in no history of a shell; delete it afterwards
  --streams <list>  only these streams, separated by commas (default all)
  --results <url>   folder of query results, which are copies: everything in it is removed, such as
                    s3://bucket/athena-results
  --apply           change the lake; without it, only count
  --region <name>   of the bucket (default as the AWS CLI has it)`;

interface Wanted {
  readonly lake: LakeLocation;
  readonly personFile: string;
  readonly tables: readonly string[];
  readonly results: LakeLocation | null;
  readonly apply: boolean;
  readonly region: string | undefined;
}

function readCommand(args: readonly string[]): Wanted | string[] {
  const text = { type: 'string' } as const;
  const options = {
    lake: text,
    person: text,
    streams: text,
    results: text,
    region: text,
    apply: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const problems: string[] = [];
  const lake = parseLakeUrl(values.lake ?? '');
  if (!lake) problems.push('--lake must be s3://bucket/prefix or file:///absolute/folder');
  if (!values.person) problems.push('--person must name a file');
  const results = values.results === undefined ? null : parseLakeUrl(values.results);
  if (values.results !== undefined && !/athena-results(\/|$)/.test(values.results))
    problems.push('--results must be a folder named athena-results, or one in it: everything there is removed');
  const names = values.streams?.split(',') ?? CATALOGUE.map(({ name }) => name);
  const unknown = names.filter((name) => !CATALOGUE.some((stream) => stream.name === name));
  if (unknown.length > 0) problems.push(`unknown stream ${unknown.join(', ')}`);
  if (!lake || !values.person || problems.length > 0) return problems;
  const tables = CATALOGUE.filter(({ name }) => names.includes(name)).map(({ table }) => table);
  return { lake, personFile: values.person, tables, results, apply: values.apply ?? false, region: values.region };
}

async function main(): Promise<number> {
  let wanted: Wanted | string[];
  try {
    wanted = readCommand(process.argv.slice(2));
  } catch (error) {
    wanted = [error instanceof Error ? error.message : String(error)];
  }
  if (Array.isArray(wanted)) {
    console.error(`${wanted.join('\n')}\n\n${USAGE}`);
    return 2;
  }
  const { lake, personFile, tables, results, apply, region } = wanted;
  const client = () =>
    new S3Client({
      ...(region !== undefined && { region }),
      forcePathStyle: (process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL) !== undefined,
    });
  const person = readPersonValues(readFileSync(personFile, 'utf8'));
  const store = createStore(lake, client);
  const found = await look(store, tables, person);
  console.log(tableOf(found));
  if (!apply) {
    console.log('\nNothing was changed. With --apply, the lines older than the newest full sync are taken out.');
    return 0;
  }
  await erase(store, found, person);
  const left = await look(store, tables, person);
  if (left.length > 0)
    throw new Error(`Lines of the person are left or were added meanwhile: run it again.\n${tableOf(left)}`);
  console.log(`\nErased ${found.reduce((sum, { older }) => sum + older, 0)} lines; looked again, and found none.`);
  if (results) console.log(`Removed ${await clear(createStore(results, client), '')} query results.`);
  if (found.length > 0)
    console.log(`\nNext, the tables of Athena: docs/privacy.md, for ${found.map(({ table }) => table).join(', ')}.`);
  return 0;
}

/** Counts only: nothing of the person. */
export function tableOf(found: readonly Found[]): string {
  if (found.length === 0) return 'No line names the person.';
  const rows = found.map(({ table, parts, older, present, versions }) =>
    [table, older, parts.length, versions.length, present].map(String),
  );
  const all = [['table', 'lines to erase', 'in parts', 'old versions', 'still present'], ...rows];
  const widths = all[0]?.map((_, at) => Math.max(...all.map((row) => String(row[at]).length))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
