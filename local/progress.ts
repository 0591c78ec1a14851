/**
 * Shows a run while it works, from the very log lines that CloudWatch would receive.
 *
 * One line per finished stream; on a terminal also a line that follows what is being read.
 */

import type { LineWriter } from '../src/log.ts';
import type { LogFields } from '../src/ports.ts';
import { formatBytes, formatCount, formatDuration } from './table.ts';

export interface Progress extends LineWriter {
  /** Ends the line that follows the work, if one is on the screen. */
  done(): void;
}

/**
 * @param out where to write, standard output as a rule
 * @param jsonLines show every log line as JSON instead
 */
export function createProgress(out: NodeJS.WriteStream, jsonLines: boolean): Progress {
  const live = out.isTTY === true && !jsonLines;
  const reading = new Map<string, number>();
  let shown = false;

  function clear(): void {
    if (shown) out.write('\r\x1b[2K');
    shown = false;
  }

  function line(text: string): void {
    clear();
    out.write(`${text}\n`);
    follow();
  }

  function follow(): void {
    if (!live || reading.size === 0) return;
    const parts = [...reading].map(([stream, records]) => `${stream} ${formatCount(records)}`);
    out.write(`\r\x1b[2K  … ${parts.join(' · ').slice(0, Math.max(20, (out.columns ?? 80) - 6))}`);
    shown = true;
  }

  function show(level: string, event: string, fields: LogFields): void {
    const stream = String(fields.stream ?? '');
    if (event === 'stream_started') reading.set(stream, 0);
    if (event === 'page_fetched') reading.set(stream, (reading.get(stream) ?? 0) + Number(fields.records ?? 0));
    if (event === 'stream_finished') reading.delete(stream);
    const text = textOf(level, event, stream, fields);
    if (text === null) follow();
    else line(text);
  }

  return {
    write(level, event, fields) {
      if (jsonLines) out.write(`${JSON.stringify({ level: level.toUpperCase(), event, ...fields })}\n`);
      else show(level, event, fields);
    },
    done: clear,
  };
}

/** What a log line says to a person; null when it only moves the line that follows the work. */
function textOf(level: string, event: string, stream: string, fields: LogFields): string | null {
  switch (event) {
    case 'retry_wait': {
      const reason = fields.reason ?? fields.status ?? fields.code;
      return `  ~ ${stream.padEnd(32)} waits ${formatDuration(Number(fields.delay_ms))} (${reason})`;
    }
    case 'stream_finished':
      return finished(stream, fields);
    case 'hard_failure':
      return `  ✗ ${stream ? `${stream.padEnd(32)} ` : ''}${fields.kind}: ${fields.message}\n    what to do: ${fields.hint}`;
    default:
      return level === 'warn' || level === 'error' ? `  ! ${event} ${JSON.stringify(fields)}` : null;
  }
}

function finished(stream: string, fields: LogFields): string {
  const mark = fields.outcome === 'complete' ? '✓' : fields.outcome === 'failed' ? '✗' : '…';
  const mode = String(fields.mode ?? '').padEnd(11);
  const records = `${formatCount(Number(fields.records ?? 0))} records`.padStart(18);
  const deleted = Number(fields.deleted ?? 0) > 0 ? `, ${formatCount(Number(fields.deleted))} deleted` : '';
  const size = `${formatBytes(Number(fields.bytes ?? 0))}, ${formatDuration(Number(fields.duration_ms ?? 0))}`;
  const outcome = fields.outcome === 'complete' ? '' : ` – ${fields.outcome}`;
  return `  ${mark} ${stream.padEnd(32)} ${mode}${records}${deleted} (${size})${outcome}`;
}
