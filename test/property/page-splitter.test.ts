import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HardFailure } from '../../src/core/failure/errors.ts';
import { createPageSplitter } from '../../src/core/page/page-splitter.ts';
import { linePrefix, type PageSummary } from '../../src/core/page/splitter.ts';
import { splitAll } from '../core/page/page-split.ts';
import { INNOCENT, POINTS_ON, SAYS_FAILED } from '../fakes/page-signs.ts';
import { chunkSizes, cut, damage, damages } from './chunks.ts';
import { readPage } from './page-oracle.ts';
import { pageBytes, pageBytesWith } from './page-text.ts';
import { replayable } from './replay.ts';

const ADDED = { _sync_id: '20261122T081503120Z', _extracted_at: '2026-11-22T08:15:03.120Z' };
const PREFIX_BYTES = linePrefix(ADDED._sync_id, ADDED._extracted_at);
const PREFIX = Buffer.from(PREFIX_BYTES).toString();

/** What the splitter makes of these chunks; `undefined` when it refuses them. */
function split(chunks: readonly Uint8Array[]): { lines: string; summary: PageSummary } | undefined {
  try {
    return splitAll(createPageSplitter(PREFIX_BYTES, null), chunks);
  } catch (error) {
    assert.ok(error instanceof HardFailure && error.kind === 'wire_format', String(error));
    return undefined;
  }
}

function agrees(body: Buffer, sizes: readonly number[]): void {
  const expected = readPage(body, PREFIX);
  const found = split(cut(body, sizes));
  assert.deepEqual(found, expected && { lines: expected.lines, summary: expected.summary });
}

describe('of any page in any chunks', () => {
  it('the lines are the prefix and the text of each record less its brace and its line breaks', () => {
    fc.assert(
      fc.property(pageBytes, chunkSizes, (body, sizes) => {
        const expected = readPage(body, PREFIX);
        assert.ok(expected, 'a page that must be taken');
        const found = split(cut(body, sizes));
        assert.deepEqual(found, { lines: expected.lines, summary: expected.summary });
      }),
      replayable(400),
    );
  });

  it('each line parses to its record and the two fields', () => {
    fc.assert(
      fc.property(pageBytes, chunkSizes, (body, sizes) => {
        const lines = split(cut(body, sizes))?.lines.split('\n') ?? [];
        assert.equal(lines.pop(), '');
        const records: readonly object[] = JSON.parse(body.toString().replace(/^\ufeff/, '')).data;
        assert.deepEqual(
          lines.map((line) => JSON.parse(line)),
          records.map((record) => ({ ...ADDED, ...record })),
        );
      }),
      replayable(200),
    );
  });
});

describe('of any page in any chunks, beside anything else that it says', () => {
  const each = (pages: fc.Arbitrary<Buffer>, check: (summary: PageSummary | undefined) => void) =>
    fc.assert(
      fc.property(pages, chunkSizes, (body, sizes) => check(split(cut(body, sizes))?.summary)),
      replayable(400),
    );

  it('what points to a next page is found', () => {
    each(pageBytesWith(POINTS_ON), (summary) => assert.equal(typeof summary?.nextPageSign, 'string'));
  });

  it('what a last page may say is taken for nothing else', () => {
    each(pageBytesWith(INNOCENT), (summary) => assert.equal(summary?.nextPageSign, null));
  });

  it('what says that it failed is believed', () => {
    each(pageBytesWith(SAYS_FAILED), (summary) => assert.equal(summary, undefined));
  });
});

const pageDamages = damages('{}[]:,"\\u0eE+-.19 \t\r\ntfnid\ufeffæ');

describe('of any bytes in any chunks', () => {
  it('damage leaves some pages whole and others not, so that what follows shows something', () => {
    const damaged = fc.sample(fc.tuple(pageBytes, pageDamages), { seed: 1, numRuns: 500 });
    const taken = damaged.filter(([body, list]) => readPage(damage(body, list), PREFIX)).length;
    assert.ok(taken > 20 && taken < 480, `${taken} of 500 were still pages`);
  });

  it('a damaged page is taken exactly when the whole of it still is a page', () => {
    fc.assert(
      fc.property(pageBytes, pageDamages, chunkSizes, (body, list, sizes) => {
        agrees(damage(body, list), sizes);
      }),
      replayable(1000),
    );
  });

  it('a value is taken exactly when JSON takes it', () => {
    const soup = fc.string({
      unit: fc.constantFrom(...'{}[]:,"\\/bfnrtu0019aAeE+-. \t\r\ntruefalsenull\u0000\u001f\u007fæ'),
      maxLength: 9,
    });
    const likely = fc.constantFrom('1', '-0.0e1', '"\\u00e6"', '[]', '{"id":null}', 'true', ' null ', '[1,{"a":[]}]');
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          fc.tuple(likely, soup, likely).map((parts) => parts.join('')),
          likely,
        ),
        chunkSizes,
        (value, sizes) => {
          agrees(Buffer.from(`{"data":[{"id":1,"a":${value}}]}`), sizes);
          agrees(Buffer.from(`{"data":[{"id":${value}}]}`), sizes);
          agrees(Buffer.from(`{"recordCount":${value},"data":[]}`), sizes);
          agrees(Buffer.from(`{"data":[{"isDeleted":${value},"id":"x"}]${value}}`), sizes);
        },
      ),
      replayable(1000),
    );
  });

  it('a string is taken exactly when it is UTF-8', () => {
    const edge = fc.constantFrom(
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xe1,
      0xec,
      0xed,
      0xee,
      0xef,
      0xf0,
      0xf1,
      0xf3,
      0xf4,
      0xf5,
      0xff,
    );
    const whole = fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }).map((text) => [...Buffer.from(text)]);
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            edge.map((byte) => [byte]),
            whole,
          ),
          { maxLength: 5 },
        ),
        chunkSizes,
        (parts, sizes) => {
          const string = Buffer.from(parts.flat());
          agrees(Buffer.concat([Buffer.from('{"data":[{"id":1,"a":"'), string, Buffer.from('"}]}')]), sizes);
          agrees(Buffer.concat([Buffer.from('{"data":[{"'), string, Buffer.from('":1,"id":1}]}')]), sizes);
          agrees(Buffer.concat([string, Buffer.from('{"data":[]}')]), sizes);
        },
      ),
      replayable(1000),
    );
  });

  it('nesting is taken exactly up to its limit', () => {
    const brackets = fc.array(fc.constantFrom(['[', ']'], ['{"a":', '}']), { minLength: 245, maxLength: 260 });
    fc.assert(
      fc.property(brackets, fc.boolean(), chunkSizes, (pairs, isInRecord, sizes) => {
        const deep = `${pairs.map(([open]) => open).join('')}1${pairs
          .map(([, close]) => close)
          .reverse()
          .join('')}`;
        agrees(Buffer.from(isInRecord ? `{"data":[{"id":1,"a":${deep}}]}` : `{"a":${deep},"data":[]}`), sizes);
      }),
      replayable(150),
    );
  });
});
