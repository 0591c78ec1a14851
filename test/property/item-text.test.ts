import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HardFailure } from '../../src/core/failure/errors.ts';
import { createItemSplitter } from '../../src/core/page/item-text.ts';
import { linePrefix } from '../../src/core/page/page-splitter.ts';
import { splitAll } from '../core/page/page-split.ts';
import { chunkSizes, cut, damage, damages } from './chunks.ts';
import { replayable } from './replay.ts';

const PREFIX_BYTES = linePrefix('20261122T081503120Z', '2026-11-22T08:15:03.120Z');
const PREFIX = Buffer.from(PREFIX_BYTES).toString();

type Rows = readonly (readonly string[])[];

/** The rows that the splitter makes of these chunks, each as its fields in order; `undefined` when it refuses them. */
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
      const members = row.map((field, at) => `"field${at < 9 ? '0' : ''}${at + 1}":${JSON.stringify(field)}`);
      return `${PREFIX}${members.join(',')}}\n`;
    })
    .join('');
}

const ROW = /((?:"(?:[^"]|"")*"|(?!")[^;\r\n]*)(?:;(?:"(?:[^"]|"")*"|(?!")[^;\r\n]*))*)(\r?\n|$)/y;
const FIELD = /("(?:[^"]|"")*"|[^;]*)(?:;|$)/y;

/** The rows after the header, told a second time and in another way; `undefined` when they must be refused. */
function readRows(body: Buffer): Rows | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
  if (/^[ \t]*[<{]/.test(text)) return undefined;
  const rows: string[][] = [];
  for (let at = 0; at < text.length; at = ROW.lastIndex) {
    ROW.lastIndex = at;
    const match = ROW.exec(text);
    if (!match) return undefined;
    rows.push(fieldsOf(match[1] ?? ''));
  }
  const [header, ...others] = rows;
  if (!header || header.length < 2 || others.some((row) => row.length !== header.length)) return undefined;
  return others;
}

function fieldsOf(row: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= row.length; ) {
    FIELD.lastIndex = at;
    const [whole = '', field = ''] = FIELD.exec(row) ?? assert.fail('no field');
    fields.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (!whole.endsWith(';') || FIELD.lastIndex - whole.length + field.length === row.length) break;
    at = FIELD.lastIndex;
  }
  return fields;
}

const field: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: fc.constantFrom('"', ';', '\n', '\r', '\\', ' ', 'ø', '🚜', '1', '\0', '<', '{'), maxLength: 8 }),
);

/** A text as a spreadsheet might write it: fields in quotes where they must be, or everywhere. */
const itemText: fc.Arbitrary<{ body: Buffer; rows: Rows }> = fc
  .record({
    fields: fc.integer({ min: 2, max: 12 }),
    mark: fc.constantFrom('', '\ufeff'),
    quotesAll: fc.boolean(),
    lineBreak: fc.constantFrom('\n', '\r\n'),
    isEnded: fc.boolean(),
  })
  .chain(({ fields, mark, quotesAll, lineBreak, isEnded }) => {
    const row = fc.array(field, { minLength: fields, maxLength: fields });
    const header = row.filter(([first = '']) => quotesAll || !/^[ \t]*[<{]|^\ufeff/.test(first));
    return fc.tuple(header, fc.array(row, { maxLength: 8 })).map(([names, rows]) => {
      const quoted = (text: string) =>
        quotesAll || /^"|[;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
      const lines = [names, ...rows].map((texts) => texts.map(quoted).join(';'));
      return { body: Buffer.from(`${mark}${lines.join(lineBreak)}${isEnded ? lineBreak : ''}`), rows };
    });
  });

describe('of any text in any chunks', () => {
  it('each row becomes the object of its fields', () => {
    fc.assert(
      fc.property(itemText, chunkSizes, ({ body, rows }, sizes) => {
        assert.deepEqual(readRows(body), rows);
        assert.deepEqual(split(cut(body, sizes)), { lines: linesOf(rows), records: rows.length });
      }),
      replayable(500),
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

  it('a damaged text is taken exactly when the whole of it still has rows of one length', () => {
    fc.assert(
      fc.property(itemText, textDamages, chunkSizes, ({ body }, list, sizes) => {
        const damaged = damage(body, list);
        const rows = readRows(damaged);
        assert.deepEqual(split(cut(damaged, sizes)), rows && { lines: linesOf(rows), records: rows.length });
      }),
      replayable(1500),
    );
  });

  it('so is any short mixture of what means something', () => {
    const soup = fc.string({
      unit: fc.constantFrom('"', ';', '\n', '\r', 'a', ' ', 'æ', '\ufeff', '<'),
      maxLength: 16,
    });
    fc.assert(
      fc.property(soup, soup, chunkSizes, (head, tail, sizes) => {
        for (const text of [head, `a;b\n${tail}`, `${head}\n${tail}`]) {
          const body = Buffer.from(text);
          const rows = readRows(body);
          assert.deepEqual(split(cut(body, sizes)), rows && { lines: linesOf(rows), records: rows.length });
        }
      }),
      replayable(1500),
    );
  });
});
