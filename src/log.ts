/** Writes log lines and metrics as CloudWatch takes them: redacted lines of JSON, and EMF lines (contract, section 7). */

import { Metrics as Emf, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Redactor } from './core/failure/redact.ts';
import type { Log, LogFields, MetricName, Metrics } from './ports.ts';

export const SERVICE = 'ditio-extract';
export const NAMESPACE = 'DitioExtract';

/** Where finished lines go: standard output in Lambda, a progress display in a local run. */
export interface LineWriter {
  write(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields: LogFields): void;
}

/** A log whose every line carries the given fields and is redacted. */
export function createLog(writer: LineWriter, redactor: Redactor, fields: LogFields = {}): Log {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
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

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

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
 * @param options.level lowest level to write, as Lambda's logging configuration gives it; INFO when it is not set
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
      deps.write(`${JSON.stringify({ ...head, ...fields, ...head })}\n`);
    },
  };
}

const UNITS: Record<MetricName, (typeof MetricUnit)[keyof typeof MetricUnit]> = {
  RecordsWritten: MetricUnit.Count,
  RecordsDeleted: MetricUnit.Count,
  PagesFetched: MetricUnit.Count,
  BytesWritten: MetricUnit.Bytes,
  Retries: MetricUnit.Count,
  Throttled: MetricUnit.Count,
  HardFailures: MetricUnit.Count,
  SyncCompleted: MetricUnit.Count,
  WatermarkAgeSeconds: MetricUnit.Seconds,
};

/** Writes one EMF line a stream, with the dimensions `service` and `stream`. */
export function createLambdaMetrics(service: string = SERVICE): Metrics {
  const emf = new Emf({ namespace: NAMESPACE, serviceName: service });
  return {
    record(stream, values) {
      emf.addDimension('stream', stream);
      for (const [name, value] of Object.entries(values)) emf.addMetric(name, UNITS[name as MetricName], value);
      emf.publishStoredMetrics();
    },
  };
}
