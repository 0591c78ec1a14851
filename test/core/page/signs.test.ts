/** What of a page points to a next one, what says that it failed, and what says neither. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureSign } from '../../../src/core/page/failure-sign.ts';
import { nextPageHeader, nextPageSign } from '../../../src/core/page/next-page-sign.ts';
import { HEADERS_ON, INNOCENT, INNOCENT_HEADERS, POINTS_ON, SAYS_FAILED } from '../../fakes/page-signs.ts';

describe('a next page', () => {
  for (const members of POINTS_ON) {
    it(`is pointed to by ${JSON.stringify(members)}`, () => assert.notEqual(nextPageSign(members, null), null));
    it(`is pointed to from within by ${JSON.stringify(members)}`, () => {
      assert.notEqual(nextPageSign({ meta: [members] }, 'own'), null);
    });
  }
  for (const members of [...INNOCENT, ...SAYS_FAILED]) {
    it(`is not pointed to by ${JSON.stringify(members)}`, () => {
      assert.equal(nextPageSign(members, null), null);
      assert.equal(nextPageSign({ meta: [members] }, 'own'), null);
    });
  }
  for (const headers of HEADERS_ON) {
    it(`is pointed to by the head ${JSON.stringify(headers)}`, () => {
      assert.equal(nextPageHeader({ date: '', ...headers }, 'own'), Object.keys(headers)[0]);
    });
  }
  for (const headers of INNOCENT_HEADERS) {
    it(`is not pointed to by the head ${JSON.stringify(headers)}`, () => {
      assert.equal(nextPageHeader(headers, null), null);
    });
  }

  const TOKEN = 'eyJ/a+b=';
  const ADDRESSES = [
    `/v1/x?ContinuationToken=${TOKEN}`,
    `/v1/x?a=1&continuationtoken=${encodeURIComponent(TOKEN)}&b=2`,
  ];
  for (const href of ADDRESSES) {
    it(`is not the page itself, whose own token is in ${href}`, () => {
      assert.equal(nextPageSign({ href, links: [href] }, TOKEN), null);
      assert.equal(nextPageSign({ href, links: [href] }, null), 'href');
      assert.equal(nextPageSign({ href, links: [href, '/v1/x?ContinuationToken=other'] }, TOKEN), 'links.1');
    });
  }

  it('is not the page itself, whose own token a header repeats', () => {
    assert.equal(nextPageHeader({ 'x-continuation-token': TOKEN }, TOKEN), null);
  });

  it('is named by its path', () => {
    const paths = [{ meta: { hasMore: true } }, { links: [{ rel: 'next' }] }, { meta: { page: 1, totalPages: 3 } }];
    assert.deepEqual(
      paths.map((members) => nextPageSign(members, null)),
      ['meta.hasMore', 'links.0.rel', 'meta.page'],
    );
  });
});

describe('a failure', () => {
  for (const members of SAYS_FAILED) {
    it(`is told by ${JSON.stringify(members)}`, () => {
      assert.equal(failureSign({ recordCount: 0, ...members }), Object.keys(members)[0]);
    });
  }
  for (const members of [...INNOCENT, ...POINTS_ON]) {
    it(`is not told by ${JSON.stringify(members)}`, () => assert.equal(failureSign(members), null));
  }
});

it('takes time that grows with the page alone, whatever it holds', { timeout: 20_000 }, () => {
  const much = 200_000;
  for (const part of ['link', 'recordskip', 'items', 'continu', '; ', ' ']) {
    const text = `${part.repeat(much)}z`;
    const members = { [`next${text}`]: 1, text, error: ` ${text}` };
    nextPageSign(members, 'own');
    failureSign(members);
  }
});
