/** Hands the lake of a local run to other programs: as a script for any DuckDB, and as Parquet files. */

import { type Exported, exportParquet, sqlOfLake } from '../sql/duckdb/lake.ts';
import type { Environment } from './environment.ts';
import { isOfSource } from './folder.ts';
import { commandLine, npmNote } from './hints.ts';
import { lookAt, requireRun } from './last-run.ts';
import { makeFolder } from './make-folder.ts';
import { inLake } from './open-lake.ts';
import { absolutePath, type LocalOptions } from './options.ts';
import { EXIT, type ExitCode, Problem } from './problem.ts';
import { formatCount, renderTable } from './table.ts';
import { type Screen, tell } from './terminal.ts';

/** Writes the script to standard output. */
export async function showSql(given: LocalOptions, env: Environment, screen: Screen): Promise<ExitCode> {
  const { options, folder } = lookAt(given, env, screen);
  requireRun(folder, options);
  const note = npmNote(env, screen.results, `${commandLine(given, 'sql', true)} > lake.sql`);
  if (note !== null) tell(screen.prose, note);
  screen.results.write(await sqlOfLake(folder.lake, options.lake ?? folder.lake));
  return EXIT.done;
}

/** Writes one file a table into the folder that is named, over those of an earlier export. */
export async function exportTables(options: LocalOptions, env: Environment, screen: Screen): Promise<ExitCode> {
  const [, target = ''] = options.words;
  const folder = absolutePath(target, env);
  if (isOfSource(folder, options.folder)) {
    throw new Problem(`${folder} belongs to the data of a run, which no export changes. ${ELSEWHERE}`, EXIT.usage);
  }
  const exported = await inLake(options, env, screen, (lake) => {
    makeFolder(folder, ELSEWHERE);
    return exportParquet(lake, folder);
  });
  if (options.json) screen.results.line(JSON.stringify(exported, null, 2));
  else for (const line of exportedTable(exported, screen.results.columns())) screen.results.line(line);
  return EXIT.done;
}

const ELSEWHERE = 'Name another folder.';

function exportedTable(exported: readonly Exported[], width: number | null): string[] {
  return renderTable<Exported>(
    [
      { title: 'table', align: 'left', text: ({ table }) => table },
      { title: 'rows', align: 'right', text: ({ rows }) => formatCount(rows) },
      { title: 'file', align: 'left', text: ({ path }) => path, wraps: true },
    ],
    exported,
    width,
  );
}
