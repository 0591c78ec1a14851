/** The question before something is deleted: every key that ends it, and what it is taken for. */

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { type Answer, confirm } from '../../local/confirm.ts';

const KEYS: ReadonlyArray<readonly [what: string, keys: string, answer: Answer]> = [
  ['y', 'y\n', 'yes'],
  ['YES', 'YES \n', 'yes'],
  ['n', 'n\n', 'no'],
  ['Enter', '\n', 'no'],
  ['Ctrl-C', '\x03', 'interrupted'],
  ['Ctrl-D', '\x04', 'no'],
];

describe('a question', () => {
  for (const [what, keys, answer] of KEYS) {
    it(`answered with ${what} means ${answer}, and what follows begins a new line`, async () => {
      const [input, output] = [new PassThrough(), new PassThrough()];
      input.write(keys);
      assert.equal(await confirm('Go on? ', input, output), answer);
      assert.match(String(output.read()), /^[\s\S]*Go on\? [\s\S]*\n$/);
    });
  }
});
