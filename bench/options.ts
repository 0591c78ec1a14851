/** How much is measured: everything, or as much as a few minutes allow. */

import { parseArgs } from 'node:util';

export const SECTIONS = ['throughput', 'growth', 'tick', 'start'] as const;
export type Section = (typeof SECTIONS)[number];

export interface BenchOptions {
  readonly quick: boolean;
  readonly sections: readonly Section[];
  /** Only cells of throughput with so many streams, null for all; the others keep their newest results. */
  readonly streams: number | null;
  /** Records in each of the four streams. */
  readonly records: number;
  readonly latenciesMs: readonly number[];
  readonly pageSizes: readonly number[];
  /** Alternating rounds of each cell, for the contenders in Node. */
  readonly rounds: number;
  /**
   * Of those in Python, which take a minute where ours takes seconds: in the headline cell, in the others of one stream, and
   * with four streams side by side in pages of the headline's size.
   */
  readonly slowRounds: { readonly headline: number; readonly others: number; readonly fourStreams: number };
  readonly growthSizes: readonly number[];
  /** The largest history that the other contenders are shown. */
  readonly growthMost: {
    readonly limit: number;
    readonly naive: number;
    readonly dlt: number;
    readonly airbyte: number;
  };
  /** Processes that are started to measure a start. */
  readonly starts: number;
}

export const HEADLINE = { latencyMs: 0, pageSize: 5000, streams: 1 } as const;

const FULL = {
  quick: false,
  records: 100_000,
  latenciesMs: [0, 100],
  pageSizes: [1000, 5000, 10_000],
  rounds: 3,
  slowRounds: { headline: 3, others: 1, fourStreams: 1 },
  growthSizes: [10_000, 100_000, 1_000_000, 10_000_000],
  growthMost: { limit: 1_000_000, naive: 1_000_000, dlt: 100_000, airbyte: 100_000 },
  starts: 45,
};

const QUICK = {
  quick: true,
  records: 20_000,
  latenciesMs: [0, 100],
  pageSizes: [5000],
  rounds: 2,
  slowRounds: { headline: 1, others: 0, fourStreams: 0 },
  growthSizes: [10_000, 100_000],
  growthMost: { limit: 100_000, naive: 10_000, dlt: 0, airbyte: 0 },
  starts: 5,
};

export const HELP = `npm run bench [-- options]

Measures the extractor beside others on the same data, and writes bench/report.md and bench/growth.svg.

options
  --quick           a short form of about three minutes; its report goes to .bench/report.md
  --only a,b        only these sections: ${SECTIONS.join(', ')}; the others keep their newest results
  --streams 1|4     of the throughput, only with so many streams; the rest keeps its newest results
  --report          writes the report anew from the newest results, without measuring
  --help            this text`;

export type Command = { readonly kind: 'help' } | { readonly kind: 'report' } | { readonly kind: 'measure' };

/** Throws an `Error` with a message for a person when the command line cannot be understood. */
export function parseOptions(args: readonly string[]): { readonly command: Command; readonly options: BenchOptions } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: SECTIONS.join(',') },
      streams: { type: 'string' },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const sections = values.only.split(',').map((name) => name.trim());
  for (const name of sections) {
    if (!isSection(name)) throw new Error(`there is no section "${name}" (${SECTIONS.join(', ')})`);
  }
  if (values.streams !== undefined && values.streams !== '1' && values.streams !== '4') {
    throw new Error(`--streams must be 1 or 4, found "${values.streams}"`);
  }
  const options = {
    ...(values.quick ? QUICK : FULL),
    sections: sections.filter(isSection),
    streams: values.streams === undefined ? null : Number(values.streams),
  };
  return { command: { kind: values.help ? 'help' : values.report ? 'report' : 'measure' }, options };
}

function isSection(name: string): name is Section {
  return (SECTIONS as readonly string[]).includes(name);
}
