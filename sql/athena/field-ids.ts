/**
 * Numbers of the columns of the maintained tables, which Iceberg knows columns by.
 *
 * A number once given is never changed and never given again, or old files would be read as other columns: that is why they
 * stand in a file. `npm run streams` gives numbers to new columns.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { STREAM_SPECS } from '../catalogue/streams.ts';
import { rowColumns } from '../present.ts';

type Ids = Readonly<Record<string, Readonly<Record<string, number>>>>;

const FILE = new URL('field-ids.json', import.meta.url);

/** The number of a column, by its name. Throws for a column that has none yet. */
export function fieldIds(table: string): (column: string) => number {
  const ids = read()[table] ?? {};
  return (column) => {
    const id = ids[column];
    if (id === undefined) {
      throw new Error(`column ${column} of ${table} has no number: run npm run streams`);
    }
    return id;
  };
}

/** What is known, and the next numbers for what is not. */
export function withNewColumns(known: Ids): Ids {
  return Object.fromEntries(
    STREAM_SPECS.map((spec) => {
      const ids = { ...known[spec.table] };
      let last = Math.max(0, ...Object.values(ids));
      for (const { name } of rowColumns(spec)) {
        if (ids[name] !== undefined) continue;
        last += 1;
        ids[name] = last;
      }
      return [spec.table, ids];
    }),
  );
}

function read(): Ids {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, `${JSON.stringify(withNewColumns(read()), null, 2)}\n`);
}
