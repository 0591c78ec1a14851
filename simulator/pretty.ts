/** Indents JSON text without parsing it, so that numbers and escapes stay unchanged. */

/**
 * @param json valid and compact
 * @param level columns by which the first line is already indented
 */
export function indentJson(json: string, level: number, newline: string): string {
  let out = '';
  let depth = level;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at] as string;
    if (character === '"') {
      const end = endOfString(json, at);
      out += json.slice(at, end);
      at = end - 1;
    } else if (character === '{' || character === '[') {
      const empty = json[at + 1] === '}' || json[at + 1] === ']';
      depth += 2;
      out += empty ? character : character + lineBreak();
    } else if (character === '}' || character === ']') {
      depth -= 2;
      const empty = json[at - 1] === '{' || json[at - 1] === '[';
      out += empty ? character : lineBreak() + character;
    } else if (character === ',') out += `,${lineBreak()}`;
    else out += character === ':' ? ': ' : character;
  }
  return out;

  function lineBreak(): string {
    return newline + ' '.repeat(depth);
  }
}

/** The position after the closing quote of the string that begins here. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}
