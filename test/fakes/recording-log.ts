/** A log that keeps its lines, so that a test can read them. */

import type { Log, LogFields } from '../../src/core/scope.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: LogFields;
}

export interface RecordingLog extends Log {
  /** Every line in the order it was written, those of children included. */
  readonly lines: readonly LogLine[];
  /** Fields of the lines of one event. */
  of(event: string): readonly LogFields[];
}

export function createRecordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  return { ...writerTo(lines, {}), lines, of: (event) => lines.filter((line) => line.event === event).map(fieldsOf) };
}

function writerTo(lines: LogLine[], carried: LogFields): Log {
  const at =
    (level: LogLine['level']) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields: { ...carried, ...fields } });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => writerTo(lines, { ...carried, ...fields }),
  };
}

function fieldsOf(line: LogLine): LogFields {
  return line.fields;
}
