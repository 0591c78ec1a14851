/**
 * A local run: the real handler, without AWS (contract, section 1).
 *
 * With the simulator it plays the whole story: a full sync, changes at the source, an incremental sync. With `--live`
 * the same handler reads the real Ditio.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compose } from '../src/compose.ts';
import type { Extractor } from '../src/extractor.ts';
import { type EmbeddedDynamo, startDynamo } from './dynamo.ts';
import { type LocalFolder, openFolder } from './folder.ts';
import { HELP, type LocalOptions, parseOptions } from './options.ts';
import { createProgress, type Progress } from './progress.ts';
import { type LocalSource, startSource } from './source.ts';
import { showTable } from './summary.ts';

const TABLE = 'ditio-extract-local';
/** As long as Lambda gives a function at most; a run that needs longer is followed by another. Milliseconds. */
const INVOCATION_MS = 900_000;

async function main(): Promise<number> {
  let options: LocalOptions | null;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\nnpm run local -- --help tells what there is.`);
    return 2;
  }
  if (!options) {
    console.log(HELP);
    return 0;
  }
  const name = options.live
    ? `live-${process.env.DITIO_ENVIRONMENT ?? 'test'}`
    : `simulator-${options.seed}-${options.records}`;
  const folder = openFolder(options.folder, name, options.fresh);
  if (folder.setAside)
    console.log(
      `Set aside what ${folder.setAside} had left in ${options.folder}; it comes back when that source is read again.`,
    );
  // The SDK signs requests to the embedded DynamoDB too; no real credentials are looked for, let alone used.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
  delete process.env.AWS_PROFILE;
  const dynamo = await startDynamo(folder.state, TABLE);
  let source: LocalSource | null = null;
  try {
    source = options.live ? null : await startSource(options, folder.world);
    return await work(options, folder, dynamo, source);
  } finally {
    await source?.close();
    await dynamo.close();
  }
}

async function work(
  options: LocalOptions,
  folder: LocalFolder,
  dynamo: EmbeddedDynamo,
  source: LocalSource | null,
): Promise<number> {
  const progress = createProgress(process.stdout, options.json);
  const extractor = compose(environment(folder, dynamo, source), { writer: progress, metrics: { record: () => {} } });
  if (options.event) {
    const result = await invoke(extractor, options.event, progress);
    if (result !== null) console.log(JSON.stringify(result, null, 2));
    return result === null ? 1 : 0;
  }
  console.log(source ? source.describe() : `Reading Ditio, environment ${process.env.DITIO_ENVIRONMENT ?? 'test'}.`);
  console.log(folder.continues ? '\n① going on from the stored state' : '\n① a full sync');
  let good = await syncAll(extractor, progress);
  if (good && source) {
    console.log(`\n② ${source.change()}`);
    console.log('\n③ an incremental sync');
    good = await syncAll(extractor, progress);
  }
  if (!good && !existsSync(join(folder.lake, '_manifests'))) return 1;
  console.log('');
  const equal = await showTable(folder.lake, source);
  console.log(hints(options, folder));
  return good && equal ? 0 : 1;
}

/** Syncs until nothing is left to do, as the schedule would over several runs. */
async function syncAll(extractor: Extractor, progress: Progress): Promise<boolean> {
  for (;;) {
    const result = await invoke(extractor, { action: 'sync' }, progress);
    if (result === null) return false;
    if (!('outcome' in result) || result.outcome !== 'deadline') return true;
  }
}

/** One invocation; what it throws has been logged and is told in one line here. */
async function invoke(extractor: Extractor, event: Readonly<Record<string, unknown>>, progress: Progress) {
  const endsAtMs = performance.now() + INVOCATION_MS;
  try {
    return await extractor.handle(event, { getRemainingTimeInMillis: () => Math.max(0, endsAtMs - performance.now()) });
  } catch (error) {
    progress.done();
    // A refused configuration or event has just been shown in full, with what to do about it.
    const shown = error instanceof Error && error.name === 'HardFailure';
    if (!shown) console.error(`\n${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
    return null;
  } finally {
    progress.done();
  }
}

/** The environment of the function, as the template would set it; what the caller has set counts, where it may. */
function environment(folder: LocalFolder, dynamo: EmbeddedDynamo, source: LocalSource | null) {
  const simulated = source && {
    DITIO_ENVIRONMENT: 'test',
    DITIO_IDENTITY_URL: source.identityUrl,
    DITIO_REPORTING_URL: source.reportingUrl,
    DITIO_CORE_URL: source.coreUrl,
    DITIO_CLIENT_ID: source.clientId,
    DITIO_CLIENT_SECRET: source.clientSecret,
    DITIO_SECRET_ID: undefined,
    // Snapshots are read in every sync here, so that the table can be compared with the source.
    SNAPSHOT_INTERVAL_HOURS: process.env.SNAPSHOT_INTERVAL_HOURS ?? '0',
  };
  return {
    ...process.env,
    ...simulated,
    STATE_TABLE: TABLE,
    LAKE_URL: pathToFileURL(folder.lake).href,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_REGION: 'eu-north-1',
  };
}

function hints(options: LocalOptions, folder: LocalFolder): string {
  const live = options.live ? ' --live' : '';
  const next: Array<readonly [command: string, does: string]> = [
    options.live ? ['--live', 'once more: goes on where this call stopped'] : ['--records 1000000', 'a larger world'],
    [`status${live}`, 'what is stored of every stream'],
    [`check${live}`, 'proves that everything a sync needs is there'],
    [`backfill${live} --streams time-registrations --from 2026-01-01 --to 2026-02-01`, 're-reads a month'],
    ['--help', 'all there is'],
  ];
  const lines = next.map(([command, does]) => `  npm run local -- ${command}\n      ${does}`);
  return [`\nThe lake is in ${folder.lake}. What to try next:`, ...lines].join('\n');
}

process.exitCode = await main();
