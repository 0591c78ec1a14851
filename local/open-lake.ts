/** Opens the lake of a local run with DuckDB, and makes problems of what DuckDB refuses. */

import { type Lake, openLake } from '../sql/duckdb/lake.ts';
import type { Environment } from './environment.ts';
import type { SourceFolder } from './folder.ts';
import { requireRun, withSource } from './last-run.ts';
import type { LocalOptions } from './options.ts';
import { Problem } from './problem.ts';

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
    throw asProblem(error);
  } finally {
    lake.close();
  }
}

/** DuckDB's own words, which say what it could not read and often what was meant: `Catalog Error: … Did you mean …`. */
function asProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !/^[A-Z][A-Za-z ]* Error: /.test(error.message)) return error;
  return new Problem(error.message.trimEnd(), undefined, error);
}
