/** Rows of an engine in the form of the oracle's, for a comparison cell by cell. */

import assert from 'node:assert/strict';
import type { Column, ColumnType } from '../../sql/catalogue/spec.ts';
import { type Cell, jsonCell, type Row } from './oracle.ts';

/** Of `2026-11-22 08:15:03[.123456]`, in milliseconds; years may have five digits. */
function millisecondsOf(text: string): number {
  const [, year = '', rest = ''] = /^\+?(\d+)-(.*)$/.exec(text) ?? assert.fail(`no timestamp: ${text}`);
  const [, clock = '', fraction = ''] = /^([^.]*)(?:\.(\d+))?$/.exec(rest) ?? [];
  assert.match(fraction, /^\d{0,3}0*$/, `finer than milliseconds: ${text}`);
  const extended = year.length > 4 ? `+${year.padStart(6, '0')}` : year;
  return Date.parse(`${extended}-${clock.replace(' ', 'T')}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
}

function cellOf(value: unknown, type: ColumnType): Cell {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'timestamp':
    case 'local-datetime-text':
      return millisecondsOf(String(value));
    case 'integer':
    case 'date':
    case 'text':
      return String(value);
    case 'number':
    case 'decimal-text':
      // The sign of zero is no value: engines differ.
      return Number(value) + 0;
    case 'json':
      return jsonCell(String(value));
    case 'boolean':
      return value as boolean;
    default:
      return type satisfies never;
  }
}

export function rowsOf(answer: { readonly rows: readonly (readonly unknown[])[] }, columns: readonly Column[]): Row[] {
  return answer.rows.map((row) =>
    Object.fromEntries(columns.map(({ name, type }, at) => [name, cellOf(row[at], type)])),
  );
}

/** Fails with the first differing row, for rows in any order. */
export function assertSameRows(actual: readonly Row[], expected: readonly Row[], what: string): void {
  const sorted = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).toSorted();
  const [left, right] = [sorted(actual), sorted(expected)];
  assert.equal(left.length, right.length, `${what}: number of rows`);
  const differing = left.findIndex((row, at) => row !== right[at]);
  if (differing === -1) return;
  const [found, wanted] = [left[differing], right[differing]].map((row) => JSON.parse(String(row))) as [Row, Row];
  const cells = Object.keys(wanted).filter((name) => found[name] !== wanted[name]);
  const told = cells.map((name) => `${name} is ${JSON.stringify(found[name])}, not ${JSON.stringify(wanted[name])}`);
  assert.fail(`${what}: of ${JSON.stringify(wanted.id ?? wanted._line)} ${told.join('; ')}`);
}
