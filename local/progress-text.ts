/** Turns a log line into text for a person, fitted to the terminal. */

import type { LogFields } from '../src/core/scope.ts';
import { CATALOGUE } from '../src/ditio/catalogue.ts';
import { countOf, formatBytes, formatCount, formatDuration } from './table.ts';
import { type Terminal, wrap } from './terminal.ts';

/** Width of the column of stream names. */
const NAME_WIDTH = 31;
/** Indent of the further lines of a message. */
const MARGIN = '    ';

const ENDINGS = {
  complete: { sign: '✓', colour: 'green', words: '' },
  failed: { sign: '✗', colour: 'red', words: ' – failed' },
  deadline: { sign: '…', colour: 'yellow', words: ' – not yet complete' },
  leased: { sign: '…', colour: 'yellow', words: ' – another process is reading it' },
} as const;

interface Effort {
  /** Number to show; null for few pages. */
  readonly pages: number | null;
  /** Whether the duration means something. */
  readonly isTimed: boolean;
}

export function finishedText(terminal: Terminal, fields: LogFields, { pages, isTimed }: Effort): string {
  const { sign, colour, words } = ENDINGS[fields.outcome as keyof typeof ENDINGS] ?? ENDINGS.failed;
  const name = String(fields.stream).padEnd(NAME_WIDTH);
  const records = countOf(Number(fields.records ?? 0), 'record');
  const deleted = Number(fields.deleted ?? 0) > 0 ? `, ${formatCount(Number(fields.deleted))} deleted` : '';
  const took = isTimed ? `, ${formatDuration(Number(fields.duration_ms ?? 0))}` : '';
  const size = formatBytes(Number(fields.bytes ?? 0));
  const requests = pages === null ? '' : `, ${countOf(pages, 'page')}`;
  const effort = fields.outcome === 'complete' ? ` (${size}${took}${requests})` : '';
  const forms = [
    `${name} ${String(fields.mode ?? '').padEnd(11)} ${records.padStart(15)}${deleted}${effort}${words}`,
    `${name} ${records}${deleted}${words}`,
    `${name} ${records}${words}`,
  ];
  const columns = terminal.columns();
  const fitting = forms.find((form) => columns === null || form.length + MARGIN.length <= columns);
  return `  ${terminal.paint(colour, sign)} ${fitting ?? forms.at(-1)}`;
}

/** Hints that differ from the function's, whose client is in a secret and whose lake is a bucket. */
const HINTS: Readonly<Record<string, string>> = {
  lake: 'Make room on the disk of the folder, or give back the permission to write there, and run again.',
  credentials:
    'Check DITIO_CLIENT_ID and DITIO_CLIENT_SECRET: they are wrong, rotated, disabled, or belong to another Ditio environment than DITIO_ENVIRONMENT names.',
};

/** The same cause in many streams is explained once. */
export function failureText(terminal: Terminal, fields: LogFields, isKnown: boolean): string {
  const sign = terminal.paint('red', '✗');
  const stream = fields.stream ? `${fields.stream} – ` : '';
  if (isKnown) return `  ${sign} ${stream}${fields.kind}, as above`;
  return [
    `  ${sign} ${block(terminal, `${stream}${fields.kind}: ${fields.message}`)}`,
    `${MARGIN}${block(terminal, `What to do: ${HINTS[String(fields.kind)] ?? fields.hint}`)}`,
  ].join('\n');
}

export function retryText(fields: LogFields): string {
  const reason = fields.reason ?? fields.status ?? fields.code;
  return `  ~ ${String(fields.stream ?? '').padEnd(NAME_WIDTH)} waits ${formatDuration(Number(fields.delay_ms))} (${reason})`;
}

export function turnEndedText(fields: LogFields): string {
  const status = fields.status ?? fields.code ?? 'no answer';
  return `  ~ ${String(fields.stream ?? '').padEnd(NAME_WIDTH)} is left for a later run (${status})`;
}

/** Why a stream needs many requests; null where its size is the reason. */
export function longReadText(terminal: Terminal, stream: string, mode: string): string | null {
  const window = CATALOGUE.find(({ name }) => name === stream)?.window;
  if (mode !== 'full' || (window?.kind !== 'required' && window?.kind !== 'fallback') || window.maxDays === null)
    return null;
  const why = `this server returns at most ${window.maxDays} days per request, so its history is read window by window`;
  return `  · ${block(terminal, `${stream} takes long: ${why}`)}`;
}

/** Any other line: its name and its fields, without those that every line has. */
export function warningText(event: string, fields: LogFields): string {
  const common = ['run_id', 'request_id', 'sync_id', 'stream'];
  const own = Object.entries(fields).filter(([name, value]) => !common.includes(name) && value !== null);
  const list = own.map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return `  ! ${fields.stream ? `${fields.stream} ` : ''}${event} ${list.join(' ')}`;
}

/** Wrapped to the terminal; the caller writes what stands before the first line. */
function block(terminal: Terminal, text: string): string {
  const columns = terminal.columns();
  return wrap(text, columns === null ? null : columns - MARGIN.length - 1).join(`\n${MARGIN}`);
}
