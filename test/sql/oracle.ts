/**
 * What a table holds, computed from the files of a lake by the words of the contract, section 6, without SQL and without
 * anything of `sql/` but the catalogue: what the engines' answers are compared with, cell by cell.
 */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ColumnType, StreamSpec } from '../../sql/catalogue/spec.ts';

/** A value as both engines can be made to tell it: instants in milliseconds, whole numbers as text, JSON by its value. */
export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

interface Line {
  readonly text: string;
  readonly syncId: string;
  readonly at: string;
  readonly path: string;
  /** Raw text of each top-level field; the first of a name counts. */
  readonly fields: ReadonlyMap<string, string>;
}

type Source = Pick<StreamSpec, 'table' | 'key' | 'columns' | 'deletionEndsAllOfId'>;

/** The rows of the present state. */
export function presentRows(root: string, source: Source): Row[] {
  const lines = linesOf(root, source.table);
  const manifests = fullManifests(root, source.table);
  const newest = manifests.at(-1);
  if (source.key.length === 0) {
    const parts = new Set<string>(newest?.parts);
    return lines
      .filter(({ path, syncId }) => syncId === newest?.syncId && parts.has(path))
      .map((line) => rowOf(line, source));
  }
  const counting = lines.filter(
    ({ syncId, fields }) => syncId >= (newest?.syncId ?? '') && textOf(fields.get('id')) !== null,
  );
  const latest = new Map<string, Line>();
  for (const line of counting) {
    const key = keyOf(line, source);
    const known = latest.get(key);
    if (!known || isLater(line, known)) latest.set(key, line);
  }
  const live = [...latest.values()].filter((line) => !isDeleted(line));
  if (!source.deletionEndsAllOfId) return live.map((line) => rowOf(line, source));
  const endedAt = new Map<string, string>();
  for (const line of counting.filter(isDeleted)) {
    const id = String(textOf(line.fields.get('id')));
    if (line.at > (endedAt.get(id) ?? '')) endedAt.set(id, line.at);
  }
  return live
    .filter((line) => line.at > (endedAt.get(String(textOf(line.fields.get('id')))) ?? ''))
    .map((line) => rowOf(line, source));
}

/** Every line of a table, in no order. */
export function linesOf(root: string, table: string): Line[] {
  return globSync(`${table}/sync_date=*/*.ndjson.*`, { cwd: root }).flatMap((path) => {
    const bytes = readFileSync(join(root, path));
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : allFrames(bytes)).toString('utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const fields = fieldsOf(line);
        return {
          text: line,
          syncId: String(textOf(fields.get('_sync_id'))),
          at: String(textOf(fields.get('_extracted_at'))),
          path,
          fields,
        };
      });
  });
}

/** Node reads the first frame only, and says nothing of the others. */
function allFrames(bytes: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), { info: true }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    frames.push(buffer);
    at += engine.bytesWritten;
  }
  return Buffer.concat(frames);
}

/** Of the table's complete full syncs, oldest first. */
function fullManifests(root: string, table: string): { syncId: string; parts: string[] }[] {
  if (!existsSync(join(root, 'manifests', table, 'full'))) return [];
  return globSync(`manifests/${table}/full/*/*.json`, { cwd: root })
    .map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')))
    .map(({ syncId, parts }) => ({ syncId, parts: parts.map(({ key }: { key: string }) => key) }))
    .toSorted((left, right) => (left.syncId < right.syncId ? -1 : 1));
}

function isLater(left: Line, right: Line): boolean {
  if (left.at !== right.at) return left.at > right.at;
  return Buffer.compare(Buffer.from(left.text), Buffer.from(right.text)) > 0;
}

function isDeleted({ fields }: Line): boolean {
  return textOf(fields.get('isDeleted'))?.toLowerCase() === 'true';
}

function keyOf(line: Line, { key, columns, deletionEndsAllOfId }: Source): string {
  if (deletionEndsAllOfId && isDeleted(line)) return `deleted ${textOf(line.fields.get('id'))}`;
  const values = key.map((name) =>
    cellOf(line.fields.get(name), columns.find((each) => each.name === name)?.type ?? 'text'),
  );
  return JSON.stringify(values.map((value) => value ?? ''));
}

function rowOf(line: Line, { columns }: Source): Row {
  return {
    ...Object.fromEntries(columns.map(({ name, type }) => [name, cellOf(line.fields.get(name), type)])),
    _sync_id: line.syncId,
    _extracted_at: Date.parse(line.at),
    _line: line.text,
  };
}

/** Raw text of each member of the object; of two of a name, the first. */
function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let at = 1;
  while (text[at] !== '}' && at < text.length) {
    const nameEnd = endOfValue(text, at);
    const name = JSON.parse(text.slice(at, nameEnd));
    const start = nameEnd + 1;
    at = endOfValue(text, start);
    if (!fields.has(name)) fields.set(name, text.slice(start, at).trim());
    if (text[at] === ',') at += 1;
  }
  return fields;
}

/** Where the value that begins at `start` ends. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
      if (depth === 0) return at + 1;
    } else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && char === ',') return at;
  }
  return text.length;
}

/** A scalar as text; null for nothing, null, and nested values. */
function textOf(raw: string | undefined): string | null {
  if (raw === undefined || raw === 'null' || raw.startsWith('{') || raw.startsWith('[')) return null;
  return raw.startsWith('"') ? wellFormed(JSON.parse(raw)) : raw;
}

/** A surrogate without its other half is no character. */
function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll('\uFFFD', '?');
}

function cellOf(raw: string | undefined, type: ColumnType): Cell {
  if (type === 'json') return raw === undefined || raw === 'null' ? null : jsonCell(raw);
  const text = textOf(raw);
  if (text === null) return null;
  switch (type) {
    case 'text':
      return text;
    case 'boolean':
      return { true: true, false: false }[text.toLowerCase()] ?? null;
    case 'number':
      return isJsonNumber(text) ? unsigned(Number(text)) : null;
    case 'integer':
      return isJsonNumber(text) ? wholeOf(text) : null;
    case 'timestamp':
      return instantOf(text);
    case 'date':
      return dayOf(text);
    case 'decimal-text': {
      const plain = text.replace('\u2212', '-').replace(',', '.');
      return /^-?\d+(\.\d+)?$/.test(plain) ? unsigned(Number(plain)) : null;
    }
    case 'local-datetime-text': {
      const [, day, month, year, clock] = /^(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d:\d\d)$/.exec(text) ?? [];
      return day ? instantOf(`${year}-${month}-${day}T${clock}`) : null;
    }
    default:
      return type satisfies never;
  }
}

/** JSON by its value, so that `1e3` and `1000.0` are the same. */
export function jsonCell(raw: string): string {
  return wellFormed(JSON.stringify(JSON.parse(wellFormedEscapes(raw))));
}

function wellFormedEscapes(raw: string): string {
  return raw.replaceAll(
    /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u[dD][89a-fA-F][\da-fA-F]{2})/g,
    (found, lone) => (lone ? '?' : found),
  );
}

function isJsonNumber(text: string): boolean {
  try {
    const [, exponent = ''] = /[eE]\+?(\d+)$/.exec(text) ?? [];
    return typeof JSON.parse(text) === 'number' && text === text.trim() && exponent.length <= 2;
  } catch {
    return false;
  }
}

/** The sign of zero is no value: engines differ. */
function unsigned(value: number): number {
  return value + 0;
}

function wholeOf(text: string): string | null {
  if (/^-?\d+$/.test(text)) {
    const whole = BigInt(text);
    return whole >= -(2n ** 63n) && whole < 2n ** 63n ? String(whole) : null;
  }
  const value = Number(text);
  return Number.isInteger(value) && Math.abs(value) < 2 ** 53 ? String(value + 0) : null;
}

function dayOf(text: string): string | null {
  const [, day] = /^(\d{4}-\d\d-\d\d)(T.*)?$/.exec(text) ?? [];
  return day && isDay(day) ? day : null;
}

function isDay(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`);
  return day >= '0002' && !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === day;
}

const ISO =
  /^(\d{4}-\d\d-\d\d)(?:T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(0\d|1[0-3]):([0-5]\d))?)?$/;

/** Milliseconds; finer fractions are cut off. */
function instantOf(text: string): number | null {
  const match = ISO.exec(text);
  if (!match || !isDay(match[1] as string)) return null;
  const [, day, hour = '00', minute = '00', second = '00', fraction = '', sign, zoneHour = '0', zoneMinute = '0'] =
    match;
  const local = Date.parse(`${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  const offsetMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  return sign === '-' ? local + offsetMs : local - offsetMs;
}
