/** The table at the end of a local run, read back out of the lake, and compared with the source where that is known. */

import { CATALOGUE } from '../src/ditio/catalogue.ts';
import { readLake, type TableState } from './lake-reader.ts';
import type { LocalSource } from './source.ts';
import { type Column, formatBytes, formatCount, renderTable } from './table.ts';

interface Row extends TableState {
  readonly stream: string;
  /** Live records at the source; null when nobody knows. */
  readonly source: number | null;
}

/** Prints the table; tells whether the lake's live records equal the source's. */
export async function showTable(lake: string, source: LocalSource | null): Promise<boolean> {
  const withoutIds = new Set(CATALOGUE.filter(({ format }) => format !== 'json').map(({ table }) => table));
  const states = await readLake(
    lake,
    CATALOGUE.map(({ table }) => table),
    withoutIds,
  );
  const counts = source?.liveCounts() ?? null;
  const rows: Row[] = CATALOGUE.map((rule, at) => ({
    ...(states[at] as TableState),
    stream: rule.name,
    source: counts?.[rule.name] ?? null,
  }));
  const different = rows.filter((row) => row.source !== null && row.source !== row.live);
  const columns: Column<Row>[] = [
    { title: 'stream', align: 'left', text: (row) => row.stream },
    { title: 'live', align: 'right', text: (row) => formatCount(row.live) },
    ...(counts ? [{ title: 'source', align: 'right', text: (row: Row) => mark(row) } as const] : []),
    { title: 'deleted', align: 'right', text: (row) => formatCount(row.deleted) },
    { title: 'parts', align: 'right', text: (row) => formatCount(row.parts) },
    { title: 'bytes', align: 'right', text: (row) => formatBytes(row.bytes) },
    { title: 'watermark', align: 'left', text: (row) => row.watermark ?? '–' },
  ];
  for (const line of renderTable(columns, rows)) console.log(line);
  if (different.length > 0) {
    console.error(`\nThe lake differs from the source in: ${different.map(({ stream }) => stream).join(', ')}`);
  } else if (counts) {
    console.log('\nEvery live record of the source is in the lake, and nothing else is.');
  }
  return different.length === 0;
}

function mark(row: Row): string {
  if (row.source === null) return '–';
  return row.source === row.live ? '✓' : `✗ ${formatCount(row.source)}`;
}
