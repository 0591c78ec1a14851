/** Opens the lake of a local run with DuckDB, and makes problems of what DuckDB refuses. */

import { type Lake, openLake } from '../sql/duckdb/lake.ts';
import type { Environment } from './environment.ts';
import type { SourceFolder } from './folder.ts';
import { lookAt, requireRun } from './last-run.ts';
import type { LocalOptions } from './options.ts';
import { duckdbProblem } from './problem.ts';
import type { Screen } from './terminal.ts';

/** Gives the lake of the source that is looked at to `work`, and closes it. */
export async function inLake<Result>(
  given: LocalOptions,
  env: Environment,
  screen: Screen,
  work: (lake: Lake, folder: SourceFolder) => Promise<Result>,
): Promise<Result> {
  const { options, folder } = lookAt(given, env, screen);
  requireRun(folder, options);
  const lake = await openLake(folder.lake);
  try {
    return await work(lake, folder);
  } catch (error) {
    throw duckdbProblem(error);
  } finally {
    lake.close();
  }
}
