/**
 * How a property is run again: fast-check prints seed and path of a failure, and
 * `PROPERTY_SEED=<seed> PROPERTY_PATH=<path> node --test test/property/<file>` replays just that one;
 * `PROPERTY_RUNS=100000` looks longer.
 */

/** Parameters for `fc.assert`: so many runs, unless the environment names others. */
export function replayable(numRuns: number): { numRuns: number; seed?: number; path?: string } {
  const { PROPERTY_RUNS: runs, PROPERTY_SEED: seed, PROPERTY_PATH: path } = process.env;
  return { numRuns: runs ? Number(runs) : numRuns, ...(seed && { seed: Number(seed) }), ...(path && { path }) };
}
