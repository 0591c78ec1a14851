/**
 * Shows the progress of a run from the same log lines that CloudWatch would receive.
 *
 * It writes one line for each finished stream, and on a terminal also a line about the streams in progress.
 */

import type { LogFields } from '../src/core/scope.ts';
import type { LineWriter } from '../src/log.ts';
import { failureText, finishedText, longReadText, retryText, turnEndedText, warningText } from './progress-text.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface Progress extends LineWriter {
  /** Ends the line about the streams in progress, if one is on the screen. */
  done(): void;
  /** The last `run_summary`, which exists also where the handler then threw. Null before the first. */
  summary(): LogFields | null;
}

interface Reading {
  readonly mode: string;
  readonly records: number;
  readonly pages: number;
}

/** From this number of pages on, the line of a stream says why it takes long. */
const MANY_PAGES = 30;

/**
 * @param logs show the log lines themselves, as JSON
 * @param isStopped whether the run was stopped: its clock has jumped then, and what was measured with it means nothing
 */
export function createProgress(terminal: Terminal, logs: boolean, isStopped: () => boolean): Progress {
  const follows = terminal.canRedraw && !logs;
  const reading = new Map<string, Reading>();
  const causes = new Set<string>();
  /** Streams whose failure was shown. */
  const failed = new Set<string>();
  let shown = false;
  let summary: LogFields | null = null;

  function clear(): void {
    if (shown) terminal.write('\r\x1b[2K');
    shown = false;
  }

  function textOf(level: string, event: string, stream: string, fields: LogFields): string | null {
    switch (event) {
      case 'page_fetched': {
        const { pages = 0, mode = '' } = reading.get(stream) ?? {};
        return pages === MANY_PAGES ? longReadText(terminal, stream, mode) : null;
      }
      case 'stream_finished': {
        // The cause that stops every stream has one line of its own.
        if (fields.outcome === 'failed' && !failed.has(stream) && Number(fields.records ?? 0) === 0) return null;
        const { pages = 0 } = reading.get(stream) ?? {};
        return finishedText(terminal, fields, { pages: pages >= MANY_PAGES ? pages : null, isTimed: !isStopped() });
      }
      case 'hard_failure': {
        failed.add(stream);
        const cause = `${fields.kind}: ${fields.message}`;
        const isKnown = causes.has(cause);
        causes.add(cause);
        return failureText(terminal, fields, isKnown);
      }
      case 'retry_wait':
        return retryText(fields);
      case 'turn_ended_early':
        return turnEndedText(fields);
      case 'clock_disagrees':
        return isStopped() ? null : warningText(event, fields);
      default:
        return level === 'warn' || level === 'error' ? warningText(event, fields) : null;
    }
  }

  return {
    write(level, event, fields) {
      if (event === 'run_summary') summary = fields;
      if (logs) return terminal.line(JSON.stringify({ level: level.toUpperCase(), event, ...fields }));
      const stream = String(fields.stream ?? '');
      count(reading, event, stream, fields);
      const text = textOf(level, event, stream, fields);
      if (event === 'stream_finished') reading.delete(stream);
      if (text !== null) {
        clear();
        terminal.line(text);
      }
      if (!follows || reading.size === 0) return;
      terminal.write(`\r\x1b[2K${followText(terminal, reading)}`);
      shown = true;
    },
    done: clear,
    summary: () => summary,
  };
}

function count(reading: Map<string, Reading>, event: string, stream: string, fields: LogFields): void {
  if (event === 'stream_started') reading.set(stream, { mode: String(fields.mode), records: 0, pages: 0 });
  const known = reading.get(stream);
  if (event !== 'page_fetched' || !known) return;
  reading.set(stream, {
    ...known,
    records: known.records + Number(fields.records ?? 0),
    pages: known.pages + 1,
  });
}

/** One line, cut at the edge: a wrapped line could not be drawn again. */
function followText(terminal: Terminal, reading: ReadonlyMap<string, Reading>): string {
  const parts = [...reading].map(([stream, { records }]) => `${stream} ${formatCount(records)}`);
  return `  … ${parts.join(' · ')}`.slice(0, (terminal.columns() ?? 80) - 1);
}
