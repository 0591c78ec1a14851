/** Shows what lies in the lake of a local run and is not as the catalogue says. */

import { type Drift, driftOf } from '../sql/duckdb/drift.ts';
import type { Environment } from './environment.ts';
import { inLake } from './open-lake.ts';
import type { LocalOptions } from './options.ts';
import { EXIT, type ExitCode } from './problem.ts';
import { countOf, formatCount, renderTable } from './table.ts';
import { type Screen, tell } from './terminal.ts';

interface Finding {
  readonly stream: string;
  readonly field: string;
  readonly lines: number;
  readonly what: string;
}

export async function showDrift(options: LocalOptions, env: Environment, screen: Screen): Promise<ExitCode> {
  const drifts = await inLake(options, env, screen, driftOf);
  if (options.json) {
    screen.results.line(JSON.stringify(drifts, null, 2));
    return EXIT.done;
  }
  const findings = drifts.flatMap(findingsOf);
  if (findings.length > 0) for (const line of findingsTable(findings, screen)) screen.results.line(line);
  const lines = drifts.reduce((sum, drift) => sum + drift.lines, 0);
  const found =
    findings.length === 0
      ? 'every field and every value is as the catalogue says'
      : `${countOf(findings.length, 'difference')}. Nothing is lost: the lines of the lake keep every value as it was sent, also those that no column has`;
  tell(screen.prose, `${formatCount(lines)} lines of ${drifts.length} streams: ${found}.`);
  return EXIT.done;
}

function findingsOf({ stream, unknownFields, mistypedColumns, retypedColumns }: Drift): Finding[] {
  const byField = Object.groupBy(unknownFields, ({ field }) => field);
  return [
    ...Object.entries(byField).map(([field, types = []]) => ({
      stream,
      field,
      lines: types.reduce((sum, { lines }) => sum + lines, 0),
      what: `no column has it; sent as ${types.map(({ type }) => type).join(', ')}`,
    })),
    ...mistypedColumns.map(({ column, type, lines }) => ({
      stream,
      field: column,
      lines,
      what: `sent with values that are no ${type}; they are NULL in the table`,
    })),
    ...retypedColumns.map(({ column, type, sentAs, lines }) => ({
      stream,
      field: column,
      lines,
      what: `sent as ${sentAs} where ${type} is expected; the table still reads it`,
    })),
  ];
}

function findingsTable(findings: readonly Finding[], screen: Screen): string[] {
  return renderTable<Finding>(
    [
      { title: 'stream', align: 'left', text: ({ stream }) => stream },
      { title: 'field', align: 'left', text: ({ field }) => field },
      { title: 'lines', align: 'right', text: ({ lines }) => formatCount(lines) },
      { title: 'what is different', align: 'left', text: ({ what }) => what, wraps: true },
    ],
    findings,
    screen.results.columns(),
  );
}
