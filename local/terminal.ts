/** Writes to a terminal or a pipe: width, redrawn lines, colours, and wrapped text. */

import { styleText } from 'node:util';

/** The part of `process.stdout` that is used. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Terminal {
  /** Writes one line, or several, and the line break. */
  line(text: string): void;
  /** Writes the text unchanged. */
  write(text: string): void;
  /** Greatest width; null on a pipe or a file, where a line may have any length. */
  columns(): number | null;
  /** Whether the cursor can go back to the start of a line. */
  readonly canRedraw: boolean;
  /** The text in a colour, where the stream shows colours (`NO_COLOR`, `FORCE_COLOR` and `TERM` are obeyed). */
  paint(colour: 'green' | 'red' | 'yellow' | 'dim', text: string): string;
}

/** Least width for a layout; narrower screens get the same one. */
const MIN_COLUMNS = 40;

export function createTerminal(stream: Output, env: Readonly<Record<string, string | undefined>>): Terminal {
  const isTerminal = stream.isTTY === true;
  return {
    line: (text) => void stream.write(`${text}\n`),
    write: (text) => void stream.write(text),
    columns: () => (isTerminal ? Math.max(MIN_COLUMNS, stream.columns ?? 80) : null),
    canRedraw: isTerminal && env.TERM !== 'dumb',
    paint: (colour, text) => styleText(colour, text, { stream: stream as NodeJS.WritableStream }),
  };
}

/** Lines of at most `columns` characters, broken at spaces. A longer word and an indented line (a command) stay whole. */
export function wrap(text: string, columns: number | null): string[] {
  if (columns === null) return text.split('\n');
  return text.split('\n').flatMap((paragraph) => {
    if (paragraph.startsWith('  ')) return [paragraph];
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (longer.length > columns && line !== '') {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line];
  });
}

/** Widest term with its explanation on the same line; a wider one gets its own line. */
const MAX_LEFT = 44;
/** Text wider than this is hard to read. */
const MAX_COLUMNS = 110;

/** Pairs of a term and its explanation: side by side where there is room, else one below the other. */
export function layOut(
  pairs: ReadonlyArray<readonly [term: string, explanation: string]>,
  columns: number | null,
  indent: number,
): string[] {
  const width = Math.min(columns ?? MAX_COLUMNS, MAX_COLUMNS);
  const left = Math.min(MAX_LEFT, Math.max(...pairs.map(([term]) => term.length)));
  const margin = ' '.repeat(indent);
  const isBeside = left === 0 || indent + left + 2 + MIN_COLUMNS <= width;
  return pairs.flatMap(([term, explanation]) => {
    const inner = left === 0 ? width - indent : isBeside ? width - indent - left - 2 : width - indent - 4;
    const lines = wrap(explanation, inner);
    if (left === 0) return lines.map((line) => margin + line);
    if (!isBeside || term.length > left) {
      const below = ' '.repeat(indent + (isBeside ? left + 2 : 4));
      return [...wrap(term, width - indent).map((line) => margin + line), ...lines.map((line) => below + line)];
    }
    return lines.map((line, at) => margin + (at === 0 ? term : '').padEnd(left + 2) + line);
  });
}

/** The outputs of a command: prose on standard error, results on standard output. */
export interface Screen {
  readonly prose: Terminal;
  readonly results: Terminal;
}

/** Says something to a person, wrapped to the width of the terminal. */
export function tell(terminal: Terminal, text: string): void {
  for (const line of wrap(text, terminal.columns())) terminal.line(line);
}
