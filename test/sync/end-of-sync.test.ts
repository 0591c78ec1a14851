/** The end of a sync needs a positive sign: what a stream has told before must not be missing on its last page. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS } from '../../src/core/time/instant.ts';
import type { ModelAnswer } from '../simulation/ditio-model.ts';
import { settle } from '../simulation/history.ts';
import { AUTO, createStage, FULL, type Stage } from './stage.ts';

const STREAM = 'time-registrations';
type Page = Record<string, unknown> & { data: { id: string }[] };

/** Changes the answers of the source; `page` counts from 1 within a run. */
function answering(stage: Stage, change: (page: Page, number: number) => unknown): () => void {
  const { answer } = stage.world.model;
  let number = 0;
  stage.world.model.answer = (...asked): ModelAnswer => {
    const given = answer(...asked);
    number += 1;
    return given.status === 200 ? { ...given, body: JSON.stringify(change(JSON.parse(given.body), number)) } : given;
  };
  return () => {
    stage.world.model.answer = answer;
  };
}

function filled(): Stage {
  const stage = createStage([STREAM]);
  stage.fill(30);
  return stage;
}

const BROKEN: ReadonlyArray<readonly [name: string, change: (page: Page) => unknown]> = [
  ['a body that a dying serializer closed after its records', ({ data }) => ({ data: data.slice(0, 2) })],
  ['links.next without a token', (page) => ({ ...page, continuationToken: null, links: { next: '/v1/x?a=1' } })],
  [
    'the token in another case',
    ({ continuationToken, ...page }) => ({ ...page, ContinuationToken: continuationToken ?? 'x' }),
  ],
  [
    'the token under another name',
    ({ continuationToken, ...page }) => ({ ...page, nextPageToken: continuationToken ?? 'x' }),
  ],
  ['a promise of more', (page) => ({ ...page, continuationToken: '', hasMore: true })],
  ['counts that are missing', ({ recordCount: _, ...page }) => page],
  ['a mode that is missing', ({ syncTypeName: _, continuationToken: __, ...page }) => page],
];

describe('a second page', () => {
  for (const [name, change] of BROKEN) {
    it(`is refused, moves nothing and is got over: ${name}`, async () => {
      const stage = filled();
      const repair = answering(stage, (page, number) => (number === 2 ? change(page) : page));
      const report = stage.reportOf(await stage.run(), STREAM);
      assert.deepEqual([report.outcome, report.failure?.kind], ['failed', 'wire_format']);
      assert.equal(stage.world.store.records.get(STREAM)?.cursor.watermark, null);
      repair();
      await settle(stage.world, stage.dice);
    });
  }
});

describe('what a stream has told', () => {
  it('is remembered from one run to the next', async () => {
    const stage = filled();
    await stage.run();
    await stage.world.clock.sleep(HOUR_MS);
    const repair = answering(stage, ({ data }) => ({ data }));
    assert.equal(stage.reportOf(await stage.run(), STREAM).failure?.kind, 'wire_format');
    repair();
    assert.equal((await stage.run()).outcome, 'complete');
  });

  it('is remembered when client or filter change, because the server is the same', async () => {
    const stage = filled();
    await stage.run();
    await stage.world.clock.sleep(HOUR_MS);
    const repair = answering(stage, ({ data }) => ({ data: data.slice(0, 3) }));
    const env = { clientId: 'client-b' };
    assert.equal(stage.reportOf(await stage.run(AUTO, { env }), STREAM).failure?.kind, 'wire_format');
    repair();
    assert.equal((await stage.run(AUTO, { env })).outcome, 'complete');
  });

  it('is forgotten with a reset, so that an older server can be read again', async () => {
    const stage = filled();
    await stage.run();
    answering(stage, ({ data, continuationToken }) => ({ data, continuationToken }));
    await stage.act('reset');
    assert.equal((await stage.run()).outcome, 'complete');
    stage.world.checker.presentStateEqualsSource();
  });

  it('is nothing where a server never told more: its last page has records alone', async () => {
    const stage = filled();
    answering(stage, ({ data, continuationToken }) => ({ data, ...(continuationToken ? { continuationToken } : {}) }));
    assert.equal((await stage.run(AUTO)).outcome, 'complete');
    assert.equal((await stage.run(FULL)).outcome, 'complete');
    stage.world.checker.presentStateEqualsSource();
  });

  it('may be links that the last page lacks, where counts say that it is whole', async () => {
    const stage = filled();
    answering(stage, ({ links: _, ...page }) =>
      page.continuationToken ? { ...page, links: { next: '/v1/time-registrations?x' } } : page,
    );
    assert.equal((await stage.run()).outcome, 'complete');
    stage.world.checker.presentStateEqualsSource();
  });

  it('must come with every page where links were all that was told', async () => {
    const stage = filled();
    answering(stage, ({ data, continuationToken }) =>
      continuationToken ? { data, continuationToken, links: { next: '/x' } } : { data },
    );
    assert.equal(stage.reportOf(await stage.run(), STREAM).failure?.kind, 'wire_format');
  });
});
