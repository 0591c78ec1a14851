/** Writes log lines and metrics for CloudWatch: redacted lines of JSON, and EMF lines (contract, section 7). */

import { Metrics as Emf, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Redactor } from './core/failure/redact.ts';
import type { Clock, Log, LogFields } from './core/scope.ts';
import { formatInstant } from './core/time/instant.ts';
import type { MetricName, Metrics, RunMetricName } from './ports.ts';

export const SERVICE = 'ditio-extract';
export const NAMESPACE = 'DitioExtract';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** Where finished lines go: standard output in Lambda, a progress display in a local run. */
export interface LineWriter {
  write(level: Level, event: string, fields: LogFields): void;
}

/** A log that adds the given fields to every line and redacts it. */
export function createLog(writer: LineWriter, redactor: Redactor, fields: LogFields = {}): Log {
  const at =
    (level: Level) =>
    (event: string, more: LogFields = {}) =>
      writer.write(level, event, redactor.clean({ ...fields, ...more }) as LogFields);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => createLog(writer, redactor, { ...fields, ...more }),
  };
}

export interface LineWriterDeps {
  /** Our clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** Takes one finished line, with its line break. */
  readonly write: (line: string) => void;
}

/**
 * Writes each line as one flat JSON object: `level`, `timestamp`, `service`, `event`, then the fields of the line,
 * which cannot replace these four. With JSON logging Lambda reads `level` and `timestamp` of every line itself.
 *
 * @param options.level lowest level to write, from Lambda's logging configuration; INFO when it is not set
 */
export function createLineWriter(
  deps: LineWriterDeps,
  options: { readonly service: string; readonly level: string | undefined },
): LineWriter {
  const configured = (LEVELS as readonly string[]).indexOf(options.level?.toLowerCase() ?? '');
  const lowest = configured === -1 ? LEVELS.indexOf('info') : configured;
  return {
    write(level, event, fields) {
      if (LEVELS.indexOf(level) < lowest) return;
      const timestamp = new Date(deps.now()).toISOString();
      const head = { level: level.toUpperCase(), timestamp, service: options.service, event };
      // The first `head` puts its fields in front, the second keeps `fields` from replacing them.
      deps.write(`${JSON.stringify({ ...head, ...fields, ...head })}\n`);
    },
  };
}

const UNITS: Readonly<Record<MetricName | RunMetricName, (typeof MetricUnit)[keyof typeof MetricUnit]>> = {
  StaleStreams: MetricUnit.Count,
  StalestStreamAgeSeconds: MetricUnit.Seconds,
  HardFailures: MetricUnit.Count,
  RecordsWritten: MetricUnit.Count,
  Throttled: MetricUnit.Count,
  WatermarkAgeSeconds: MetricUnit.Seconds,
};

/** Levels at which Lambda would drop a line of INFO. Source: Lambda's guide, "Log-level filtering". */
const ABOVE_INFO: readonly (string | undefined)[] = ['WARN', 'ERROR', 'FATAL'];

/**
 * Writes EMF lines: one for each run, with the dimension `service`, and one for each turn of a stream, with `stream` too.
 *
 * Lambda treats a line of JSON without `level` or `timestamp` as INFO, and drops it where the log level is higher. So each
 * line has both, and its level is the lowest one that Lambda keeps.
 *
 * @param logLevel the level of Lambda's logging configuration, `AWS_LAMBDA_LOG_LEVEL`
 */
export function createLambdaMetrics(clock: Pick<Clock, 'now'>, service: string = SERVICE, logLevel?: string): Metrics {
  const emf = new Emf({ namespace: NAMESPACE, serviceName: service });
  const level = ABOVE_INFO.includes(logLevel) ? logLevel : 'INFO';

  function publish(values: Readonly<Record<string, number>>, fields: Readonly<Record<string, unknown>>): void {
    const head = { level, timestamp: formatInstant(clock.now()), event: 'metrics', ...fields };
    // Powertools' type requires text, but it writes JSON, and CloudWatch reads only the fields that `_aws` names.
    for (const [name, value] of Object.entries(head)) emf.addMetadata(name, value as string);
    for (const [name, value] of Object.entries(values)) {
      emf.addMetric(name, UNITS[name as MetricName | RunMetricName], value);
    }
    emf.publishStoredMetrics();
  }

  return {
    record(values, { stream, runId, syncId }) {
      emf.addDimension('stream', stream);
      publish(values, { run_id: runId, sync_id: syncId });
    },
    recordRun(values, { runId, staleStreams }) {
      publish(values, { run_id: runId, stale_streams: staleStreams });
    },
  } satisfies Metrics;
}
