/**
 * Bodies damaged at random, met by a whole run: where the damage leaves no JSON, the stream fails, the page moves nothing,
 * no other stream is stopped, and the next good answer recovers. Damage that leaves JSON is another text, which nobody
 * can tell from a true one; what of it breaks the shape is in `test/property/page-splitter.test.ts`.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { replayable } from '../property/replay.ts';
import { settle } from '../simulation/history.ts';
import { createStage } from '../sync/stage.ts';

const STREAM = 'time-registrations';
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\n',
  'null',
  '0',
  '-',
  'ø',
  '\ud83d',
  '"id":1,',
  '"data":[],',
  '<html>',
];

/** What a server, a proxy or a cable may do to a text. */
const damage: fc.Arbitrary<(body: string) => string> = fc.oneof(
  fc.nat().map((at) => (body: string) => body.slice(0, at % body.length)),
  fc.nat().map((at) => (body: string) => body.slice(at % body.length)),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 9 })).map(([at, length]) => (body: string) => {
    const from = at % body.length;
    return body.slice(0, from) + body.slice(from + length);
  }),
  fc.tuple(fc.nat(), fc.constantFrom(...PIECES)).map(([at, piece]) => (body: string) => {
    const from = at % body.length;
    return body.slice(0, from) + piece + body.slice(from);
  }),
  fc.tuple(fc.nat(), fc.nat()).map(([at, to]) => (body: string) => {
    const [first, second] = [at % body.length, to % body.length].sort((a, b) => a - b) as [number, number];
    return body.slice(0, second) + body.slice(first);
  }),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => () => text),
);

test('a run survives a page that was damaged at random, and the next good answer recovers', async () => {
  let noticed = 0;
  await fc.assert(
    fc.asyncProperty(damage, fc.integer({ min: 1, max: 3 }), async (spoil, nth) => {
      const stage = createStage([STREAM, 'project']);
      stage.fill(12);
      const { answer } = stage.world.model;
      let pages = 0;
      let damaged = false;
      stage.world.model.answer = (path, query, nowMs) => {
        const good = answer(path, query, nowMs);
        if (!path.endsWith(`/${STREAM}`)) return good;
        pages += 1;
        const body = spoil(good.body);
        if (pages !== nth || isJson(body)) return good;
        damaged = true;
        return { ...good, body };
      };
      const report = await stage.run();
      stage.world.model.answer = answer;
      assert.equal(stage.reportOf(report, 'project').outcome, 'complete', 'another stream was stopped by it');
      const met = stage.reportOf(report, STREAM);
      if (!damaged) return assert.equal(met.outcome, 'complete');
      noticed += 1;
      assert.deepEqual([met.outcome, met.failure?.kind], ['failed', 'wire_format'], met.failure?.message);
      assert.equal(stage.world.store.records.get(STREAM)?.cursor.watermark, null);
      assert.equal(met.pages, nth - 1, 'the damaged page was counted');
      await settle(stage.world, stage.dice);
    }),
    replayable(300),
  );
  assert.ok(noticed > 150, `only ${noticed} damages were noticed`);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
