/** Writes plain data as the YAML of a CloudFormation template: every text is quoted, or a block of lines. */

export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml };

/** The document, with a line break at its end. */
export function toYaml(value: Yaml): string {
  return `${write(value, 0).trimStart()}\n`;
}

function write(value: Yaml, depth: number): string {
  const indent = '  '.repeat(depth);
  if (typeof value === 'string') return ` ${writeText(value, indent)}`;
  if (typeof value !== 'object') return ` ${value}`;
  const isList = Array.isArray(value);
  const entries: readonly (readonly [string, Yaml])[] = isList
    ? value.map((item: Yaml) => ['-', item] as const)
    : Object.entries(value).map(([key, item]) => [`${/^[A-Za-z_]\w*$/.test(key) ? key : quote(key)}:`, item] as const);
  if (entries.length === 0) return isList ? ' []' : ' {}';
  return entries.map(([head, item]) => `\n${indent}${head}${write(item, depth + 1)}`).join('');
}

function writeText(text: string, indent: string): string {
  if (!text.includes('\n')) return quote(text);
  const chomp = text.endsWith('\n') ? '|' : '|-';
  const lines = text.replace(/\n$/, '').split('\n');
  return `${chomp}\n${lines.map((line) => (line === '' ? '' : `${indent}${line}`)).join('\n')}`;
}

/** Double quotes as in JSON, which YAML reads in the same way. */
function quote(text: string): string {
  return JSON.stringify(text);
}
