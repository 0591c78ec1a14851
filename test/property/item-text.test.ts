import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HardFailure } from '../../src/core/failure/errors.ts';
import { ITEM_FIELDS } from '../../src/core/page/item-row.ts';
import { createItemSplitter } from '../../src/core/page/item-text.ts';
import { linePrefix } from '../../src/core/page/splitter.ts';
import { splitAll } from '../core/page/page-split.ts';
import { chunkSizes, cut, damage, damages } from './chunks.ts';
import { replayable } from './replay.ts';

const PREFIX_BYTES = linePrefix('20261122T081503120Z', '2026-11-22T08:15:03.120Z');
const PREFIX = Buffer.from(PREFIX_BYTES).toString();

type Rows = readonly (readonly string[])[];

/** What the splitter makes of these chunks; `undefined` when it refuses them. */
function split(chunks: readonly Uint8Array[]): { lines: string; records: number } | undefined {
  try {
    const { lines, summary } = splitAll(createItemSplitter(PREFIX_BYTES), chunks);
    return { lines, records: summary.records };
  } catch (error) {
    assert.ok(error instanceof HardFailure && error.kind === 'wire_format', String(error));
    return undefined;
  }
}

function linesOf(rows: Rows): string {
  return rows
    .map((row) => {
      const members = row.map((value, at) => `"${ITEM_FIELDS[at]}":${JSON.stringify(value)}`);
      return `${PREFIX}${members.join(',')}}\n`;
    })
    .join('');
}

/** The rows after the header, told a second time and in another way; `undefined` when they must be refused. */
function readRows(body: Buffer): Rows | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  // One blank line at the end is no row.
  if (lines.length > 1 && /^\r?$/.test(lines.at(-1) ?? '')) lines.pop();
  const [header, ...others] = lines;
  const name = header?.replace(/^\ufeff/, '') ?? '';
  if (/^[ \t]*[<{]/.test(name) || !name.includes(';') || /\r./s.test(name)) return undefined;
  const names = fieldsOf(name);
  if (names.length === ITEM_FIELDS.length && /^"?20\.11\.2026 07:00:00"?$/.test(names[6] ?? '')) return undefined;
  const rows: string[][] = [];
  while (others.length > 0) {
    const literal = fieldsOf(others[0] ?? '');
    if (literal.length === ITEM_FIELDS.length) {
      const left = [...others];
      const long = opensQuote(literal) && isNoRow(others[1]) ? quotedRow(left) : undefined;
      if (long) others.splice(0, others.length, ...left);
      else others.shift();
      rows.push(long ?? literal);
      continue;
    }
    const quoted = quotedRow(others);
    if (!quoted) return undefined;
    rows.push(quoted);
  }
  return rows;
}

const fieldsOf = (line: string) => line.replace(/\r$/, '').split(';');

/** Whether the last value begins with a quote that it does not close. */
const opensQuote = (row: readonly string[]) => {
  const last = row.at(-1) ?? '';
  return last.startsWith('"') && Array.from(last).filter((letter) => letter === '"').length % 2 === 1;
};
const isNoRow = (line: string | undefined) => line !== undefined && fieldsOf(line).length !== ITEM_FIELDS.length;

/** Takes the lines of a row in quotes; `undefined` where the text is not such a row. Letter by letter. */
function quotedRow(lines: string[]): string[] | undefined {
  const fields: string[] = [];
  let rest = lines.shift() ?? '';
  const isLong = fieldsOf(rest).length > ITEM_FIELDS.length;
  for (;;) {
    let field = '';
    if (rest.startsWith('"')) {
      rest = rest.slice(1);
      for (;;) {
        if (rest === '') {
          const more = lines.shift();
          const isRow = more !== undefined && fieldsOf(more).length === ITEM_FIELDS.length;
          if (more === undefined || (isRow && (fields.length > 0 || isLong))) return undefined;
          field += '\n';
          rest = more;
        } else if (rest.startsWith('""')) {
          field += '"';
          rest = rest.slice(2);
        } else if (rest.startsWith('"')) {
          rest = rest.slice(1);
          break;
        } else {
          field += rest.charAt(0);
          rest = rest.slice(1);
        }
      }
      if (rest !== '' && rest !== '\r' && !rest.startsWith(';')) return undefined;
    } else {
      field = /^[^;]*/.exec(rest)?.[0] ?? '';
      rest = rest.slice(field.length);
      if (rest === '') field = field.replace(/\r$/, '');
    }
    fields.push(field);
    if (!rest.startsWith(';')) break;
    rest = rest.slice(1);
  }
  return fields.length === ITEM_FIELDS.length ? fields : undefined;
}

const inQuotes = (row: readonly string[]) => ({
  row,
  text: row.map((text) => `"${text.replaceAll('"', '""')}"`).join(';'),
});

const value: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', '1', 'Rør 8"', '"', '20.11.2026 07:00:00', '−1,5') },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', maxLength: 8 })
      .filter((text) => text.isWellFormed())
      .map((text) => text.replaceAll(/[;\n]/g, 'x')),
  },
);
const header = fc.constantFrom(
  ...['a;b', ';', '\ufeffVare;Antall', ';'.repeat(30), '"a;b', `${';'.repeat(7)}20.11.2026 07:00:00${';'.repeat(8)}`],
);
/** A row as Ditio sends it: no quotes around anything. */
const literalRow = fc
  .array(value, { minLength: ITEM_FIELDS.length, maxLength: ITEM_FIELDS.length })
  // A carriage return at the end of a line belongs to its line break.
  .map((row) => row.with(-1, (row.at(-1) ?? '').replace(/\r+$/, '')))
  .map((row) => ({ row, text: row.join(';') }));
/** A row in quotes, as it must be where a value holds a semicolon. */
const quotedText = fc
  .tuple(fc.array(value, { minLength: 15, maxLength: 15 }), fc.constantFrom('1;2', ';', '8" rør; PE', '1;\n2'))
  .map(([rest, first]) => [first, ...rest])
  .map(inQuotes);

/** A row in quotes whose last value has a line break: its first line alone has all the values. */
const brokenRow = fc
  .tuple(fc.array(value, { minLength: 15, maxLength: 15 }), fc.constantFrom('1\n2', '\n', '8" rør\n;PE', 'a\r\n\r\nb'))
  .map(([rest, last]) => [...rest, last])
  .map(inQuotes);

const itemText: fc.Arbitrary<{ body: Buffer; rows: Rows }> = fc
  .tuple(
    header,
    fc.array(fc.oneof(literalRow, quotedText, brokenRow), { maxLength: 6 }),
    fc.constantFrom('\n', '\r\n'),
    fc.nat(2),
  )
  .map(([names, rows, lineBreak, breaks]) => {
    const text = [names, ...rows.map((row) => row.text)].join(lineBreak);
    return { body: Buffer.from(`${text}${lineBreak.repeat(breaks)}`), rows: rows.map(({ row }) => row) };
  });

describe('of any text in any chunks', () => {
  it('each row becomes the object of its values', () => {
    fc.assert(
      fc.property(itemText, chunkSizes, ({ body, rows }, sizes) => {
        assert.deepEqual(readRows(body), rows);
        assert.deepEqual(split(cut(body, sizes)), { lines: linesOf(rows), records: rows.length });
      }),
      replayable(400),
    );
  });
});

const textDamages = damages('";;\r\n\\ \ufeffø<{');

describe('of any bytes in any chunks', () => {
  it('damage leaves some texts whole and others not, so that what follows shows something', () => {
    const damaged = fc.sample(fc.tuple(itemText, textDamages), { seed: 1, numRuns: 500 });
    const taken = damaged.filter(([{ body }, list]) => readRows(damage(body, list))).length;
    assert.ok(taken > 20 && taken < 480, `${taken} of 500 were still taken`);
  });

  it('a damaged text is taken exactly when each of its rows still has 16 values', () => {
    fc.assert(
      fc.property(itemText, textDamages, chunkSizes, ({ body }, list, sizes) => {
        const damaged = damage(body, list);
        const rows = readRows(damaged);
        assert.deepEqual(split(cut(damaged, sizes)), rows && { lines: linesOf(rows), records: rows.length });
      }),
      replayable(1000),
    );
  });

  it('so is any short mixture of what means something', () => {
    const soup = fc.string({
      unit: fc.constantFrom('"', '""', ';', ';;;;;;;', '\n', '\r', 'a', 'æ', '\ufeff', '<'),
      maxLength: 16,
    });
    fc.assert(
      fc.property(soup, soup, chunkSizes, (head, tail, sizes) => {
        const transaction = `${';'.repeat(6)}20.11.2026 07:00:00${';'.repeat(9)}`;
        for (const text of [head, `a;b\n${tail}`, `${head}\n${tail}`, `${transaction}${head}\n${tail}`]) {
          const body = Buffer.from(text);
          const rows = readRows(body);
          assert.deepEqual(split(cut(body, sizes)), rows && { lines: linesOf(rows), records: rows.length });
        }
      }),
      replayable(1000),
    );
  });
});
