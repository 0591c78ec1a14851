/**
 * Log lines and metrics, as CloudWatch receives them: JSON lines and EMF lines (contract, section 7).
 *
 * Decides the shape of a line; what is worth a line is decided where it happens. Everything passes the redactor.
 */

import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { Metrics as Emf, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Redactor } from './core/failure/redact.ts';
import type { Log, LogFields, MetricName, Metrics } from './ports.ts';

export const SERVICE = 'ditio-extract';
export const NAMESPACE = 'DitioExtract';

/** Where finished lines go: Powertools' Logger in Lambda, a progress display in a local run. */
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

/** Keeps fields that hold nothing: a line of one event always has the same fields, `null` where there is none. */
class WholeItem extends LogItem {
  override prepareForPrint(): void {}
}

/** One flat object a line: `level`, `timestamp`, `service`, `event`, then the fields of the line. */
class FlatFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, { line }: LogAttributes): LogItem {
    const head = {
      level: attributes.logLevel,
      timestamp: attributes.timestamp.toISOString(),
      service: attributes.serviceName,
      event: attributes.message,
    };
    // The head once more behind the fields, which must not replace it.
    return new WholeItem({ attributes: { ...head, ...(line as LogFields), ...head } });
  }
}

/** Writes JSON lines, at the level that Lambda's logging configuration sets (INFO unless set); WARN and up to stderr. */
export function createLambdaWriter(service: string = SERVICE): LineWriter {
  const logger = new Logger({ serviceName: service, logFormatter: new FlatFormatter() });
  // In one piece: of fields side by side the Logger drops those of its own names, `message` among them.
  return { write: (level, event, line) => logger[level](event, { line }) };
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
