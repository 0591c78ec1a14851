/**
 * A second, independent reader of pages: it decodes and parses the whole text, then checks the tree.
 * It is slow and needs much memory, and shares no code with the splitter.
 */

import { failureSign } from '../../src/core/page/failure-sign.ts';
import { nextPageSign } from '../../src/core/page/next-page-sign.ts';

/** A value in JSON text, with where it stands. */
interface Node {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  readonly text: string;
  readonly members: readonly (readonly [name: string, value: Node])[];
  readonly elements: readonly Node[];
  /** Containers in one another, this one included. */
  readonly depth: number;
}

export interface Expected {
  readonly lines: string;
  readonly records: readonly string[];
  readonly summary: Readonly<Record<string, unknown>>;
}

/** The lines and the summary of a page, or `undefined` when it must be refused. Knows no limit on the envelope. */
export function readPage(body: Uint8Array, prefix: string): Expected | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const page = parse(text);
  if (page.kind !== 'object' || page.depth > 256) return undefined;
  const named = (name: string) => page.members.filter(([found]) => found === name).map(([, value]) => value);
  const read = ['data', 'continuationToken', 'syncTypeName', 'recordCount', 'deletedRecordCount'].map(named);
  if (read.some((values) => values.length > 1)) return undefined;
  const [data, token, mode, count, deletedCount] = read.map(([value]) => value);
  if (data?.kind !== 'array' || !data.elements.every(isRecord)) return undefined;
  if (!isText(token) || !isText(mode) || !isCount(count) || !isCount(deletedCount)) return undefined;
  if (failureSign(JSON.parse(text)) !== null) return undefined;
  const continuationToken: string | null = meaningOf(token) || null;
  if (continuationToken !== null && encodable(continuationToken) !== continuationToken) return undefined;
  const records = data.elements.map((record) => record.text);
  return {
    lines: records.map((record) => `${prefix}${record.slice(1).replace(/[\r\n]/g, '')}\n`).join(''),
    records,
    summary: {
      records: records.length,
      deleted: data.elements.filter((record) => only(record, 'isDeleted')?.text === 'true').length,
      continuationToken,
      syncTypeName: meaningOf(mode),
      recordCount: meaningOf(count),
      deletedRecordCount: meaningOf(deletedCount),
      hasLinks: named('links').length > 0,
      nextPageSign: nextPageSign({ ...JSON.parse(text), data: [], continuationToken: null }, null),
    },
  };
}

function isRecord(node: Node): boolean {
  if (node.kind !== 'object') return false;
  const count = (name: string) => node.members.filter(([found]) => found === name).length;
  if (count('id') !== 1 || count('isDeleted') > 1 || count('_sync_id') + count('_extracted_at') > 0) return false;
  const id = only(node, 'id');
  const isGoodId = id?.kind === 'number' || (id?.kind === 'string' && JSON.parse(id.text) !== '');
  return isGoodId && ['boolean', 'null', undefined].includes(only(node, 'isDeleted')?.kind);
}

function only(node: Node, name: string): Node | undefined {
  return node.members.find(([found]) => found === name)?.[1];
}

function isText(node: Node | undefined): boolean {
  return node === undefined || node.kind === 'null' || node.kind === 'string';
}

function isCount(node: Node | undefined): boolean {
  if (node === undefined || node.kind === 'null') return true;
  const value = JSON.parse(node.text);
  return node.kind === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function meaningOf(node: Node | undefined) {
  const value = node === undefined ? null : JSON.parse(node.text);
  return value === 0 ? 0 : value;
}

function encodable(text: string): string {
  return Buffer.from(text).toString();
}

const TOKEN = /[ \t\r\n]*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^ \t\r\n{}[\],:"]+)/y;

/** The tree of a text that `JSON.parse` takes; says nothing about others. */
function parse(text: string): Node {
  let at = 0;
  function next(): { token: string; from: number } {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new Error('not JSON after all');
    at = TOKEN.lastIndex;
    const token = String(match[1]);
    return { token, from: at - token.length };
  }
  function value({ token, from }: { token: string; from: number }): Node {
    const members: [string, Node][] = [];
    const elements: Node[] = [];
    if (token === '{') {
      for (let name = next(); name.token !== '}'; name = next()) {
        if (name.token === ',') name = next();
        next();
        members.push([JSON.parse(name.token), value(next())]);
      }
    } else if (token === '[') {
      for (let element = next(); element.token !== ']'; element = next()) {
        elements.push(value(element.token === ',' ? next() : element));
      }
    }
    const inner = [...elements, ...members.map(([, member]) => member)];
    const depth = token === '{' || token === '[' ? 1 + Math.max(0, ...inner.map((node) => node.depth)) : 0;
    return { kind: kindOf(token), text: text.slice(from, at), members, elements, depth };
  }
  return value(next());
}

function kindOf(token: string): Node['kind'] {
  if (token === '{') return 'object';
  if (token === '[') return 'array';
  if (token.startsWith('"')) return 'string';
  if (token === 'null') return 'null';
  return token === 'true' || token === 'false' ? 'boolean' : 'number';
}
