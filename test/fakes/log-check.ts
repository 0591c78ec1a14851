/**
 * A log and metrics that check every line as it is written: against `docs/log-schema.json`, and against planted secrets
 * and what looks like one.
 *
 * Lines pass the same redactor and get the same head as in Lambda, so that what is judged is what would be seen. A
 * line that is not as it should be fails the running test from outside: nothing that catches errors on the way, as
 * the code under test may, can hide it.
 */

import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { createRedactor, type Redactor } from '../../src/core/failure/redact.ts';
import type { LogFields } from '../../src/core/scope.ts';
import { createLog, type LineWriter, NAMESPACE, SERVICE } from '../../src/log.ts';
import type { Metrics } from '../../src/ports.ts';
import { PLANTED } from './planted.ts';
import type { LogLine, RecordingLog } from './recording-log.ts';

export type JsonLine = Readonly<Record<string, unknown>>;

export const LOG_SCHEMA = JSON.parse(
  readFileSync(new URL('../../docs/log-schema.json', import.meta.url), 'utf8'),
) as JsonLine;

const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false }).compile(
  LOG_SCHEMA,
);

/** Patterns of secrets and personal data. They are independent of the redactor, which they check. */
const TELLTALES: readonly RegExp[] = [
  /eyJ[\w-]{8,}\.[\w-]{8,}/,
  /[Bb]earer [^[\s"]{6,}/,
  /\b(AKIA|ASIA)[A-Z0-9]{16}/,
  /[\w.]+@[\w-]+\.[a-z]{2,}/,
  /client_secret=[^[]/,
];

export interface CheckedLog extends RecordingLog {
  /** What `createLog` and `compose` write through. */
  readonly writer: LineWriter;
  readonly metrics: Metrics;
  /** The one that cleans the lines; hand it to what learns secrets. */
  readonly redactor: Redactor;
  /** Every line as Lambda would write it, metrics included. */
  readonly json: readonly JsonLine[];
}

export interface CheckedLogOptions {
  /** In every line, besides a `run_id`. */
  readonly fields?: LogFields;
  /** Texts that no line may contain, besides those in `PLANTED`: secrets of the suite, contents of its records. */
  readonly secrets?: readonly string[];
  /** What becomes of a bad line; unless given, the running test fails. */
  readonly report?: (problem: string) => void;
}

export function createCheckedLog(options: CheckedLogOptions = {}): CheckedLog {
  const { fields = {}, secrets = [], report = failFromOutside } = options;
  const redactor = createRedactor();
  const lines: LogLine[] = [];
  const json: JsonLine[] = [];

  function judge(line: JsonLine): void {
    json.push(line);
    const found = problemsOf(line, [...Object.values(PLANTED), ...secrets]);
    if (found.length > 0) report(`${found.join('\n')}\nin the line ${JSON.stringify(line)}`);
  }

  const writer: LineWriter = {
    write(level, event, carried) {
      lines.push({ level, event, fields: carried });
      const head = { level: level.toUpperCase(), timestamp: TIMESTAMP, service: SERVICE, event };
      judge({ ...head, ...carried, ...head });
    },
  };
  const metrics: Metrics = {
    record: (values, { stream, runId, syncId }) =>
      judge(metricsLine({ stream, run_id: runId, sync_id: syncId }, values)),
    recordRun: (values, { runId, staleStreams }) =>
      judge(metricsLine({ run_id: runId, stale_streams: staleStreams }, values)),
  };
  const of = (event: string) => lines.filter((line) => line.event === event).map((line) => line.fields);
  const log = createLog(writer, redactor, { run_id: RUN_ID, ...fields });
  return { ...log, lines, of, writer, metrics, redactor, json };
}

/** What is wrong with a line; nothing where all is well. */
export function problemsOf(line: JsonLine, secrets: readonly string[] = Object.values(PLANTED)): string[] {
  const text = JSON.stringify(line);
  const planted = secrets.filter(
    (secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)),
  );
  const shapes = TELLTALES.filter((pattern) => pattern.test(text));
  return [
    // As the line is written, where what is undefined is not there.
    ...(validate(JSON.parse(text)) ? [] : telling(validate.errors ?? []).map(sentence)),
    ...planted.map((secret) => `holds the planted ${secret}`),
    ...shapes.map((pattern) => `holds what looks like ${pattern}`),
  ];
}

const RUN_ID = '0b0e7c1a-5a5e-4c1c-8d7e-2f8f6f4b9a10';
const TIMESTAMP = '2026-11-22T08:15:03.120Z';

/** As `src/log.ts` has it written. */
function metricsLine(fields: LogFields, values: Readonly<Record<string, number>>): JsonLine {
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: Name.endsWith('Seconds') ? 'Seconds' : 'Count' }));
  const Dimensions = ['stream' in fields ? ['service', 'stream'] : ['service']];
  const _aws = {
    Timestamp: Date.parse(TIMESTAMP),
    CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions, Metrics }],
  };
  return { _aws, service: SERVICE, ...values, level: 'INFO', timestamp: TIMESTAMP, event: 'metrics', ...fields };
}

/** Of a branch that failed, the fields of that branch are reported as unknown too; that says nothing more. */
function telling(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const causes = errors.filter(({ keyword }) => keyword !== 'if' && keyword !== 'unevaluatedProperties');
  return causes.length > 0 ? causes : errors.filter(({ keyword }) => keyword !== 'if');
}

function sentence({ instancePath, message, params, keyword }: ErrorObject): string {
  const what = keyword === 'unevaluatedProperties' ? ` (${String(params.unevaluatedProperty)})` : '';
  return `${instancePath || 'the line'} ${message}${what}`;
}

/** Fails the test that is running; where that has ended already, the whole file. */
function failFromOutside(problem: string): void {
  process.exitCode = 1;
  queueMicrotask(() => {
    throw new Error(`docs/log-schema.json: ${problem}`);
  });
}
