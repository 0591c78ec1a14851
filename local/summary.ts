/** Shows the table at the end of a local run: the content of the lake, compared with the source where it can be counted. */

import { CATALOGUE } from '../src/ditio/catalogue.ts';
import type { RunReport } from '../src/sync/report.ts';
import { countRepeated, readLake, type TableState } from './lake-reader.ts';
import type { LocalSource } from './source.ts';
import { type Column, countOf, formatBytes, formatCount, formatInstantShort, renderTable } from './table.ts';
import { type Screen, tell } from './terminal.ts';

interface Row extends TableState {
  readonly stream: string;
  /** Live records at the source; null where it cannot be counted. */
  readonly source: number | null;
}

export interface Summary {
  readonly rows: readonly Row[];
  /** Streams whose number of live records differs between lake and source. */
  readonly different: readonly string[];
  /** Of the incremental syncs of this call. */
  readonly incremental: { readonly records: number; readonly repeated: number };
}

/** @param streams names of the streams to show, in the order of the catalogue */
export async function readSummary(
  lake: string,
  streams: readonly string[],
  source: LocalSource | null,
  reports: readonly RunReport[],
): Promise<Summary> {
  const rules = CATALOGUE.filter(({ name }) => streams.includes(name));
  const withoutIds = new Set(rules.filter(({ format }) => format !== 'json').map(({ table }) => table));
  const states = await readLake(
    lake,
    rules.map(({ table }) => table),
    withoutIds,
  );
  const counts = source?.liveCounts() ?? null;
  const rows = rules.map((rule, at) => ({
    ...(states[at] as TableState),
    stream: rule.name,
    source: counts?.[rule.name] ?? null,
  }));
  const syncs = reports
    .flatMap((report) => report.streams)
    .filter(({ mode, records, syncId }) => mode === 'incremental' && records > 0 && syncId !== null)
    .map(({ stream, syncId, records }) => ({ table: tableOf(stream), syncId: String(syncId), records }));
  return {
    rows,
    different: rows.filter((row) => row.source !== null && row.source !== row.live).map(({ stream }) => stream),
    incremental: {
      records: syncs.reduce((sum, { records }) => sum + records, 0),
      repeated: await countRepeated(lake, syncs),
    },
  };
}

function tableOf(stream: string): string {
  return CATALOGUE.find(({ name }) => name === stream)?.table ?? stream;
}

export function tellSummary(screen: Screen, { rows, different, incremental }: Summary): void {
  const isCompared = rows.some(({ source }) => source !== null);
  const columns: ReadonlyArray<Column<Row>> = [
    { title: 'stream', align: 'left', text: (row) => row.stream },
    { title: 'live', align: 'right', text: (row) => formatCount(row.live) },
    ...(isCompared ? [{ title: 'source', align: 'right', text: (row: Row) => mark(row) } as const] : []),
    { title: 'deleted', align: 'right', text: (row) => formatCount(row.deleted), dropAt: 1 },
    { title: 'parts', align: 'right', text: (row) => formatCount(row.parts), dropAt: 3 },
    { title: 'bytes', align: 'right', text: (row) => formatBytes(row.bytes), dropAt: 2 },
    {
      title: 'watermark (UTC)',
      align: 'left',
      text: (row) => (row.watermark ? formatInstantShort(row.watermark) : '–'),
      dropAt: 4,
    },
  ];
  screen.prose.line('');
  for (const line of renderTable(columns, rows, screen.results.columns())) screen.results.line(line);
  if (different.length > 0) tell(screen.prose, `\nThe lake differs from the source in: ${different.join(', ')}`);
  else if (isCompared) tell(screen.prose, '\nEvery live record of the source is in the lake, and nothing else is.');
  const { records, repeated } = incremental;
  if (records > 0) {
    const why =
      repeated > 0
        ? ': each sync looks back a few minutes (LOOKBACK_MINUTES), because a record may become visible late'
        : '';
    tell(
      screen.prose,
      `\nIncremental syncs brought ${countOf(records, 'record')}, of which ${formatCount(repeated)} ${repeated === 1 ? 'was' : 'were'} already there${why}.`,
    );
  }
}

function mark(row: Row): string {
  if (row.source === null) return '–';
  return row.source === row.live ? '✓' : `✗ ${formatCount(row.source)}`;
}
