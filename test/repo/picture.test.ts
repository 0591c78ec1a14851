/** Checks the pictures of the README: badges agree with the files of the repository, and the run is a real one. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { badges, drawTerminal } from '../../scripts/picture.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { textOf } from './files.ts';

describe('the pictures of the README', () => {
  for (const [path, svg] of badges()) {
    it(`${path} is drawn from what is true now`, () => {
      assert.equal(textOf(path), svg, 'run npm run picture');
      assert.ok(textOf('README.md').includes(`](${path})`));
    });
  }

  it('show a run that ended equal to its source, for every stream', () => {
    const path = 'docs/local-run.svg';
    const text = textOf(path)
      .replaceAll(/<tspan[^>]*>|<\/tspan>/g, '')
      .replaceAll('&gt;', '>');
    assert.ok(textOf('README.md').includes(`](${path})`));
    assert.match(text, /\$ npm ci &amp;&amp; npm run local/);
    assert.match(text, /Every live record of the source is in the lake, and nothing else is\./);
    for (const { name } of CATALOGUE) assert.match(text, new RegExp(`>${name} +[\\d,]+ +✓`), name);
  });

  it('escape what means something in XML', () => {
    assert.match(drawTerminal('a & b', ['<x> ✓']), /a &amp; b[\s\S]*&lt;x&gt; <tspan fill="#3fb950">✓<\/tspan>/);
  });
});
