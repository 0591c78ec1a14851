/** The real handler between the simulator and a lake folder, as a local run has it, for tests of whole syncs. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startDynamo } from '../../local/dynamo.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/index.ts';
import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';
import { compose } from '../../src/compose.ts';
import { variablesOf } from '../fakes/simulator-variables.ts';
import { presentState } from './present.ts';

export interface WholeWorld {
  readonly simulator: Simulator;
  /** Runs until all is complete, or a stream has failed; returns the streams that failed, with their kinds. */
  sync(mode?: 'auto' | 'full'): Promise<ReadonlyMap<string, string>>;
  /** Requests for pages of a stream so far. */
  requestsOf(stream: string): number;
  /** The records of a stream that are missing in the lake and those that it has in excess, compared with the source. */
  difference(stream: string): { readonly missing: readonly string[]; readonly extra: readonly string[] };
  close(): Promise<void>;
}

const INVOCATION_MS = 600_000;
const SHOWN = 200;

export async function startWholeWorld(
  options: SimulatorOptions,
  streams: readonly string[],
  pageSize: number,
): Promise<WholeWorld> {
  // The SDK signs requests to the embedded DynamoDB too.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
  const folder = mkdtempSync(join(tmpdir(), 'whole-'));
  const simulator = await startSimulator(options);
  const dynamo = await startDynamo(undefined, 'state');
  const failures = new Map<string, string>();
  const extractor = compose(
    {
      ...variablesOf(simulator),
      STATE_TABLE: 'state',
      LAKE_URL: pathToFileURL(folder).href,
      STREAMS: streams.join(','),
      PAGE_SIZE: String(pageSize),
      INCLUDE_SENSITIVE_DATA: 'true',
      SNAPSHOT_INTERVAL_HOURS: '0',
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
      AWS_REGION: 'eu-north-1',
    },
    {
      writer: {
        write(_level, event, fields) {
          if (event === 'hard_failure') failures.set(String(fields.stream), String(fields.kind));
        },
      },
      metrics: { record: () => {}, recordRun: () => {} },
    },
  );

  return {
    simulator,
    async sync(mode = 'auto') {
      failures.clear();
      for (;;) {
        const endsAtMs = performance.now() + INVOCATION_MS;
        try {
          const result = await extractor.handle(
            { action: 'sync', mode },
            { getRemainingTimeInMillis: () => Math.max(0, endsAtMs - performance.now()) },
          );
          if (!('outcome' in result) || result.outcome !== 'deadline') return new Map(failures);
        } catch (error) {
          if (failures.size === 0) throw error;
          return new Map(failures);
        }
      }
    },
    requestsOf: (stream) => simulator.requests.filter((request) => request.stream === stream).length,
    difference(stream) {
      const spec = STREAM_SPECS.find(({ name }) => name === stream);
      if (!spec) throw new RangeError(`no such stream: ${stream}`);
      const isQuoted = options.itemTexts === 'quoted';
      const texts = Array.from(simulator.rows(stream), ({ json }) =>
        spec.key.length === 0 ? JSON.stringify(itemValues(JSON.parse(json).fields, isQuoted)) : json,
      );
      const lake = presentState(folder, spec);
      return { missing: lacking(texts, lake), extra: lacking(lake, texts) };
    },
    async close() {
      await simulator.close();
      await dynamo.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Item values as the lake has them: as sent, quotes included, where the line has its fields by position; read as CSV only
 * where a value breaks that.
 */
function itemValues(fields: readonly string[], isQuoted: boolean): readonly string[] {
  if (!isQuoted || fields.some((value) => /[;\n]/.test(value))) return fields;
  return fields.map((value) => (/["\r]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value));
}

/** Texts of the first list that the second lacks, each as many times as it lacks it, cut short for a message. */
function lacking(texts: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const text of others) left.set(text, (left.get(text) ?? 0) + 1);
  return texts
    .filter((text) => {
      const count = left.get(text) ?? 0;
      left.set(text, count - 1);
      return count <= 0;
    })
    .map((text) => text.slice(0, SHOWN));
}
