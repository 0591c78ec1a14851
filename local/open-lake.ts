/** Opens the lake of a local run with DuckDB, and makes problems of what DuckDB refuses. */

import { type Lake, openLake } from '../sql/duckdb/lake.ts';
import type { Environment } from './environment.ts';
import type { SourceFolder } from './folder.ts';
import { requireRun, withSource } from './last-run.ts';
import type { LocalOptions } from './options.ts';
import { duckdbProblem } from './problem.ts';

/** Gives the lake of the source that is looked at to `work`, and closes it. */
export async function inLake<Result>(
  given: LocalOptions,
  env: Environment,
  work: (lake: Lake, folder: SourceFolder) => Promise<Result>,
): Promise<Result> {
  const { options, folder } = withSource(given, env);
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
