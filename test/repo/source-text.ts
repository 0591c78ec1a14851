/**
 * Reads TypeScript without a compiler: which characters are code, and which stand in comments, strings, templates or
 * regular expressions.
 *
 * Decides nothing about what the code may be; the suites of this folder do. A small scanner is enough because only
 * names, import statements and literals are looked for.
 */

export interface TextLiteral {
  /** What stands between the quotes, escapes as they are written. */
  readonly text: string;
  /** Where the opening quote stands. */
  readonly start: number;
}

export interface SourceText {
  /** As long as the source, with the insides of comments, strings, templates and regular expressions blanked out. */
  readonly code: string;
  /** As long as the source, with comments blanked out and everything else as it is. */
  readonly withoutComments: string;
  /** Texts in quotes, in the order of the source; templates are not among them. */
  readonly literals: readonly TextLiteral[];
}

export interface ImportStatement {
  readonly specifier: string;
  readonly line: number;
  /** Erased when types are stripped: nothing is loaded. */
  readonly typeOnly: boolean;
}

/** Behind these a slash begins a regular expression; behind a name, a number or a closing bracket it divides. */
const BEFORE_REGEX =
  /(^|[=([{},;:!&|?+\-*%~^<>])$|\b(return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$/;

export function readSource(source: string): SourceText {
  const code = source.split('');
  const bare = source.split('');
  const literals: TextLiteral[] = [];
  /** Depth of braces in each template expression that is open. */
  const templates: number[] = [];
  let at = 0;

  const blank = (chars: string[], from: number, to: number) => {
    for (let index = from; index < to; index++) if (chars[index] !== '\n') chars[index] = ' ';
  };

  function skipTo(end: number): void {
    blank(code, at, Math.min(end, source.length));
    at = Math.min(end, source.length);
  }

  function comment(end: number): void {
    blank(bare, at, Math.min(end, source.length));
    skipTo(end);
  }

  function quoted(quote: string): void {
    const start = at;
    let end = at + 1;
    while (end < source.length && source[end] !== quote && source[end] !== '\n') end += source[end] === '\\' ? 2 : 1;
    literals.push({ text: source.slice(start + 1, end), start });
    at += 1;
    skipTo(end);
    at += 1;
  }

  /** From inside a template to its end or to the expression in it. */
  function template(): void {
    let end = at;
    while (end < source.length && source[end] !== '`' && !source.startsWith('${', end)) {
      end += source[end] === '\\' ? 2 : 1;
    }
    skipTo(end);
    if (source[at] === '$') {
      templates.push(0);
      at += 2;
    } else at += 1;
  }

  function regex(): void {
    let inClass = false;
    let end = at + 1;
    for (; end < source.length && source[end] !== '\n'; end += source[end] === '\\' ? 2 : 1) {
      if (source[end] === '[') inClass = true;
      else if (source[end] === ']') inClass = false;
      else if (source[end] === '/' && !inClass) break;
    }
    at += 1;
    skipTo(end);
    at += 1;
  }

  while (at < source.length) {
    const char = source[at] as string;
    if (source.startsWith('//', at)) comment(endOf(source, '\n', at));
    else if (source.startsWith('/*', at)) comment(endOf(source, '*/', at + 2) + 2);
    else if (char === '"' || char === "'") quoted(char);
    else if (char === '`') {
      at += 1;
      template();
    } else if (
      char === '/' &&
      BEFORE_REGEX.test(
        code
          .slice(Math.max(0, at - 40), at)
          .join('')
          .trimEnd(),
      )
    )
      regex();
    else {
      const depth = templates.at(-1);
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1;
      if (depth !== undefined && char === '}') {
        if (depth === 0) {
          templates.pop();
          at += 1;
          template();
          continue;
        }
        templates[templates.length - 1] = depth - 1;
      }
      at += 1;
    }
  }
  return { code: code.join(''), withoutComments: bare.join(''), literals };
}

/** Every module that the source names: `import`, `export … from`, `import()`, `import x = require()`, `typeof import()`. */
export function importsOf(source: string): ImportStatement[] {
  const { code, literals } = readSource(source);
  return literals.flatMap(({ text, start }) => {
    const before = code.slice(0, start).trimEnd();
    const call = /\b(?:import|require|resolve)\s*\($/.test(before);
    const statement = /\b(?:import|export)\b(?:(?!\b(?:import|export)\b)[^;'"`])*\bfrom$|\bimport$/.exec(before)?.[0];
    if (!call && statement === undefined) return [];
    const typeOnly = call
      ? /\btypeof\s+import\s*\($/.test(before)
      : /^(import|export)\s+type\b(?!\s+from\b)/.test(statement ?? '');
    return [{ specifier: text, line: lineOf(source, start), typeOnly }];
  });
}

/** Lines are counted from 1. */
export function lineOf(source: string, index: number): number {
  return source.slice(0, index).split('\n').length;
}

function endOf(source: string, what: string, from: number): number {
  const found = source.indexOf(what, from);
  return found === -1 ? source.length : found;
}
